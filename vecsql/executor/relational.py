"""Runs Relational plans: registers the snapshot's tables with DuckDB and gives its answer as Chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.errors import QueryCanceled
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.duck import DuckSession, from_duckdb, session_of, system_table
from vecsql.executor.operators import execute_plan, operator
from vecsql.planner.plan import Chunk, Relational, ResultColumn, ScalarExpr
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType

MAX_ATTNUM = 2000


@operator(Relational)
def run_relational(plan: Relational, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run the query; rows come lazily, in chunks."""
    duck = session_of(ctx)
    prepare_relations(plan, duck, ctx, params)
    reader = duck.run(plan.sql, params, ctx)
    result = Result(plan.columns, iter(()), "SELECT 0")
    first = _next(reader)
    result.chunks = _chunks(first, reader, plan.columns, result, ctx)
    return result


def prepare_relations(
    plan: Relational, duck: DuckSession, ctx: ExecContext, params: Sequence[Any]
) -> None:
    """Register every relation the query names: tables of the snapshot, system relations, top-k answers."""
    snapshot = ctx.txn.snapshot()
    for name, (oid, attnums) in plan.scans.items():
        version = snapshot.table(oid)
        known = duck.registered.get(name)
        wanted = tuple(a for a in attnums if a < MAX_ATTNUM)
        if known is not None and known[0] == (id(version), version.version) and set(wanted) <= set(known[1]):
            continue
        table = version.arrow(wanted, with_rowid=True)
        duck.register(name, table, ((id(version), version.version), wanted, version))
    for name in plan.system:
        table, key = system_table(name, ctx)
        duck.register(name, table, key)
    for name, block in plan.topk.items():
        duck.register(name, _answer(execute_plan(block, ctx, params)), None)


def _answer(result: Result) -> pa.Table:
    """A sub-plan's rows as an Arrow table with the columns' names."""
    assert result.columns is not None
    chunks = list(result.chunks)
    arrays = []
    for i, column in enumerate(result.columns):
        parts = [to_arrow(chunk.columns[i], column.type) for chunk in chunks]
        arrays.append(pa.chunked_array(parts, column.type.arrow))
    return pa.Table.from_arrays(arrays, names=[c.name for c in result.columns])


def _next(reader: pa.RecordBatchReader) -> pa.RecordBatch | None:
    import duckdb

    try:
        return reader.read_next_batch()
    except StopIteration:
        return None
    except (pa.ArrowException, duckdb.Error) as error:
        raise from_duckdb(error) from None


def _chunks(
    batch: pa.RecordBatch | None, reader: pa.RecordBatchReader, columns: Sequence[ResultColumn],
    result: Result, ctx: ExecContext,
) -> Iterator[Chunk]:  # fmt: skip
    total = 0
    while batch is not None:
        if ctx.cancel.is_set():
            raise QueryCanceled("canceling statement due to user request")
        if batch.num_rows:
            total += batch.num_rows
            result.tag = f"SELECT {total}"
            yield Chunk(
                batch.num_rows, [converted(batch.column(i), c.type) for i, c in enumerate(columns)]
            )
        batch = _next(reader)
    result.tag = f"SELECT {total}"


def converted(array: pa.Array, ctype: ColumnType) -> pa.Array:
    """A column as it left DuckDB in the Arrow type of its SQL type."""
    target = ctype.arrow
    if array.type == target:
        return array
    if pa.types.is_fixed_size_list(target) and pa.types.is_list(array.type):
        return _fixed(array, ctype)
    return to_arrow(array, ctype)


def _fixed(array: pa.Array, ctype: ColumnType) -> pa.Array:
    size = ctype.typmod
    if array.null_count == 0 and len(array.flatten()) == len(array) * size:
        return pa.FixedSizeListArray.from_arrays(array.flatten(), size)
    return to_arrow(from_arrow(array, ctype), ctype)


def evaluate_scalar(expr: ScalarExpr, ctx: ExecContext, params: Sequence[Any]) -> Any:
    """The value of an expression over nothing but parameters, as a Python value; None for NULL."""
    reader = session_of(ctx).run(f"SELECT {expr.sql}", params, ctx)
    batch = _next(reader)
    assert batch is not None
    return from_arrow(converted(batch.column(0), expr.type), expr.type)[0]


def passing_rows(
    table: pa.Table, where: str, ctx: ExecContext, params: Sequence[Any]
) -> npt.NDArray[np.int64]:
    """The values of column `position` of the rows where the condition is true."""
    duck = session_of(ctx)
    duck.register("filtered", table, None)
    try:
        reader = duck.run(f"SELECT position FROM filtered WHERE {where}", params, ctx)
        rows = reader.read_all().column(0)
    finally:
        duck.unregister("filtered")
    return np.asarray(rows, dtype=np.int64)
