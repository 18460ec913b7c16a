"""Direct look-ups by a unique key or several of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vecsql.executor import filter as filters
from vecsql.executor import materialize
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.hits import Hits
from vecsql.executor.operators import operator
from vecsql.executor.scalars import evaluate
from vecsql.executor.trace import ScanTrace
from vecsql.planner.plan import Chunk, KeyLookup, KeySet
from vecsql.storage.interface import TableVersion

MANY_KEYS = 256


@operator(KeyLookup)
def run_key_lookup(plan: KeyLookup, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """WHERE unique key = value: no row or one."""
    version = ctx.txn.snapshot().table(plan.table.oid)
    trace = ScanTrace.start(plan, ctx)
    hits = _find(plan, version, ctx, params)
    columns = materialize.output_columns(plan.outputs, version, hits, ctx, params)
    count = len(hits.positions)
    if trace is not None:
        trace.finish(count)
    return Result(plan.columns, iter((Chunk(count, columns),)), f"SELECT {count}")


def _find(plan: KeyLookup, version: TableVersion, ctx: ExecContext, params: Sequence[Any]) -> Hits:
    key = tuple([evaluate(expr, ctx, params) for expr in plan.key])
    if None in key:
        return Hits.none()
    rowid = version.find_key(plan.index_oid, key)
    if rowid is None:
        return Hits.none()
    found = version.locate(rowid)
    if found is None:
        return Hits.none()
    pv, position = found
    hits = Hits((pv,), None, np.array([position], np.int32), np.zeros(1))
    if plan.filter is None:
        return hits
    params = filters.with_scalars(plan.filter, ctx, params)
    return filters.passing_hits(plan.filter, version, hits, ctx, params)


def rows_of_keys(
    keys: KeySet, version: TableVersion, ctx: ExecContext, params: Sequence[Any]
) -> Hits | None:
    """The rows with one of these keys, in storage order; None where there are so many that a scan is quicker."""
    values = [evaluate(expr, ctx, params) for expr in keys.values]
    if keys.is_array:
        values = values[0] or []
    if len(values) > MANY_KEYS or any(isinstance(value, list) for value in values):
        return None
    number = {id(pv): i for i, pv in enumerate(version.parts)}
    found = set()
    for value in values:
        rowid = version.find_key(keys.index_oid, (value,)) if value is not None else None
        place = version.locate(rowid) if rowid is not None else None
        if place is not None:
            found.add((number[id(place[0])], place[1]))
    if not found:
        return Hits.none()
    parts, positions = zip(*sorted(found), strict=True)
    where = np.array(positions, np.int32)
    return Hits(version.parts, np.array(parts, np.intp), where, np.zeros(len(where)))
