"""Casts between text and any type through that type's own codecs: vs_in_<oid> and vs_out_<oid>."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from vecsql.errors import Error
from vecsql.executor.duck_functions.registry import DuckFunction, encoded
from vecsql.planner.literals import duck_type
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType, by_oid


def codec(name: str) -> DuckFunction | None:
    """The function of this name, if it is one of vs_in_<oid>, vs_out_<oid>."""
    _, direction, oid = name.split("_")
    sql_type = by_oid(int(oid))
    if sql_type is None:
        return None
    ctype = ColumnType(sql_type)
    if direction == "in":
        return DuckFunction(name, ("VARCHAR",), duck_type(sql_type), _reader(ctype), True, True)
    return DuckFunction(name, (duck_type(sql_type),), "VARCHAR", _printer(ctype), True, True)


def _reader(ctype: ColumnType) -> Callable[[Any], pa.Array]:
    def call(column: Any) -> pa.Array:
        read = ctype.type.from_text
        try:
            values = [None if v is None else read(v, -1) for v in column.to_pylist()]
        except Error as error:
            raise encoded(error) from None
        return to_arrow(values, ctype)

    return call


def _printer(ctype: ColumnType) -> Callable[[Any], pa.Array]:
    def call(column: Any) -> pa.Array:
        show = ctype.type.to_text
        return pa.array(
            [None if v is None else show(v) for v in from_arrow(column, ctype)], pa.string()
        )

    return call
