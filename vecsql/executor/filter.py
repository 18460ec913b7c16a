"""Which rows of a part pass a filter: the cache first, then zone maps, look-ups, Arrow, and DuckDB for the rest."""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.errors import InternalError
from vecsql.executor.context import ExecContext
from vecsql.executor.hits import Hits, indices
from vecsql.executor.json_columns import extract
from vecsql.executor.mask_cache import CACHE
from vecsql.executor.scalar_lookup import PartLookups
from vecsql.executor.scalars import evaluate
from vecsql.executor.trace import ScanTrace
from vecsql.index.base import Mask
from vecsql.index.rowset import RowSet
from vecsql.planner.plan import Filter, FilterTerm
from vecsql.planner.rules.filters import Env, truth_of
from vecsql.planner.rules.json_members import FIRST_NUMBER, member_at
from vecsql.planner.rules.lookups import Junction, Tree
from vecsql.planner.rules.shape import ROWID_ATTNUM
from vecsql.storage.interface import PartVersion, TableVersion

FAILURES = (
    pa.ArrowException,
    ArithmeticError,
    TypeError,
)  # overflow and such: DuckDB knows the error

_tokens = itertools.count(1)


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
    trace: ScanTrace | None = None,
) -> RowSet | None:
    """The live rows of a part where the filter is true; None when that is all rows. `params` come from
    with_scalars(). A trace learns how."""
    if where is None:
        return _live(pv)
    key = _cache_key(where, pv, ctx, params)
    found: RowSet | None = CACHE.get(key) if key is not None else None
    if found is not None:
        if trace is not None:
            trace.filtered("kept from before")
    else:
        found = _evaluate(where, version, pv, ctx, params, trace)
        if key is not None:
            limit = ctx.settings.get("vecsql.filter_cache_size") << 10
            if limit != CACHE.limit:
                CACHE.resize(limit)
            CACHE.put(key, found, found.nbytes)
    return found


def _live(pv: PartVersion) -> RowSet | None:
    if pv.live is None:
        return None
    found: RowSet | None = pv.cache.get("live")
    if found is None:
        found = pv.cache["live"] = RowSet(pv.part.num_rows, pv.live_rows, pv.live, None)
    return found


def _token(pv: PartVersion) -> Hashable:
    """What a part with its deletes is known by."""
    if pv.live is None:
        return pv.part.id
    return pv.cache.setdefault("token", (pv.part.id, next(_tokens)))  # type: ignore[no-any-return]


def _cache_key(
    where: Filter, pv: PartVersion, ctx: ExecContext, params: Sequence[Any]
) -> Hashable | None:
    if not where.cacheable:
        return None
    zone = ctx.settings.get("timezone") if where.slow else None
    values: list[Hashable] = [_token(pv), where.key, zone]
    for index in where.params:
        value = params[index - 1]
        if type(value) is list:
            value = (list, *((type(v), v) for v in value))
        values.append((type(value), value))
    key = tuple(values)
    try:
        hash(key)
    except TypeError:  # an array, or a list within a list
        return None
    return key


def _evaluate(
    where: Filter,
    version: TableVersion,
    pv: PartVersion,
    ctx: ExecContext,
    params: Sequence[Any],
    trace: ScanTrace | None,
) -> RowSet:
    """Our own terms over the whole part, then DuckDB's over the rows that are left."""
    part, quick = pv.part, where.quick
    slow = where.slow
    found = _live(pv)
    if quick is not None:
        if quick.excludes(part.min_max, params):
            if trace is not None:
                trace.filtered("none by zone map")
            return RowSet.none(part.num_rows)
        lookups = PartLookups(version, part, params, where.indexed)
        try:
            own = _true_rows(quick.tree, lookups, Env(lookups.column, params))
            found = own if pv.live is None else own.within(pv.live)
        except FAILURES:
            slow = where.terms
    if trace is not None:
        trace.filtered("evaluated by DuckDB" if slow else "evaluated")
    for sql in _texts(slow):
        found = _by_duckdb(sql, where, version, pv, found, ctx, params)
    return found if found is not None else RowSet.of(np.ones(part.num_rows, np.bool_))


def _texts(terms: Sequence[FilterTerm]) -> list[str]:
    """DuckDB SQL of the terms, all in one."""
    if any(not term.sql for term in terms):
        raise InternalError("a condition with a sub-select could not be evaluated")
    return [" AND ".join(f"({term.sql})" for term in terms)] if terms else []


def _true_rows(tree: Tree, lookups: PartLookups, env: Env) -> RowSet:
    """The rows where the condition is true, deleted ones too."""
    if isinstance(tree, Junction):
        return _conjunction(tree, lookups, env) if tree.all else _disjunction(tree, lookups, env)
    found = lookups.rows(tree.lookup) if tree.lookup is not None else None
    return found if found is not None else RowSet.of(truth_of(tree.run(env), lookups.size))


def _conjunction(tree: Junction, lookups: PartLookups, env: Env) -> RowSet:
    found = _true_rows(tree.parts[0], lookups, env)
    for part in tree.parts[1:]:
        if not found.count:
            break
        found = found.within(_true_rows(part, lookups, env).bools)
    return found


def _disjunction(tree: Junction, lookups: PartLookups, env: Env) -> RowSet:
    mask = np.zeros(lookups.size, np.bool_)
    for part in tree.parts:
        mask |= _true_rows(part, lookups, env).bools
    return RowSet.of(mask)


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
    slow = where.slow
    if where.quick is not None:
        try:
            mask = where.quick.evaluate(
                lambda attnum: _gathered(hits, version, attnum), params, len(hits.positions)
            )
        except FAILURES:
            slow = where.terms
    for sql in _texts(slow):
        columns = [hits.gather(version, attnum) for attnum in where.attnums]
        passed = _duckdb_mask(sql, where, columns, len(hits.positions), ctx, params)
        mask = passed if mask is None else mask & passed
    return hits if mask is None or mask.all() else hits.select(np.flatnonzero(mask))


def _gathered(hits: Hits, version: TableVersion, attnum: int) -> pa.Array:
    if attnum == ROWID_ATTNUM:
        return pa.array(hits.rowids())
    if attnum >= FIRST_NUMBER:
        wanted = member_at(attnum)
        return extract(hits.gather(version, wanted.attnum), wanted)
    return hits.gather(version, attnum)


def _by_duckdb(
    sql: str,
    where: Filter,
    version: TableVersion,
    pv: PartVersion,
    among: RowSet | None,
    ctx: ExecContext,
    params: Sequence[Any],
) -> RowSet:
    """Evaluate terms of the filter over the rows that may pass: an error in a deleted row is none."""
    part = pv.part
    columns = [version.column(part, attnum) for attnum in where.attnums]
    if among is None:
        return RowSet.of(_duckdb_mask(sql, where, columns, part.num_rows, ctx, params))
    rows = among.positions
    columns = [column.take(indices(rows)) for column in columns]
    mask = _duckdb_mask(sql, where, columns, len(rows), ctx, params)
    return RowSet.at(part.num_rows, rows[mask])


def _duckdb_mask(
    sql: str,
    where: Filter,
    columns: list[pa.Array],
    count: int,
    ctx: ExecContext,
    params: Sequence[Any],
) -> Mask:
    """Which of the rows, of which `columns` are those that the filter reads, pass."""
    from vecsql.executor.relational import passing_rows

    table = pa.Table.from_arrays(
        [*columns, pa.array(np.arange(count))],
        names=[*(f"c{attnum}" for attnum in where.attnums), "position"],
    )
    mask: npt.NDArray[np.bool_] = np.zeros(count, np.bool_)
    mask[passing_rows(table, sql, ctx, params[: len(params) - len(where.scalars)])] = True
    return mask
