"""real and double precision; text is PostgreSQL's shortest round-trip form."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.errors import NumericValueOutOfRange
from vecsql.types.base import SqlType
from vecsql.types.define import define, fixed_binary, invalid_syntax

_SPACE = " \t\n\r\f\v"
_HEX = re.compile(
    r"[-+]?0[xX](?:[0-9a-fA-F]+\.?[0-9a-fA-F]*|\.[0-9a-fA-F]+)(?:[pP][-+]?\d+)?", re.ASCII
)
_LITERAL = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?", re.ASCII)
_SPECIAL = re.compile(r"([-+]?)(?:(nan)|inf(?:inity)?)", re.IGNORECASE)
_FLOAT4_MAX = float(np.finfo(np.float32).max)
_FLOAT4_MIN = float(np.finfo(np.float32).smallest_subnormal)


def shortest(scientific: str, fixed_below: int) -> str:
    """Rewrite digits in any repr form as PostgreSQL does: fixed notation for exponents in [-4, fixed_below)."""
    sign = "-" if scientific[0] == "-" else ""
    mantissa, _, power = scientific.lstrip("-").partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    leading = len(whole + fraction) - len(digits)
    digits = digits.rstrip("0")
    if not digits:
        return sign + "0"
    exponent = len(whole) - 1 - leading + int(power or 0)
    if not -4 <= exponent < fixed_below:
        point = "." if len(digits) > 1 else ""
        return f"{sign}{digits[0]}{point}{digits[1:]}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"
    if exponent < 0:
        return f"{sign}0.{'0' * (-exponent - 1)}{digits}"
    if len(digits) <= exponent + 1:
        return sign + digits + "0" * (exponent + 1 - len(digits))
    return f"{sign}{digits[: exponent + 1]}.{digits[exponent + 1 :]}"


def _special(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def float8_to_text(value: float) -> str:
    if 1e-4 <= abs(value) < 1e15:  # repr has PostgreSQL's digits and notation here
        return repr(float(value)).removesuffix(".0")
    if not math.isfinite(value):
        return _special(value)
    return shortest(repr(float(value)), 15)


def float4_to_text(value: float) -> str:
    if 1.1e-4 <= abs(value) < 1e6:  # float32(1e-4) is below 1e-4
        return str(np.float32(value)).removesuffix(".0")
    if not math.isfinite(value):
        return _special(value)
    return shortest(str(np.float32(value)), 6)


def parse_float(text: str, type_name: str) -> float:
    """Read a float literal as PostgreSQL does; overflow to infinity is the caller's to report."""
    stripped = text.strip(_SPACE)
    if _LITERAL.fullmatch(stripped):
        return float(stripped)
    if _HEX.fullmatch(stripped):
        return float.fromhex(stripped)
    special = _SPECIAL.fullmatch(stripped)
    if special is None:
        raise invalid_syntax(type_name, text)
    if special[2]:
        return math.nan
    return -math.inf if special[1] == "-" else math.inf


def _is_zero(text: str) -> bool:
    return not re.search("[1-9]", re.split("[eE]", text)[0])


def float8_from_text(text: str, typmod: int = -1) -> float:
    value = parse_float(text, "double precision")
    written_finite = "n" not in text.lower()
    if written_finite and (math.isinf(value) or (value == 0 and not _is_zero(text))):
        raise NumericValueOutOfRange(
            f'"{text.strip(_SPACE)}" is out of range for type double precision'
        )
    return value


def float4_from_text(text: str, typmod: int = -1) -> float:
    value = parse_float(text, "real")
    if "n" in text.lower():
        return value
    with np.errstate(over="ignore", under="ignore"):
        rounded = float(np.float32(value))
    if math.isinf(rounded) or (rounded == 0 and not _is_zero(text)):
        raise NumericValueOutOfRange(f'"{text.strip(_SPACE)}" is out of range for type real')
    return rounded


def float8_coerce(value: Any, typmod: int = -1) -> float:
    try:
        return float(value)
    except OverflowError:
        raise NumericValueOutOfRange("value out of range: overflow") from None


def float4_coerce(value: Any, typmod: int = -1) -> float:
    value = float8_coerce(value)
    with np.errstate(over="ignore", under="ignore"):
        rounded = float(np.float32(value))
    if math.isinf(rounded) and not math.isinf(value):
        raise NumericValueOutOfRange("value out of range: overflow")
    if rounded == 0 and value != 0:
        raise NumericValueOutOfRange("value out of range: underflow")
    return rounded


_float4_to_binary, _float4_from_binary = fixed_binary("!f")
_float8_to_binary, _float8_from_binary = fixed_binary("!d")

FLOAT4 = define(
    SqlType(
        oid=700,
        name="float4",
        sql_name="real",
        category="N",
        size=4,
        array_oid=1021,
        to_text=float4_to_text,
        from_text=float4_from_text,
        to_binary=_float4_to_binary,
        from_binary=_float4_from_binary,
        coerce=float4_coerce,
        arrow=lambda typmod: pa.float32(),
        duckdb=lambda typmod: "FLOAT",
    )
)
FLOAT8 = define(
    SqlType(
        oid=701,
        name="float8",
        sql_name="double precision",
        category="N",
        size=8,
        array_oid=1022,
        to_text=float8_to_text,
        from_text=float8_from_text,
        to_binary=_float8_to_binary,
        from_binary=_float8_from_binary,
        coerce=float8_coerce,
        arrow=lambda typmod: pa.float64(),
        duckdb=lambda typmod: "DOUBLE",
        preferred=True,
        aliases=("float",),
    )
)
