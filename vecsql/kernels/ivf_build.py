"""k-means for inverted files: rows against centroids by int8 dot products, four rows at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.distance import QUERY, ROWS
from vecsql.kernels.fastscan import BLOCK, TAIL, dots_of_four
from vecsql.kernels.ivf_codes import IDS, encode_bits, encode_dots, indexable, to_space, transform
from vecsql.kernels.ivf_search import BLOCKS, encode_query
from vecsql.kernels.jit import borrowed, inlined, keep, kernel, read_only, writable

__all__ = ["assign", "encode_bits", "encode_dots", "indexable", "means", "transform"]

TOGETHER = 4


@inlined
def keep_nearest(
    sums: Any, tail: Any, step: Any, total: Any, block: Any, nearest: Any, places: Any
) -> None:
    """Compare a block's centroids with the nearest of each lane so far."""
    scale, shift = np.float32(-2) * step, np.float32(256) * step * total
    for lane in range(BLOCK):
        value = tail[lane] + tail[BLOCK + lane] * (scale * np.float32(sums[lane]) + shift)
        closer = value < nearest[lane]
        nearest[lane] = value if closer else nearest[lane]
        places[lane] = block if closer else places[lane]


@kernel(
    types.void(
        ROWS, types.int64, QUERY, types.float64, IDS, types.int64, types.int64, BLOCKS, ROWS,
        writable(types.int32, 1), writable(types.float32, 1),
    )
)  # fmt: skip
def assign(
    vectors: Any,
    metric: Any,
    center: Any,
    unit: Any,
    rows: Any,
    start: Any,
    stop: Any,
    lists: Any,
    tails: Any,
    out: Any,
    distances: Any,
) -> None:
    """The nearest centroid of the rows rows[start:stop], into out[start:stop]; `distances` are squared, in index space."""
    vectors, center, rows = borrowed(vectors), borrowed(center), borrowed(rows)
    lists, tails, out = borrowed(lists), borrowed(tails), borrowed(out)
    distances = borrowed(distances)
    list_bytes = lists.shape[1] - TAIL
    width = list_bytes // BLOCK
    first = list_bytes >> 2
    y = np.empty(vectors.shape[1], np.float32)
    codes = np.zeros((TOGETHER, width), np.int8)
    steps, totals = np.zeros(TOGETHER, np.float32), np.zeros(TOGETHER, np.float32)
    squares = np.zeros(TOGETHER, np.float32)
    own_sums = np.empty((TOGETHER, BLOCK), np.int32)
    own_nearest = np.empty((TOGETHER, BLOCK), np.float32)
    own_places = np.empty((TOGETHER, BLOCK), np.int32)
    sums, nearest, places = borrowed(own_sums), borrowed(own_nearest), borrowed(own_places)
    query = codes.ctypes.data
    for at in range(start, stop, TOGETHER):
        count = min(TOGETHER, stop - at)
        for i in range(count):
            squares[i] = to_space(vectors[rows[at + i]], metric, center, unit, y)
            steps[i], totals[i] = encode_query(y, codes[i])
        nearest[:] = np.inf
        places[:] = 0
        for b in range(lists.shape[0]):
            dots_of_four(
                lists.ctypes.data + b * lists.shape[1],
                list_bytes,
                query,
                sums.ctypes.data,
            )
            tail = tails[b, first:]
            for i in range(count):
                keep_nearest(sums[i], tail, steps[i], totals[i], b, nearest[i], places[i])
        for i in range(count):
            best = 0
            for lane in range(1, BLOCK):
                if nearest[i, lane] < nearest[i, best]:
                    best = lane
            out[at + i] = places[i, best] * BLOCK + best
            distances[at + i] = max(nearest[i, best] + squares[i], np.float32(0))
    keep(codes)
    keep(own_sums)
    keep(own_nearest)
    keep(own_places)


@kernel(
    types.void(
        ROWS, types.int64, QUERY, types.float64, IDS, read_only(types.int64, 1), types.int64, types.int64,
        writable(types.float32, 2),
    )
)  # fmt: skip
def means(
    vectors: Any,
    metric: Any,
    center: Any,
    unit: Any,
    rows: Any,
    bounds: Any,
    start: Any,
    stop: Any,
    centroids: Any,
) -> None:
    """Set centroids[start:stop] to the means of their rows, rows[bounds[l] : bounds[l + 1]]; empty ones stay."""
    vectors, center, rows = borrowed(vectors), borrowed(center), borrowed(rows)
    bounds, centroids = borrowed(bounds), borrowed(centroids)
    dimensions = vectors.shape[1]
    y, total = np.empty(dimensions, np.float32), np.empty(dimensions, np.float32)
    for place in range(start, stop):
        first, last = bounds[place], bounds[place + 1]
        if first == last:
            continue
        total[:] = 0
        for at in range(first, last):
            to_space(vectors[rows[at]], metric, center, unit, y)
            for j in range(dimensions):
                total[j] += y[j]
        share = np.float32(1.0 / (last - first))
        for j in range(dimensions):
            centroids[place, j] = total[j] * share
