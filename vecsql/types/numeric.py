"""numeric(p, s): exact decimals, rounded half away from zero, in base 10000 on the wire."""

from __future__ import annotations

import decimal
import re
import struct
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pyarrow as pa

from vecsql.errors import InvalidParameterValue, NumericValueOutOfRange
from vecsql.types.base import SqlType
from vecsql.types.define import define, invalid_syntax, wrong_length
from vecsql.types.integers import parse_integer

_HEADER = 4
MAX_EXPONENT = 131_071
MAX_SCALE = 16_383
_LITERAL = re.compile(r"[-+]?(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][-+]?\d+)?", re.ASCII)
_SPECIAL = {"nan": "NaN", "inf": "Infinity", "infinity": "Infinity", "-inf": "-Infinity",
            "-infinity": "-Infinity", "+inf": "Infinity", "+infinity": "Infinity"}  # fmt: skip
_NAN, _PINF, _NINF = 0xC000, 0xD000, 0xF000
_WORDS = struct.Struct("!HhHH")

# More digits than any numeric may have, so that no step rounds by itself.
EXACT = decimal.Context(prec=147_456, rounding=ROUND_HALF_UP, Emin=-999_999, Emax=999_999)


def precision_scale(typmod: int) -> tuple[int, int] | None:
    """(precision, scale) of a numeric typmod; None when there is none."""
    if typmod < _HEADER:
        return None
    packed = typmod - _HEADER
    scale = packed & 0x7FF
    return packed >> 16, scale - 2048 if scale >= 1024 else scale


def make_typmod(precision: int, scale: int = 0) -> int:
    return (precision << 16 | (scale & 0x7FF)) + _HEADER


def _parse_typmod(modifiers: list[int]) -> int:
    if len(modifiers) not in (1, 2):
        raise InvalidParameterValue("invalid NUMERIC type modifier")
    precision, scale = modifiers[0], modifiers[1] if len(modifiers) == 2 else 0
    if not 1 <= precision <= 1000:
        raise InvalidParameterValue(f"NUMERIC precision {precision} must be between 1 and 1000")
    if not -1000 <= scale <= 1000:
        raise InvalidParameterValue(f"NUMERIC scale {scale} must be between -1000 and 1000")
    return make_typmod(precision, scale)


def _format_typmod(typmod: int) -> str:
    found = precision_scale(typmod)
    return "" if found is None else f"({found[0]},{found[1]})"


def to_text(value: Decimal) -> str:
    if not value.is_finite():
        return "NaN" if value.is_nan() else "-Infinity" if value < 0 else "Infinity"
    text = f"{value:f}"
    return text[1:] if value.is_zero() and text.startswith("-") else text


def from_text(text: str, typmod: int = -1) -> Decimal:
    stripped = text.strip(" \t\n\r\f\v")
    special = _SPECIAL.get(stripped.lower())
    if special:
        return coerce(Decimal(special), typmod)
    if _LITERAL.fullmatch(stripped):
        try:
            value = EXACT.create_decimal(stripped.replace("_", ""))
        except decimal.Overflow:
            raise _overflow() from None
        if value and (value.is_infinite() or value.adjusted() > MAX_EXPONENT):
            raise _overflow()
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent > 0:
            value = EXACT.quantize(value, Decimal(1))
        elif isinstance(exponent, int) and exponent < -MAX_SCALE:
            value = EXACT.quantize(value, Decimal(1).scaleb(-MAX_SCALE))
        return coerce(value, typmod)
    integer = parse_integer(text)
    if integer is None:
        raise invalid_syntax("numeric", text)
    return coerce(Decimal(integer), typmod)


def _overflow() -> NumericValueOutOfRange:
    return NumericValueOutOfRange("value overflows numeric format")


def coerce(value: Any, typmod: int = -1) -> Decimal:
    """To the column's scale; NumericValueOutOfRange with PostgreSQL's detail when it does not fit."""
    number = value if isinstance(value, Decimal) else _exactly(value)
    limits = precision_scale(typmod)
    if limits is None or number.is_nan():
        return number
    precision, scale = limits
    if number.is_finite():
        number = EXACT.quantize(number, Decimal(1).scaleb(-scale))
        if number.copy_abs() < Decimal(10) ** (precision - scale):
            return EXACT.quantize(number, Decimal(1)) if scale < 0 else number
        reason = f"must round to an absolute value less than {_power(precision - scale)}."
    else:
        reason = "cannot hold an infinite value."
    raise NumericValueOutOfRange(
        "numeric field overflow",
        detail=f"A field with precision {precision}, scale {scale} {reason}",
    )


def _power(exponent: int) -> str:
    return f"10^{exponent}" if exponent else "1"


def _exactly(value: Any) -> Decimal:
    """float8 becomes numeric by its 15 significant digits, as in PostgreSQL."""
    if not isinstance(value, float):
        return Decimal(value)
    text = f"{value:.15g}"
    number = Decimal(text)
    exponent = number.as_tuple().exponent
    return (
        EXACT.quantize(number, Decimal(1)) if isinstance(exponent, int) and exponent > 0 else number
    )


def to_binary(value: Decimal) -> bytes:
    if not value.is_finite():
        sign = _NAN if value.is_nan() else _NINF if value < 0 else _PINF
        return _WORDS.pack(0, 0, sign, 0)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    scale = max(-exponent, 0)
    text = "".join(map(str, digits)) + "0" * max(exponent, 0)
    whole, fraction = (text[:-scale], text[-scale:].rjust(scale, "0")) if scale else (text, "")
    whole = whole.rjust(-(-len(whole) // 4) * 4, "0")
    fraction = fraction.ljust(-(-len(fraction) // 4) * 4, "0")
    groups = [int((whole + fraction)[i : i + 4]) for i in range(0, len(whole) + len(fraction), 4)]
    weight = len(whole) // 4 - 1
    while groups and groups[0] == 0:
        groups.pop(0)
        weight -= 1
    while groups and groups[-1] == 0:
        groups.pop()
    sign = 0x4000 if value < 0 else 0
    head = _WORDS.pack(len(groups), weight if groups else 0, sign, scale)
    return head + struct.pack(f"!{len(groups)}H", *groups)


def from_binary(data: bytes, typmod: int = -1) -> Decimal:
    if len(data) < 8:
        raise wrong_length(data, 8)
    count, weight, sign, scale = _WORDS.unpack_from(data)
    if len(data) != 8 + 2 * count:
        raise wrong_length(data, 8 + 2 * count)
    special = {_NAN: "NaN", _PINF: "Infinity", _NINF: "-Infinity"}.get(sign)
    if special:
        return coerce(Decimal(special), typmod)
    groups = struct.unpack_from(f"!{count}H", data, 8)
    if sign not in (0, 0x4000) or any(group > 9999 for group in groups):
        raise wrong_length(data, len(data))
    digits = int("".join(f"{group:04d}" for group in groups) or "0")
    value = EXACT.scaleb(Decimal(digits), 4 * (weight - count + 1))
    value = EXACT.quantize(value, Decimal(1).scaleb(-scale))
    return coerce(value.copy_negate() if sign and value else value, typmod)


def arrow_type(typmod: int) -> pa.DataType:
    """decimal128 where it fits; else text, which holds every numeric exactly as it was written."""
    limits = precision_scale(typmod)
    if limits is not None and limits[0] <= 38 and 0 <= limits[1] <= limits[0]:
        return pa.decimal128(*limits)
    return pa.string()


def duckdb_type(typmod: int) -> str:
    limits = precision_scale(typmod)
    if limits is not None and limits[0] <= 38 and 0 <= limits[1] <= limits[0]:
        return f"DECIMAL({limits[0]},{limits[1]})"
    return "VARCHAR"


NUMERIC = define(
    SqlType(
        oid=1700,
        name="numeric",
        sql_name="numeric",
        category="N",
        size=-1,
        array_oid=1231,
        to_text=to_text,
        from_text=from_text,
        to_binary=to_binary,
        from_binary=from_binary,
        coerce=coerce,
        arrow=arrow_type,
        duckdb=duckdb_type,
        format_typmod=_format_typmod,
        parse_typmod=_parse_typmod,
        aliases=("decimal", "dec"),
    )
)
