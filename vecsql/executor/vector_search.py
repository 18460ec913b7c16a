"""Searches one table for the rows nearest to a query vector, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from typing import Any

import numpy as np
import numpy.typing as npt

from vecsql.errors import QueryCanceled
from vecsql.executor import filter as filters
from vecsql.executor.context import ExecContext
from vecsql.executor.effort import effort_of
from vecsql.executor.hits import Hits
from vecsql.executor.mask_cache import CACHE
from vecsql.executor.trace import ScanTrace
from vecsql.index import flat
from vecsql.index.base import Mask, SearchResult
from vecsql.index.calls import Call, finish_all
from vecsql.index.results import merge
from vecsql.index.rows import Halves
from vecsql.index.rowset import RowSet
from vecsql.planner.plan import VectorTopK
from vecsql.storage.interface import PartVersion, TableVersion

_Rows = tuple[PartVersion, Any, RowSet | None]  # a part with its vectors and those to search


class Search:
    """One execution's search: the parts with their masks, made once and searched with growing k."""

    __slots__ = (
        "ctx",
        "effort",
        "exact",
        "index_oid",
        "parts",
        "plan",
        "query",
        "trace",
        "version",
    )

    def __init__(
        self,
        plan: VectorTopK,
        version: TableVersion,
        ctx: ExecContext,
        params: Sequence[Any],
        query: Any,
        *,
        ready: bool = False,  # params come from with_scalars() already
    ) -> None:
        self.plan, self.version, self.ctx, self.query = plan, version, ctx, query
        settings = ctx.settings
        self.trace = ScanTrace.start(plan, ctx)
        self.index_oid = index_of(plan, params)
        recall = plan.recall
        if self.index_oid != plan.index_oid:
            recall = ctx.txn.snapshot().catalog.declared_recall(self.index_oid)
        self.effort = effort_of(settings, recall, explain=self.trace is not None)
        self.exact = (
            not self.index_oid
            or self.effort.exact
            or self.effort.strategy == "exact"
            or not settings.get("enable_indexscan")
        )
        if not ready:
            params = filters.with_scalars(plan.filter, ctx, params)
        self.parts = [
            (pv, filters.passing(plan.filter, version, pv, ctx, params, self.trace))
            for pv in version.parts
        ]

    def again(self, query: npt.NDArray[np.float32] | None) -> Search:
        """The same search for another query vector."""
        other = copy(self)
        other.query = query
        return other

    def nearest(self, k: int) -> Hits:
        """The first k rows by distance: numbers, then NaN, then NULL."""
        if self.query is None:
            return self._fill(Hits.none(), k, all_null=True)
        parts: list[_Rows] = []
        nulls = False
        for pv, rows in self.parts:
            vectors, valid = pv.part.derived(self.plan.attnum, self.plan.steps)
            if valid is not None:
                nulls = True
                rows = self._valued(pv, valid) if rows is None else rows.within(valid)
            if rows.count if rows is not None else len(vectors):
                parts.append((pv, vectors, rows))
        found = self._search(parts, k)
        owners = [pv for pv, _, _ in parts]
        if len(found) == 1:
            only = found[0]
            hits = Hits(owners, None, only.positions, only.distances)
        else:
            merged = merge(found, k)
            hits = Hits(owners, merged.parts, merged.positions, merged.distances)
        if nulls and len(hits.positions) < k:
            return self._fill(hits, k, all_null=False)
        return hits

    def _valued(self, pv: PartVersion, valid: Mask) -> RowSet:
        """The rows of a part that have a vector, counted once for all searches."""
        key = ("valued", self.plan.attnum, self.plan.steps)
        found: RowSet | None = pv.cache.get(key)
        if found is None:
            found = pv.cache[key] = RowSet.of(valid)
        return found

    def _search(self, parts: Sequence[_Rows], k: int) -> list[SearchResult]:
        """The k nearest rows of each part."""
        alone = len(parts) == 1
        found = finish_all([self._begin(*part, k, alone=alone) for part in parts])
        for i, (_, vectors, among) in enumerate(parts):
            rows = len(vectors) if among is None else among.count
            if len(found[i].positions) < min(k, rows):  # an index leaves out zero vectors
                query = flat.query_for(vectors, self.query)
                found[i] = flat.search(vectors, query, k, self.plan.metric, among)
            if self.trace is not None:
                self.trace.add(rows, among is not None, found[i], vectors)
        return found

    def _begin(
        self, pv: PartVersion, vectors: Any, among: RowSet | None, k: int, *, alone: bool
    ) -> Call | SearchResult:
        """The search of one part, ready to run, or its result: always that when it is `alone`."""
        if self.ctx.cancel.is_set():
            raise QueryCanceled("canceling statement due to user request")
        query = flat.query_for(vectors, self.query)
        index = None if self.exact else pv.part.searched_by(self.index_oid)
        if index is None:
            search = flat.search if alone else flat.begin
            return search(vectors, query, k, self.plan.metric, among)
        way = index.search if alone else index.begin
        return way(vectors, query, k, self.effort, among)

    def meets_nan(self) -> bool:
        """Whether rows may be at distance NaN: under cosine, where a vector is zero."""
        if self.plan.metric != "cosine" or self.query is None:
            return False
        if (
            self.plan.steps
            or self.plan.table.column_at(self.plan.attnum).type.type.name != "vector"
        ):
            return True  # for all that is known
        return not self.query.any() or any(_has_zero(pv, self.plan.attnum) for pv, _ in self.parts)

    def _fill(self, hits: Hits, k: int, *, all_null: bool) -> Hits:
        """Add rows whose distance is NULL, in rowid order, until there are k."""
        owners, parts, positions = list(hits.owners), [], []
        missing = k - len(hits.positions)
        for pv, rows in self.parts:
            if missing <= 0:
                break
            null = _null_rows(pv, self.plan.attnum, rows, all_null)[:missing]
            if len(null):
                positions.append(null.astype(np.int32))
                parts.append(np.full(len(null), len(owners), np.intp))
                owners.append(pv)
                missing -= len(null)
        return hits.append_nulls(owners, parts, positions)


def index_of(plan: VectorTopK, params: Sequence[Any]) -> int:
    """The index that serves with these parameters, 0 for none."""
    for oid, needs in plan.choices:
        if all(len(params) >= n and params[n - 1] == value for n, value in needs):
            return oid
    return plan.index_oid


def asked_recall(plan: VectorTopK, index_oid: int, ctx: ExecContext) -> float | None:
    """The recall that the options of the index in use, or of the table, ask for."""
    if index_oid in (0, plan.index_oid):
        return plan.recall
    return ctx.txn.snapshot().catalog.declared_recall(index_oid)


def _has_zero(pv: PartVersion, attnum: int) -> bool:
    """Whether a part has zero vectors (those of NULL rows count too)."""
    key = ("zero", pv.part.id, attnum)
    found: bool | None = CACHE.get(key)
    if found is None:
        vectors, _ = pv.part.vectors(attnum)
        matrix = vectors.matrix if isinstance(vectors, Halves) else vectors
        assert isinstance(matrix, np.ndarray)
        suspects = np.flatnonzero(matrix[:, 0] == 0)
        found = not matrix[suspects].any(axis=1).all()
        CACHE.put(key, found, 64)
    return found


def _null_rows(
    pv: PartVersion, attnum: int, rows: RowSet | None, all_null: bool
) -> npt.NDArray[np.intp]:
    """Positions of the rows whose distance is NULL: all of them, or those without a vector."""
    if all_null:
        return np.arange(pv.part.num_rows) if rows is None else rows.positions.astype(np.intp)
    valid = pv.part.vectors(attnum)[1]
    if valid is None:
        return np.empty(0, np.intp)
    return np.flatnonzero(~valid if rows is None else rows.bools & ~valid)
