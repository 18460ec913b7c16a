"""One round of looking at the neighbours' neighbours of every row (NN-descent; Dong, Moses and Li, 2011)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.graph_search import (
    GRAPH,
    IDS,
    measure,
    prefetch_row,
    take_fresh,
    unvisit,
    visit,
)
from vecsql.kernels.jit import borrowed, kernel, read_only, writable
from vecsql.kernels.prune import choose, load_codes
from vecsql.kernels.quantized import CODES, HEADS, walk_excess
from vecsql.kernels.topk import NOTHING, key_row, make_key, select

AHEAD = 8  # rows whose codes are prefetched before they are scored
SPARE = 2  # times the keys wanted are collected before the largest are dropped


@kernel(
    types.void(
        CODES, HEADS, types.boolean, IDS, types.int64, types.int64, types.int64, types.int64,
        types.int64, types.float32, types.int64, GRAPH, read_only(types.float32, 2),
        writable(types.int32, 2), writable(types.float32, 2),
    )
)  # fmt: skip
def refine(
    rows: Any, heads: Any, manhattan: Any, ids: Any, start: Any, stop: Any, width: Any,
    expand: Any, limit: Any, slack: Any, floor: Any, graph: Any, lengths: Any, out: Any,
    out_lengths: Any,
) -> None:  # fmt: skip
    """Choose out-edges anew for the rows ids[start:stop]: of their neighbours and those of the nearest `expand` rows.

    Reads `graph` and writes `out`, so that the order of rows does not matter. Neighbouring ids should be near rows.
    """
    rows, heads, ids = borrowed(rows), borrowed(heads), borrowed(ids)
    graph, lengths, out = borrowed(graph), borrowed(lengths), borrowed(out)
    out_lengths = borrowed(out_lengths)
    degree = graph.shape[1]
    pool = np.empty(SPARE * width + degree, np.uint64)
    scratch = np.empty(width, np.uint64)
    codes, other = np.empty(rows.shape[1], np.int8), np.empty(rows.shape[1], np.int8)
    fresh = np.empty((expand + 1) * degree + 2, np.int32)
    distances = np.empty(fresh.shape[0], np.float32)
    visited = np.zeros((rows.shape[0] + 63) // 64, np.uint64)
    for i in range(start, stop):
        row = np.int64(ids[i])
        weights = load_codes(rows, heads, row, manhattan, codes)
        excess = walk_excess(rows, codes)
        visit(visited, row)
        fresh[0] = row
        own = 1 + take_fresh(graph[row], visited, fresh[1:])
        for j in range(own - 1):
            pool[j] = make_key(lengths[row, j], fresh[1 + j])
        size = select(pool, own - 1, min(own - 1, width), scratch)
        count = own
        for j in range(min(size, expand)):
            count += take_fresh(graph[key_row(pool[j])], visited, fresh[count:])
        found = fresh[own:]
        for j in range(min(AHEAD, count - own)):
            prefetch_row(rows.ctypes.data, found[j], rows.shape[1])
        measure(
            rows, heads, found, count - own, found[AHEAD:], count - own - AHEAD, codes, excess, weights,
            manhattan, distances,
        )  # fmt: skip
        nearest = NOTHING
        for j in range(count - own):
            key = make_key(distances[j], found[j])
            if key < nearest:
                pool[size] = key
                size += 1
                if size == SPARE * width:
                    size = select(pool, size, width, scratch)
                    nearest = pool[size - 1]
        size = select(pool, size, width, scratch)
        unvisit(visited, fresh, count)
        choose(
            rows, heads, manhattan, pool, size, limit, slack, floor, other, out[row],
            out_lengths[row],
        )  # fmt: skip
