"""Direct look-ups by a unique key."""

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
from vecsql.planner.plan import Chunk, KeyLookup
from vecsql.storage.interface import TableVersion


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
    if plan.filter is not None:
        params = filters.with_scalars(plan.filter, ctx, params)
        mask = filters.passing(plan.filter, version, pv, ctx, params)
        if mask is not None and not mask[position]:
            return Hits.none()
    return Hits((pv,), None, np.array([position], np.int32), np.zeros(1))
