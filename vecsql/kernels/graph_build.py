"""Building the neighbour graph in batches: rows of a batch look for neighbours in the graph of all batches before,
then the reverse edges are added target by target. No locks, and the same graph for any number of threads.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.graph_search import GRAPH, IDS, LEVELS, descend, room_for, walk
from vecsql.kernels.jit import borrowed, helper, kernel, read_only, writable
from vecsql.kernels.prune import choose, load_codes
from vecsql.kernels.quantized import CODES, HEADS, code_distance
from vecsql.kernels.topk import key_row, make_key, pool_insert


@kernel(
    types.void(
        CODES,
        HEADS,
        types.boolean,
        IDS,
        GRAPH,
        LEVELS,
        types.int64,
        types.int64,
        types.int64,
        writable(types.int64, 1),
        writable(types.int32, 1),
    )
)
def locate(
    rows: Any,
    heads: Any,
    manhattan: Any,
    order: Any,
    upper: Any,
    levels: Any,
    first: Any,
    start: Any,
    stop: Any,
    places: Any,
    entries: Any,
) -> None:
    """Find where the walks of order[start:stop] enter the graph; results for order[first] come first.

    `places` groups walks that will meet the same rows: done one after the other they find them in the cache.
    """
    rows, heads, order = borrowed(rows), borrowed(heads), borrowed(order)
    upper, levels, places = borrowed(upper), borrowed(levels), borrowed(places)
    entries = borrowed(entries)
    codes = np.empty(rows.shape[1], np.int8)
    for rank in range(start, stop):
        weights = load_codes(rows, heads, np.int64(order[rank]), manhattan, codes)
        entry, _, _, top = descend(rows, heads, order, upper, levels, codes, weights, manhattan)
        places[rank - first] = (top << 32) | entry
        entries[rank - first] = entry


@kernel(
    types.void(
        CODES,
        HEADS,
        types.boolean,
        IDS,
        IDS,
        types.int64,
        types.int64,
        types.int64,
        types.int64,
        types.float32,
        types.int64,
        GRAPH,
        writable(types.int32, 2),
        writable(types.float32, 2),
    )
)
def find_neighbours(
    rows: Any,
    heads: Any,
    manhattan: Any,
    batch: Any,
    entries: Any,
    start: Any,
    stop: Any,
    width: Any,
    limit: Any,
    slack: Any,
    floor: Any,
    graph: Any,
    out: Any,
    lengths: Any,
) -> None:
    """Search the graph with a pool of `width` for the rows batch[start:stop] and write their out-edges.

    `out` is `graph` again: walks read it as read-only, so that they are compiled once with those of searches.
    Rows of one batch may be done by several threads: none of them is reachable before its batch is attached.
    """
    rows, heads, batch = borrowed(rows), borrowed(heads), borrowed(batch)
    entries, graph, out = borrowed(entries), borrowed(graph), borrowed(out)
    lengths = borrowed(lengths)
    pool = np.empty(width, np.uint64)
    codes = np.empty(rows.shape[1], np.int8)
    other = np.empty(rows.shape[1], np.int8)
    room = np.empty(room_for(graph), np.int32)
    touched = np.empty(1 << 14, np.int32)
    visited = np.zeros((rows.shape[0] + 63) // 64, np.uint64)
    for i in range(start, stop):
        row, entry = np.int64(batch[i]), np.int64(entries[i])
        weights = load_codes(rows, heads, row, manhattan, codes)
        nearest = code_distance(rows, heads, entry, codes, weights, manhattan)
        size, _ = walk(
            rows,
            heads,
            graph,
            codes,
            weights,
            manhattan,
            entry,
            nearest,
            pool,
            room,
            visited,
            touched,
        )
        choose(
            rows, heads, manhattan, pool, size, limit, slack, floor, other, out[row], lengths[row]
        )


@helper
def holds(neighbours: Any, count: Any, row: Any) -> Any:
    """Whether `row` is one of neighbours[:count]."""
    found = False
    for j in range(count):
        found |= neighbours[j] == row
    return found


@kernel(
    types.void(
        CODES,
        HEADS,
        types.boolean,
        IDS,
        LEVELS,
        IDS,
        read_only(types.float32, 1),
        types.int64,
        types.int64,
        types.int64,
        types.float32,
        types.int64,
        writable(types.int32, 2),
        writable(types.float32, 2),
    )
)
def attach(
    rows: Any,
    heads: Any,
    manhattan: Any,
    targets: Any,
    bounds: Any,
    sources: Any,
    distances: Any,
    start: Any,
    stop: Any,
    limit: Any,
    slack: Any,
    floor: Any,
    graph: Any,
    lengths: Any,
) -> None:
    """Add the reverse edges targets[i] -> sources[bounds[i]:bounds[i + 1]] for i in start:stop; prunes rows that overflow to `limit`."""
    rows, heads, targets = borrowed(rows), borrowed(heads), borrowed(targets)
    bounds, sources, distances = borrowed(bounds), borrowed(sources), borrowed(distances)
    graph, lengths = borrowed(graph), borrowed(lengths)
    degree = graph.shape[1]
    codes = np.empty(rows.shape[1], np.int8)
    keys = np.empty(4 * degree, np.uint64)
    for i in range(start, stop):
        neighbours, far = graph[targets[i]], lengths[targets[i]]
        size = np.int64(0)
        while size < degree and neighbours[size] >= 0:
            size += 1
        first, last = bounds[i], bounds[i + 1]
        known, overflow = size, False
        for j in range(first, last):
            if holds(neighbours, known, sources[j]):
                continue
            if size == degree:
                overflow = True
                break
            neighbours[size], far[size] = sources[j], distances[j]
            size += 1
        if not overflow:
            continue
        count = np.int64(0)
        for j in range(known):
            count, _ = pool_insert(keys, count, keys.shape[0], make_key(far[j], neighbours[j]))
        for j in range(first, last):
            if not holds(neighbours, known, sources[j]):
                key = make_key(distances[j], sources[j])
                count, _ = pool_insert(keys, count, keys.shape[0], key)
        choose(rows, heads, manhattan, keys, count, limit, slack, floor, codes, neighbours, far)


@helper
def spread(graph: Any, start: Any, visited: Any, stack: Any) -> None:
    """Mark every row that can be reached from `start`."""
    stack[0] = start
    visited[start] = True
    top = np.int64(1)
    while top > 0:
        top -= 1
        for neighbour in graph[stack[top]]:
            if neighbour < 0:
                break
            if not visited[neighbour]:
                visited[neighbour] = True
                stack[top] = neighbour
                top += 1


@kernel(types.int64(GRAPH, IDS, writable(types.int32, 1)))
def find_roots(graph: Any, order: Any, roots: Any) -> Any:
    """Rows of `order` from which, together, all its rows can be reached: those that none before them reaches. Returns how many."""
    reached = np.zeros(graph.shape[0], np.bool_)
    stack = np.empty(graph.shape[0], np.int32)
    count = np.int64(0)
    for row in order:
        if not reached[row]:
            roots[count] = row
            count += 1
            spread(graph, row, reached, stack)
    return count


@kernel(
    types.int64(
        CODES, HEADS, types.boolean, IDS, types.int64, types.int64, GRAPH, writable(types.int32, 2)
    )
)
def mend(
    rows: Any, heads: Any, manhattan: Any, order: Any, count: Any, width: Any, graph: Any, out: Any
) -> Any:
    """Give every row of order[:count] that cannot be reached from the first an edge from a near row that can.

    Returns how many edges were added. Rows with a free place are taken, so that no other
    edge is lost. `out` is `graph` again, as in find_neighbours.
    """
    rows, heads, order = borrowed(rows), borrowed(heads), borrowed(order)
    graph, out = borrowed(graph), borrowed(out)
    degree = graph.shape[1]
    reached = np.zeros(rows.shape[0], np.bool_)
    stack = np.empty(rows.shape[0], np.int32)
    spread(graph, order[0], reached, stack)
    codes = np.empty(rows.shape[1], np.int8)
    pool = np.empty(width, np.uint64)
    room = np.empty(room_for(graph), np.int32)
    touched = np.empty(1 << 14, np.int32)
    visited = np.zeros((rows.shape[0] + 63) // 64, np.uint64)
    added = np.int64(0)
    for rank in range(count):
        row = np.int64(order[rank])
        if reached[row]:
            continue
        weights = load_codes(rows, heads, row, manhattan, codes)
        entry = np.int64(order[0])
        nearest = code_distance(rows, heads, entry, codes, weights, manhattan)
        size, _ = walk(
            rows,
            heads,
            graph,
            codes,
            weights,
            manhattan,
            entry,
            nearest,
            pool,
            room,
            visited,
            touched,
        )
        host = np.int64(-1)
        for i in range(size):
            if graph[key_row(pool[i]), degree - 1] < 0:
                host = key_row(pool[i])
                break
        if host < 0:
            for other in range(count):
                if reached[order[other]] and graph[order[other], degree - 1] < 0:
                    host = np.int64(order[other])
                    break
        if host < 0:
            continue
        free = degree - 1
        while free > 0 and graph[host, free - 1] < 0:
            free -= 1
        out[host, free] = row
        added += 1
        spread(graph, row, reached, stack)
    return added


@kernel(types.void(read_only(types.uint64, 2), writable(types.uint64, 1)))
def fingerprint(words: Any, out: Any) -> None:
    """A 64-bit hash of each row (n, stride / 8), to find rows of equal codes."""
    for i in range(words.shape[0]):
        state = np.uint64(0x9E3779B97F4A7C15)
        for word in words[i]:
            state = (state ^ word) * np.uint64(0xFF51AFD7ED558CCD)
            state ^= state >> np.uint64(32)
        out[i] = state
