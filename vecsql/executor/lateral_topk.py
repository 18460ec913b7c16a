"""k-NN joins: one search per row of another relation, several at a time, and all their answers as one table."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql import kernels
from vecsql.executor import materialize
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.filter import with_scalars
from vecsql.executor.hits import Hits
from vecsql.executor.operators import execute_plan, operator
from vecsql.executor.scalars import evaluate, row_count
from vecsql.executor.vector_search import Search
from vecsql.executor.vector_topk import bounded_rows
from vecsql.planner.plan import Chunk, LateralTopK
from vecsql.storage.interface import PartVersion, TableVersion
from vecsql.types.arrow import from_arrow

THREADS = 2
WORTH_THREADS = 32  # searches


@dataclass(slots=True)
class _Rows:
    """The rows to search for: keys, query vectors (None: NULL) and the values that filters read."""

    keys: list[tuple[Any, ...]]
    queries: list[Any]
    values: list[tuple[Any, ...]]


@operator(LateralTopK)
def run(plan: LateralTopK, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """All rows found, with the key of the row that each is for."""
    version = ctx.txn.snapshot().table(plan.scan.table.oid)
    rows = _outer_rows(plan, ctx, params)
    limit, offset = row_count(plan.scan.limit, plan.scan.offset, ctx, params)
    k = version.num_rows if limit is None else min(limit + offset, version.num_rows)
    found: list[Hits] = []
    if limit != 0 and k > offset and rows.queries:
        kernels.warm_up()
        found = _search_all(plan, version, rows, k, ctx, params)
        found = [hits.slice(offset, k) for hits in found]
    columns = _columns(plan, version, rows, found, ctx, params)
    count = sum(len(hits.positions) for hits in found)
    return Result(plan.columns, iter((Chunk(count, columns),)), f"SELECT {count}")


def _outer_rows(plan: LateralTopK, ctx: ExecContext, params: Sequence[Any]) -> _Rows:
    result = execute_plan(plan.outer, ctx, params)
    assert result.columns is not None
    columns: list[list[Any]] = [[] for _ in result.columns]
    for chunk in result.chunks:
        for into, data, column in zip(columns, chunk.columns, result.columns, strict=True):
            if isinstance(data, np.ndarray) and data.ndim == 1:
                data = data.tolist()
            into.extend(data if isinstance(data, list) else from_arrow(data, column.type))
    count = len(plan.keys)
    keys = list(zip(*columns[:count], strict=True))
    if plan.has_vectors:
        queries = columns.pop(count)
    else:
        queries = [evaluate(plan.scan.query, ctx, params)] * len(keys)
    values = list(zip(*columns[count:], strict=True))
    rows = _Rows(keys, queries, values or [()] * len(keys))
    return rows if plan.is_unique else _distinct(rows)


def _distinct(rows: _Rows) -> _Rows:
    """Each combination of keys once."""
    first: dict[Any, int] = {}
    for i, key in enumerate(rows.keys):
        first.setdefault(tuple(_hashable(value) for value in key), i)
    places = first.values()
    return _Rows(
        [rows.keys[i] for i in places],
        [rows.queries[i] for i in places],
        [rows.values[i] for i in places],
    )


def _hashable(value: Any) -> Any:
    return value.tobytes() if isinstance(value, np.ndarray) else repr(value)


def _search_all(
    plan: LateralTopK,
    version: TableVersion,
    rows: _Rows,
    k: int,
    ctx: ExecContext,
    params: Sequence[Any],
) -> list[Hits]:
    """The answers of all searches, those of rows with equal filter values after each other."""
    scan = plan.scan
    reads = scan.filter.params if scan.filter is not None else ()
    places = [number - plan.first_param - 1 for number in reads if number > plan.first_param]
    late = list(with_scalars(scan.filter, ctx, params))[len(params) :]
    given = [*params, *[None] * (plan.first_param - 1 - len(params))]
    shared: dict[Any, Search] = {}
    searches: list[Search] = []
    for query, values in zip(rows.queries, rows.values, strict=True):
        key = tuple(_hashable(values[place]) for place in places)
        known = shared.get(key)
        if known is None:
            extended = [*given, query, *values, *late]
            known = shared[key] = Search(scan, version, ctx, extended, None, ready=True)
        searches.append(known.again(query))

    def one(i: int) -> Hits:
        if plan.other_than is None:
            return bounded_rows(searches[i], k, ctx, params)
        attnum, number = plan.other_than
        value = rows.values[i][number - plan.first_param - 1]
        if value is None:
            return Hits.none()
        return _without(bounded_rows(searches[i], k + 1, ctx, params), version, attnum, value, k)

    count = len(rows.queries)
    if count < WORTH_THREADS:
        return [one(i) for i in range(count)]
    with ThreadPoolExecutor(THREADS, thread_name_prefix="vecsql-knn") as pool:
        step = -(-count // (8 * THREADS))
        starts = range(0, count, step)
        pieces = pool.map(lambda s: [one(i) for i in range(s, min(s + step, count))], starts)
        return [hits for piece in pieces for hits in piece]


def _without(hits: Hits, version: TableVersion, attnum: int, value: int, k: int) -> Hits:
    """The first k of the rows but the one whose unique column has the value."""
    if not hits.owners:
        return hits
    own = np.asarray(hits.values(version, attnum, "int8"))
    keep = own != value
    if keep.all():
        return hits.slice(0, k)
    place = int(keep.argmin())
    nulls = hits.nulls - (place >= len(own) - hits.nulls)
    kept = hits.select(np.flatnonzero(keep))
    return Hits(kept.owners, kept.parts, kept.positions, kept.distances, nulls).slice(0, k)


def _columns(
    plan: LateralTopK,
    version: TableVersion,
    rows: _Rows,
    found: Sequence[Hits],
    ctx: ExecContext,
    params: Sequence[Any],
) -> list[Any]:
    """The columns of all answers, and the keys of the rows that they are for."""
    counts = np.array([len(hits.positions) for hits in found], np.int64)
    hits, null = _joined(version, found)
    columns = materialize.output_columns(plan.scan.outputs, version, hits, ctx, params)
    for place, output in enumerate(plan.scan.outputs):
        if output.kind == "distance":
            columns[place] = pa.array(hits.distances, mask=null)
        elif output.kind == "rank":
            starts = np.repeat(np.cumsum(counts) - counts, counts)
            columns[place] = np.arange(len(hits.positions)) - starts
    owners = np.repeat(np.arange(len(found)), counts).tolist()
    keys = [[rows.keys[i][n] for i in owners] for n in range(len(plan.keys))]
    return [*columns, *keys]


def _joined(version: TableVersion, found: Sequence[Hits]) -> tuple[Hits, Any]:
    """All rows as one Hits over the parts of the table, and where their distance is NULL."""
    numbers = {id(pv): number for number, pv in enumerate(version.parts)}
    parts, null = [np.empty(0, np.intp)], [np.empty(0, np.bool_)]
    for hits in found:
        parts.append(_numbered(hits, numbers))
        null.append(np.arange(len(hits.positions)) >= len(hits.positions) - hits.nulls)
    positions = np.concatenate([np.empty(0, np.int32), *(hits.positions for hits in found)])
    distances = np.concatenate([np.empty(0), *(hits.distances for hits in found)])
    owners: Sequence[PartVersion] = version.parts
    return Hits(owners, np.concatenate(parts), positions, distances), np.concatenate(null)


def _numbered(hits: Hits, numbers: dict[int, int]) -> Any:
    """The number of its part for each row."""
    mine = np.array([numbers[id(pv)] for pv in hits.owners], np.intp)
    if hits.parts is None:
        return np.full(len(hits.positions), mine[0] if len(mine) else 0, np.intp)
    return mine[hits.parts]
