"""The vector top-k operator: ORDER BY column <op> query LIMIT k over the parts of one table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vecsql import kernels
from vecsql.executor import materialize
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.hits import Hits, whole_groups
from vecsql.executor.operators import operator
from vecsql.executor.ordering import order_ties
from vecsql.executor.scalars import evaluate, row_count
from vecsql.executor.vector_search import Search
from vecsql.planner.plan import Chunk, VectorTopK, Within
from vecsql.storage.interface import TableVersion

FIRST_ROWS = 256  # of a range search
GROWTH = 8
LARGEST_SHARE = 8  # beyond 1/8 of the table all of it costs no more


@operator(VectorTopK)
def run(plan: VectorTopK, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run a top-level vector top-k; its rows come as one chunk."""
    version = ctx.txn.snapshot().table(plan.table.oid)
    hits = find(plan, version, ctx, params)
    columns = materialize.topk_columns(plan, version, hits, ctx, params)
    count = len(hits.positions)
    return Result(plan.columns, iter((Chunk(count, columns),)), f"SELECT {count}")


def find(plan: VectorTopK, version: TableVersion, ctx: ExecContext, params: Sequence[Any]) -> Hits:
    """The rows of the answer in order, after OFFSET and LIMIT."""
    limit, offset = row_count(plan.limit, plan.offset, ctx, params)
    rows = version.num_rows
    k = rows if limit is None else min(limit + offset, rows)
    if limit == 0 or k <= offset:
        return Hits.none()
    if not kernels.ready():
        kernels.warm_up(delay=1.0)
    query = evaluate(plan.query, ctx, params)
    search = Search(plan, version, ctx, params, query)
    hits = bounded_rows(search, k, ctx, params)
    hits = hits.slice(offset, k)
    if search.trace is not None:
        search.trace.finish(len(hits.positions))
    return hits


def bounded_rows(search: Search, k: int, ctx: ExecContext, params: Sequence[Any]) -> Hits:
    """The first k rows within the bound on their distance, if the plan has one."""
    within = search.plan.within
    return first_rows(search, k) if within is None else _within(within, search, k, ctx, params)


def first_rows(search: Search, k: int) -> Hits:
    """The first k rows in the order of the plan."""
    return search.nearest(k) if not search.plan.order else _ordered(search, k)


def _within(
    within: Within, search: Search, k: int, ctx: ExecContext, params: Sequence[Any]
) -> Hits:
    """The first k rows, or all of them that are near enough."""
    bound = evaluate(within.bound, ctx, params)
    if bound is None:
        return Hits.none()
    if within.op in (">", ">=") and search.meets_nan():
        return _all_within(within, search, bound).slice(0, k)
    wanted = min(k, FIRST_ROWS)
    while True:
        hits = first_rows(search, wanted)
        numbers = hits.distances[: len(hits.distances) - hits.nulls]
        near = within.holds(numbers, bound)
        count = len(near) if near.all() else int(near.argmin())
        if count < len(hits.positions) or len(hits.positions) < wanted or wanted == k:
            return hits.slice(0, count)
        wanted = min(GROWTH * wanted, k)
        if wanted * LARGEST_SHARE >= search.version.num_rows:
            wanted = k


def _all_within(within: Within, search: Search, bound: float) -> Hits:
    """All rows of which the condition is true where NaN, the farthest distance, meets it."""
    hits = first_rows(search, search.version.num_rows)
    hits = hits.slice(0, len(hits.positions) - hits.nulls)
    return hits.select(
        np.flatnonzero(within.holds(hits.distances, bound) | np.isnan(hits.distances))
    )


def _ordered(search: Search, k: int) -> Hits:
    """The first k rows where further ORDER BY keys decide between equal distances."""
    wanted, rows = k + 1, search.version.num_rows
    while True:
        hits = search.nearest(wanted)
        if len(hits.positions) < wanted or wanted >= rows or whole_groups(hits, k):
            return order_ties(search.plan.order, search.version, hits)
        wanted = min(2 * wanted, rows)
