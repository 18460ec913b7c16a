"""Reads and counts rows of one table: those that pass a filter, in storage order or in that of some columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecsql.errors import QueryCanceled
from vecsql.executor import filter as filters
from vecsql.executor import materialize
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.hits import Hits
from vecsql.executor.key_lookup import rows_of_keys
from vecsql.executor.operators import operator
from vecsql.executor.ordering import first_rows
from vecsql.executor.scalars import row_count
from vecsql.executor.trace import ScanTrace
from vecsql.planner.plan import Chunk, Filter, RowCount, RowScan
from vecsql.storage.interface import PartVersion, TableVersion

CHUNK_ROWS = 8192


@operator(RowScan)
def run_row_scan(plan: RowScan, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """SELECT columns FROM table: which rows is known on return, their values are read chunk by chunk."""
    version = ctx.txn.snapshot().table(plan.table.oid)
    trace = ScanTrace.start(plan, ctx)
    limit, offset = row_count(plan.limit, plan.offset, ctx, params)
    stop = version.num_rows if limit is None else min(limit + offset, version.num_rows)
    keyed = rows_of_keys(plan.keys, version, ctx, params) if plan.keys is not None else None
    if limit == 0:
        hits = Hits.none()
    elif keyed is not None:
        given = filters.with_scalars(plan.filter, ctx, params)
        hits = filters.passing_hits(plan.filter, version, keyed, ctx, given)
        hits = first_rows(plan.order, version, hits, stop) if plan.order else hits
    elif plan.order:
        hits = passing_rows(plan.filter, version, ctx, params, version.num_rows)
        hits = first_rows(plan.order, version, hits, stop)
    else:
        hits = passing_rows(plan.filter, version, ctx, params, stop)
    hits = hits.slice(offset, stop)
    count = len(hits.positions)
    if trace is not None:
        trace.finish(count)
    return Result(plan.columns, _chunks(plan, version, hits, ctx, params), f"SELECT {count}")


def _chunks(
    plan: RowScan, version: TableVersion, hits: Hits, ctx: ExecContext, params: Sequence[Any]
) -> Iterator[Chunk]:
    for start in range(0, len(hits.positions), CHUNK_ROWS):
        check_canceled(ctx)
        piece = hits.slice(start, start + CHUNK_ROWS)
        columns = materialize.output_columns(plan.outputs, version, piece, ctx, params)
        yield Chunk(len(piece.positions), columns)


def passing_rows(
    where: Filter | None,
    version: TableVersion,
    ctx: ExecContext,
    params: Sequence[Any],
    stop: int,
) -> Hits:
    """The first `stop` rows that pass, in storage order."""
    owners: list[PartVersion] = []
    positions: list[npt.NDArray[np.int32]] = []
    missing = stop
    params = filters.with_scalars(where, ctx, params)
    for pv in version.parts:
        if missing <= 0:
            break
        check_canceled(ctx)
        among = filters.passing(where, version, pv, ctx, params)
        if among is None:
            rows = np.arange(min(pv.part.num_rows, missing), dtype=np.int32)
        else:
            rows = among.positions[:missing]
        if len(rows):
            positions.append(rows)
            owners.append(pv)
            missing -= len(rows)
    if not owners:
        return Hits.none()
    found = positions[0] if len(owners) == 1 else np.concatenate(positions)
    parts = None
    if len(owners) > 1:
        parts = np.repeat(np.arange(len(owners)), [len(rows) for rows in positions])
    return Hits(owners, parts, found, np.zeros(len(found)))


@operator(RowCount)
def run_row_count(plan: RowCount, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """SELECT count(*) FROM table [WHERE ...]."""
    version = ctx.txn.snapshot().table(plan.table.oid)
    count = version.num_rows
    if plan.filter is not None:
        params = filters.with_scalars(plan.filter, ctx, params)
        count = sum(_passing(plan.filter, version, pv, ctx, params) for pv in version.parts)
    return Result(plan.columns, iter((Chunk(1, [[count]]),)), "SELECT 1")


def _passing(
    where: Filter, version: TableVersion, pv: PartVersion, ctx: ExecContext, params: Sequence[Any]
) -> int:
    check_canceled(ctx)
    found = filters.passing(where, version, pv, ctx, params)
    return pv.live_rows if found is None else found.count


def check_canceled(ctx: ExecContext) -> None:
    if ctx.cancel.is_set():
        raise QueryCanceled("canceling statement due to user request")
