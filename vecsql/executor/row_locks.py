"""SELECT ... FOR UPDATE: finds the rows, locks them in the query's order, and gives those that it got."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.executor.columns import joined
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.operators import execute_plan, operator
from vecsql.executor.scalars import row_count
from vecsql.planner.plan import Chunk, LockRows

Rowids = npt.NDArray[np.int64]


@operator(LockRows)
def lock_rows(plan: LockRows, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run the query; it starts anew on the newest snapshot when a row was changed while its lock was waited for."""
    limit, offset = row_count(plan.limit, plan.offset, ctx, params)
    wanted = None if limit is None else limit + offset
    while True:
        columns = _rows(plan, ctx, params)
        locked = _locked(plan, columns[len(plan.columns) :], wanted, ctx)
        if locked is not None:
            break
        ctx.txn.begin_statement()
    kept = pa.array(locked[offset:])
    chunks = [Chunk(len(kept), [c.take(kept) for c in columns[: len(plan.columns)]])]
    return Result(plan.columns, _non_empty(chunks), f"SELECT {len(kept)}")


def _non_empty(chunks: list[Chunk]) -> Iterator[Chunk]:
    return (chunk for chunk in chunks if chunk.num_rows)


def _rows(plan: LockRows, ctx: ExecContext, params: Sequence[Any]) -> list[pa.Array]:
    """The query's columns; the rowids of the locked tables come last."""
    result = execute_plan(plan.query, ctx, params)
    assert result.columns is not None
    chunks = list(result.chunks)
    return [
        joined([chunk.columns[i] for chunk in chunks], column.type)
        for i, column in enumerate(result.columns)
    ]


def _locked(
    plan: LockRows, rowids: Sequence[pa.Array], wanted: int | None, ctx: ExecContext
) -> Rowids | None:
    """Positions of the first `wanted` rows that could be locked; None when the query has to run again."""
    count = len(rowids[0]) if rowids else 0
    columns = [np.asarray(column, dtype=np.int64) for column in rowids]
    found: list[Rowids] = [np.empty(0, np.int64)]
    have = start = 0
    while start < count and (wanted is None or have < wanted):
        stop = count if wanted is None else min(count, start + wanted - have)
        positions = np.arange(start, stop)
        for table, column in zip(plan.tables, columns, strict=True):
            rows = column[positions]
            got = ctx.txn.lock_rows(
                table.oid, np.unique(rows), nowait=table.nowait, skip=table.skip
            )
            if got is None:
                return None
            positions = positions[np.isin(rows, got)]
        found.append(positions)
        have, start = have + len(positions), stop
    return np.concatenate(found)
