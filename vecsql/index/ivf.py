"""The `ivfflat` index: lists of codes scanned in order of their centroids' distance, re-ranked on the float32 vectors.

See `kernels/ivf_search.py`. It is also the companion of other indexes for filtered search.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import flat
from vecsql.index.base import Effort, Expectation, Mask, Metric, SearchResult, Sections, Vectors
from vecsql.index.calls import Call, Room, finish, free_room, run_all
from vecsql.index.expect import exact_expectation, listed_expectation
from vecsql.index.results import EMPTY
from vecsql.index.rows import Rows, row_bytes
from vecsql.index.rowset import RowSet
from vecsql.index.strategy import Costs

FORMAT_VERSION: Final = 1
BLOCK: Final = 32  # rows of a block, see kernels/fastscan.py
TAIL_BYTES: Final = 256
EVERY_LIST: Final = 1 << 30
NO_WORDS: Final = np.empty(0, np.uint32)
CALIBRATED_K: Final = 10
FEW_EASE: Final = 0.15  # fewer rows than calibrated with vary more
MOST_RERANKED: Final = 4096
REMEMBERED: Final = 1000  # knobs
REMEMBERED_SETS: Final = 64  # row sets whose bits are kept in the order of the blocks
UNDECIDED: Final = 0.9  # of the kept rows were re-ranked: more should have been kept
FEW_NS: Final = 30_000  # as long passing rows are compared exactly: ranking the lists takes no less
# Queries are harder than rows looking for their neighbours: aim at fewer misses by this factor.
MISSES: Final = 0.7
# Of the rows that are scanned on average, so many always are: persons' questions met dense rows, and scanned a fifth.
LEAST_SCANNED: Final = 0.5
KEYS: Final = 3  # for each row that is re-ranked
MAX_SHARE: Final = 0.25  # of the rows, for k: beyond, sorting all distances is cheaper


@dataclass(frozen=True, slots=True)
class Knobs:
    """What a search of an inverted file may spend; see kernels/ivf_search.py."""

    probes: int = EVERY_LIST  # lists with rows that pass
    reach: float = 0.0  # how far lists may lie in relation to the k-th row; 0: no limit
    fewest: int = 0  # rows are scanned at least
    ease: float = 0.0  # less reach as share of passing rows to this power
    eps: float = 1.9  # standard deviations that an estimate may be off
    rerank: int = 0  # rows with exact distances at most; 0: what suits k


def rerank_for(k: int, bits: int) -> int:
    """How many rows are worth an exact distance: codes seldom misplace a row by more."""
    return 2 * k + 20 if bits == 8 else 4 * k + 60


def knobs_for(
    effort: Effort, k: int, bits: int, curve: Sequence[Sequence[float]], ease: float
) -> tuple[Knobs, float]:
    """What an effort means here, and the recall to be expected of it.

    `curve` is [[reach, recall@10, rows scanned on average], ...], ascending (without the rows in older files); what k = 10 needs
    shrinks by `ease` for more, as under filters.
    """
    rerank = rerank_for(k, bits)
    if effort.probes is not None:
        return Knobs(probes=effort.probes, rerank=rerank), math.nan
    reach, rows = reach_for(curve, 1.0 - MISSES * (1.0 - effort.recall))
    if not reach:
        return Knobs(rerank=rerank), 1.0
    reach *= (CALIBRATED_K / k) ** (ease if k > CALIBRATED_K else max(ease, FEW_EASE))
    fewest = int(LEAST_SCANNED * rows)
    return Knobs(reach=reach, fewest=fewest, ease=ease, rerank=rerank), effort.recall


def reach_for(curve: Sequence[Sequence[float]], recall: float) -> tuple[float, float]:
    """The reach that a recall needs and the rows that are scanned then, between the points of a curve; 0 where it does not get there."""
    before = None
    for reach, reached, *scanned in curve:
        rows = scanned[0] if scanned else 0.0
        if reached >= recall:
            if before is None:
                return reach, rows
            share = (recall - before[1]) / (reached - before[1])
            between = (
                old + share * (new - old)
                for old, new in zip(before[::2], (reach, rows), strict=True)
            )
            return next(between), next(between)
        before = (reach, reached, rows)
    return 0.0, 0.0


def owners(starts: npt.NDArray[np.int32]) -> npt.NDArray[np.int32]:
    """The list of each block."""
    return np.repeat(np.arange(len(starts) - 1, dtype=np.int32), np.diff(starts))


class Lists(Room):
    """One search of an inverted file at a time."""

    __slots__ = ("_keys", "_lists", "_mask", "_spends", "_words")

    def __init__(self, index: IvfIndex, lists: list[Lists]) -> None:
        super().__init__("ivf_search", index.dimensions)
        self._lists, self._keys = lists, 0
        self._mask, self._words = flat.ALL_ROWS, NO_WORDS
        self._spends: tuple[Knobs, int, int] | None = None
        self.record.set(**index.coding, mask=self._mask, words=self._words, spent=self.spent)

    def begin(
        self, knobs: Knobs, rerank: int, fewest: int, mask: Mask, words: npt.NDArray[np.uint32]
    ) -> None:
        """Find none but the rows of `mask` or `words`; spend what `knobs` say, but re-rank and scan so many rows."""
        if mask is not self._mask:
            self.record.set(mask=mask)
            self._mask = mask
        if words is not self._words:
            self.record.set(words=words)
            self._words = words
        if self._spends != (knobs, rerank, fewest):
            self._spend(knobs, rerank, fewest)

    def _spend(self, knobs: Knobs, rerank: int, fewest: int) -> None:
        self._spends = (knobs, rerank, fewest)
        self.record.set(
            probes=knobs.probes,
            reach=knobs.reach,
            fewest=fewest,
            ease=knobs.ease,
            eps=knobs.eps,
            rerank=rerank,
        )
        if KEYS * rerank > self._keys:
            self._keys = KEYS * rerank
            self.record.set(keys=np.empty(self._keys, np.uint64))
        self.record.shorten("keys", KEYS * rerank)

    def end(self, *, explain: bool) -> SearchResult:
        """What was found; the room is free then."""
        lists, _, scored, reranked = self.spent.tolist()
        positions, distances = self.answer()
        self._lists.append(self)
        strategy = f"ivf (probes={lists})" if explain else ""
        return SearchResult(positions, distances, scored, reranked, strategy)


class IvfIndex:
    """A built inverted file. Its arrays are never written, may be mmap-ed, and are shared by all threads that search."""

    kind = "ivfflat"

    def __init__(self, metric: Metric, parameters: Mapping[str, Any], sections: Sections) -> None:
        self.metric: Metric = metric
        self._parameters = dict(parameters)
        self._sections = dict(sections)
        self._indexed = int(parameters["indexed"])
        self._curve: Sequence[Sequence[float]] = parameters.get("curve", ())
        self._ease = float(parameters.get("ease", 0.0))
        self._known: dict[tuple[float, int | None, int], tuple[Knobs, float]] = {}
        lines = -(-4 * len(sections["center"]) // 64)
        self._few_passing = FEW_NS / (6 + 3.5 * lines)  # as strategy.Costs.usual
        self._words: dict[int, tuple[RowSet, npt.NDArray[np.uint32] | None]] = {}
        self._rooms: list[Lists] = []
        self._bits = int(parameters["bits"])
        starts, blocks = sections["starts"], sections["blocks"]
        self._ids = sections["ids"]
        self.dimensions = len(sections["center"])
        # arguments of the kernel, by name
        self.coding = {
            "metric": flat.METRIC_CODES[metric],
            "center": sections["center"],
            "unit": float(parameters["unit"]),
            "bits": self._bits,
            "signs": sections["signs"],
            "lists": sections["lists"],
            "radii": sections["radii"],
            "starts": starts,
            "blocks": blocks,
            "tails": blocks.view(np.float32),
            "ids": self._ids,
            "owner": owners(starts),
        }

    @property
    def lists(self) -> int:
        return int(self._parameters["lists"])

    def sections(self) -> Sections:
        """The arrays to store; `load` takes them back without copying."""
        return self._sections

    def parameters(self) -> dict[str, Any]:
        """Scalars to store beside the sections: JSON-like, without arrays."""
        return dict(self._parameters)

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self._sections.values())

    @property
    def code_bytes(self) -> int:
        """Bytes of the code of one row, with its factors."""
        return int(self._sections["blocks"].nbytes // max(len(self._ids), 1))

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
        return finish(self.begin(vectors, query, k, effort, among))

    def begin(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet | None = None,
    ) -> Call | SearchResult:
        """search(), ready to run."""
        query = flat.query_for(vectors, query)
        passing = self._indexed if among is None else among.count
        if k <= 0 or passing == 0 or self._indexed == 0:
            return EMPTY
        if not flat.is_compiled(vectors) or self._must_be_exact(k, effort, among):
            return self._exact(vectors, query, k, among)
        room = self.begin_scan(vectors, query, k, self._knobs_for(effort, k)[0], among)
        return Call(room.record, lambda: self._conclude(room, vectors, query, k, effort, among))

    def _conclude(
        self,
        room: Lists,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet | None,
    ) -> SearchResult:
        """What a scan found, or another with more rows re-ranked while bounds do not rule out those that were not."""
        result = room.end(explain=effort.explain)
        knobs, predicted = self._knobs_for(effort, k)
        while self._undecided(result, k, knobs):
            knobs = replace(knobs, rerank=4 * knobs.rerank)
            result = self.scan(vectors, query, k, knobs, among, effort.explain)
        nearest = result.distances
        if self.metric == "cosine" and len(nearest) and math.isnan(nearest[0]):
            return self._exact(vectors, query, k, among)  # a zero query
        result.predicted = predicted
        if effort.explain:
            result.reason = "probes are set" if effort.probes is not None else "by calibration"
            result.code_bytes = self.code_bytes
        return result

    def _undecided(self, result: SearchResult, k: int, knobs: Knobs) -> bool:
        """Whether the bounds of the estimates leave it open that rows which were not re-ranked are nearer."""
        if result.reranked < UNDECIDED * knobs.rerank or knobs.rerank >= MOST_RERANKED:
            return False
        return self.metric != "l1" and len(result.positions) == k

    def expect(
        self, vectors: Vectors | Rows, k: int, effort: Effort, among: RowSet | None = None
    ) -> Expectation:
        """What search() would do with a usual query."""
        passing = self._indexed if among is None else min(among.count, self._indexed)
        vector_bytes = row_bytes(vectors)
        if self._must_be_exact(k, effort, among):
            reason = "few rows pass" if among is not None else "so many rows are asked for"
            ms = passing * Costs.usual(0, vector_bytes).vector / 1e6
            return exact_expectation(reason, passing, ms, filtered=among is not None)
        reranked = min(rerank_for(k, self._bits) // 2, passing)
        sizes = self.code_bytes, vector_bytes
        if effort.probes is not None:
            probes = min(effort.probes, self.lists)
            scored = self._indexed * probes // self.lists
            shown = f"ivf (probes={probes})"
            return listed_expectation(shown, "probes are set", scored, reranked, math.nan, sizes)
        _, rows = reach_for(self._curve, 1.0 - MISSES * (1.0 - effort.recall))
        scored = min(round(rows) or self._indexed, self._indexed)
        return listed_expectation("ivf", "by calibration", scored, reranked, effort.recall, sizes)

    def _knobs_for(self, effort: Effort, k: int) -> tuple[Knobs, float]:
        key = (effort.recall, effort.probes, k)
        known = self._known.get(key)
        if known is None:
            if len(self._known) > REMEMBERED:
                self._known.clear()
            known = self._known[key] = knobs_for(effort, k, self._bits, self._curve, self._ease)
        return known

    def _must_be_exact(self, k: int, effort: Effort, among: RowSet | None) -> bool:
        passing = self._indexed if among is None else among.count
        if effort.exact or effort.strategy == "exact":
            return True
        if passing <= self._few_passing or k > MAX_SHARE * self._indexed:
            return True
        # codes order rows by Euclidean distance: among rows that a filter chose that may say little about l1
        return self.metric == "l1" and among is not None

    def scan(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        knobs: Knobs,
        among: RowSet | None = None,
        explain: bool = True,
    ) -> SearchResult:
        """Search with these very knobs, whatever may be cheaper; 0 < k, kernels compiled, `query` contiguous float32."""
        room = self.begin_scan(vectors, query, k, knobs, among)
        room.record.run()
        return room.end(explain=explain)

    def scan_each(
        self,
        vectors: Vectors | Rows,
        queries: npt.NDArray[np.float32],
        k: int,
        knobs: Knobs,
    ) -> list[SearchResult]:
        """scan() for each of the queries (n, d), by one call of a kernel."""
        begun = [self.begin_scan(vectors, query, k, knobs, None) for query in queries]
        run_all([room.record for room in begun])
        return [room.end(explain=False) for room in begun]

    def begin_scan(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        knobs: Knobs,
        among: RowSet | None,
    ) -> Lists:
        """scan(), ready to run; then comes its end()."""
        room = free_room(self._rooms, lambda: Lists(self, self._rooms))
        room.aim(vectors, query, k)
        rerank = max(knobs.rerank or rerank_for(k, self._bits), 2 * k)
        if among is None:
            room.begin(knobs, rerank, knobs.fewest, flat.ALL_ROWS, NO_WORDS)
        else:
            room.begin(knobs, rerank, 0, among.bools, self._words_of(among))
        return room

    def _words_of(self, among: RowSet) -> npt.NDArray[np.uint32]:
        """One bit per place in the blocks for a row set that is used again; empty otherwise."""
        known, words = self._words.get(id(among), (None, None))
        if known is among and words is not None:
            return words
        if known is among:
            words = np.empty(len(self._ids) // BLOCK, np.uint32)
            kernels.search_kernels().pack_passing(among.bools, self._ids, words)
        elif len(self._words) >= REMEMBERED_SETS:
            self._words.clear()
        self._words[id(among)] = (among, words)
        return NO_WORDS if words is None else words

    def _exact(
        self, vectors: Vectors | Rows, query: npt.NDArray[np.float32], k: int, among: RowSet | None
    ) -> SearchResult:
        """Exact over float32, for what is cheaper or cannot be done otherwise; leaves out what is not indexed."""
        if self._indexed < len(vectors):
            indexed = np.zeros(len(vectors), np.bool_)
            indexed[self._ids[self._ids >= 0]] = True
            among = RowSet.of(indexed) if among is None else among.within(indexed)
        result = flat.search(vectors, query, k, self.metric, among)
        result.strategy = "exact scan" if among is None else "exact over passing rows"
        return result
