"""Distances of one float32 query to many rows: contiguous, gathered, and the top k of them.

Kernels are written for float32 rows; `kinds.half_of` compiles them for the bits of float16 rows too.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from vecsql.kernels.floats import (
    FOUR,
    four_differences,
    four_norms,
    four_products,
    four_squares,
    half_differences,
    half_four_differences,
    half_four_norms,
    half_four_products,
    half_four_squares,
    half_products,
    half_squares,
    halves_products,
    sum_differences,
    sum_products,
    sum_squares,
)
from vecsql.kernels.jit import borrowed, helper, kernel, read_only, writable
from vecsql.kernels.placing import place
from vecsql.kernels.reference import COSINE, IP, L1, L2
from vecsql.kernels.simd import prefetch
from vecsql.kernels.topk import key_distance, key_row, make_key, pool_insert

ROWS = read_only(types.float32, 2)
QUERY = read_only(types.float32, 1)
POSITIONS = read_only(types.int32, 1)

LINE = 64  # bytes of a cache line
SHORT = 64  # dimensions up to which rows are compared four at a time; the hardware prefetches longer ones better one by one
AHEAD = 4  # rows that are prefetched before they are read, when they are not in sequence


@helper
def square_norm(row: Any) -> Any:
    """|x|^2 in float32."""
    return sum_products(row.ctypes.data, row.ctypes.data, row.shape[0])


def _distance_by(squares: Any, products: Any, differences: Any, own_products: Any) -> Any:
    """distance_at() for rows of one type: with these sums over a row and the query, and over a row and itself."""

    @helper
    def distance_at(mine: Any, other: Any, dimensions: Any, query_norm: Any, metric: Any) -> Any:
        """SQL distance (float64) of the row at address `mine` from the query at `other`, but squared for L2; `query_norm` is
        |query|^2 (cosine)."""
        if metric == L2:
            return np.float64(squares(mine, other, dimensions))
        if metric == L1:
            return np.float64(differences(mine, other, dimensions))
        product = np.float64(products(mine, other, dimensions))
        if metric == IP:
            return -product
        norms = np.float64(own_products(mine, mine, dimensions)) * np.float64(query_norm)
        if norms == 0.0:
            return np.nan
        similarity = product / math.sqrt(norms)
        return 1.0 - min(max(similarity, -1.0), 1.0)

    return distance_at


_floats_apart = _distance_by(sum_squares, sum_products, sum_differences, sum_products)
_halves_apart = _distance_by(half_squares, half_products, half_differences, halves_products)


def apart(mine: Any, other: Any, dimensions: Any, query_norm: Any, metric: Any, rows: Any) -> Any:
    """distance_at() for the element type of `rows`, which the compiler knows: float32, or the bits of float16."""
    raise NotImplementedError


@overload(apart, strict=False, inline="always")
def _apart(mine: Any, other: Any, dimensions: Any, query_norm: Any, metric: Any, rows: Any) -> Any:
    if rows.dtype == types.uint16:
        return lambda mine, other, dimensions, query_norm, metric, rows: _halves_apart(
            mine, other, dimensions, query_norm, metric
        )
    return lambda mine, other, dimensions, query_norm, metric, rows: _floats_apart(
        mine, other, dimensions, query_norm, metric
    )


def _four_by(squares: Any, products: Any, differences: Any, norms: Any) -> Any:
    """four_at() for rows of one type; see _distance_by."""

    @helper
    def four_at(
        mine: Any, other: Any, dimensions: Any, query_norm: Any, metric: Any, out: Any
    ) -> None:
        """distance_at() of four rows, one after the other from address `mine` on, as float32 into out[:4]; out[4:8] is scratch."""
        first = out.ctypes.data
        if metric == L2:
            squares(mine, other, dimensions, first)
        elif metric == L1:
            differences(mine, other, dimensions, first)
        else:
            products(mine, other, dimensions, first)
            if metric == IP:
                for i in range(FOUR):
                    out[i] = -out[i]
            else:
                norms(mine, mine, dimensions, first + 4 * FOUR)
                for i in range(FOUR):
                    both = np.float64(out[FOUR + i]) * np.float64(query_norm)
                    similarity = np.float64(out[i]) / math.sqrt(both) if both > 0.0 else np.nan
                    out[i] = np.float32(1.0 - min(max(similarity, -1.0), 1.0))

    return four_at


_floats_four = _four_by(four_squares, four_products, four_differences, four_norms)
_halves_four = _four_by(
    half_four_squares, half_four_products, half_four_differences, half_four_norms
)


def four_apart(
    mine: Any, other: Any, dimensions: Any, query_norm: Any, metric: Any, out: Any, rows: Any
) -> None:
    """four_at() for the element type of `rows`, as apart()."""
    raise NotImplementedError


@overload(four_apart, strict=False, inline="always")
def _four_apart(
    mine: Any, other: Any, dimensions: Any, query_norm: Any, metric: Any, out: Any, rows: Any
) -> Any:
    if rows.dtype == types.uint16:
        return lambda mine, other, dimensions, query_norm, metric, out, rows: _halves_four(
            mine, other, dimensions, query_norm, metric, out
        )
    return lambda mine, other, dimensions, query_norm, metric, out, rows: _floats_four(
        mine, other, dimensions, query_norm, metric, out
    )


@helper
def distance(vectors: Any, row: Any, query: Any, query_norm: Any, metric: Any) -> Any:
    """SQL distance (float64) of a row from the query, but squared for L2; `query_norm` is |query|^2 (cosine)."""
    dimensions = query.shape[0]
    mine = vectors.ctypes.data + vectors.itemsize * row * dimensions
    return apart(mine, query.ctypes.data, dimensions, query_norm, metric, vectors)


@helper
def finish(
    pool: Any, size: Any, vectors: Any, query: Any, metric: Any, out: Any, values: Any
) -> None:
    """Write the rows of pool[:size] and their float64 SQL distances, ascending, ties by row, NaN last."""
    norm = square_norm(query) if metric == COSINE else np.float32(0)
    for i in range(size):
        row = key_row(pool[i])
        value = distance(vectors, row, query, norm, metric)
        place(out, values, i, row, value)
    if metric == L2:
        for i in range(size):
            values[i] = math.sqrt(values[i])


@kernel(
    types.int64(
        ROWS,
        QUERY,
        types.int64,
        POSITIONS,
        types.boolean,
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.float64, 1),
    )
)
def nearest(
    vectors: Any,
    query: Any,
    metric: Any,
    positions: Any,
    gather: Any,
    pool: Any,
    out: Any,
    values: Any,
) -> Any:
    """The len(pool) nearest of the rows at `positions` (gather) or of all rows, exactly.

    Fills out and values (both as long as pool) with positions and SQL distances; returns how many rows there are.
    """
    vectors, query, positions = borrowed(vectors), borrowed(query), borrowed(positions)
    pool, out, values = borrowed(pool), borrowed(out), borrowed(values)
    norm = square_norm(query) if metric == COSINE else np.float32(0)
    capacity = pool.shape[0]
    size = np.int64(0)
    worst = np.uint64(0xFFFFFFFFFFFFFFFF)
    base, other, dimensions = vectors.ctypes.data, query.ctypes.data, query.shape[0]
    stride = vectors.itemsize * dimensions
    together = np.int64(0)  # rows that are compared four at a time
    if not gather and dimensions <= SHORT:
        together = vectors.shape[0] & -FOUR
        found = np.empty(2 * FOUR, np.float32)
        limit = np.float32(np.inf)
        for first in range(0, together, FOUR):
            four_apart(base + stride * first, other, dimensions, norm, metric, found, vectors)
            for i in range(FOUR):
                if found[i] > limit:
                    continue
                key = make_key(found[i], first + i)
                if key < worst:
                    size, _ = pool_insert(pool, size, capacity, key)
                    if size == capacity:
                        worst = pool[size - 1]
                        limit = key_distance(worst)
    for i in range(together, positions.shape[0] if gather else vectors.shape[0]):
        row = np.int64(positions[i]) if gather else np.int64(i)
        if gather and i + AHEAD < positions.shape[0]:
            following = base + stride * np.int64(positions[i + AHEAD])
            for line in range(0, stride, LINE):
                prefetch(following + line)
        value = apart(base + stride * row, other, dimensions, norm, metric, vectors)
        key = make_key(np.float32(value), row)
        if key < worst:
            size, _ = pool_insert(pool, size, capacity, key)
            worst = pool[size - 1] if size == capacity else worst
    finish(pool, size, vectors, query, metric, out, values)
    return size


@kernel(
    types.void(
        ROWS,
        QUERY,
        types.int64,
        POSITIONS,
        types.boolean,
        writable(types.float64, 1),
    )
)
def distances(vectors: Any, query: Any, metric: Any, positions: Any, gather: Any, out: Any) -> None:
    """SQL distances of the rows at `positions` (gather) or of all rows, into `out` of that length."""
    vectors, query, positions = borrowed(vectors), borrowed(query), borrowed(positions)
    out = borrowed(out)
    norm = square_norm(query) if metric == COSINE else np.float32(0)
    for i in range(out.shape[0]):
        row = np.int64(positions[i]) if gather else np.int64(i)
        value = distance(vectors, row, query, norm, metric)
        out[i] = math.sqrt(value) if metric == L2 else value
