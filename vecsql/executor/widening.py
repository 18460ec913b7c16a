"""Runs ORDER BY distance LIMIT k over joins: with the nearest rows first, with more while too few come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from vecsql.executor.context import ExecContext, Result
from vecsql.executor.operators import execute_plan, operator
from vecsql.executor.scalars import row_count
from vecsql.planner.plan import Const, Relational, ScalarExpr, VectorTopK, Widening
from vecsql.types import INT8
from vecsql.types.base import ColumnType

FIRST_ROWS = 64
FIRST_FACTOR = 4  # begin with so many rows per row wanted
GROWTH = 8
MOST_ROWS_READ = 50_000  # of other tables, for the conditions of a join
LARGEST_SHARE = 8  # beyond 1/8 of the table all of it costs no more


@operator(Widening)
def run(plan: Widening, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run the query over the k' nearest rows for growing k'. With all k rows found none of the others is nearer."""
    limit, offset = row_count(plan.limit, plan.offset, ctx, params)
    block = block_of(plan, ctx)
    rows = ctx.txn.snapshot().table(block.table.oid).num_rows
    nearest = rows if limit is None else max(FIRST_ROWS, FIRST_FACTOR * (limit + offset))
    while True:
        complete = nearest * LARGEST_SHARE >= rows
        result = execute_plan(_over(plan, block, None if complete else nearest), ctx, params)
        if complete:
            return result
        chunks = list(result.chunks)
        if sum(chunk.num_rows for chunk in chunks) == limit:
            return Result(result.columns, iter(chunks), result.tag)
        nearest *= GROWTH


def block_of(plan: Widening, ctx: ExecContext) -> VectorTopK:
    """The block to run: with the conditions of the join, unless large tables would have to be read for them."""
    block = plan.relational.topk[plan.block]
    assert isinstance(block, VectorTopK)
    snapshot = ctx.txn.snapshot()
    read = sum(snapshot.table(oid).num_rows for oid in plan.reducers)
    return block if plan.reduced is None or read > MOST_ROWS_READ else plan.reduced


def _over(plan: Widening, block: VectorTopK, nearest: int | None) -> Relational:
    limited = replace(block, limit=ScalarExpr(ColumnType(INT8), Const(nearest)))
    return replace(plan.relational, topk={**plan.relational.topk, plan.block: limited})
