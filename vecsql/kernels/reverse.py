"""The edges of a graph the other way round, grouped by target; each thread does a range of targets."""

from __future__ import annotations

from typing import Any

from numba import types

from vecsql.kernels.graph_search import GRAPH, LEVELS
from vecsql.kernels.jit import kernel, read_only, writable

LENGTHS = read_only(types.float32, 2)


@kernel(types.void(GRAPH, types.int64, types.int64, writable(types.int64, 1)))
def count_reverse(graph: Any, start: Any, stop: Any, counts: Any) -> None:
    """counts[t] = number of edges to t, for t in start:stop; rows of `graph` end at the first -1."""
    for target in range(start, stop):
        counts[target] = 0
    for row in range(graph.shape[0]):
        for target in graph[row]:
            if target < 0:
                break
            if start <= target < stop:
                counts[target] += 1


@kernel(
    types.void(
        GRAPH, LENGTHS, LEVELS, types.int64, types.int64, writable(types.int64, 1),
        writable(types.int32, 1), writable(types.float32, 1),
    )
)  # fmt: skip
def fill_reverse(
    graph: Any, lengths: Any, bounds: Any, start: Any, stop: Any, cursor: Any, sources: Any,
    distances: Any,
) -> None:  # fmt: skip
    """Write sources and lengths of the edges to t at bounds[t]:bounds[t + 1], for t in start:stop, sources ascending."""
    for target in range(start, stop):
        cursor[target] = bounds[target]
    for row in range(graph.shape[0]):
        for place in range(graph.shape[1]):
            target = graph[row, place]
            if target < 0:
                break
            if start <= target < stop:
                at = cursor[target]
                sources[at] = row
                distances[at] = lengths[row, place]
                cursor[target] = at + 1
