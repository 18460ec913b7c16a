"""The nearest row of each group: exact distances of all rows that pass, sorted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vecsql.executor import materialize
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.hits import Hits
from vecsql.executor.operators import operator
from vecsql.executor.ordering import sort_keys
from vecsql.executor.row_scan import check_canceled, passing_rows
from vecsql.executor.scalars import evaluate, row_count
from vecsql.executor.trace import ScanTrace
from vecsql.index import flat
from vecsql.planner.plan import Chunk, NearestPerGroup, OrderKey, VectorTopK
from vecsql.storage.interface import TableVersion


@operator(NearestPerGroup)
def run(plan: NearestPerGroup, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """One row per group, in the order of the groups."""
    version = ctx.txn.snapshot().table(plan.scan.table.oid)
    trace = ScanTrace.start(plan.scan, ctx)
    limit, offset = row_count(plan.limit, plan.offset, ctx, params)
    hits = passing_rows(plan.scan.filter, version, ctx, params, version.num_rows)
    query = evaluate(plan.scan.query, ctx, params)
    null = np.zeros(0, np.bool_)
    if len(hits.positions):
        hits, null = _nearest(plan, version, hits, query, ctx)
    stop = len(hits.positions) if limit is None else limit + offset
    hits, null = hits.slice(offset, stop), null[offset:stop]
    columns = materialize.topk_columns(plan.scan, version, hits, ctx, params)
    for place, output in enumerate(plan.scan.outputs):
        if output.kind == "distance" and output.value is None and null.any():
            values = columns[place].tolist()
            columns[place] = [None if no else v for v, no in zip(values, null, strict=True)]
    count = len(hits.positions)
    if trace is not None:
        trace.finish(count)
    return Result(plan.columns, iter((Chunk(count, columns),)), f"SELECT {count}")


def _nearest(
    plan: NearestPerGroup, version: TableVersion, hits: Hits, query: Any, ctx: ExecContext
) -> tuple[Hits, Any]:
    """The first row of each group, and where its distance is NULL."""
    distances, null = _distances(plan.scan, hits, query, ctx)
    groups, ties = (_keys(order, version, hits) for order in (plan.groups, plan.scan.order))
    nan = np.isnan(distances)
    numbers = np.where(nan, 0.0, distances)
    order = np.lexsort([hits.rowids(), *reversed(ties), numbers, nan, null, *reversed(groups)])
    first = np.zeros(len(order), np.bool_)
    first[0] = True
    for key in groups:
        ranked = key[order]
        first[1:] |= ranked[1:] != ranked[:-1]
    chosen = order[first]
    found = hits.select(chosen)
    found = Hits(found.owners, found.parts, found.positions, distances[chosen])
    return found, null[chosen]


def _keys(order: Sequence[OrderKey], version: TableVersion, hits: Hits) -> list[Any]:
    """What sorts rows by these columns, most significant first."""
    found = [sort_keys(hits.gather(version, key.attnum), key) for key in order]
    return [part for keys in found for part in reversed(keys)]


def _distances(scan: VectorTopK, hits: Hits, query: Any, ctx: ExecContext) -> tuple[Any, Any]:
    """Distances of all rows to the query (anything where they are NULL), and where they are NULL."""
    count = len(hits.positions)
    values, null = np.zeros(count), np.zeros(count, np.bool_)
    if query is None:
        return values, ~null
    for number, owner in enumerate(hits.owners):
        check_canceled(ctx)
        mine = np.flatnonzero(hits.parts == number) if hits.parts is not None else slice(None)
        vectors, valid = owner.part.derived(scan.attnum, scan.steps)
        positions = hits.positions[mine]
        wanted = flat.query_for(vectors, query)
        values[mine] = flat.distances(vectors, wanted, scan.metric, positions)
        if valid is not None:
            null[mine] = ~valid[positions]
    return values, null
