"""Measures a finished graph with rows of its own as queries: what it is stored with."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from vecsql.index import flat
from vecsql.index.base import Effort, Metric, Vectors
from vecsql.index.calibrate import Curve, Doubles, fit
from vecsql.index.composite import first_beam
from vecsql.index.graph import MAX_POOL, GraphIndex, Walked
from vecsql.index.ivf import IvfIndex
from vecsql.index.rows import Halves, Rows
from vecsql.index.rowset import RowSet
from vecsql.index.strategy import Costs
from vecsql.index.workers import Run, workers

SAMPLE: Final = {10: 256, 30: 128, 100: 96}  # queries by k
SAMPLE_L1: Final = 128  # those distances are no matrix product
GROWTH: Final = 1.7  # from one beam that is tried to the next
ENOUGH: Final = 0.998  # recall at which no wider beam is tried
LEAST_ROWS: Final = 500  # a smaller graph is scanned
MOVED_EVERY: Final = 3  # one query of so many is moved out of the distribution
FARTHEST: Final = 1.0  # by at most so much of the way from one row to another
SEED: Final = 0xCA1
LEAST_QUERIES: Final = 8
BLOCK: Final = 8192
TIMED_QUERIES: Final = 96  # so many that what they read is not in the caches from the round before
TIMED_MISSES: Final = (0.005, 0.01, 0.02, 0.05, 0.1)
TIMED_ROUNDS: Final = 2
TIMED_BEAMS: Final = (60, 180)
TIMED_ROWS: Final = (500, 2000)
TOGETHER: Final = 16  # walks by one call: else the interpreter's lock changes hands for each
MOST_APART: Final = 4.0  # a measured cost is no more than this factor from the usual one
TIE: Final = 1e-5  # relative: distances this near count as equal

Floats = npt.NDArray[np.float32]
_Search = Callable[[Vectors], object]


def curves_of(graph: GraphIndex, vectors: Vectors, *, threads: int = 1) -> tuple[Curve, ...]:
    """The recall curves of `graph` for several k, ascending; none for a graph that is too small to be walked."""
    if graph.indexed < LEAST_ROWS:
        return ()
    rows = graph.sample(max(SAMPLE.values()) if graph.metric != "l1" else SAMPLE_L1)
    rows = np.random.default_rng(SEED).permutation(rows)
    if len(rows) < LEAST_QUERIES:
        return ()
    queries = _queries(vectors, rows)
    with workers(threads) as run:
        truth = _true_distances(graph, vectors, rows, queries, max(SAMPLE), run)
        finite = np.isfinite(truth).all(axis=1)
        if finite.sum() < LEAST_QUERIES:
            return ()
        rows, queries, truth = rows[finite], queries[finite], truth[finite]
        curves = tuple(
            _curve(graph, vectors, rows[:count], queries, truth[:count, :k], k, run)
            for k, count in SAMPLE.items()
            if k <= truth.shape[1] or k == min(SAMPLE)
        )
    graph.free_rooms()
    return curves


def costs_of(
    graph: GraphIndex, ivf: IvfIndex | None, floats: Vectors, vectors: Vectors | Rows
) -> Costs:
    """What the ways to search `vectors` cost here and now; what is usual for a graph that is too small to tell. `floats` are the
    same rows as float32."""
    usual = Costs.usual(
        graph.code_bytes, vectors.shape[1] * (2 if isinstance(vectors, Halves) else 4)
    )
    rows = graph.sample(TIMED_QUERIES)
    if len(rows) < TIMED_QUERIES or graph.indexed < max(TIMED_ROWS):
        return usual
    queries = _queries(floats, rows)
    shuffled = np.random.default_rng(SEED).permutation(len(vectors)).astype(np.int32)

    def walk(beam: int) -> _Search:
        plan = np.array([beam, beam, 0.0, 0.0, 0.0, 10, 0], np.float64)
        return lambda query: graph.walk(vectors, query, 10, plan)

    def scan(count: int) -> _Search:
        among = RowSet.at(len(vectors), np.sort(shuffled[:count]))
        return lambda query: graph.scan(vectors, query, 10, 52, among)

    def lists(misses: float) -> _Search:
        assert ivf is not None
        effort, search = Effort(recall=1 - misses, explain=False), ivf.search
        return lambda query: search(vectors, query, 10, effort)

    searches = [*map(walk, TIMED_BEAMS), *map(scan, TIMED_ROWS)]
    if ivf is not None:
        searches += map(lists, TIMED_MISSES)
    shortest, wide, few, many, *listed = _fastest(searches, queries)
    beams, rows_apart = TIMED_BEAMS[1] - TIMED_BEAMS[0], TIMED_ROWS[1] - TIMED_ROWS[0]
    place = _near((wide - shortest) / beams, usual.place)
    row = _near((many - few) / rows_apart, usual.row)
    return Costs(
        place,
        row,
        usual.vector * row / usual.row,
        tuple(zip(TIMED_MISSES, listed, strict=False)),
        max(shortest - TIMED_BEAMS[0] * place, usual.walk),
    )


def _fastest(searches: Sequence[_Search], queries: Vectors) -> list[float]:
    """Nanoseconds of each of the searches on the processor, the shortest of several rounds for each query: a build in the background waits for
    it more than it has it, and what else runs is not counted. They take turns, for memory may be slow for a while."""
    shortest = np.full((len(searches), len(queries)), np.inf)
    for _ in range(TIMED_ROUNDS):
        for mine, search in zip(shortest, searches, strict=True):
            for i, query in enumerate(queries):
                started = time.thread_time_ns()
                search(query)
                mine[i] = min(mine[i], time.thread_time_ns() - started)
    return shortest.mean(axis=1).tolist()  # type: ignore[no-any-return]


def _near(measured: float, usual: float) -> float:
    return min(max(measured, usual / MOST_APART), usual * MOST_APART)


def _queries(vectors: Vectors, rows: npt.NDArray[np.intp]) -> Vectors:
    """The sampled rows (count, d); some are moved away along the difference of two others, so that harder queries than the rows
    themselves are among them."""
    rng = np.random.default_rng(SEED)
    queries = np.array(vectors[rows], np.float32)
    moved = np.flatnonzero(np.arange(len(rows)) % MOVED_EVERY == 0)
    ends = vectors[rng.choice(rows, (2, len(moved)))].astype(np.float32)
    steps = rng.uniform(0, FARTHEST, (len(moved), 1)).astype(np.float32)
    queries[moved] += steps * (ends[0] - ends[1])
    return queries


def _curve(
    graph: GraphIndex,
    vectors: Vectors,
    rows: npt.NDArray[np.intp],
    queries: Vectors,
    truth: Doubles,
    k: int,
    run: Run,
) -> Curve:
    beams, measured = [], []
    first = first_beam(k)
    beam = first
    while beam <= MAX_POOL:
        plan = np.array([first, beam, np.log(beam), 0.0, 0.0, k, 0], np.float64)

        def measure(
            start: int, stop: int, plan: npt.NDArray[np.float64] = plan
        ) -> list[tuple[float, float, float]]:
            found = []
            for first in range(start, stop, TOGETHER):
                these = slice(first, min(first + TOGETHER, stop))
                walks = graph.walk_each(vectors, queries[these], k, plan, rows[these])
                found += [_outcome(w, true) for w, true in zip(walks, truth[these], strict=True)]
            return found

        measured.append(np.concatenate(run(measure, 0, len(rows), TOGETHER)))
        beams.append(np.full(len(rows), float(beam)))
        if measured[-1][:, 2].mean() >= ENOUGH:
            break
        beam = int(beam * GROWTH) + 1
    hardness, lengths, shares = np.concatenate(measured).T
    return fit(k, np.concatenate(beams), hardness, lengths, shares)


def _outcome(walked: Walked, truth: Doubles) -> tuple[float, float, float]:
    """Hardness and length of a query, and which share of the true distances its walk found."""
    limit = truth[-1] + TIE * abs(truth[-1])
    found = float((walked.result.distances <= limit).sum()) / len(truth)
    return walked.hardness, walked.length, min(found, 1.0)


def _true_distances(
    graph: GraphIndex,
    vectors: Vectors,
    rows: npt.NDArray[np.intp],
    queries: Vectors,
    k: int,
    run: Run,
) -> Doubles:
    """(len(rows), at most k) ascending SQL distances of the nearest other indexed rows."""
    shown = np.flatnonzero(graph.indexed_rows())
    k = min(k, len(shown) - 1)
    distances = _DISTANCES.get(graph.metric)
    if distances is None:
        every = np.stack([flat.distances(vectors, query, graph.metric)[shown] for query in queries])
        every[shown[None, :] == rows[:, None]] = np.inf
        return np.sort(np.partition(every, k - 1, axis=1)[:, :k], axis=1)

    def work(start: int, stop: int) -> Floats:
        best = np.full((len(rows), k), np.inf, np.float32)
        for first in range(start, stop, BLOCK):
            block = shown[first : min(first + BLOCK, stop)]
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
                found = distances(np.asarray(vectors[block], np.float32), queries)
            found[rows[:, None] == block[None, :]] = np.inf
            near = found < best.max(axis=1, keepdims=True)
            for mine, row, passing in zip(best, found, near, strict=True):
                mine[:] = np.partition(np.concatenate([mine, row[passing]]), k - 1)[:k]
        return best

    nearest = np.concatenate(run(work, 0, len(shown), BLOCK), axis=1)
    return np.sort(nearest, axis=1)[:, :k].astype(np.float64)


def _l2(block: Vectors, queries: Vectors) -> Floats:
    squares = np.einsum("ij,ij->i", block, block), np.einsum("ij,ij->i", queries, queries)
    found: Floats = queries @ block.T
    found *= np.float32(-2)
    found += squares[1][:, None]
    found += squares[0]
    return np.sqrt(np.maximum(found, 0, out=found), out=found)


def _ip(block: Vectors, queries: Vectors) -> Floats:
    found: Floats = queries @ -block.T
    return found


def _cosine(block: Vectors, queries: Vectors) -> Floats:
    found: Floats = queries @ block.T
    found /= np.linalg.norm(queries, axis=1)[:, None]
    found /= np.linalg.norm(block, axis=1)
    return np.subtract(1, found, out=found)


_DISTANCES: dict[Metric, Callable[[Vectors, Vectors], Floats]] = {
    "l2": _l2, "ip": _ip, "cosine": _cosine,
}  # fmt: skip
