"""Exact search and exact distances over float32 vectors; numpy answers while the kernels are not compiled."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import rows
from vecsql.index.base import Metric, Positions, SearchResult, Vectors
from vecsql.index.calls import Call, Room, free_room
from vecsql.index.results import EMPTY
from vecsql.index.rows import Halves, Rows
from vecsql.index.rowset import RowSet
from vecsql.kernels import reference

as_query, as_rows = rows.as_query, rows.as_rows
METRIC_CODES, NARROW_K = rows.METRIC_CODES, rows.NARROW_K
ALL_ROWS, NO_POSITIONS = rows.ALL_ROWS, rows.NO_POSITIONS

# Rows that are searched together with those of other parts: before a search of more, one can be cancelled.
BATCHED: Final = 1 << 16

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


def begin(
    vectors: Vectors | Rows, query: Any, k: int, metric: Metric, among: RowSet | None
) -> Call | SearchResult:
    """search(), ready to run together with others; its result where that is not possible."""
    searched = len(vectors) if among is None else among.count
    floats = isinstance(vectors, Halves) or not isinstance(vectors, Rows)
    if not (floats and is_compiled(vectors) and 0 < k <= NARROW_K and 0 < searched <= BATCHED):
        return search(vectors, query, k, metric, among)
    room = _Nearest.of(vectors, query_for(vectors, query), k, metric, among)
    return Call(room.record, lambda: room.end(searched))


class _Nearest(Room):
    """One exact search at a time; the room of those to come."""

    __slots__ = ()

    best = "pool"

    @staticmethod
    def of(
        vectors: Vectors | Rows, query: Query, k: int, metric: Metric, among: RowSet | None
    ) -> _Nearest:
        dimensions = vectors.shape[1]
        rooms = _rooms.setdefault(dimensions, [])
        room = free_room(rooms, lambda: _Nearest("nearest", dimensions))
        room.aim(vectors, query, k)
        positions = NO_POSITIONS if among is None else among.positions
        room.record.set(metric=METRIC_CODES[metric], positions=positions, gather=among is not None)
        return room

    def end(self, searched: int) -> SearchResult:
        """What was found among so many rows; the room is free then."""
        result = SearchResult(*self.answer(), reranked=searched)
        self.leave("positions")
        _rooms[len(self._query)].append(self)
        return result


_rooms: dict[int, list[_Nearest]] = {}  # by dimensions


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
