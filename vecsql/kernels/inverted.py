"""Search in an inverted index of sparse vectors: only elements that a row and the query both have change its distance.

Each distance is a number of the row, a number of the query and a sum over the elements they share:
|x - q|^2 = |x|^2 + |q|^2 - 2 xq, and |x - q| = |x| + |q| + sum(|x_i - q_i| - |x_i| - |q_i|) for l1.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.jit import borrowed, kernel, read_only, writable
from vecsql.kernels.placing import place
from vecsql.kernels.reference import IP, L1, L2
from vecsql.kernels.sparse import FLOATS, INTS, MASK, sparse_distance, sparse_norm
from vecsql.kernels.topk import key_row, make_key, pool_insert


@kernel(
    types.int64(
        INTS,
        FLOATS,
        INTS,
        INTS,
        read_only(types.int64, 1),
        INTS,
        FLOATS,
        FLOATS,
        INTS,
        FLOATS,
        types.int64,
        MASK,
        writable(types.float32, 1),
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.float64, 1),
        writable(types.int64, 1),
    )
)
def inverted_nearest(
    words: Any, numbers: Any, starts: Any, dims: Any, heads: Any, rows: Any, postings: Any, sizes: Any, indices: Any,
    query: Any, metric: Any, mask: Any, sums: Any, pool: Any, out: Any, values: Any, spent: Any,
) -> Any:  # fmt: skip
    """The nearest rows that pass `mask` (empty: all rows), len(out) of them, re-ranked exactly out of len(pool).

    `sizes` has the row's |x|^2 (l2), |x| (l1, cosine), or NaN where the row is not indexed. `sums` is all zero, and left so. `spent`
    gets the postings read and the rows re-ranked. Returns how many rows there are.
    """
    words, numbers, starts = borrowed(words), borrowed(numbers), borrowed(starts)
    dims, heads, rows = borrowed(dims), borrowed(heads), borrowed(rows)
    postings, sizes, indices = borrowed(postings), borrowed(sizes), borrowed(indices)
    query, mask, sums = borrowed(query), borrowed(mask), borrowed(sums)
    pool, out, values = borrowed(pool), borrowed(out), borrowed(values)
    spent = borrowed(spent)
    scored = np.int64(0)
    own = np.float32(0)
    for j in range(indices.shape[0]):
        q = query[j]
        own += abs(q) if metric == L1 else q * q
        low, high = np.int64(0), np.int64(dims.shape[0])
        while low < high:
            middle = (low + high) >> 1
            if dims[middle] < indices[j]:
                low = middle + 1
            else:
                high = middle
        if low == dims.shape[0] or dims[low] != indices[j]:
            continue
        scored += heads[low + 1] - heads[low]
        for i in range(heads[low], heads[low + 1]):
            x = postings[i]
            sums[rows[i]] += abs(x - q) - abs(x) - abs(q) if metric == L1 else x * q
    size = np.int64(0)
    masked = mask.shape[0] > 0
    for row in range(sums.shape[0]):
        total = sums[row]
        sums[row] = 0
        length = sizes[row]
        if (masked and not mask[row]) or length != length:
            continue
        if metric == L2:
            total = length + own - np.float32(2) * total
        elif metric == IP:
            total = -total
        elif metric == L1:
            total = length + own + total
        elif own > 0 and length > 0:
            total = -total / length
        else:
            total = np.float32(np.nan)
        size, _ = pool_insert(pool, size, pool.shape[0], make_key(total, row))
    norm = sparse_norm(query, metric)
    kept = np.int64(0)
    wanted = out.shape[0] - 1
    for i in range(size):
        row = key_row(pool[i])
        found = sparse_distance(words, numbers, np.int64(starts[row]), indices, query, norm, metric)
        if kept > wanted:
            if not found < values[wanted]:
                continue
            kept -= 1
        place(out, values, kept, row, found)
        kept += 1
    if metric == L2:
        for i in range(kept):
            values[i] = math.sqrt(values[i])
    spent[0], spent[1] = scored, size
    return kept
