"""smallint, integer and bigint."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from vecsql.errors import NumericValueOutOfRange
from vecsql.types.base import SqlType
from vecsql.types.define import define, fixed_binary, invalid_syntax

# Decimal, hexadecimal, octal and binary, with underscores between digits (PostgreSQL 16 and later).
_LITERAL = re.compile(
    r"[ \t\n\r\f\v]*([-+]?)(?:(\d+(?:_\d+)*)|(0[xX](?:_?[0-9a-fA-F])+)|(0[oO](?:_?[0-7])+)|(0[bB](?:_?[01])+))[ \t\n\r\f\v]*",
    re.ASCII,
)


def parse_integer(text: str) -> int | None:
    """The integer that `text` spells as PostgreSQL reads it, or None."""
    match = _LITERAL.fullmatch(text)
    if match is None:
        return None
    sign, decimal, *prefixed = match.groups()
    digits = decimal or next(p for p in prefixed if p)
    value = int(digits.replace("_", ""), 10 if decimal else 0)
    return -value if sign == "-" else value


def _from_text(sql_name: str, low: int, high: int) -> Callable[[str, int], int]:
    def from_text(text: str, typmod: int = -1) -> int:
        value = parse_integer(text)
        if value is None:
            raise invalid_syntax(sql_name, text)
        if not low <= value <= high:
            raise NumericValueOutOfRange(f'value "{text}" is out of range for type {sql_name}')
        return value

    return from_text


def _coerce(sql_name: str, low: int, high: int) -> Callable[[Any, int], int]:
    def coerce(value: Any, typmod: int = -1) -> int:
        if not low <= value <= high:
            raise NumericValueOutOfRange(f"{sql_name} out of range")
        return int(value)

    return coerce


def _integer(
    oid: int,
    bits: int,
    name: str,
    sql_name: str,
    array_oid: int,
    layout: str,
    arrow: pa.DataType,
    duckdb: str,
    aliases: tuple[str, ...],
) -> SqlType:
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1
    to_binary, from_binary = fixed_binary(layout)
    return define(
        SqlType(
            oid=oid,
            name=name,
            sql_name=sql_name,
            category="N",
            size=bits // 8,
            array_oid=array_oid,
            to_text=str,
            from_text=_from_text(sql_name, low, high),
            to_binary=to_binary,
            from_binary=from_binary,
            coerce=_coerce(sql_name, low, high),
            arrow=lambda typmod: arrow,
            duckdb=lambda typmod: duckdb,
            aliases=aliases,
        )
    )


INT2 = _integer(21, 16, "int2", "smallint", 1005, "!h", pa.int16(), "SMALLINT", ())
INT4 = _integer(23, 32, "int4", "integer", 1007, "!i", pa.int32(), "INTEGER", ("int",))
INT8 = _integer(20, 64, "int8", "bigint", 1016, "!q", pa.int64(), "BIGINT", ())
