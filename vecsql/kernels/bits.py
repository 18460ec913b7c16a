"""Hamming and Jaccard distances of bit strings, packed into rows of 64-bit words with zeros behind the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import intrinsic

from vecsql.kernels.jit import borrowed, helper, kernel, read_only, writable
from vecsql.kernels.placing import place
from vecsql.kernels.topk import key_row, make_key, pool_insert

HAMMING, JACCARD = 4, 5  # after the metrics of kernels.reference

WORDS = read_only(types.uint64, 2)
QUERY = read_only(types.uint64, 1)
MASK = read_only(types.boolean, 1)


@intrinsic
def popcount(typingctx: Any, word: Any) -> Any:
    """popcount(uint64) -> uint64, the number of ones."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), codegen


@helper
def bit_distance(row: Any, query: Any, metric: Any) -> Any:
    """SQL distance (float64): places that differ, or 1 - common ones / all ones (1 without common ones)."""
    first = np.uint64(0)
    if metric == HAMMING:
        for j in range(query.shape[0]):
            first += popcount(row[j] ^ query[j])
        return np.float64(first)
    second = np.uint64(0)
    for j in range(query.shape[0]):
        first += popcount(row[j] & query[j])
        second += popcount(row[j] | query[j])
    if first == 0:
        return 1.0
    return 1.0 - np.float64(first) / np.float64(second)


@kernel(
    types.int64(
        WORDS,
        QUERY,
        types.int64,
        MASK,
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.float64, 1),
    )
)
def bit_nearest(
    rows: Any, query: Any, metric: Any, mask: Any, pool: Any, out: Any, values: Any
) -> Any:
    """The len(pool) nearest rows where `mask` is True (empty: all rows); as kernels.distance.nearest."""
    rows, query, mask = borrowed(rows), borrowed(query), borrowed(mask)
    pool, out, values = borrowed(pool), borrowed(out), borrowed(values)
    size = np.int64(0)
    masked = mask.shape[0] > 0
    for i in range(rows.shape[0]):
        if masked and not mask[i]:
            continue
        key = make_key(np.float32(bit_distance(rows[i], query, metric)), i)
        size, _ = pool_insert(pool, size, pool.shape[0], key)
    for i in range(size):
        row = key_row(pool[i])
        place(out, values, i, row, bit_distance(rows[row], query, metric))
    return size


@kernel(
    types.void(
        WORDS,
        QUERY,
        types.int64,
        read_only(types.int32, 1),
        types.boolean,
        writable(types.float64, 1),
    )
)
def bit_distances(
    rows: Any, query: Any, metric: Any, positions: Any, gather: Any, out: Any
) -> None:
    """SQL distances of the rows at `positions` (gather) or of all rows, into `out` of that length."""
    rows, query, positions = borrowed(rows), borrowed(query), borrowed(positions)
    out = borrowed(out)
    for i in range(out.shape[0]):
        row = np.int64(positions[i]) if gather else np.int64(i)
        out[i] = bit_distance(rows[row], query, metric)
