"""The index of one segment: a graph, and what tells how hard each query must try."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import flat
from vecsql.index.base import Effort, Metric, SearchResult, Sections, Vectors
from vecsql.index.calibrate import Curve
from vecsql.index.graph import MAX_POOL, GraphIndex
from vecsql.index.results import EMPTY
from vecsql.index.rowset import RowSet

DEFAULT_EF_SEARCH: Final = 40  # pgvector's, for an index without curves
# The walk orders rows by their codes, so it keeps more of them than a walk on float32 would for the same recall.
OVERSAMPLE: Final = 1.5
# A place in the pool of a walk costs as much time as scanning the codes of so many rows that pass.
SCANNED_PER_PLACE: Final = 60
WIDEN: Final = 1.3  # a filtered walk needs more than effort / share places, for what passes is not spread evenly
SLACK: Final = 0.005  # a promise may be missed by this much before a scan replaces a walk

Plan = npt.NDArray[np.float64]


class CompositeIndex:
    """A built index; implements VectorIndex. Shared by all threads that search."""

    def __init__(self, kind: str, graph: GraphIndex, curves: tuple[Curve, ...] = ()) -> None:
        self.kind = kind
        self.metric: Metric = graph.metric
        self.curves = curves
        self._graph = graph
        self._plans: dict[tuple[float, int | None, int], tuple[Plan, Curve | None]] = {}

    @staticmethod
    def load(
        kind: str, metric: Metric, parameters: Mapping[str, Any], sections: Sections
    ) -> CompositeIndex:
        curves = tuple(Curve.loaded(values) for values in parameters.get("curves", ()))
        return CompositeIndex(kind, GraphIndex(metric, parameters, sections), curves)

    def sections(self) -> Sections:
        return self._graph.sections()

    def parameters(self) -> dict[str, Any]:
        curves = [curve.stored() for curve in self.curves]
        return {**self._graph.parameters(), "curves": curves}

    @property
    def nbytes(self) -> int:
        return self._graph.nbytes

    def search(
        self,
        vectors: Vectors,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet | None = None,
    ) -> SearchResult:
        """The k nearest indexed rows that are `among` the given ones.

        Distances are exact. Fewer than k rows come back only when fewer pass. NULL rows and, for cosine, zero vectors
        are never returned.
        """
        query = flat.as_query(query, vectors.shape[1])
        indexed = self._graph.indexed
        passing = indexed if among is None else min(among.count, indexed)
        if k <= 0 or passing == 0 or indexed == 0:
            return EMPTY
        cannot = k > MAX_POOL // 2 or (self.metric == "cosine" and not query.any())
        if cannot or kernels.search_kernels() is None or effort.exact:
            return self._exact(vectors, query, k, among)
        if among is not None:
            result = self._filtered_walk(vectors, query, k, effort, among)
        else:
            result = self._walk(vectors, query, k, effort)
        return result or self._scan(vectors, query, k, among)

    def _walk(
        self, vectors: Vectors, query: npt.NDArray[np.float32], k: int, effort: Effort
    ) -> SearchResult | None:
        """Walk as far as the effort or the curve says; None where a scan of codes is needed or cheaper."""
        plan, curve = self._plan(k, effort)
        most = plan[1]
        if effort.strategy == "codes" or (
            most * SCANNED_PER_PLACE > self._graph.indexed and effort.strategy != "graph"
        ):
            return None
        walked = self._graph.walk(vectors, query, k, plan)
        wanted = min(k, self._graph.indexed)
        if not walked.sure or len(walked.result.positions) < wanted:
            return None
        predicted = math.nan
        if curve is not None:
            predicted = curve.predict(walked.beam, walked.hardness, walked.length)
            if (
                walked.beam >= most
                and effort.ef_search is None
                and predicted < effort.recall - SLACK
            ):
                return None
        shown = f"graph (ef={round(walked.beam / OVERSAMPLE)})"
        return replace(walked.result, strategy=shown, predicted=predicted)

    def _plan(self, k: int, effort: Effort) -> tuple[Plan, Curve | None]:
        """What graph_search wants to know, and the curve that it comes from."""
        key = (effort.recall, effort.ef_search, k)
        known = self._plans.get(key)
        if known is None:
            if len(self._plans) > 1000:
                self._plans.clear()
            known = self._plans[key] = self._make_plan(k, effort)
        return known

    def _make_plan(self, k: int, effort: Effort) -> tuple[Plan, Curve | None]:
        curve = next((c for c in self.curves if c.k >= k), self.curves[-1] if self.curves else None)
        if effort.ef_search is not None or curve is None:
            width = math.ceil(OVERSAMPLE * max(effort.ef_search or DEFAULT_EF_SEARCH, k))
            return np.array([width, width, 0.0, 0.0, 0.0, k], np.float64), curve
        base, slope, tilt = curve.plan(effort.recall)
        scale = max(1.0, k / curve.k)
        first = first_beam(max(k, curve.k))
        most = max(first, min(MAX_POOL, self._graph.indexed // SCANNED_PER_PLACE))
        return np.array(
            [first, most, base + math.log(scale), slope, tilt, curve.k], np.float64
        ), curve

    def _filtered_walk(
        self,
        vectors: Vectors,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet,
    ) -> SearchResult | None:
        """Walk, wider as fewer rows pass, until enough are found; None where a scan is cheaper."""
        passing = among.count
        plan, _ = self._plan(k, effort)
        middle = math.sqrt(plan[0] * plan[1]) if effort.ef_search is None else plan[0]
        width = math.ceil(middle * max(1.0, WIDEN * self._graph.indexed / passing))
        wanted = min(k + k // 4, passing)
        while width <= MAX_POOL and width * SCANNED_PER_PLACE < passing:
            fixed = np.array([width, width, 0.0, 0.0, 0.0, k], np.float64)
            walked = self._graph.walk(vectors, query, k, fixed, among)
            if walked.sure and walked.result.reranked >= wanted:
                return replace(
                    walked.result,
                    strategy=f"graph (ef={round(width / OVERSAMPLE)})",
                    predicted=math.nan,
                )
            width *= 4
        return None

    def _scan(
        self, vectors: Vectors, query: npt.NDArray[np.float32], k: int, among: RowSet | None
    ) -> SearchResult:
        """Score the codes of all passing rows; exact over float32 where codes cannot tell them apart."""
        scanned = self._graph.scan(vectors, query, k, 2 * k + 32, among)
        if not scanned.sure:
            return self._exact(vectors, query, k, among)
        shown = "codes of all rows" if among is None else "codes of passing rows"
        return replace(scanned.result, strategy=shown, predicted=1.0)

    def _exact(
        self, vectors: Vectors, query: npt.NDArray[np.float32], k: int, among: RowSet | None
    ) -> SearchResult:
        """Exact over float32, for what the kernels cannot do (yet); leaves out what is not indexed."""
        if self._graph.indexed < len(vectors):
            indexed = self._graph.indexed_rows()
            among = RowSet.of(indexed) if among is None else among.within(indexed)
        return flat.search(vectors, query, k, self.metric, among)


def first_beam(k: int) -> int:
    """The beam after which the hardness of a query for its k nearest rows is looked at."""
    return k + max(4, k // 2)
