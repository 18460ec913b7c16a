"""Edges of many rows at once: rows are put into overlapping cells, all rows of a cell are compared with each other,
and what that missed is found among the neighbours' neighbours.

A row is in the cells of its nearest centres (two rows that lie near a border share one of them sooner than one would
find the other by probing cells), and centres are sampled rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from vecsql.kernels.topk import NOTHING

if TYPE_CHECKING:
    from vecsql.index.graph_build import GraphBuild

OVERLAP: Final = 7  # cells per row
SMALLEST_CELL: Final = 64  # rows per centre, at least
# Of ef_construction candidates in all, so large a share is looked for in each cell of a row: cells overlap.
LIST_SHARE: Final = 0.12
ONE_CELL: Final = 2048  # so many rows are compared as one cell
# Some centres are among the nearest of very many rows. Cells of more than so many rows per centre drop those to which other
# centres are nearer: that saves a third of the comparisons and finds as much.
CAPACITY: Final = 16
LARGEST_CELL: Final = 4096  # larger ones are cut: mostly they are near-duplicates
EXPAND: Final = 5  # neighbours whose neighbours are looked at when refining
SCANNED: Final = 16384  # rows whose reverse edges are found by one scan of all edges, at least
STEPS: Final = 12  # of progress

Ids = npt.NDArray[np.int32]
Told = Callable[[float], None]  # the share that is done


def link(build: GraphBuild, ids: Ids, told: Told) -> None:
    """Write the edges among the rows `ids` (in random order) to build.graph and build.lengths."""
    if len(ids) < 2:
        return
    width = build.options.ef_construction
    if len(ids) <= ONE_CELL:
        whole, slots = np.array([0, len(ids)], np.int64), np.arange(len(ids), dtype=np.int32)
        lists = _compare(build, ids, slots, whole, len(ids), width, told)
        _choose(build, ids, lists)
    else:
        per_centre = max(SMALLEST_CELL, math.isqrt(len(ids)) // OVERLAP)
        near = _nearest(build, ids, ids[: len(ids) // per_centre])
        members, slots, bounds = _cells(ids, near, CAPACITY * per_centre)
        wanted = math.ceil(LIST_SHARE * width)
        lists = _compare(build, members, slots, bounds, near.size, wanted, told)
        _choose(build, ids, lists)
        del lists
        _add_reverse(build)
        told(0.7)
        _refine(build, ids[np.argsort(near[:, 0], kind="stable")])
    _add_reverse(build)
    told(1.0)


def _cells(ids: Ids, near: Ids, capacity: int) -> tuple[Ids, Ids, npt.NDArray[np.int64]]:
    """Members of all cells, their places in `near`, and where each cell begins."""
    rows, overlap = near.shape
    # the rows to which a cell's centre is nearest come first in it, then those for which it is the second, and so on
    by_cell = np.argsort(near.T, axis=None, kind="stable")
    sizes = np.bincount(near.reshape(-1))
    kept = np.minimum(sizes, np.maximum(capacity, np.bincount(near[:, 0], minlength=len(sizes))))
    within = np.arange(near.size) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    by_cell = by_cell[within < np.repeat(kept, sizes)]
    slots = (by_cell % rows * overlap + by_cell // rows).astype(np.int32)
    pieces = np.maximum(1, -(-kept // LARGEST_CELL))
    bounds = [0]
    for size, cuts in zip(kept.tolist(), pieces.tolist(), strict=True):
        start = bounds[-1]
        bounds += [start + size * (i + 1) // cuts for i in range(cuts)]
    return ids[slots // overlap], slots, np.array(bounds, np.int64)


def _compare(
    build: GraphBuild, members: Ids, slots: Ids, bounds: npt.NDArray[np.int64], lists: int, wanted: int, told: Told,
) -> npt.NDArray[np.uint64]:  # fmt: skip
    """For each slot (lists, wanted): keys of the nearest rows that its member has in its cell; NOTHING for slots without one."""
    keys = np.full((lists, wanted), NOTHING, np.uint64)

    def work(first: int, last: int) -> None:
        build.kernels.compare_cells(
            build.words, build.heads, build.manhattan, members, slots, bounds, build.steps,
            first, last, keys,
        )  # fmt: skip

    done = 0
    for step in range(STEPS):
        share = (step + 1) / STEPS
        stop = int(np.searchsorted(bounds, share * len(members), side="right")) - 1
        if stop > done:
            build.run_chunks(work, done, stop, 1)
            told(0.5 * share)
        done = max(done, stop)
    return keys


def _choose(build: GraphBuild, ids: Ids, lists: npt.NDArray[np.uint64]) -> None:
    """Edges out of `ids`, each from its part of the lists."""

    def work(first: int, last: int) -> None:
        build.kernels.choose_from_lists(
            build.rows, build.heads, build.manhattan, ids, lists, len(lists) // len(ids), first, last,
            build.options.ef_construction, build.degree // 2, build.slack, build.degree // 2,
            build.graph, build.lengths,
        )  # fmt: skip

    build.run_chunks(work, 0, len(ids), 256)


def _nearest(build: GraphBuild, ids: Ids, centres: Ids) -> Ids:
    """Which OVERLAP of the rows `centres` are nearest to each row, as places in `centres` (len(ids), OVERLAP)."""
    near = np.empty((len(ids), OVERLAP), np.int32)

    def work(first: int, last: int) -> None:
        build.kernels.nearest_of(
            build.words, build.heads, build.manhattan, ids, first, last, centres, build.steps, near
        )

    build.run_chunks(work, 0, len(ids), 512)
    return np.maximum(near, 0)


def _refine(build: GraphBuild, ids: Ids) -> None:
    """Choose the out-edges anew, with the neighbours' neighbours among the candidates; `ids` in an order that keeps near
    rows together."""
    graph, lengths = build.graph, build.lengths
    out, out_lengths = np.full_like(graph, -1), np.empty_like(lengths)

    def work(first: int, last: int) -> None:
        build.kernels.refine(
            build.rows, build.heads, build.manhattan, ids, first, last,
            build.options.ef_construction, EXPAND, build.degree // 2, build.slack,
            build.degree // 2, graph, lengths, out, out_lengths,
        )  # fmt: skip

    build.run_chunks(work, 0, len(ids), 256)
    build.graph, build.lengths = out, out_lengths


def _add_reverse(build: GraphBuild) -> None:
    """Give every edge its reverse; rows that overflow are pruned."""
    n, half = len(build.rows), build.degree // 2
    out, lengths = (
        build.graph[:, : build.degree // 2].copy(),
        build.lengths[:, : build.degree // 2].copy(),
    )
    counts = np.zeros(n + 1, np.int64)
    build.run_chunks(lambda a, b: build.kernels.count_reverse(out, a, b, counts[1:]), 0, n, SCANNED)
    bounds = np.cumsum(counts)
    sources, distances = np.empty(bounds[-1], np.int32), np.empty(bounds[-1], np.float32)
    cursor, targets = np.empty(n, np.int64), np.arange(n, dtype=np.int32)

    def fill(first: int, last: int) -> None:
        build.kernels.fill_reverse(out, lengths, bounds, first, last, cursor, sources, distances)

    def attach(first: int, last: int) -> None:
        build.kernels.attach(
            build.rows, build.heads, build.manhattan, targets, bounds, sources, distances,
            first, last, build.degree - build.degree // 8, build.slack, half, build.graph,
            build.lengths,
        )  # fmt: skip

    build.run_chunks(fill, 0, n, SCANNED)
    build.run_chunks(attach, 0, n, 1024)
