"""load(): a whole source into a table, which is made to fit if it is missing."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from vecsql import types as t
from vecsql.catalog.model import Column, Table
from vecsql.catalog.names import relation_oid
from vecsql.dbapi.sources import Source, open_source
from vecsql.errors import (
    DatatypeMismatch,
    DuplicateTable,
    FeatureNotSupported,
    InterfaceError,
    InvalidParameterValue,
    UndefinedColumn,
    UndefinedTable,
)
from vecsql.session.bulk import insert_arrow
from vecsql.session.commands import quote_identifier
from vecsql.session.session import Session
from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType

if TYPE_CHECKING:
    from vecsql.dbapi.connection import Connection

Convert = Callable[[pa.Array], pa.Array]


def load(
    connection: Connection, table: str, source: Any, *, mode: str, progress: bool | None
) -> int:
    """Load in one transaction: the open one, or one of its own. Gives the number of rows."""
    if mode not in ("auto", "create", "append"):
        raise InterfaceError(f'mode must be "auto", "create" or "append", not "{mode}"')
    session = connection._session
    opened = open_source(source)
    own = not session.transactions.in_block
    if own:
        session.transactions.begin({})
    try:
        count = _load(session, table, opened, mode, progress)
    except BaseException as raised:
        error = session.failed(raised)
        if own:
            session.transactions.rollback()
        raise error from raised
    if own:
        session.transactions.commit()
    return count


def _load(session: Session, name: str, source: Source, mode: str, progress: bool | None) -> int:
    batches = source.batches
    first = next(batches, None)
    schema = source.schema if first is None else first.schema
    table = _find(session, name)
    if table is None:
        if mode == "append":
            raise UndefinedTable(f'relation "{name}" does not exist')
        table = _create(session, name, schema, first)
    elif mode == "create":
        raise DuplicateTable(f'relation "{name}" already exists')
    columns = _match(table, schema)
    total = 0
    with _bar(progress, name, source.num_rows) as advance:
        while first is not None:
            arrays = {c.attnum: convert_column(first.column(i), c) for i, c in columns}
            insert_arrow(session, table, arrays, first.num_rows)
            total += first.num_rows
            advance(first.num_rows)
            first = next(batches, None)
    return total


def _find(session: Session, name: str) -> Table | None:
    catalog = session.catalog
    oid = relation_oid(catalog, name, session.planner.search_path(catalog))
    if oid is None:
        return None
    table = catalog.tables.get(oid)
    if table is None:
        raise UndefinedTable(f'"{name}" is not a table')
    return table


def _create(session: Session, name: str, schema: pa.Schema, first: pa.RecordBatch | None) -> Table:
    """CREATE TABLE with a column for each of the source's; CREATE EXTENSION when one is a vector."""
    types = [
        sql_type(field, None if first is None else first.column(i))
        for i, field in enumerate(schema)
    ]
    if any(text.startswith("vector") for text in types):
        _run(session, "CREATE EXTENSION IF NOT EXISTS vector")
    columns = ", ".join(
        f"{quote_identifier(field.name)} {text}" for field, text in zip(schema, types, strict=True)
    )
    _run(session, f"CREATE TABLE {name} ({columns})")
    table = _find(session, name)
    assert table is not None
    return table


def _run(session: Session, sql: str) -> None:
    for _, result in session.simple(sql):
        for _ in result.chunks:
            pass


def sql_type(field: pa.Field, sample: pa.Array | None) -> str:
    """The SQL type for an Arrow field. Lists of floats that are all of one length (of the sample) are vectors."""
    kind = field.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    for test, text in _SQL_TYPES:
        if test(kind):
            return text
    if pa.types.is_decimal(kind):
        return f"numeric({kind.precision},{kind.scale})"
    if pa.types.is_timestamp(kind):
        return "timestamptz" if kind.tz else "timestamp"
    if _is_list(kind):
        return _list_type(field, kind, sample)
    raise FeatureNotSupported(f'column "{field.name}": no SQL type for Arrow type {kind}')


def _list_type(field: pa.Field, kind: pa.DataType, sample: pa.Array | None) -> str:
    dims = _dimensions(kind, sample)
    if pa.types.is_floating(kind.value_type) and dims is not None:
        return f"vector({dims})"
    return sql_type(pa.field(field.name, kind.value_type), None) + "[]"


def _dimensions(kind: pa.DataType, sample: pa.Array | None) -> int | None:
    if pa.types.is_fixed_size_list(kind):
        return int(kind.list_size)
    if sample is None:
        return None
    low, high = pc.min_max(pc.list_value_length(sample)).as_py().values()
    return int(low) if low == high and low else None


def _is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    )


def _is_bytes(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_fixed_size_binary(kind)
    )


_SQL_TYPES: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_int8, "smallint"), (pa.types.is_uint8, "smallint"), (pa.types.is_int16, "smallint"),
    (pa.types.is_uint16, "integer"), (pa.types.is_int32, "integer"),
    (pa.types.is_uint32, "bigint"), (pa.types.is_int64, "bigint"),
    (pa.types.is_uint64, "numeric(20,0)"),
    (pa.types.is_float16, "real"), (pa.types.is_float32, "real"), (pa.types.is_float64, "double precision"),
    (_is_text, "text"), (_is_bytes, "bytea"), (pa.types.is_null, "text"),
    (pa.types.is_date, "date"), (pa.types.is_time, "time"), (pa.types.is_duration, "interval"),
    (pa.types.is_struct, "jsonb"), (pa.types.is_map, "jsonb"),
)  # fmt: skip


def _match(table: Table, schema: pa.Schema) -> list[tuple[int, Column]]:
    """Which column of the source fills which of the table: by name, regardless of order."""
    found: list[tuple[int, Column]] = []
    for i, name in enumerate(schema.names):
        column = table.column(name)
        if column is None:
            raise UndefinedColumn(f'column "{name}" of relation "{table.name}" does not exist')
        if column.generated is not None:
            raise InvalidParameterValue(f'column "{name}" is a generated column')
        found.append((i, column))
    return found


def convert_column(array: pa.Array, column: Column) -> pa.Array:
    """A source's column in the Arrow type of the table's column."""
    ctype = column.type
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if array.type == ctype.arrow:
        return array
    try:
        return _convert(array, ctype)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, TypeError) as error:
        raise DatatypeMismatch(
            f'column "{column.name}" is of type {ctype} but the source has {array.type}',
            detail=str(error).splitlines()[0],
        ) from None


def _convert(array: pa.Array, ctype: ColumnType) -> pa.Array:
    if ctype.type.oid == t.VECTOR.oid and _is_list(array.type):
        return _vectors(array, ctype)
    if ctype.type.oid in (t.JSON.oid, t.JSONB.oid) and not _is_text(array.type):
        return _json(array)
    if _is_text(array.type) and ctype.type.category != "S":
        values = [
            None if v is None else ctype.type.from_text(v, ctype.typmod) for v in array.to_pylist()
        ]
        return to_arrow(values, ctype)
    return to_arrow(array, ctype)


def _vectors(array: pa.Array, ctype: ColumnType) -> pa.Array:
    """Lists of numbers as vector(d), checked as pgvector checks them."""
    import numpy as np

    from vecsql.types.vector import check_dimensions, check_values

    if ctype.typmod > 0 and array.null_count == 0:
        lengths = pc.unique(pc.list_value_length(array)).to_pylist()
        for length in lengths:
            check_dimensions(length, ctype.typmod)
        flat = array.flatten().cast(pa.float32())
        if flat.null_count == 0 and np.isfinite(flat.to_numpy()).all():
            return pa.FixedSizeListArray.from_arrays(flat, ctype.typmod)
    rows = [None if v is None else np.asarray(v, np.float32) for v in array.to_pylist()]
    for row in rows:
        if row is not None:
            check_dimensions(len(row), ctype.typmod)
            check_values(row)
    return to_arrow(rows, ctype)


def _json(array: pa.Array) -> pa.Array:
    import json

    return pa.array(
        [None if v is None else json.dumps(v, default=str) for v in array.to_pylist()], pa.string()
    )


@contextlib.contextmanager
def _bar(wanted: bool | None, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, or nothing; gives the function that advances it."""
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda rows: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Loading {name}", total=total)
        yield lambda rows: progress.advance(task, rows)
