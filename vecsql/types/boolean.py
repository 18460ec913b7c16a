"""bool."""

from __future__ import annotations

import pyarrow as pa

from vecsql.types.base import SqlType
from vecsql.types.define import define, invalid_syntax, unchanged, wrong_length

_SPELLINGS = {
    prefix: value
    for word, value, shortest in (
        ("true", True, 1),
        ("false", False, 1),
        ("yes", True, 1),
        ("no", False, 1),
        ("on", True, 2),
        ("off", False, 2),
        ("1", True, 1),
        ("0", False, 1),
    )
    for prefix in (word[:n] for n in range(shortest, len(word) + 1))
}


def to_text(value: bool) -> str:
    return "t" if value else "f"


def from_text(text: str, typmod: int = -1) -> bool:
    value = _SPELLINGS.get(text.strip(" \t\n\r\f\v").lower())
    if value is None:
        raise invalid_syntax("boolean", text)
    return value


def to_binary(value: bool) -> bytes:
    return b"\x01" if value else b"\x00"


def from_binary(data: bytes, typmod: int = -1) -> bool:
    if len(data) != 1:
        raise wrong_length(data, 1)
    return data != b"\x00"


BOOL = define(
    SqlType(
        oid=16,
        name="bool",
        sql_name="boolean",
        category="B",
        size=1,
        array_oid=1000,
        to_text=to_text,
        from_text=from_text,
        to_binary=to_binary,
        from_binary=from_binary,
        coerce=unchanged,
        arrow=lambda typmod: pa.bool_(),
        duckdb=lambda typmod: "BOOLEAN",
        preferred=True,
    )
)
