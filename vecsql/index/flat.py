"""Exact search and exact distances over float32 vectors; numpy answers while the kernels are not compiled."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import rows
from vecsql.index.base import Metric, Positions, SearchResult, Vectors
from vecsql.index.results import EMPTY
from vecsql.index.rows import Rows
from vecsql.index.rowset import RowSet
from vecsql.kernels import reference

as_query = rows.as_query
METRIC_CODES, NARROW_K = rows.METRIC_CODES, rows.NARROW_K
ALL_ROWS, NO_POSITIONS = rows.ALL_ROWS, rows.NO_POSITIONS

Query = npt.NDArray[np.float32]


def search(
    vectors: Vectors | Rows, query: Any, k: int, metric: Metric, among: RowSet | None = None
) -> SearchResult:
    """The k nearest rows of `vectors` (n, d) that are `among` the given ones, exactly; rows at distance NaN come last.

    Raises DataException when the query has other dimensions than the rows.
    """
    if isinstance(vectors, Rows):
        return vectors.search(query, k, metric, among)
    query = as_query(query, vectors.shape[1])
    n = len(vectors)
    if k <= 0 or n == 0:
        return EMPTY
    code = METRIC_CODES[metric]
    positions = None if among is None else among.positions
    compiled = kernels.search_kernels()
    if compiled is not None and k <= NARROW_K:
        pool, out, values = np.empty(k, np.uint64), np.empty(k, np.int32), np.empty(k, np.float64)
        shown = NO_POSITIONS if positions is None else positions
        size = compiled.nearest(
            as_rows(vectors), query, code, shown, positions is not None, pool, out, values
        )
        return SearchResult(out[:size], values[:size], reranked=n if among is None else among.count)
    return rank(vectors, query, k, metric, positions)


def rank(
    vectors: Vectors, query: Query, k: int, metric: Metric, positions: Positions | None
) -> SearchResult:
    """The k nearest of the rows at `positions` (all rows when None), exactly."""
    values = distances(vectors, query, metric, positions)
    if positions is None:
        positions = np.arange(len(vectors), dtype=np.int32)
    best, nearest = reference.smallest(values, positions, k)
    return SearchResult(best, nearest, reranked=len(values))


def distances(
    vectors: Vectors | Rows, query: Any, metric: Metric, positions: Positions | None = None
) -> npt.NDArray[np.float64]:
    """SQL distances (float64) of the rows at `positions`, or of all rows, in that order."""
    if isinstance(vectors, Rows):
        return vectors.distances(query, metric, positions)
    query = as_query(query, vectors.shape[1])
    code = METRIC_CODES[metric]
    compiled = kernels.search_kernels()
    if compiled is not None:
        out = np.empty(len(vectors) if positions is None else len(positions), np.float64)
        shown = NO_POSITIONS if positions is None else positions
        compiled.distances(as_rows(vectors), query, code, shown, positions is not None, out)
        return out
    return reference.distances(vectors if positions is None else vectors[positions], query, code)


def query_for(vectors: Vectors | Rows, query: Any) -> Any:
    """A value of the rows' SQL type as searches of these rows take it; raises where its dimensions are others."""
    if isinstance(vectors, Rows):
        return vectors.as_query(query)
    return as_query(query, vectors.shape[1])


def is_compiled(vectors: Vectors | Rows) -> bool:
    """Whether the kernels for rows of this kind can be called."""
    compiled = kernels.kind_kernels() if isinstance(vectors, Rows) else kernels.search_kernels()
    return compiled is not None


def kernel_for(vectors: Vectors | Rows, name: str) -> tuple[Any, Any]:
    """The kernel of this name for float32 or float16 rows, and the rows as it takes them."""
    if isinstance(vectors, Rows):
        return getattr(kernels.kind_kernels(), f"{vectors.prefix}_{name}"), *vectors.arrays()
    return getattr(kernels.search_kernels(), name), as_rows(vectors)


def as_rows(vectors: Vectors) -> Vectors:
    """`vectors` as kernels take them; copies only what is strided or not aligned to four bytes."""
    if vectors.flags.c_contiguous and vectors.flags.aligned and vectors.dtype == np.float32:
        return vectors
    return np.require(vectors, np.float32, ["C", "A"])
