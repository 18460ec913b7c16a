"""bit(n) and bit varying(n): a string of 0 and 1."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from vecsql.errors import (
    InvalidBinaryRepresentation,
    InvalidParameterValue,
    InvalidTextRepresentation,
    StringDataLengthMismatch,
    StringDataRightTruncation,
)
from vecsql.types.base import SqlType
from vecsql.types.define import define

_COUNT = struct.Struct("!i")
_NOT_BINARY, _NOT_HEX = re.compile("[^01]"), re.compile("[^0-9a-fA-F]")


def _digits(text: str) -> str:
    """The bits of 101, b101 or x5."""
    if text[:1] in ("x", "X"):
        wrong = _NOT_HEX.search(text, 1)
        if wrong:
            raise InvalidTextRepresentation(f'"{wrong[0]}" is not a valid hexadecimal digit')
        return "".join(f"{int(digit, 16):04b}" for digit in text[1:])
    bits = text[1:] if text[:1] in ("b", "B") else text
    wrong = _NOT_BINARY.search(bits)
    if wrong:
        raise InvalidTextRepresentation(f'"{wrong[0]}" is not a valid binary digit')
    return bits


def _bit(value: Any, typmod: int = -1) -> str:
    bits = str(value)
    if typmod not in (-1, len(bits)):
        raise StringDataLengthMismatch(
            f"bit string length {len(bits)} does not match type bit({typmod})"
        )
    return bits


def _varbit(value: Any, typmod: int = -1) -> str:
    bits = str(value)
    if 0 <= typmod < len(bits):
        raise StringDataRightTruncation(f"bit string too long for type bit varying({typmod})")
    return bits


def to_binary(value: str) -> bytes:
    size = -(-len(value) // 8)
    return _COUNT.pack(len(value)) + int(value.ljust(size * 8, "0") or "0", 2).to_bytes(size)


def _read_binary(data: bytes) -> str:
    if len(data) < _COUNT.size:
        raise InvalidBinaryRepresentation("insufficient data left in message")
    (count,) = _COUNT.unpack_from(data)
    if count < 0:
        raise InvalidBinaryRepresentation("invalid length in external bit string")
    if len(data) != _COUNT.size + -(-count // 8):
        raise InvalidBinaryRepresentation("incorrect binary data format")
    return "".join(f"{byte:08b}" for byte in data[_COUNT.size :])[:count]


def _bit_type(
    oid: int, name: str, sql_name: str, array_oid: int, coerce: Callable[[Any, int], str]
) -> SqlType:
    def parse_typmod(modifiers: list[int]) -> int:
        if len(modifiers) != 1:
            raise InvalidParameterValue("invalid type modifier")
        if modifiers[0] < 1:
            raise InvalidParameterValue(f"length for type {sql_name} must be at least 1")
        return modifiers[0]

    return define(
        SqlType(
            oid=oid,
            name=name,
            sql_name=sql_name,
            category="V",
            size=-1,
            array_oid=array_oid,
            to_text=str,
            from_text=lambda text, typmod: coerce(_digits(text), typmod),
            to_binary=to_binary,
            from_binary=lambda data, typmod: coerce(_read_binary(data), typmod),
            coerce=coerce,
            arrow=lambda typmod: pa.string(),
            duckdb=lambda typmod: "VARCHAR",
            format_typmod=lambda typmod: f"({typmod})" if typmod > 0 else "",
            parse_typmod=parse_typmod,
            preferred=name == "varbit",
        )
    )


BIT = _bit_type(1560, "bit", "bit", 1561, _bit)
VARBIT = _bit_type(1562, "varbit", "bit varying", 1563, _varbit)
