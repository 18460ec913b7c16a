"""ON CONFLICT: sorts new rows into those to insert and those that meet an existing row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.catalog.model import Table
from vecsql.errors import CardinalityViolation, SerializationFailure
from vecsql.executor.constraints import Columns, check_rows
from vecsql.executor.context import ExecContext
from vecsql.executor.foreign_keys import check_removed, referenced_columns
from vecsql.executor.rowwise import generate, update_excluded
from vecsql.planner.dml.nodes import Insert, OnConflict, UpdateExcluded
from vecsql.planner.dml.rows import XMAX
from vecsql.types.arrow import from_arrow

Rowids = npt.NDArray[np.int64]


def insert_or_conflict(
    plan: Insert, columns: Columns, ctx: ExecContext, params: Sequence[Any]
) -> dict[int, pa.Array]:
    """Insert the rows without conflict, update or skip the others. Returns the rows inserted or updated, in order."""
    conflict, table = plan.conflict, plan.table
    assert conflict is not None
    count = len(next(iter(columns.values())))
    while True:
        existing, repeated = _conflicts(conflict, table, columns, count, ctx)
        met = existing >= 0
        if conflict.update is None or not met.any():
            break
        if len(np.unique(existing[met])) < int(met.sum()):
            raise _second_time()
        if ctx.txn.lock_rows(table.oid, existing[met]) is not None:
            break
        ctx.txn.begin_statement()
    if conflict.update is not None and repeated.any():
        raise _second_time()
    fresh = np.flatnonzero(~met & ~repeated)
    inserted = _take(columns, fresh)
    if len(fresh):
        ctx.txn.insert(table.oid, inserted)
    if conflict.update is None or not met.any():
        return _marked(inserted, np.zeros(len(fresh), np.int64))
    at = np.flatnonzero(met)
    updated, kept = _update(conflict.update, table, existing[at], _take(columns, at), ctx, params)
    order = np.argsort(np.concatenate([fresh, at[kept]]), kind="stable")
    both = {a: pa.concat_arrays([inserted[a], updated[a]]) for a in columns}
    return _marked(_take(both, order), (order >= len(fresh)).astype(np.int64))


def _marked(columns: dict[int, pa.Array], xmax: npt.NDArray[np.int64]) -> dict[int, pa.Array]:
    """The rows with their system column xmax, which tells the updated ones from the inserted."""
    return {**columns, XMAX: pa.array(xmax)}


def _second_time() -> CardinalityViolation:
    return CardinalityViolation(
        "ON CONFLICT DO UPDATE command cannot affect row a second time",
        hint="Ensure that no rows proposed for insertion within the same command have duplicate constrained values.",
    )


def _take(columns: Columns, rows: Any) -> dict[int, pa.Array]:
    at = pa.array(rows, pa.int64())
    return {attnum: array.take(at) for attnum, array in columns.items()}


def _conflicts(
    conflict: OnConflict, table: Table, columns: Columns, count: int, ctx: ExecContext
) -> tuple[Rowids, npt.NDArray[np.bool_]]:
    """Per new row: the rowid of the existing row it meets (or -1), and whether an earlier new row has its key."""
    existing = np.full(count, -1, np.int64)
    repeated = np.zeros(count, np.bool_)
    catalog = ctx.txn.snapshot().catalog
    for oid in conflict.index_oids:
        found = ctx.txn.find_conflicts(table.oid, oid, columns)
        existing = np.where(existing < 0, found, existing)
        attnums = [c.attnum for c in catalog.indexes[oid].columns]
        repeated |= _repeats(table, attnums, columns, count)
    return existing, repeated


def _repeats(
    table: Table, attnums: Sequence[int], columns: Columns, count: int
) -> npt.NDArray[np.bool_]:
    """Rows whose key (without NULLs) an earlier row of the batch has."""
    marks = np.zeros(count, np.bool_)
    if count < 2:
        return marks
    values = [from_arrow(columns[a], table.column_at(a).type) for a in attnums]
    seen: set[tuple[str, ...]] = set()
    outputs = [table.column_at(a).type.type.to_text for a in attnums]
    for row, key in enumerate(zip(*values, strict=True)):
        if any(v is None for v in key):
            continue
        text = tuple(out(v) for out, v in zip(outputs, key, strict=True))
        marks[row] = text in seen
        seen.add(text)
    return marks


def _update(
    update: UpdateExcluded,
    table: Table,
    rowids: Rowids,
    excluded: Columns,
    ctx: ExecContext,
    params: Sequence[Any],
) -> tuple[dict[int, pa.Array], npt.NDArray[np.int64]]:
    """DO UPDATE of the given rows; gives the new rows and which of the rows WHERE let through."""
    attnums = [c.attnum for c in table.columns]
    ctx.txn.begin_statement()  # the rows met may be younger than the statement's snapshot
    old = dict(zip(attnums, ctx.txn.snapshot().table(table.oid).take(attnums, rowids), strict=True))
    if len(old[attnums[0]]) < len(rowids):
        raise SerializationFailure("could not serialize access due to concurrent update")
    kept = np.arange(len(rowids))
    new = dict(old)
    if update.excluded is not None:
        for attnum, source in zip(update.attnums, update.excluded, strict=True):
            new[attnum] = excluded[source]
    else:
        new, kept = update_excluded(update, table, old, excluded, ctx, params)
    for column in table.columns:
        if column.generated is not None:
            new[column.attnum] = generate(table, column, new, ctx)
    check_rows(table, new, ctx)
    if len(kept):
        ctx.txn.delete(table.oid, rowids[kept])
        ctx.txn.insert(table.oid, new)
        if referenced_columns(table, ctx):
            check_removed(table, _take(old, kept) if len(kept) < len(rowids) else old, new, ctx)
    return new, kept
