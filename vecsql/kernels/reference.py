"""Plain numpy versions of the kernels: they answer while numba compiles, and are the tests' oracle."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

L2, IP, COSINE, L1 = 0, 1, 2, 3

BLOCK_FLOATS = 1 << 20  # a block of rows and its temporary stay in the L2/L3 cache

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


def distances(vectors: Floats, query: Floats, metric: int) -> Doubles:
    """SQL distances (n,) of all rows of `vectors` (n, d) to `query` (d,); cosine of a zero vector is NaN."""
    n, d = vectors.shape
    out = np.empty(n, np.float64)
    step = max(1, BLOCK_FLOATS // max(d, 1))
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        for start in range(0, n, step):
            out[start : start + step] = _block(vectors[start : start + step], query, metric)
    return out


def _block(rows: Floats, query: Floats, metric: int) -> Doubles:
    out: Doubles
    if metric == L2:
        difference = rows - query
        out = np.sqrt(np.einsum("ij,ij->i", difference, difference).astype(np.float64))
    elif metric == L1:
        out = np.abs(rows - query).sum(axis=1, dtype=np.float32).astype(np.float64)
    elif metric == IP:
        out = -(rows @ query).astype(np.float64)
    else:
        norms = np.einsum("ij,ij->i", rows, rows).astype(np.float64) * float(query @ query)
        similarity = (rows @ query).astype(np.float64) / np.sqrt(norms)
        out = 1.0 - np.clip(similarity, -1.0, 1.0)
    return out


def smallest(values: Doubles, positions: Ints, k: int) -> tuple[Ints, Doubles]:
    """The k smallest values with their positions, ascending, ties by position, NaN last."""
    k = min(k, len(values))
    if k <= 0:
        return np.empty(0, np.int32), np.empty(0, np.float64)
    if k < len(values) // 2:
        kth = np.partition(values, k - 1)[k - 1]
        if not np.isnan(kth):
            keep = values <= kth
            values, positions = values[keep], positions[keep]
    order = np.lexsort((positions, values))[:k]
    return positions[order].astype(np.int32, copy=False), values[order]
