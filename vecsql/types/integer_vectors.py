"""int2vector and oidvector: the one-dimensional, 0-based arrays of the system catalog. Text form '1 2 3'."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from vecsql.types.array import array_from_binary, array_to_binary
from vecsql.types.base import SqlType
from vecsql.types.define import define
from vecsql.types.integers import INT2
from vecsql.types.objects import OID


def _vector_of(oid: int, name: str, array_oid: int, element: SqlType) -> SqlType:
    def from_text(text: str, typmod: int = -1) -> list[Any]:
        return [element.from_text(part, -1) for part in text.split()]

    def from_binary(data: bytes, typmod: int = -1) -> list[Any]:
        return array_from_binary(data, typmod, element)

    def coerce(value: Any, typmod: int = -1) -> list[Any]:
        return list(value)

    return define(
        SqlType(
            oid=oid,
            name=name,
            sql_name=name,
            category="A",
            size=-1,
            array_oid=array_oid,
            to_text=lambda value: " ".join(map(str, value)),
            from_text=from_text,
            to_binary=lambda value: array_to_binary(value, element, lower_bound=0),
            from_binary=lambda data, typmod: array_from_binary(data, typmod, element),
            coerce=lambda value, typmod: list(value),
            arrow=lambda typmod: pa.list_(element.arrow(-1)),
            duckdb=lambda typmod: f"{element.duckdb(-1)}[]",
            element=element,
        )
    )


INT2VECTOR = _vector_of(22, "int2vector", 1006, INT2)
OIDVECTOR = _vector_of(30, "oidvector", 1013, OID)
