"""Which rows of a part pass a filter: zone maps first, then a cached bitset, vectorised evaluation or DuckDB."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.executor.context import ExecContext
from vecsql.executor.hits import Hits, indices
from vecsql.executor.scalars import evaluate
from vecsql.index.base import Mask
from vecsql.planner.plan import Filter
from vecsql.storage.interface import Part, PartVersion, TableVersion

CACHE_BYTES = 256 << 20


class MaskCache:
    """Row masks by (part, predicate, parameters), least recently used out first. Thread-safe."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.nbytes = 0
        self._masks: OrderedDict[Hashable, Mask] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Mask | None:
        with self._lock:
            mask = self._masks.get(key)
            if mask is not None:
                self._masks.move_to_end(key)
            return mask

    def put(self, key: Hashable, mask: Mask) -> None:
        with self._lock:
            if mask.nbytes > self.limit or key in self._masks:
                return
            self._masks[key] = mask
            self.nbytes += mask.nbytes
            while self.nbytes > self.limit:
                self.nbytes -= self._masks.popitem(last=False)[1].nbytes


MASKS = MaskCache(CACHE_BYTES)


def with_scalars(where: Filter | None, ctx: ExecContext, params: Sequence[Any]) -> Sequence[Any]:
    """The parameters as passing() wants them: followed by the values of the filter's row-independent expressions."""
    if where is None or not where.scalars:
        return params
    values = [evaluate(expr, ctx, params) for expr in where.scalars]
    return [*params, *reversed(values)]


def passing(
    where: Filter | None,
    version: TableVersion,
    pv: PartVersion,
    ctx: ExecContext,
    params: Sequence[Any],
) -> Mask | None:
    """(num_rows,) bool of the live rows where the filter is true; None when that is all rows. `params` come from
    with_scalars()."""
    live = pv.live
    if where is None:
        return live
    part = pv.part
    predicate = where.vectorised
    if predicate is None:
        return _by_duckdb(where, version, pv, ctx, params)
    key = _cache_key(where, part, params)
    mask = MASKS.get(key) if key is not None else None
    if mask is None:
        if predicate.excludes(part.min_max, params):
            return np.zeros(part.num_rows, np.bool_)
        try:
            mask = predicate.evaluate(
                lambda attnum: version.column(part, attnum), params, part.num_rows
            )
        except (
            pa.ArrowException,
            ArithmeticError,
            TypeError,
        ):  # overflow and such: DuckDB knows the error
            return _by_duckdb(where, version, pv, ctx, params)
        if key is not None:
            MASKS.put(key, mask)
    return mask if live is None else mask & live


def passing_hits(
    where: Filter | None,
    version: TableVersion,
    hits: Hits,
    ctx: ExecContext,
    params: Sequence[Any],
) -> Hits:
    """Those of a few rows where the filter is true. `params` come from with_scalars()."""
    if where is None or not len(hits.positions):
        return hits
    mask = None
    if where.vectorised is not None:
        try:
            mask = where.vectorised.evaluate(
                lambda attnum: hits.gather(version, attnum), params, len(hits.positions)
            )
        except (pa.ArrowException, ArithmeticError, TypeError):
            mask = None
    if mask is None:
        columns = [hits.gather(version, attnum) for attnum in where.attnums]
        mask = _duckdb_mask(where, columns, len(hits.positions), ctx, params)
    return hits if mask.all() else hits.select(np.flatnonzero(mask))


def _cache_key(where: Filter, part: Part, params: Sequence[Any]) -> Hashable | None:
    if not where.cacheable:
        return None
    values: list[Hashable] = []
    for index in where.params:
        value = params[index - 1]
        if not isinstance(value, Hashable):
            if not isinstance(value, list):
                return None
            value = (list, *((type(v), v) for v in value))
        values.append((type(value), value))
    key = (part.id, where.sql, *values)
    try:
        hash(key)
    except TypeError:  # a list within a list
        return None
    return key


def _by_duckdb(
    where: Filter,
    version: TableVersion,
    pv: PartVersion,
    ctx: ExecContext,
    params: Sequence[Any],
) -> Mask:
    """Evaluate over the live rows only: an error in a deleted row is none."""
    part = pv.part
    rows = np.arange(part.num_rows) if pv.live is None else np.flatnonzero(pv.live)
    columns = [version.column(part, attnum) for attnum in where.attnums]
    if pv.live is not None:
        columns = [column.take(indices(rows)) for column in columns]
    mask = np.zeros(part.num_rows, np.bool_)
    mask[rows] = _duckdb_mask(where, columns, len(rows), ctx, params)
    return mask


def _duckdb_mask(
    where: Filter, columns: list[pa.Array], count: int, ctx: ExecContext, params: Sequence[Any]
) -> Mask:
    """Which of the rows, of which `columns` are those that the filter reads, pass."""
    from vecsql.executor.relational import passing_rows

    table = pa.Table.from_arrays(
        [*columns, pa.array(np.arange(count))],
        names=[*(f"c{attnum}" for attnum in where.attnums), "position"],
    )
    mask = np.zeros(count, np.bool_)
    mask[passing_rows(table, where.sql, ctx, params[: len(params) - len(where.scalars)])] = True
    return mask
