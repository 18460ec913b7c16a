"""Direct look-ups by a unique key, and plain scans of the first rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecsql.executor import filter as filters
from vecsql.executor import materialize
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.hits import Hits
from vecsql.executor.operators import operator
from vecsql.executor.scalars import evaluate, row_count
from vecsql.executor.trace import ScanTrace
from vecsql.planner.plan import Chunk, KeyLookup, RowScan
from vecsql.storage.interface import PartVersion, TableVersion


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


@operator(RowScan)
def run_row_scan(plan: RowScan, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """SELECT ... FROM table LIMIT n: the first rows in storage order."""
    version = ctx.txn.snapshot().table(plan.table.oid)
    trace = ScanTrace.start(plan, ctx)
    limit, offset = row_count(plan.limit, plan.offset, ctx, params)
    stop = version.num_rows if limit is None else min(limit + offset, version.num_rows)
    hits = Hits.none() if limit == 0 else _first_rows(plan, version, ctx, params, stop)
    hits = hits.slice(offset, stop)
    columns = materialize.output_columns(plan.outputs, version, hits, ctx, params)
    count = len(hits.positions)
    if trace is not None:
        trace.finish(count)
    return Result(plan.columns, iter((Chunk(count, columns),)), f"SELECT {count}")


def _first_rows(
    plan: RowScan, version: TableVersion, ctx: ExecContext, params: Sequence[Any], stop: int
) -> Hits:
    owners: list[PartVersion] = []
    parts: list[npt.NDArray[np.intp]] = []
    positions: list[npt.NDArray[np.int32]] = []
    missing = stop
    params = filters.with_scalars(plan.filter, ctx, params)
    for pv in version.parts:
        if missing <= 0:
            break
        mask = filters.passing(plan.filter, version, pv, ctx, params)
        rows = np.arange(pv.part.num_rows) if mask is None else np.flatnonzero(mask)
        rows = rows[:missing]
        if len(rows):
            parts.append(np.full(len(rows), len(owners), np.intp))
            positions.append(rows.astype(np.int32))
            owners.append(pv)
            missing -= len(rows)
    if not owners:
        return Hits.none()
    found = np.concatenate(positions)
    return Hits(owners, np.concatenate(parts), found, np.zeros(len(found)))
