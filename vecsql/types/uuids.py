"""uuid."""

from __future__ import annotations

import re
import uuid

import pyarrow as pa

from vecsql.types.base import SqlType
from vecsql.types.define import define, invalid_syntax, unchanged, wrong_length

# Hyphens after any group of four digits, braces around, as PostgreSQL reads it.
_LITERAL = re.compile(r"(?:\{)?(?:[0-9a-fA-F]{4}-?){7}[0-9a-fA-F]{4}(?:\})?", re.ASCII)


def from_text(text: str, typmod: int = -1) -> uuid.UUID:
    if not _LITERAL.fullmatch(text) or text.startswith("{") != text.endswith("}"):
        raise invalid_syntax("uuid", text)
    return uuid.UUID(text.strip("{}").replace("-", ""))


def from_binary(data: bytes, typmod: int = -1) -> uuid.UUID:
    if len(data) != 16:
        raise wrong_length(data, 16)
    return uuid.UUID(bytes=bytes(data))


UUID = define(
    SqlType(
        oid=2950,
        name="uuid",
        sql_name="uuid",
        category="U",
        size=16,
        array_oid=2951,
        to_text=str,
        from_text=from_text,
        to_binary=lambda value: value.bytes,
        from_binary=from_binary,
        coerce=unchanged,
        arrow=lambda typmod: pa.string(),
        duckdb=lambda typmod: "VARCHAR",
    )
)
