"""Edges of many rows at once: rows are put into overlapping cells, all rows of a cell are compared with each other,
and what that missed is found among the neighbours' neighbours.

A row is in the cells of its nearest centres (two rows that lie near a border share one of them sooner than one would
find the other by probing cells), and centres are means of sampled rows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from vecsql.index.graph_build import GraphBuild

OVERLAP: Final = 6  # cells per row
SMALLEST_CELL: Final = 64  # rows per centre, at least
# Of ef_construction candidates in all, so large a share is looked for in each cell of a row: cells overlap.
LIST_SHARE: Final = 0.16
ONE_CELL: Final = 2048  # so many rows are compared as one cell
LARGEST_CELL: Final = 4096  # larger ones are cut: mostly they are near-duplicates
TRAINED_ON: Final = 8  # rows per centre that centres are moved with
EXPAND: Final = 8  # neighbours whose neighbours are looked at when refining
STEPS: Final = 12  # of progress

Ids = npt.NDArray[np.int32]
Told = Callable[[float], None]  # the share that is done


def link(build: GraphBuild, ids: Ids, told: Told) -> None:
    """Write the edges among the rows `ids` (in random order) to build.graph and build.lengths."""
    if len(ids) < 2:
        return
    width = build.options.ef_construction
    if len(ids) <= ONE_CELL:
        whole = np.array([0, len(ids)], np.int64)
        lists = _compare(build, ids, np.arange(len(ids), dtype=np.int32), whole, width, told)
        _choose(build, ids, lists)
    else:
        near = _nearest(build, ids, _centres(build, ids), OVERLAP)
        members, slots, bounds = _cells(ids, near)
        lists = _compare(build, members, slots, bounds, math.ceil(LIST_SHARE * width), told)
        _choose(build, ids, lists)
        del lists
        _add_reverse(build)
        told(0.7)
        _refine(build, ids[np.argsort(near[:, 0], kind="stable")])
    _add_reverse(build)
    told(1.0)


def _cells(ids: Ids, near: Ids) -> tuple[Ids, Ids, npt.NDArray[np.int64]]:
    """Members of all cells, their places in `near`, and where each cell begins."""
    slots = np.argsort(near, axis=None, kind="stable").astype(np.int32)
    sizes = np.bincount(near.reshape(-1))
    pieces = np.maximum(1, -(-sizes // LARGEST_CELL))
    bounds = [0]
    for size, cuts in zip(sizes.tolist(), pieces.tolist(), strict=True):
        start = bounds[-1]
        bounds += [start + size * (i + 1) // cuts for i in range(cuts)]
    return ids[slots // OVERLAP], slots, np.array(bounds, np.int64)


def _compare(
    build: GraphBuild, members: Ids, slots: Ids, bounds: npt.NDArray[np.int64], kept: int, told: Told
) -> npt.NDArray[np.uint64]:  # fmt: skip
    """For each slot (len(members), kept): keys of the nearest rows that its member has in its cell."""
    lists = np.empty((len(members), kept), np.uint64)

    def work(first: int, last: int) -> None:
        build.kernels.compare_cells(
            build.words, build.heads, build.manhattan, members, slots, bounds, build.steps,
            first, last, lists,
        )  # fmt: skip

    done = 0
    for step in range(STEPS):
        share = (step + 1) / STEPS
        stop = int(np.searchsorted(bounds, share * len(members), side="right")) - 1
        if stop > done:
            build.run_chunks(work, done, stop, 1)
            told(0.5 * share)
        done = max(done, stop)
    return lists


def _choose(build: GraphBuild, ids: Ids, lists: npt.NDArray[np.uint64]) -> None:
    """Edges out of `ids`, each from its part of the lists."""

    def work(first: int, last: int) -> None:
        build.kernels.choose_from_lists(
            build.rows, build.heads, build.manhattan, ids, lists, len(lists) // len(ids), first, last,
            build.options.ef_construction, build.degree // 2, build.slack, build.degree // 2,
            build.graph, build.lengths,
        )  # fmt: skip

    build.run_chunks(work, 0, len(ids), 256)


def _nearest(build: GraphBuild, ids: Ids, centres: npt.NDArray[np.int8], wanted: int) -> Ids:
    """Which `wanted` of the centres are nearest to each row (len(ids), wanted)."""
    near = np.empty((len(ids), wanted), np.int32)
    every = np.arange(len(centres), dtype=np.int32)

    def work(first: int, last: int) -> None:
        build.kernels.nearest_of(
            build.words, build.heads, build.manhattan, ids, first, last,
            centres.view(np.uint32), centres.view(np.float32), every, build.steps, near,
        )  # fmt: skip

    build.run_chunks(work, 0, len(ids), 512)
    return np.maximum(near, 0)


def _centres(build: GraphBuild, ids: Ids) -> npt.NDArray[np.int8]:
    """Code rows of the centres: sampled rows, moved once to the mean of the sampled rows nearest to them."""
    count = len(ids) // max(SMALLEST_CELL, math.isqrt(len(ids)) // OVERLAP)
    centres = build.rows[ids[:count]]
    sample = ids[: TRAINED_ON * count]
    owner = _nearest(build, sample, centres, 1)[:, 0]
    by_owner = np.argsort(owner, kind="stable")
    owned, starts, sizes = np.unique(owner[by_owner], return_index=True, return_counts=True)
    d = build.vectors.shape[1]
    values = build.rows[sample[by_owner], :d].astype(np.float32)
    if not build.manhattan:
        values *= build.heads[sample[by_owner], -2][:, None]
    means = np.add.reduceat(values, starts) / sizes[:, None]
    scales = np.abs(means).max(axis=1) / 127
    if build.manhattan:
        scales[:] = 1
    codes = np.rint(means / np.where(scales > 0, scales, 1)[:, None])
    centres[owned, :d] = codes.astype(np.int8)
    if not build.manhattan:
        heads = centres.view(np.float32)
        heads[owned, -2] = scales
        heads[owned, -1] = np.square(codes * scales[:, None]).sum(axis=1)
    return centres


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
    build.run_chunks(lambda a, b: build.kernels.count_reverse(out, a, b, counts[1:]), 0, n, 4096)
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

    build.run_chunks(fill, 0, n, 4096)
    build.run_chunks(attach, 0, n, 1024)
