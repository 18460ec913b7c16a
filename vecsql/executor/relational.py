"""Runs Relational plans: registers the snapshot's tables with DuckDB and gives its answer as Chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.errors import QueryCanceled
from vecsql.executor.catalog_answers import answered
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.duck import DuckSession, session_of, system_table
from vecsql.executor.operators import execute_plan
from vecsql.planner.plan import Chunk, LockRows, Relational, ResultColumn, ScalarExpr
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType

MAX_ATTNUM = 2000
CHUNK_ROWS = 8192


def run_relational(plan: Relational, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run the query; rows come lazily, in chunks. What only the catalog decides is answered from memory."""
    return answered(plan, ctx, params, lambda: _run(plan, ctx, params))


def _run(plan: Relational, ctx: ExecContext, params: Sequence[Any]) -> Result:
    duck = session_of(ctx)
    prepare_relations(plan, duck, ctx, params)
    table = duck.run(plan.sql, params, ctx)
    return Result(plan.columns, _chunks(table, plan.columns, ctx), f"SELECT {table.num_rows}")


def prepare_relations(
    plan: Relational, duck: DuckSession, ctx: ExecContext, params: Sequence[Any]
) -> None:
    """Register every relation the query names: tables of the snapshot, system relations, top-k answers."""
    # First: a block that locks rows may move on to a newer snapshot, and may register relations for itself.
    answers = {name: _answer(b, ctx, params) for name, b in plan.topk.items()}
    for name, table in answers.items():
        duck.register(name, table, None)
    snapshot = ctx.txn.snapshot()
    for name, (oid, attnums) in plan.scans.items():
        version = snapshot.table(oid)
        known = duck.registered.get(name)
        wanted = tuple(a for a in attnums if a < MAX_ATTNUM)
        if (
            known is not None
            and known[0] == (id(version), version.version)
            and set(wanted) <= set(known[1])
        ):
            continue
        table = version.arrow(wanted, with_rowid=True)
        duck.register(name, table, ((id(version), version.version), wanted, version))
    for name in plan.system:
        table, key = system_table(name, ctx)
        duck.register(name, table, key)


def _answer(plan: Any, ctx: ExecContext, params: Sequence[Any]) -> pa.Table:
    """A block's rows as an Arrow table; the columns of a locking sub-select are named o1, o2 ..."""
    result = execute_plan(plan, ctx, params)
    assert result.columns is not None
    names = [c.name for c in result.columns]
    if isinstance(plan, LockRows):
        names = [f"o{i}" for i in range(1, len(names) + 1)]
    chunks = list(result.chunks)
    arrays = []
    for i, column in enumerate(result.columns):
        parts = [to_arrow(chunk.columns[i], column.type) for chunk in chunks]
        arrays.append(pa.chunked_array(parts, column.type.arrow))
    return pa.Table.from_arrays(arrays, names=names)


def _chunks(table: pa.Table, columns: Sequence[ResultColumn], ctx: ExecContext) -> Iterator[Chunk]:
    for batch in table.to_batches(max_chunksize=CHUNK_ROWS):
        if ctx.cancel.is_set():
            raise QueryCanceled("canceling statement due to user request")
        if batch.num_rows:
            yield Chunk(
                batch.num_rows, [converted(batch.column(i), c.type) for i, c in enumerate(columns)]
            )


def converted(array: pa.Array, ctype: ColumnType) -> Any:
    """A column as it left DuckDB in the Arrow type of its SQL type; arrays of vectors as lists of numpy arrays."""
    if ctype.type.element is not None and ctype.type.element.name in ("vector", "halfvec"):
        return from_arrow(array, ctype)
    target = ctype.arrow
    if array.type == target:
        return array
    if pa.types.is_timestamp(target):
        return array.cast(target)
    if pa.types.is_fixed_size_list(target) and pa.types.is_list(array.type):
        return _fixed(array, ctype)
    return to_arrow(array, ctype)


def _fixed(array: pa.Array, ctype: ColumnType) -> pa.Array:
    size = ctype.typmod
    if array.type.value_type != ctype.arrow.value_type:
        return to_arrow(array, ctype)
    if array.null_count == 0 and len(array.flatten()) == len(array) * size:
        return pa.FixedSizeListArray.from_arrays(array.flatten(), size)
    return to_arrow(from_arrow(array, ctype), ctype)


def evaluate_scalar(expr: ScalarExpr, ctx: ExecContext, params: Sequence[Any]) -> Any:
    """The value of an expression over nothing but parameters, as a Python value; None for NULL."""
    column = session_of(ctx).run(f"SELECT {expr.sql}", params, ctx).column(0).combine_chunks()
    values = converted(column, expr.type)
    return values[0] if isinstance(values, list) else from_arrow(values, expr.type)[0]


def passing_rows(
    table: pa.Table, where: str, ctx: ExecContext, params: Sequence[Any]
) -> npt.NDArray[np.int64]:
    """The values of column `position` of the rows where the condition is true."""
    duck = session_of(ctx)
    duck.register("filtered", table, None)
    try:
        rows = duck.run(f"SELECT position FROM filtered WHERE {where}", params, ctx).column(0)
    finally:
        duck.unregister("filtered")
    return np.asarray(rows, dtype=np.int64)
