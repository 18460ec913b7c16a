"""UPDATE and DELETE: finding, locking and replacing rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.executor.columns import cast_column, encoder, joined
from vecsql.executor.constraints import check_rows
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.defaults import cell_value, default_cell
from vecsql.executor.foreign_keys import check_references, check_removed, referenced_columns
from vecsql.executor.operators import operator
from vecsql.executor.returning import returning_result
from vecsql.executor.rowwise import generate
from vecsql.planner.dml.nodes import Cell, Delete, KeyAccess, Update
from vecsql.planner.plan import SelectPlan
from vecsql.types.base import ColumnType

Rowids = npt.NDArray[np.int64]


@dataclass(slots=True)
class Found:
    """Rows to change: their rowids and the other columns of the query that found them."""

    rowids: Rowids
    columns: list[Any]


@operator(Update)
def update(plan: Update, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run an UPDATE: the old rows are deleted and the new ones inserted."""
    found = _find_locked(plan.table.oid, plan.query, plan.access, ctx, params)
    count = len(found.rowids)
    columns: Mapping[int, pa.Array] = {}
    if count:
        columns = _new_rows(plan, found, ctx, params)
        check_rows(plan.table, columns, ctx)
        changed = {a for a, _ in plan.cells} | set(plan.computed)
        changed |= {c.attnum for c in plan.table.columns if c.generated is not None}
        gone = changed & referenced_columns(plan.table, ctx)
        old = _old_rows(plan.table, found.rowids, ctx) if gone else {}
        ctx.txn.delete(plan.table.oid, found.rowids)
        ctx.txn.insert(plan.table.oid, columns)
        check_references(plan.table, columns, ctx, changed)
        if gone:
            check_removed(plan.table, old, columns, ctx)
    others = found.columns[len(plan.computed) :]
    return returning_result(plan.returning, columns, others, count, f"UPDATE {count}", ctx, params)


@operator(Delete)
def delete(plan: Delete, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run a DELETE."""
    found = _find_locked(plan.table.oid, plan.query, plan.access, ctx, params)
    count = len(found.rowids)
    columns: Mapping[int, pa.Array] = {}
    if count:
        referenced = bool(referenced_columns(plan.table, ctx))
        if referenced or plan.returning is not None:
            columns = _old_rows(plan.table, found.rowids, ctx)
        ctx.txn.delete(plan.table.oid, found.rowids)
        if referenced:
            check_removed(plan.table, columns, None, ctx)
    return returning_result(
        plan.returning, columns, found.columns, count, f"DELETE {count}", ctx, params
    )


def _find_locked(
    oid: int,
    query: SelectPlan | None,
    access: KeyAccess | None,
    ctx: ExecContext,
    params: Sequence[Any],
) -> Found:
    """The rows, locked; looked for again on the newest snapshot when another transaction changed one meanwhile."""
    while True:
        found = _by_key(oid, access, ctx, params) if access else _by_query(query, ctx, params)
        if len(found.rowids) == 0 or ctx.txn.lock_rows(oid, found.rowids) is not None:
            return found
        ctx.txn.begin_statement()


def _by_key(oid: int, access: KeyAccess, ctx: ExecContext, params: Sequence[Any]) -> Found:
    key = tuple(c.run(ctx, params) for c in access.key if c.run)
    rowid = None
    if None not in key:
        rowid = ctx.txn.snapshot().table(oid).find_key(access.index_oid, key)
    return Found(np.array([] if rowid is None else [rowid], np.int64), [])


def _by_query(query: SelectPlan | None, ctx: ExecContext, params: Sequence[Any]) -> Found:
    """Run the query; of several matches of one row (joins) the first counts."""
    from vecsql.executor.execute import execute_plan

    assert query is not None
    result = execute_plan(query, ctx, params)
    assert result.columns is not None
    chunks = list(result.chunks)
    width = len(result.columns)
    columns = [joined([c.columns[i] for c in chunks], result.columns[i].type) for i in range(width)]
    rowids = np.asarray(columns[0], dtype=np.int64)
    unique, first = np.unique(rowids, return_index=True)
    if len(unique) < len(rowids):
        keep = pa.array(np.sort(first))
        columns = [c.take(keep) for c in columns]
        rowids = rowids[np.sort(first)]
    return Found(rowids, columns[1:])


def _old_rows(
    table: Any, rowids: Rowids, ctx: ExecContext, replaced: Collection[int] = ()
) -> dict[int, pa.Array]:
    """The rows' columns, but for those that are replaced anyway."""
    attnums = [c.attnum for c in table.columns if c.attnum not in replaced]
    arrays = ctx.txn.snapshot().table(table.oid).take(attnums, rowids)
    return dict(zip(attnums, arrays, strict=True))


def _new_rows(
    plan: Update, found: Found, ctx: ExecContext, params: Sequence[Any]
) -> dict[int, pa.Array]:
    """The rows after the update: attnum -> array."""
    table, count = plan.table, len(found.rowids)
    replaced = {*plan.computed, *(attnum for attnum, cell in plan.cells if cell is not None)}
    columns = _old_rows(table, found.rowids, ctx, replaced)
    catalog = ctx.txn.snapshot().catalog
    for attnum, cell in plan.cells:
        column = table.column_at(attnum)
        if cell is None and column.generated is not None:
            continue
        chosen = cell or default_cell(column, catalog)
        columns[attnum] = encoder(column.type)(_values(chosen, column.type, count, ctx, params))
    for i, attnum in enumerate(plan.computed):
        target = table.column_at(attnum).type
        columns[attnum] = cast_column(found.columns[i], plan.computed_types[i], target)
    for column in table.columns:
        if column.generated is not None:
            columns[column.attnum] = generate(table, column, columns, ctx)
    return columns


def _values(
    cell: Cell, ctype: ColumnType, count: int, ctx: ExecContext, params: Sequence[Any]
) -> list[Any]:
    if cell.volatile:
        return [cell_value(cell, ctype, ctx, params) for _ in range(count)]
    return [cell_value(cell, ctype, ctx, params)] * count
