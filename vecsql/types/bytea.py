"""bytea: hex and escape text forms, binary as is."""

from __future__ import annotations

import re

import pyarrow as pa

from vecsql.errors import InvalidParameterValue, InvalidTextRepresentation
from vecsql.types.base import SqlType
from vecsql.types.define import define, unchanged

_ESCAPE = re.compile(rb"\\(\\|[0-3][0-7]{2}|)", re.DOTALL)
_HEX_SPACE = " \n\t\r"


def to_text(value: bytes) -> str:
    return "\\x" + value.hex()


def to_escape_text(value: bytes) -> str:
    """The output of bytea_output = 'escape'."""
    return "".join(
        "\\\\" if b == 0x5C else chr(b) if 0x20 <= b <= 0x7E else f"\\{b:03o}" for b in value
    )


def _from_hex(digits: str) -> bytes:
    for space in _HEX_SPACE:
        digits = digits.replace(space, "")
    for char in digits:
        if char not in "0123456789abcdefABCDEF":
            raise InvalidParameterValue(f'invalid hexadecimal digit: "{char}"')
    if len(digits) % 2:
        raise InvalidParameterValue("invalid hexadecimal data: odd number of digits")
    return bytes.fromhex(digits)


def from_text(text: str, typmod: int = -1) -> bytes:
    if text.startswith("\\x"):
        try:
            return bytes.fromhex(text[2:])
        except ValueError:
            return _from_hex(text[2:])

    def unescape(match: re.Match[bytes]) -> bytes:
        if not match[1]:
            raise InvalidTextRepresentation("invalid input syntax for type bytea")
        return b"\\" if match[1] == b"\\" else bytes([int(match[1], 8)])

    return _ESCAPE.sub(unescape, text.encode())


def to_binary(value: bytes) -> bytes:
    return bytes(value)


def from_binary(data: bytes, typmod: int = -1) -> bytes:
    return bytes(data)


BYTEA = define(
    SqlType(
        oid=17,
        name="bytea",
        sql_name="bytea",
        category="U",
        size=-1,
        array_oid=1001,
        to_text=to_text,
        from_text=from_text,
        to_binary=to_binary,
        from_binary=from_binary,
        coerce=unchanged,
        arrow=lambda typmod: pa.binary(),
        duckdb=lambda typmod: "BLOB",
    )
)
