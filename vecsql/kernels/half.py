"""float16 distances, one query to many rows: the rows as their 16 bits, the query and all sums in float32.

The bits become float32 by integer and float arithmetic that LLVM vectorises for any target; halfvec has no NaN or infinity.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.jit import borrowed, helper, kernel, read_only, writable
from vecsql.kernels.placing import place
from vecsql.kernels.reference import COSINE, IP, L1, L2
from vecsql.kernels.simd import bits_float, float_bits
from vecsql.kernels.topk import key_row, make_key, pool_insert

HALVES = read_only(types.uint16, 2)
QUERY = read_only(types.float32, 1)
MASK = read_only(types.boolean, 1)

MAGNITUDE, SIGN = np.uint32(0x7FFF), np.uint32(0x8000)
REBIAS = np.float32(2.0**112)  # between the exponents' biases: 127 - 15


@helper
def widen(half: Any) -> Any:
    """The float32 of a finite float16 given as its bits (uint16)."""
    bits = np.uint32(half)
    size = bits_float(np.uint32((bits & MAGNITUDE) << np.uint32(13))) * REBIAS
    return bits_float(np.uint32(float_bits(size) | ((bits & SIGN) << np.uint32(16))))


@helper
def half_distance(row: Any, query: Any, query_norm: Any, metric: Any) -> Any:
    """SQL distance (float64) of one row, but squared for L2; `query_norm` is |query|^2 (cosine)."""
    total = np.float32(0)
    if metric == L2:
        for j in range(query.shape[0]):
            difference = widen(row[j]) - query[j]
            total += difference * difference
        return np.float64(total)
    if metric == L1:
        for j in range(query.shape[0]):
            total += abs(widen(row[j]) - query[j])
        return np.float64(total)
    if metric == IP:
        for j in range(query.shape[0]):
            total += widen(row[j]) * query[j]
        return -np.float64(total)
    norm = np.float32(0)
    for j in range(query.shape[0]):
        value = widen(row[j])
        total += value * query[j]
        norm += value * value
    norms = np.float64(norm) * np.float64(query_norm)
    if norms == 0.0:
        return np.nan
    similarity = np.float64(total) / math.sqrt(norms)
    return 1.0 - min(max(similarity, -1.0), 1.0)


@helper
def half_norm(query: Any, metric: Any) -> Any:
    """|query|^2 where the metric needs it."""
    total = np.float32(0)
    if metric == COSINE:
        for j in range(query.shape[0]):
            total += query[j] * query[j]
    return total


@kernel(
    types.int64(
        HALVES,
        QUERY,
        types.int64,
        MASK,
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.float64, 1),
    )
)
def half_nearest(
    rows: Any, query: Any, metric: Any, mask: Any, pool: Any, out: Any, values: Any
) -> Any:
    """The len(pool) nearest rows where `mask` is True (empty: all rows); as kernels.distance.nearest."""
    rows, query, mask = borrowed(rows), borrowed(query), borrowed(mask)
    pool, out, values = borrowed(pool), borrowed(out), borrowed(values)
    norm = half_norm(query, metric)
    size = np.int64(0)
    masked = mask.shape[0] > 0
    for i in range(rows.shape[0]):
        if masked and not mask[i]:
            continue
        key = make_key(np.float32(half_distance(rows[i], query, norm, metric)), i)
        size, _ = pool_insert(pool, size, pool.shape[0], key)
    for i in range(size):
        row = key_row(pool[i])
        value = half_distance(rows[row], query, norm, metric)
        place(out, values, i, row, math.sqrt(value) if metric == L2 else value)
    return size


@kernel(
    types.void(
        HALVES,
        QUERY,
        types.int64,
        read_only(types.int32, 1),
        types.boolean,
        writable(types.float64, 1),
    )
)
def half_distances(
    rows: Any, query: Any, metric: Any, positions: Any, gather: Any, out: Any
) -> None:
    """SQL distances of the rows at `positions` (gather) or of all rows, into `out` of that length."""
    rows, query, positions = borrowed(rows), borrowed(query), borrowed(positions)
    out = borrowed(out)
    norm = half_norm(query, metric)
    for i in range(out.shape[0]):
        row = np.int64(positions[i]) if gather else np.int64(i)
        value = half_distance(rows[row], query, norm, metric)
        out[i] = math.sqrt(value) if metric == L2 else value
