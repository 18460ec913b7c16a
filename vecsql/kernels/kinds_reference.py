"""Plain numpy versions of the kernels for halfvec, bit and sparsevec; the tests' oracle, and the answer until those are compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vecsql.kernels import reference

HAMMING, JACCARD = 4, 5

BLOCK_ROWS = 4096

Doubles = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float32]


def half_distances(rows: npt.NDArray[np.float16], query: Floats, metric: int) -> Doubles:
    """SQL distances of all rows of a float16 matrix to a float32 query."""
    blocks = [
        reference.distances(rows[i : i + BLOCK_ROWS].astype(np.float32), query, metric)
        for i in range(0, len(rows), BLOCK_ROWS)
    ]
    return np.concatenate(blocks) if blocks else np.empty(0, np.float64)


def bit_distances(
    rows: npt.NDArray[np.uint64], query: npt.NDArray[np.uint64], metric: int
) -> Doubles:
    """SQL distances of all rows of packed bits."""
    if metric == HAMMING:
        apart: Doubles = np.bitwise_count(rows ^ query).sum(axis=1, dtype=np.float64)
        return apart
    both = np.bitwise_count(rows & query).sum(axis=1, dtype=np.int64)
    either = np.bitwise_count(rows | query).sum(axis=1, dtype=np.int64)
    out: Doubles = np.where(both == 0, 1.0, 1.0 - both / np.maximum(either, 1))
    return out


def sparse_distances(
    words: npt.NDArray[np.int32], starts: npt.NDArray[np.int32], query: Any, metric: int
) -> Doubles:
    """SQL distances of the sparse rows that begin at words[starts] to `query`, which has indices and values."""
    out = np.empty(len(starts), np.float64)
    for i, start in enumerate(starts.tolist()):
        count = int(words[start + 1])
        indices = words[start + 3 : start + 3 + count]
        values = words[start + 3 + count : start + 3 + 2 * count].view(np.float32)
        union = np.union1d(indices, query.indices)
        pair = np.zeros((2, len(union)), np.float32)
        pair[0, np.searchsorted(union, indices)] = values
        pair[1, np.searchsorted(union, query.indices)] = query.values
        out[i] = reference.distances(pair[:1], pair[1], metric)[0]
    return out
