"""Casts between text and any type through that type's own codecs: vs_in_<oid> and vs_out_<oid>, and vs_zoned_in_<oid>
and vs_zoned_out_<oid> for types whose text depends on the session's TimeZone, which is their second argument."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from vecsql.errors import Error
from vecsql.executor.duck_functions.registry import DuckFunction, encoded
from vecsql.planner.literals import duck_type
from vecsql.settings.checks import zone_of
from vecsql.types.arrow import from_arrow, to_arrow, widened_array, widened_type
from vecsql.types.base import ColumnType, by_oid
from vecsql.types.datetimes import SESSION_ZONE
from vecsql.types.formatting import TextFormat


def codec(name: str) -> DuckFunction | None:
    """The function of this name, if it is one of those above."""
    *prefix, direction, oid = name.split("_")
    zoned = prefix[-1] == "zoned"
    sql_type = by_oid(int(oid))
    if sql_type is None:
        return None
    ctype = ColumnType(sql_type)
    if zoned and direction == "in":
        return DuckFunction(
            name, ("VARCHAR", "VARCHAR"), duck_type(sql_type), _in_zone(_reader(ctype)), True, True
        )
    if zoned:
        args = (duck_type(sql_type), "VARCHAR")
        return DuckFunction(name, args, "VARCHAR", _in_zone(_printer(ctype)), True, True)
    if direction == "in":
        return DuckFunction(name, ("VARCHAR",), duck_type(sql_type), _reader(ctype), True, True)
    return DuckFunction(name, (duck_type(sql_type),), "VARCHAR", _printer(ctype), True, True)


def _in_zone(body: Callable[[Any], pa.Array]) -> Callable[[Any, Any], pa.Array]:
    """`body` with the zone of its second argument, which is the same for all rows, as the session's."""

    def call(column: Any, zone: Any) -> pa.Array:
        if len(column):
            SESSION_ZONE.set(zone_of(zone[0].as_py()))
        return body(column)

    return call


def _reader(ctype: ColumnType) -> Callable[[Any], pa.Array]:
    def call(column: Any) -> pa.Array:
        read = ctype.type.from_text
        try:
            values = [None if v is None else read(v, -1) for v in column.to_pylist()]
        except Error as error:
            raise encoded(error) from None
        return widened_array(to_arrow(values, ctype))

    return call


def _printer(ctype: ColumnType) -> Callable[[Any], pa.Array]:
    def call(column: Any) -> pa.Array:
        show = TextFormat(SESSION_ZONE.get()).encoder(ctype.type)
        column = column.cast(
            widened_type(ctype.arrow)
        )  # DuckDB names the session's zone in the Arrow type
        return pa.array(
            [None if v is None else show(v) for v in from_arrow(column, ctype)], pa.string()
        )

    return call
