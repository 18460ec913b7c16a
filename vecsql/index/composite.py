"""The index of one segment: a graph, perhaps an inverted file, and what tells which to use and how hard to try."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from vecsql.index import flat
from vecsql.index.base import Effort, Expectation, Metric, SearchResult, Sections, Vectors
from vecsql.index.calibrate import Curve
from vecsql.index.calls import Call, Record
from vecsql.index.expect import expectation, walk_expectation
from vecsql.index.graph import MAX_POOL, GraphIndex, Walk
from vecsql.index.ivf import IvfIndex
from vecsql.index.results import EMPTY
from vecsql.index.rows import Rows
from vecsql.index.rowset import RowSet
from vecsql.index.strategy import FILTERED, Choice, Costs, choose, reranked_for

DEFAULT_EF_SEARCH: Final = 40  # pgvector's, for an index without curves
# The walk orders rows by their codes, so it keeps more of them than a walk on float32 would for the same recall.
OVERSAMPLE: Final = 1.5
REMEMBERED: Final = 1000  # plans
IVF: Final = "ivf."  # before the names of its sections
# Under a filter the inverted file aims at fewer misses by this factor: passing rows lie farther than what it was measured on.
FILTERED_MISSES: Final = 0.65
L1_MISSES: Final = (
    0.8  # of the misses allowed are planned for: l1 distances tell less of how hard a query is
)
# A walk gives up when, of the rows that it met at first, only so many pass as a share of those wanted: some three times as many
# would, were the filter unrelated to the distance from the query.
LOST_WHEN: Final = 0.75
LOST_WEIGHT: Final = 0.25  # of the last walk in how often walks among some rows give up
LOST_MEMORY: Final = 0.99  # per search that tried no walk
FEW_PLACES: Final = 12  # rows whose codes are read sooner than a walk gets so far are not walked to
SLACK: Final = 0.005  # a promise may be missed by this much before a scan replaces a walk

Plan = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Walk:
    """How a walk for some k would go: what graph_search wants to know, the curve that it comes from, the usual beam."""

    plan: Plan
    curve: Curve | None
    usual: float
    most: float


class _Asked(NamedTuple):
    """What a search is asked for."""

    vectors: Vectors | Rows
    query: npt.NDArray[np.float32]
    k: int
    effort: Effort
    among: RowSet | None


End = Callable[[], SearchResult | None]
# A search one way that is ready to run, and what finishes it: None where that way does not keep the promise. Without a record there is
# nothing to run.
Begun = tuple[Record | None, End]


class CompositeIndex:
    """A built index; implements VectorIndex. Shared by all threads that search."""

    def __init__(
        self,
        kind: str,
        graph: GraphIndex,
        curves: tuple[Curve, ...] = (),
        costs: Costs | None = None,
        ivf: IvfIndex | None = None,
    ) -> None:
        self.kind = kind
        self.metric: Metric = graph.metric
        self.curves = curves
        self.costs = costs or graph.usual_costs
        self._graph = graph
        self._ivf = ivf
        self._walks: dict[tuple[float, int | None, int, int], _Walk] = {}
        self._choices: dict[tuple[int | float | str | None, ...], Choice] = {}

    @staticmethod
    def load(
        kind: str, metric: Metric, parameters: Mapping[str, Any], sections: Sections
    ) -> CompositeIndex:
        curves = tuple(Curve.loaded(values) for values in parameters.get("curves", ()))
        stored = parameters.get("costs")  # a list in files before costs had names
        costs = Costs.loaded(stored) if isinstance(stored, Mapping) else None
        ivf = None
        if "ivf" in parameters:
            own = {n.removeprefix(IVF): a for n, a in sections.items() if n.startswith(IVF)}
            ivf = IvfIndex(metric, parameters["ivf"], own)
        rest = {n: a for n, a in sections.items() if not n.startswith(IVF)}
        return CompositeIndex(kind, GraphIndex(metric, parameters, rest), curves, costs, ivf)

    def sections(self) -> Sections:
        own = {} if self._ivf is None else self._ivf.sections()
        return {**self._graph.sections(), **{IVF + name: array for name, array in own.items()}}

    def parameters(self) -> dict[str, Any]:
        curves = [curve.stored() for curve in self.curves]
        stored = {**self._graph.parameters(), "curves": curves, "costs": self.costs.stored()}
        return stored if self._ivf is None else {**stored, "ivf": self._ivf.parameters()}

    @property
    def nbytes(self) -> int:
        return self._graph.nbytes + (self._ivf.nbytes if self._ivf is not None else 0)

    def search(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet | None = None,
    ) -> SearchResult:
        """The k nearest indexed rows that are `among` the given ones.

        Distances are exact. Fewer than k rows come back only when fewer pass. NULL rows and, for cosine, zero vectors
        are never returned.
        """
        asked = _Asked(vectors, flat.query_for(vectors, query), k, effort, among)
        result = self._at_once(asked)
        if result is not None:
            return result
        choice = self._known_choice(k, effort, among)
        return self._conclude(asked, choice, self._by(choice.name, asked))

    def begin(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet | None = None,
    ) -> Call | SearchResult:
        """search(), ready to run."""
        asked = _Asked(vectors, flat.query_for(vectors, query), k, effort, among)
        result = self._at_once(asked)
        if result is not None:
            return result
        choice = self._known_choice(k, effort, among)
        record, end = self._begin_by(choice.name, asked)
        if record is None:
            return self._conclude(asked, choice, end())
        return Call(record, lambda: self._conclude(asked, choice, end()))

    def _at_once(self, asked: _Asked) -> SearchResult | None:
        """The result where there is nothing to choose; None elsewhere."""
        among = asked.among
        if asked.k <= 0 or not self._graph.indexed or (among is not None and not among.count):
            return EMPTY
        return None if flat.is_compiled(asked.vectors) else self._exact(asked)

    def _conclude(self, asked: _Asked, choice: Choice, result: SearchResult | None) -> SearchResult:
        """What was found the chosen way, or the next one that keeps the promise."""
        if asked.among is not None:
            _note_lost(asked.among, choice.name, result is None)
        if result is None:
            result = self._otherwise(asked, choice)
        if self.metric == "cosine" and math.isnan(result.distances[0]):
            result = self._exact(asked)
        if asked.effort.explain:
            kept = result.strategy.startswith(choice.name)
            result.reason = choice.reason if kept else f"{choice.name} found too little"
            result.code_bytes = self._code_bytes(result.strategy)
        return result

    def _by(self, name: str, asked: _Asked) -> SearchResult | None:
        """Search one way; None where that does not keep the promise."""
        if name == "exact":
            return self._exact(asked)
        record, end = self._begin_by(name, asked)
        if record is not None:
            record.run()
        return end()

    def _begin_by(self, name: str, asked: _Asked) -> Begun:
        if name == "graph":
            return self._begin_walk(asked)
        if name == "ivf":
            return self._begin_lists(asked)
        if name == "codes":
            return self._begin_scan(asked)
        return self._begin_exact(asked)

    def _otherwise(self, asked: _Asked, choice: Choice) -> SearchResult:
        """Search the other ways, cheapest first, until one keeps the promise."""
        lost = float(choice.name == "graph" and asked.among is not None)
        ways = self.choose(asked.k, asked.effort, asked.among, lost).ways
        for name in ways:
            if name == choice.name:
                continue
            result = self._by(name, asked)
            if result is not None:
                return result
        return self._exact(asked)

    def _known_choice(self, k: int, effort: Effort, among: RowSet | None) -> Choice:
        """How the k nearest are searched; remembered, for it is asked with every query."""
        passing, lost = (-1, 0.0) if among is None else (among.count, round(among.lost, 2))
        key = (k, effort.recall, effort.ef_search, effort.probes, effort.strategy, passing, lost)
        known = self._choices.get(key)
        if known is None:
            if len(self._choices) > REMEMBERED:
                self._choices.clear()
            known = self._choices[key] = self.choose(k, effort, among, lost)
        return known

    def choose(
        self, k: int, effort: Effort, among: RowSet | None = None, lost: float | None = None
    ) -> Choice:
        """How the k nearest would be searched. A walk looks for as many rows that as many of them are expected to pass as are wanted;
        `lost` is how likely it meets too few, by default as often as lately."""
        indexed = self._graph.indexed
        passing = indexed if among is None else min(among.count, indexed)
        forced = self._forced(k, effort)
        beam = lists = None
        if forced is not None or passing * self.costs.row > FEW_PLACES * self.costs.place:
            reach = self._reach(k, among)
            factor = 1.0 if among is None else FILTERED
            if self._graph.walkable and k <= MAX_POOL // 2 and OVERSAMPLE * reach <= MAX_POOL:
                beam = factor * self._walk_for(reach, effort).usual
            if self._ivf is not None and effort.ef_search is None:
                misses = (1 - effort.recall) * (1 if among is None else FILTERED_MISSES)
                lists = self.costs.of_lists(misses, k)
                lists = None if lists is None else factor * lists
        if lost is None:
            lost = 0.0 if among is None else among.lost
        return choose(self.costs, passing, k, beam, lists, forced, lost)

    def _forced(self, k: int, effort: Effort) -> str | None:
        """The way that knobs set by hand or the size of the answer leave no choice about."""
        if effort.exact or k > MAX_POOL // 2:
            return "exact"
        if effort.strategy is not None:
            return effort.strategy
        if effort.probes is not None and self._ivf is not None:
            return "ivf"
        return None

    def _begin_lists(self, asked: _Asked) -> Begun:
        """Search the inverted file."""
        assert self._ivf is not None
        begun = self._ivf.begin(*self._for_lists(asked))
        if isinstance(begun, SearchResult):
            return None, lambda: self._filled(asked, begun)
        return begun.record, lambda: self._filled(asked, begun.finish())

    def _for_lists(self, asked: _Asked) -> _Asked:
        """What to ask the inverted file."""
        if asked.among is None:
            return asked
        recall = 1 - FILTERED_MISSES * (1 - asked.effort.recall)
        return asked._replace(effort=replace(asked.effort, recall=recall))

    def _filled(self, asked: _Asked, result: SearchResult) -> SearchResult | None:
        """The result; None where it is not as long as it should be."""
        wanted = self._graph.indexed if asked.among is None else asked.among.count
        return result if len(result.positions) >= min(asked.k, wanted) else None

    def expect(
        self, vectors: Vectors | Rows, k: int, effort: Effort, among: RowSet | None = None
    ) -> Expectation:
        """What search() would do with a usual query."""
        choice = self.choose(k, effort, among)
        passing = self._graph.indexed if among is None else min(among.count, self._graph.indexed)
        if choice.name != "graph":
            expected = expectation(
                choice, k, passing, among is not None, self._code_bytes(choice.name)
            )
            return replace(expected, predicted=effort.recall) if choice.name == "ivf" else expected
        walk = self._walk_for(self._reach(k, among), effort)
        curve = walk.curve
        predicted = math.nan
        if curve is not None:
            predicted = curve.predict(walk.usual, curve.hardness, curve.length)
        ef = round(walk.usual / OVERSAMPLE)
        return walk_expectation(choice, k, walk.usual, ef, predicted, self._graph.code_bytes)

    def _code_bytes(self, strategy: str) -> int:
        """Bytes of the code of a row that a search reads."""
        ivf = self._ivf if strategy.startswith("ivf") else None
        return self._graph.code_bytes if ivf is None else ivf.code_bytes

    def _reach(self, k: int, among: RowSet | None) -> int:
        """How many rows a walk must find for k of them to pass."""
        if among is None:
            return k
        reach = math.ceil(k * max(1.0, self._graph.indexed / among.count))
        coarse = int(10 ** max(len(str(reach)) - 2, 0))  # two digits, so that few plans are made
        return -(-reach // coarse) * coarse

    def _begin_walk(self, asked: _Asked) -> Begun:
        """Walk as far as the effort or the curve says."""
        k, among = asked.k, asked.among
        walk = self._walk_for(self._reach(k, among), asked.effort, k if among is not None else 0)
        room = self._graph.begin_walk(asked.vectors, asked.query, k, walk.plan, among)
        return room.record, lambda: self._end_walk(asked, walk, room)

    def _end_walk(self, asked: _Asked, walk: _Walk, room: Walk) -> SearchResult | None:
        k, effort, among = asked.k, asked.effort, asked.among
        walked = room.end()
        result = walked.result
        found = len(result.positions) if among is None else result.reranked
        wanted = min(k, self._graph.indexed) if among is None else min(k + k // 2, among.count)
        if not walked.sure or (found < wanted and not walked.bounded):
            return None
        widest = walked.beam >= walk.most and effort.ef_search is None
        if not effort.explain and not widest:
            return result
        result.strategy = f"graph (ef={round(walked.beam / OVERSAMPLE)})"
        result.predicted = math.nan
        if walk.curve is not None:
            result.predicted = walk.curve.predict(walked.beam, walked.hardness, walked.length)
            if widest and result.predicted < effort.recall - SLACK:
                return None
        return result

    def _walk_for(self, k: int, effort: Effort, wanted: int = 0) -> _Walk:
        """How a walk for k rows goes, of which `wanted` shall pass a filter."""
        key = (effort.recall, effort.ef_search, k, wanted)
        known = self._walks.get(key)
        if known is None:
            if len(self._walks) > REMEMBERED:
                self._walks.clear()
            known = self._walks[key] = self._plan_walk(k, effort, wanted)
        return known

    def _plan_walk(self, k: int, effort: Effort, wanted: int) -> _Walk:
        curve = next((c for c in self.curves if c.k >= k), self.curves[-1] if self.curves else None)
        if effort.ef_search is not None or curve is None:
            width = math.ceil(OVERSAMPLE * max(effort.ef_search or DEFAULT_EF_SEARCH, k))
            width = min(width, MAX_POOL)
            # rows that codes misplace are still re-ranked
            room = min(2 * width, MAX_POOL) if self._graph.packed else width
            plan = np.array([width, room, 0.0, 0.0, 0.0, k, 0], np.float64)
            return _Walk(plan, curve, width, width)
        target = effort.recall
        if self.metric == "l1":
            target = 1 - L1_MISSES * (1 - target)
        base, slope, tilt = curve.plan(target)
        base += math.log(max(1.0, k / curve.k))
        first = min(first_beam(max(k, curve.k)), MAX_POOL)
        # beyond this a scan of all codes is cheaper, and finds more
        dear = self._graph.indexed * self.costs.row / self.costs.place
        most = max(first, min(MAX_POOL, int(dear)))
        usual = curve.usual_beam(target) * max(1.0, k / curve.k)
        plan = np.array([first, most, base, slope, tilt, curve.k, wanted * LOST_WHEN], np.float64)
        return _Walk(plan, curve, min(max(usual, first), most), most)

    def _begin_scan(self, asked: _Asked) -> Begun:
        """Score the codes of all passing rows."""
        k, among = asked.k, asked.among
        room = self._graph.begin_scan(asked.vectors, asked.query, k, self._scan_width(k), among)

        def end() -> SearchResult | None:
            scanned = room.end()
            if not scanned.sure:
                return None  # codes cannot tell these rows apart
            scanned.result.strategy = (
                "codes of all rows" if among is None else "codes of passing rows"
            )
            return scanned.result

        return room.record, end

    def _scan_width(self, k: int) -> int:
        """How many rows a scan of codes re-ranks at most. Those of l1 share one step and tell far rows apart less well."""
        return 8 * k + 120 if self.metric == "l1" else reranked_for(k)

    def _exact(self, asked: _Asked) -> SearchResult:
        """Exact over float32, for what the kernels cannot do (yet); leaves out what is not indexed."""
        among = self._shown(asked)
        result = flat.search(asked.vectors, asked.query, asked.k, self.metric, among)
        return _exactly(result, among)

    def _begin_exact(self, asked: _Asked) -> Begun:
        """_exact(), ready to run."""
        among = self._shown(asked)
        begun = flat.begin(asked.vectors, asked.query, asked.k, self.metric, among)
        if isinstance(begun, SearchResult):
            return None, lambda: _exactly(begun, among)
        return begun.record, lambda: _exactly(begun.finish(), among)

    def _shown(self, asked: _Asked) -> RowSet | None:
        """The rows that an exact search goes over."""
        if self._graph.indexed == len(asked.vectors):
            return asked.among
        indexed = self._graph.indexed_rows()
        return RowSet.of(indexed) if asked.among is None else asked.among.within(indexed)


def _exactly(result: SearchResult, among: RowSet | None) -> SearchResult:
    result.strategy = "exact scan" if among is None else "exact over passing rows"
    return result


def _note_lost(among: RowSet, way: str, gave_up: bool) -> None:
    """Remember of these rows whether a walk found them; forget it bit by bit while no walk is tried."""
    if way == "graph":
        among.lost += LOST_WEIGHT * (gave_up - among.lost)
    else:
        among.lost *= LOST_MEMORY


def first_beam(k: int) -> int:
    """The beam after which the hardness of a query for its k nearest rows is looked at."""
    return k + max(4, k // 2)
