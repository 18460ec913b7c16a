"""Which of a row's near rows become its neighbours."""

from __future__ import annotations

from typing import Any

import numpy as np

from vecsql.kernels.jit import helper, inlined
from vecsql.kernels.quantized import code_distance, query_excess
from vecsql.kernels.simd import biased_dot
from vecsql.kernels.topk import key_distance, key_row

HEAD_BYTES = 8
DROPPED = np.uint64(1)  # the flag of a key, while neighbours are chosen


@inlined
def load_codes(rows: Any, heads: Any, row: Any, manhattan: Any, codes: Any) -> Any:
    """Make an indexed row the query: fills `codes`, returns the weights for true distances."""
    stride = rows.shape[1]
    codes[:] = rows[row]
    head = heads[row]
    last = head.shape[0] - 1
    if not manhattan:
        codes[stride - HEAD_BYTES :] = 0
    return head[last], np.float32(1), np.float32(-2) * head[last - 1]


@inlined
def drop_behind(
    rows: Any, heads: Any, manhattan: Any, keys: Any, i: Any, count: Any, slack: Any, codes: Any
) -> None:
    """Mark those of keys[i + 1:count] as dropped to which row i is nearer, by the factor `slack`, than they are to the centre."""
    weights = load_codes(rows, heads, key_row(keys[i]), manhattan, codes)
    excess = query_excess(codes)
    stride, last = rows.shape[1], heads.shape[1] - 1
    base, query = rows.ctypes.data, codes.ctypes.data
    for j in range(i + 1, count):
        if keys[j] & DROPPED:
            continue
        row = key_row(keys[j])
        if manhattan:
            apart = code_distance(rows, heads, row, codes, weights, manhattan)
        else:
            dot = biased_dot(base + row * stride, query, stride) - excess
            scaled = heads[row, last - 1] * np.float32(dot)
            apart = weights[0] + weights[1] * heads[row, last] + weights[2] * scaled
        if slack * apart < key_distance(keys[j]):
            keys[j] |= DROPPED


@helper
def choose(
    rows: Any,
    heads: Any,
    manhattan: Any,
    keys: Any,
    count: Any,
    limit: Any,
    slack: Any,
    floor: Any,
    codes: Any,
    chosen: Any,
    lengths: Any,
) -> Any:
    """Keep of the ascending keys[:count] at most `limit` neighbours that point in different directions.

    A candidate is dropped when a neighbour kept before is nearer to it than the row itself by the factor `slack`
    (the relative neighbourhood rule); the nearest of the dropped ones fill up to `floor`. Writes rows and distances,
    -1 behind them; returns how many. The keys' flags are lost.
    """
    kept = np.int64(0)
    for i in range(count):
        keys[i] &= ~DROPPED
    for i in range(count):
        if kept == limit:
            break
        if keys[i] & DROPPED:
            continue
        chosen[kept] = key_row(keys[i])
        lengths[kept] = key_distance(keys[i])
        kept += 1
        if kept < limit:
            drop_behind(rows, heads, manhattan, keys, i, count, slack, codes)
    for i in range(count):
        if kept >= floor:
            break
        if keys[i] & DROPPED:
            chosen[kept] = key_row(keys[i])
            lengths[kept] = key_distance(keys[i])
            kept += 1
    for j in range(kept, chosen.shape[0]):
        chosen[j] = -1
    return kept
