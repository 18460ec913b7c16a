"""Distances of sparse vectors by merging their indices. Rows are words as types.sparsevec stores them, one after the other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.jit import borrowed, helper, kernel, read_only, writable
from vecsql.kernels.placing import place
from vecsql.kernels.reference import COSINE, IP, L1, L2
from vecsql.kernels.topk import key_row, make_key, pool_insert

INTS = read_only(types.int32, 1)
FLOATS = read_only(types.float32, 1)
MASK = read_only(types.boolean, 1)

HEAD = 3  # words before the indices


@helper
def sparse_distance(
    words: Any, numbers: Any, start: Any, indices: Any, values: Any, norm: Any, metric: Any
) -> Any:
    """SQL distance (float64; squared for L2) of the row at word `start` to the query's `indices` and `values`.

    `numbers` are the same words as float32; `norm` is |query|^2 (cosine).
    """
    count = np.int64(words[start + 1])
    first = start + HEAD
    second = first + count
    i, j = np.int64(0), np.int64(0)
    total, squares = np.float32(0), np.float32(0)
    both = metric in (L2, L1)
    while i < count and j < indices.shape[0]:
        if words[first + i] == indices[j]:
            x, y = numbers[second + i], values[j]
            if metric == L2:
                total += (x - y) * (x - y)
            elif metric == L1:
                total += abs(x - y)
            else:
                total += x * y
            i += 1
            j += 1
        elif words[first + i] < indices[j]:
            if both:
                x = numbers[second + i]
                total += x * x if metric == L2 else abs(x)
            i += 1
        else:
            if both:
                y = values[j]
                total += y * y if metric == L2 else abs(y)
            j += 1
    if both:
        while i < count:
            x = numbers[second + i]
            total += x * x if metric == L2 else abs(x)
            i += 1
        while j < indices.shape[0]:
            y = values[j]
            total += y * y if metric == L2 else abs(y)
            j += 1
        return np.float64(total)
    if metric == IP:
        return -np.float64(total)
    for k in range(count):
        squares += numbers[second + k] * numbers[second + k]
    norms = np.float64(squares) * np.float64(norm)
    if norms == 0.0:
        return np.nan
    return 1.0 - min(max(np.float64(total) / math.sqrt(norms), -1.0), 1.0)


@helper
def sparse_norm(values: Any, metric: Any) -> Any:
    """|query|^2 where the metric needs it."""
    total = np.float32(0)
    if metric == COSINE:
        for j in range(values.shape[0]):
            total += values[j] * values[j]
    return total


@kernel(
    types.int64(
        INTS,
        FLOATS,
        INTS,
        INTS,
        FLOATS,
        types.int64,
        MASK,
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.float64, 1),
    )
)
def sparse_nearest(
    words: Any, numbers: Any, starts: Any, indices: Any, query: Any, metric: Any, mask: Any,
    pool: Any, out: Any, values: Any,
) -> Any:  # fmt: skip
    """The len(pool) nearest rows where `mask` is True (empty: all rows); as kernels.distance.nearest.

    Row i begins at word starts[i]; rows outside the mask are not read.
    """
    words, numbers, starts = borrowed(words), borrowed(numbers), borrowed(starts)
    indices, query, mask = borrowed(indices), borrowed(query), borrowed(mask)
    pool, out, values = borrowed(pool), borrowed(out), borrowed(values)
    norm = sparse_norm(query, metric)
    size = np.int64(0)
    masked = mask.shape[0] > 0
    for i in range(starts.shape[0]):
        if masked and not mask[i]:
            continue
        found = sparse_distance(words, numbers, np.int64(starts[i]), indices, query, norm, metric)
        size, _ = pool_insert(pool, size, pool.shape[0], make_key(np.float32(found), i))
    for i in range(size):
        row = key_row(pool[i])
        found = sparse_distance(words, numbers, np.int64(starts[row]), indices, query, norm, metric)
        place(out, values, i, row, math.sqrt(found) if metric == L2 else found)
    return size


@kernel(
    types.void(
        INTS,
        FLOATS,
        INTS,
        INTS,
        FLOATS,
        types.int64,
        read_only(types.int32, 1),
        types.boolean,
        writable(types.float64, 1),
    )
)
def sparse_distances(
    words: Any, numbers: Any, starts: Any, indices: Any, query: Any, metric: Any, positions: Any,
    gather: Any, out: Any,
) -> None:  # fmt: skip
    """SQL distances of the rows at `positions` (gather) or of all rows, into `out` of that length."""
    words, numbers, starts = borrowed(words), borrowed(numbers), borrowed(starts)
    indices, query, positions = borrowed(indices), borrowed(query), borrowed(positions)
    out = borrowed(out)
    norm = sparse_norm(query, metric)
    for i in range(out.shape[0]):
        row = np.int64(positions[i]) if gather else np.int64(i)
        found = sparse_distance(words, numbers, np.int64(starts[row]), indices, query, norm, metric)
        out[i] = math.sqrt(found) if metric == L2 else found
