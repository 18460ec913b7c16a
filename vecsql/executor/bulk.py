"""Appends Arrow tables to a table: casts, defaults and constraints a column at a time; and tables for Arrow schemas."""

from __future__ import annotations

from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

from vecsql import types
from vecsql.catalog.model import Column, Table
from vecsql.errors import DatatypeMismatch, FeatureNotSupported, UndefinedColumn
from vecsql.executor.columns import cast_column
from vecsql.executor.constraints import check_rows
from vecsql.executor.context import ExecContext
from vecsql.executor.ddl.names import quoted
from vecsql.executor.foreign_keys import PendingReferences
from vecsql.executor.insert import complete_rows
from vecsql.planner.dml.casts import assignment
from vecsql.planner.dml.insert import check_insertable
from vecsql.storage.columns import single
from vecsql.types.base import ColumnType, SqlType, by_oid

Rows: TypeAlias = "pa.Table | pa.RecordBatch"

BATCH_ROWS = 65_536  # rows handed to storage at once


def append(ctx: ExecContext, table_oid: int, rows: Rows) -> int:
    """Insert Arrow rows, matching columns by name; returns how many.

    Raises UndefinedColumn for a column the table does not have, DatatypeMismatch where no assignment cast
    exists, and whatever the values and constraints raise.
    """
    table = ctx.txn.snapshot().catalog.tables[table_oid]
    columns = _matched(table, rows.schema)
    references = PendingReferences(table)
    for start in range(0, rows.num_rows, BATCH_ROWS):
        part = rows.slice(start, BATCH_ROWS)
        given = {c.attnum: _converted(part.column(name), c) for name, c in columns.items()}
        complete = complete_rows(table, given, part.num_rows, ctx)
        check_rows(table, complete, ctx)
        ctx.txn.insert(table_oid, complete)
        references.add(complete)
    references.check(ctx)
    return int(rows.num_rows)


def _matched(table: Table, schema: pa.Schema) -> dict[str, Column]:
    """The table column that each Arrow column goes to."""
    found: dict[str, Column] = {}
    for name in schema.names:
        column = table.column(name)
        if column is None:
            raise UndefinedColumn(f'column "{name}" of relation "{table.name}" does not exist')
        check_insertable(table, column, "")
        found[name] = column
    return found


def _converted(data: pa.Array | pa.ChunkedArray, column: Column) -> pa.Array:
    """An Arrow column as the stored form of a table column."""
    array = single(data)
    if column.type.type.name == "halfvec" and array.type == column.type.arrow:
        return cast_column(array, column.type, column.type)
    array = _plain(array)
    if array.type == column.type.arrow and column.type.type.name == "vector":
        return cast_column(array, column.type, column.type)
    if array.type == column.type.arrow and column.type.typmod < 0:
        return array
    source = _source_type(array, column.type)
    if assignment(source, column.type) is None:
        raise DatatypeMismatch(
            f'column "{column.name}" is of type {column.type} but the data is of type {source}'
        )
    if source.type.name == "unknown":
        return _parsed(array, column.type)
    return cast_column(array, source, column.type)


def _parsed(array: pa.Array, target: ColumnType) -> pa.Array:
    """Texts read by the type's input function."""
    from vecsql.executor.copy.typed import from_strings

    return from_strings(array.cast(pa.string()), target)


def _plain(array: pa.Array) -> pa.Array:
    """The array without dictionaries, and half floats widened."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        return array.dictionary_decode()
    if pa.types.is_float16(kind):
        return array.cast(pa.float32())
    if _is_list(kind) and pa.types.is_float16(kind.value_type):
        return _widened(array)
    return array


def _widened(array: pa.Array) -> pa.Array:
    flat = array.flatten().cast(pa.float32())
    if pa.types.is_fixed_size_list(array.type) and array.null_count == 0:
        return pa.FixedSizeListArray.from_arrays(flat, array.type.list_size)
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    ends = pc.cumulative_sum(lengths.cast(pa.int32()))
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), ends])
    return pa.ListArray.from_arrays(
        offsets, flat, mask=array.is_null() if array.null_count else None
    )


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


_SCALARS: tuple[tuple[object, SqlType], ...] = (
    (pa.types.is_boolean, types.BOOL),
    (pa.types.is_int8, types.INT2),
    (pa.types.is_uint8, types.INT2),
    (pa.types.is_int16, types.INT2),
    (pa.types.is_uint16, types.INT4),
    (pa.types.is_int32, types.INT4),
    (pa.types.is_uint32, types.INT8),
    (pa.types.is_int64, types.INT8),
    (pa.types.is_uint64, types.NUMERIC),
    (pa.types.is_float16, types.FLOAT4),
    (pa.types.is_float32, types.FLOAT4),
    (pa.types.is_float64, types.FLOAT8),
    (pa.types.is_decimal, types.NUMERIC),
    (pa.types.is_string, types.TEXT),
    (pa.types.is_large_string, types.TEXT),
    (pa.types.is_string_view, types.TEXT),
    (pa.types.is_binary, types.BYTEA),
    (pa.types.is_large_binary, types.BYTEA),
    (pa.types.is_fixed_size_binary, types.BYTEA),
    (pa.types.is_date, types.DATE),
    (pa.types.is_time, types.TIME),
    (pa.types.is_interval, types.INTERVAL),
    (pa.types.is_null, types.TEXT),
)


def _scalar_type(kind: pa.DataType) -> SqlType | None:
    if pa.types.is_timestamp(kind):
        return types.TIMESTAMPTZ if kind.tz else types.TIMESTAMP
    return next((t for is_kind, t in _SCALARS if is_kind(kind)), None)  # type: ignore[operator]


def _source_type(array: pa.Array, target: ColumnType) -> ColumnType:
    """The SQL type of Arrow data: text for a column of another type is read as literals are."""
    kind = array.type
    if pa.types.is_null(kind):
        return target
    if _is_list(kind):
        return ColumnType(_array_of(kind.value_type))
    found = _scalar_type(kind)
    if found is None:
        raise FeatureNotSupported(f"Arrow type {kind} is not supported")
    if found.name == "text" and target.type.name not in ("text", "varchar", "bpchar", "name"):
        return ColumnType(types.UNKNOWN)
    return ColumnType(found)


def _array_of(kind: pa.DataType) -> SqlType:
    element = _scalar_type(kind)
    array = by_oid(element.array_oid) if element is not None else None
    if array is None:
        raise FeatureNotSupported(f"Arrow lists of {kind} are not supported")
    return array


def column_type(field: pa.Field, data: pa.Array | pa.ChunkedArray | None = None) -> ColumnType:
    """The SQL type for an Arrow field: lists of floats of one length become vector(d)."""
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if _is_list(kind):
        if pa.types.is_floating(kind.value_type):
            dims = _dimensions(kind, data)
            if dims:
                return ColumnType(types.VECTOR, dims)
        return ColumnType(_array_of(kind.value_type))
    if pa.types.is_decimal(kind) and kind.precision <= 38 and kind.scale >= 0:
        assert types.NUMERIC.parse_typmod is not None
        return ColumnType(types.NUMERIC, types.NUMERIC.parse_typmod([kind.precision, kind.scale]))
    found = _scalar_type(kind)
    if found is None:
        raise FeatureNotSupported(
            f'column "{field.name}" has the Arrow type {kind}, which is not supported'
        )
    return ColumnType(found)


def _dimensions(kind: pa.DataType, data: pa.Array | pa.ChunkedArray | None) -> int:
    """The one length that all lists have; 0 if they differ or nothing is known."""
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size)
    if data is None or len(data) == data.null_count:
        return 0
    found = pc.min_max(pc.list_value_length(data)).as_py()
    return int(found["min"]) if found["min"] == found["max"] else 0


def create_table_sql(name: str, rows: Rows, schema: str | None = None) -> str:
    """CREATE TABLE for Arrow data; the number of dimensions of list columns is taken from the rows given."""
    columns = [
        f"{quoted(field.name)} {column_type(field, rows.column(i))}"
        for i, field in enumerate(rows.schema)
    ]
    shown = f"{quoted(schema)}.{quoted(name)}" if schema else quoted(name)
    return f"CREATE TABLE {shown} ({', '.join(columns)})"
