"""Best-first walk over the neighbour graph on SQ8 or 4-bit rows, and the float32 re-rank of what it finds.

The graph is one int32 row of neighbours per vector, -1 behind the last. Upper layers hold only a random sample: their
nodes are ranks in `order`, and each larger layer has the smaller ones as its prefix (Malkov and Yashunin's
hierarchy, 2016, with the levels of a row decided by its place in the order of insertion).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.distance import POSITIONS, QUERY, ROWS, distance, finish, square_norm
from vecsql.kernels.fastscan import lowest_bit
from vecsql.kernels.jit import borrowed, helper, inlined, kernel, read_only, writable
from vecsql.kernels.quantized import CODES, HEADS, prepare_query, walk_distance, walk_excess
from vecsql.kernels.reference import COSINE, IP, L1
from vecsql.kernels.simd import dot_i8, not_above, prefetch
from vecsql.kernels.topk import key_distance, key_row, make_key, pool_insert

LINE = 64
LANES = 32  # distances that are compared with the last of a pool at once
ALL_LANES = np.uint32(0xFFFFFFFF)
# so many rows, and a quarter of k, must not get into the best before re-ranking ends
RERANK_MORE = 6
DEVIATIONS = 2.6  # standard ones, that an estimate may be off
RERANK_AHEAD = 2
NO_LIMIT = 1 << 60
SCAN_AHEAD = 12  # rows that a scan of codes prefetches
EXPANDED = np.uint64(1)
FIRST, MOST, BASE, SLOPE, TILT, WATCH, LEAST = 0, 1, 2, 3, 4, 5, 6  # places in the plan of a walk
MAX_LOG = 16.0

GRAPH = read_only(types.int32, 2)
IDS = read_only(types.int32, 1)
LEVELS = read_only(types.int64, 1)


@inlined
def visit(visited: Any, row: Any) -> Any:
    """Mark a row; returns whether it was marked before."""
    word, bit = row >> 6, np.uint64(1) << np.uint64(row & 63)
    before = visited[word]
    visited[word] = before | bit
    return (before & bit) != 0


@inlined
def unvisit(visited: Any, touched: Any, count: Any) -> None:
    """Clear the marks of touched[:count], or all of them when more rows were marked than `touched` holds."""
    if count > touched.shape[0]:
        visited[:] = 0
    else:
        for i in range(count):
            visited[touched[i] >> 6] = 0


@inlined
def descend(
    rows: Any,
    heads: Any,
    order: Any,
    upper: Any,
    levels: Any,
    codes: Any,
    weights: Any,
    manhattan: Any,
) -> Any:
    """The nearest row that greedy walks from the smallest layer down find.

    Returns (row, distance, rows scored, rank in the smallest layer where the descent began).
    """
    best, nearest = np.int64(0), np.float32(np.inf)
    excess = walk_excess(rows, codes)
    for rank in range(levels[0]):
        row = np.int64(order[rank])
        found = walk_distance(rows, heads, row, codes, excess, weights, manhattan)
        if found < nearest:
            best, nearest = np.int64(rank), found
    scored = np.int64(levels[0])
    top = best
    start = np.int64(0)
    for level in range(1, levels.shape[0]):
        moved = True
        while moved:
            moved = False
            for neighbour in upper[start + best]:
                if neighbour < 0:
                    break
                prefetch(rows.ctypes.data + np.int64(order[neighbour]) * rows.shape[1])
            here = best
            for neighbour in upper[start + here]:
                if neighbour < 0:
                    break
                row = np.int64(order[neighbour])
                found = walk_distance(rows, heads, row, codes, excess, weights, manhattan)
                scored += 1
                if found < nearest:
                    best, nearest, moved = np.int64(neighbour), found, True
        start += levels[level]
    return np.int64(order[best]), nearest, scored, top


@inlined
def take_fresh(neighbours: Any, visited: Any, fresh: Any) -> Any:
    """Write the neighbours that were not visited to `fresh` and mark them, without a branch; returns how many."""
    count = np.int64(0)
    for neighbour in neighbours:
        row = np.int64(max(neighbour, 0))
        bit = np.uint64(neighbour >= 0) << np.uint64(row & 63)
        before = visited[row >> 6]
        visited[row >> 6] = before | bit
        fresh[count] = row
        count += np.int64((bit & ~before) != 0)
    return count


@inlined
def prefetch_row(base: Any, row: Any, stride: Any) -> None:
    """Ask for all cache lines of a row."""
    address = base + np.int64(row) * stride
    for line in range(0, stride, LINE):
        prefetch(address + line)


@inlined
def measure(
    rows: Any,
    heads: Any,
    fresh: Any,
    count: Any,
    ahead: Any,
    later: Any,
    codes: Any,
    excess: Any,
    weights: Any,
    manhattan: Any,
    distances: Any,
) -> None:
    """Distances of the rows fresh[:count], and the rows ahead[:later] are prefetched meanwhile.

    No branch depends on a distance, so that the processor works on several rows at once.
    """
    stride, base = rows.shape[1], rows.ctypes.data
    for i in range(count):
        if i < later:
            prefetch_row(base, ahead[i], stride)
        row = np.int64(fresh[i])
        distances[i] = walk_distance(rows, heads, row, codes, excess, weights, manhattan)
    for i in range(count, later):
        prefetch_row(base, ahead[i], stride)


@inlined
def room_for(graph: Any) -> Any:
    """How many int32 a walk needs for the neighbours of two rows and the distances of one, in whole LANES."""
    return 2 * (graph.shape[1] + 1) + graph.shape[1] + LANES


@inlined
def begin(entry: Any, entry_distance: Any, pool: Any, visited: Any, touched: Any) -> Any:
    """Put the row where a walk starts into its empty pool; returns the state of the walk (size, cursor, marked)."""
    pool[0] = make_key(entry_distance, entry)
    visit(visited, entry)
    touched[0] = entry
    return np.int64(1), np.int64(0), np.int64(1)


@inlined
def insert_near(fresh: Any, count: Any, distances: Any, pool: Any, size: Any, capacity: Any) -> Any:
    """Insert those of the rows fresh[:count] into the pool that are near enough; returns (rows in the pool, first place that changed).

    `distances` has room for a multiple of LANES.
    """
    lowest = np.int64(capacity)
    address = distances.ctypes.data
    for start in range(0, count, LANES):
        near = ALL_LANES >> np.uint32(max(LANES - (count - start), 0))
        if size == capacity:
            near &= not_above(address + 4 * start, key_distance(pool[size - 1]))
        while near != np.uint32(0):
            i = start + lowest_bit(near)
            near &= near - np.uint32(1)
            key = make_key(distances[i], fresh[i])
            if size == capacity and key >= pool[size - 1]:
                continue
            size, at = pool_insert(pool, size, capacity, key)
            lowest = min(lowest, at)
    return size, lowest


@inlined
def advance(
    rows: Any,
    heads: Any,
    graph: Any,
    codes: Any,
    weights: Any,
    manhattan: Any,
    state: Any,
    capacity: Any,
    beam: Any,
    pool: Any,
    room: Any,
    visited: Any,
    touched: Any,
) -> Any:
    """Go on with a walk until the nearest `beam` rows of the pool are expanded, and keep `capacity` rows in it.

    `state` is what begin() or an earlier advance() with smaller ones returned: rows in the pool, place before which all are
    expanded, rows scored. `room` is scratch of room_for(graph).

    The next row to expand is chosen before the neighbours of the last one are scored, so that its own are on their way
    meanwhile. That seldom expands a row that those neighbours would have pushed behind the beam.
    """
    size, cursor, marked = state
    degree = graph.shape[1]
    span = degree + 1
    distances = room[2 * span :].view(np.float32)
    excess = walk_excess(rows, codes)
    here, count = np.int64(0), np.int64(0)
    while True:
        while cursor < min(size, beam) and pool[cursor] & EXPANDED:
            cursor += 1
        more = cursor < min(size, beam)
        if not more and count == 0:
            return size, cursor, marked
        ahead, later = span - here, np.int64(0)
        if more:
            pool[cursor] |= EXPANDED
            later = take_fresh(graph[key_row(pool[cursor])], visited, room[ahead:])
            for i in range(min(later, touched.shape[0] - marked)):
                touched[marked + i] = room[ahead + i]
            marked += later
            if cursor + 1 < size:
                prefetch_row(graph.ctypes.data, key_row(pool[cursor + 1]), 4 * degree)
        fresh, coming = room[here:], room[ahead:]
        measure(
            rows, heads, fresh, count, coming, later, codes, excess, weights, manhattan, distances
        )
        size, lowest = insert_near(fresh, count, distances, pool, size, capacity)
        if lowest <= cursor:
            prefetch_row(graph.ctypes.data, key_row(pool[lowest]), 4 * degree)
            cursor = lowest
        here, count = ahead, later


@helper
def walk(
    rows: Any,
    heads: Any,
    graph: Any,
    codes: Any,
    weights: Any,
    manhattan: Any,
    entry: Any,
    entry_distance: Any,
    pool: Any,
    room: Any,
    visited: Any,
    touched: Any,
) -> Any:
    """Fill `pool` with keys of the nearest rows that a walk from `entry` meets: (rows in pool, rows scored).

    Ends when every row of the pool is expanded. `visited` comes and leaves all zero.
    """
    width = np.int64(pool.shape[0])
    state = begin(entry, entry_distance, pool, visited, touched)
    size, _, marked = advance(
        rows, heads, graph, codes, weights, manhattan, state, width, width, pool, room, visited, touched
    )  # fmt: skip
    unvisit(visited, touched, marked)
    return size, marked


@inlined
def length_of(weights: Any, codes: Any, metric: Any) -> Any:
    """The length (float64) of an encoded query from the centre, in the units and the norm of its metric."""
    if metric == L1:
        total = np.int64(0)
        for j in range(codes.shape[0]):
            total += abs(np.int64(codes[j]))
        return np.float64(total)
    square = np.float64(dot_i8(codes.ctypes.data, codes.ctypes.data, codes.shape[0]))
    return -0.5 * np.float64(weights[2]) * math.sqrt(square)


@inlined
def hardness_of(distance: Any, length: Any, metric: Any) -> Any:
    """How far the nearest rows of a query are, in a form that compares between queries (float64): the distance, or
    for inner products its share of the query's length."""
    if metric == L1:
        return np.float64(distance)
    if metric == IP:
        return np.float64(distance) / length if length > 0.0 else 0.0
    return math.sqrt(max(np.float64(distance) + length * length, 0.0))


@inlined
def beam_for(hardness: Any, length: Any, plan: Any) -> Any:
    """The beam that `plan` (see graph_search) wants for such a query."""
    wanted = plan[BASE] + plan[SLOPE] * hardness + plan[TILT] * length
    return np.int64(min(max(math.exp(min(wanted, MAX_LOG)), plan[FIRST]), plan[MOST]))


@inlined
def bound_of(heads: Any, metric: Any, unit: Any, length: Any, error: Any) -> Any:
    """What tells how far estimates from 4-bit codes may be off: (heads, to, shift, factor of deviations, |q|). The estimate of
    a distance d, squared for l2, is to * d - shift; `error` is that of a coordinate in lengths of its row, 0 for SQ8 rows.

    As the codes of y point the way of y^ with <y, y^> = |y|^2, an estimate is off by 2 <y^ - y, q - y>.
    """
    to_estimate = 2.0 / (unit * unit) if metric in (COSINE, IP) else 1.0 / (unit * unit)
    shift = 0.0 if metric == IP else length * length
    factor = np.float32(2.0 * DEVIATIONS * error)
    return heads, np.float32(to_estimate), np.float32(shift), factor, np.float32(length)


@inlined
def deviation(row: Any, estimate: Any, bound: Any) -> Any:
    """How far the estimate of a row may be off; see bound_of."""
    heads, _, shift, factor, length = bound
    apart = length
    if shift > np.float32(0):
        square = max(estimate + shift, np.float32(0))
        apart = min(length, np.float32(math.sqrt(square)))
    own = heads[row, heads.shape[1] - 1]
    return factor * np.float32(math.sqrt(own)) * apart


@inlined
def rerank(
    pool: Any,
    size: Any,
    vectors: Any,
    query: Any,
    metric: Any,
    mask: Any,
    twins: Any,
    best: Any,
    patience: Any,
    bound: Any,
) -> Any:
    """Collect in `best` float32 keys of the pool's rows that pass, and of their twins.

    It ends when none of the last `patience` rows got into a full `best`, or when by `bound` (see bound_of) no other will. Returns
    (rows in best, rows scored, rows of the pool's last quarter that got into best): many late ones tell that the codes do not
    resolve these rows, and the pool should have been wider. Where there is a bound that is told by it: none is late when it
    ended the re-ranking, else all may be. `twins` chains rows of equal codes: twins[i] is the next one, -1 ends the chain; empty when there are none.
    """
    norm = square_norm(query) if metric == COSINE else np.float32(0)
    capacity = best.shape[0]
    found = np.int64(0)
    scored = np.int64(0)
    late = np.int64(0)
    since = np.int64(0)
    bounded = bound[3] > np.float32(0)
    for i in range(size):
        if since >= patience:
            break
        row = key_row(pool[i])
        if bounded and found == capacity and capacity > 0:
            furthest = bound[1] * key_distance(best[found - 1]) - bound[2]
            if key_distance(pool[i]) - deviation(row, key_distance(pool[i]), bound) > furthest:
                return found, scored, np.int64(0)
        if i + RERANK_AHEAD < size:
            prefetch_row(
                vectors.ctypes.data,
                key_row(pool[i + RERANK_AHEAD]),
                vectors.itemsize * vectors.shape[1],
            )
        while row >= 0:
            if mask.shape[0] == 0 or mask[row]:
                scored += 1
                value = np.float32(distance(vectors, row, query, norm, metric))
                full = found == capacity
                found, at = pool_insert(best, found, capacity, make_key(value, row))
                since = since + 1 if full and at == capacity else np.int64(0)
                late += np.int64(full and at < capacity and 4 * i >= 3 * size)
            row = np.int64(twins[row]) if twins.shape[0] > 0 else np.int64(-1)
    return found, scored, size if bounded else late


@inlined
def passing(pool: Any, size: Any, mask: Any) -> Any:
    """How many rows of pool[:size] pass."""
    count = np.int64(0)
    for i in range(size):
        count += np.int64(mask[key_row(pool[i])])
    return count


@kernel(
    types.int64(
        ROWS,
        QUERY,
        types.int64,
        QUERY,
        types.float64,
        types.float64,
        CODES,
        HEADS,
        GRAPH,
        IDS,
        GRAPH,
        LEVELS,
        IDS,
        read_only(types.boolean, 1),
        writable(types.int8, 1),
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.uint64, 1),
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.float64, 1),
        writable(types.int64, 1),
        read_only(types.float64, 1),
        writable(types.float64, 1),
    )
)
def graph_search(
    vectors: Any,
    query: Any,
    metric: Any,
    center: Any,
    unit: Any,
    error: Any,
    rows: Any,
    heads: Any,
    graph: Any,
    order: Any,
    upper: Any,
    levels: Any,
    twins: Any,
    mask: Any,
    codes: Any,
    visited: Any,
    touched: Any,
    pool: Any,
    best: Any,
    out: Any,
    values: Any,
    spent: Any,
    plan: Any,
    seen: Any,
) -> Any:
    """Approximate nearest rows that pass `mask`: walk, re-rank the pool, keep len(best).

    `plan` says how wide the walk is: after plan[FIRST] rows the distance of row number plan[WATCH] tells how hard the query
    is, and the walk goes on to a beam of exp(plan[BASE] + plan[SLOPE] * hardness + plan[TILT] * length of the query) rows, but at
    most plan[MOST], for which `pool` has room; but where a mask lets fewer than plan[LEAST] of the first rows pass,
    nothing is found. `error` is that of 4-bit codes, see bound_of. Fills `out` and `values` with positions and SQL distances, `spent` with rows scored on codes, on float32, and late
    ones (see rerank), and `seen` with hardness, length and beam; returns the number of rows found. `codes`, `visited` and
    `touched` are scratch; rows that are marked in `visited` are not found.
    """
    vectors, query, center = borrowed(vectors), borrowed(query), borrowed(center)
    rows, heads, graph = borrowed(rows), borrowed(heads), borrowed(graph)
    order, upper, levels, twins = (
        borrowed(order),
        borrowed(upper),
        borrowed(levels),
        borrowed(twins),
    )
    mask, codes, visited = borrowed(mask), borrowed(codes), borrowed(visited)
    touched, pool, best, plan = borrowed(touched), borrowed(pool), borrowed(best), borrowed(plan)
    w_bias, w_scale = prepare_query(query, center, unit, metric, codes)
    weights = (np.float32(0), w_bias, w_scale)
    manhattan = metric == L1
    entry, nearest, scored, _ = descend(
        rows, heads, order, upper, levels, codes, weights, manhattan
    )
    split = touched.shape[0] - room_for(graph)
    room, marks = touched[split:], touched[:split]
    state = begin(entry, nearest, pool, visited, marks)
    beam = np.int64(plan[FIRST])
    capacity = min(2 * beam, np.int64(plan[MOST]))
    state = advance(
        rows, heads, graph, codes, weights, manhattan, state, capacity, beam, pool, room, visited, marks
    )  # fmt: skip
    if mask.shape[0] > 0 and passing(pool, state[0], mask) < plan[LEAST]:
        unvisit(visited, marks, state[2])
        spent[0] = scored + state[2]
        spent[1] = 0
        spent[2] = NO_LIMIT
        return np.int64(0)
    watched = min(np.int64(plan[WATCH]), state[0]) - 1
    seen[1] = length_of(weights, codes, metric)
    seen[0] = hardness_of(key_distance(pool[watched]), seen[1], metric)
    wanted = beam_for(seen[0], seen[1], plan)
    if wanted > beam:
        beam = wanted
        capacity = max(capacity, beam)
        state = advance(
            rows, heads, graph, codes, weights, manhattan, state, capacity, beam, pool, room, visited, marks
        )  # fmt: skip
    seen[2] = beam
    size, _, walked = state
    unvisit(visited, marks, walked)
    # rows that pass a mask may lie where codes are coarse
    patience = NO_LIMIT
    if mask.shape[0] == 0 and error == 0.0:
        patience = RERANK_MORE + best.shape[0] // 4
    bound = bound_of(heads, metric, unit, seen[1], error)
    found, reranked, late = rerank(
        pool, size, vectors, query, metric, mask, twins, best, patience, bound
    )
    finish(best, found, vectors, query, metric, out, values)
    spent[0] = scored + walked
    spent[1] = reranked
    spent[2] = late
    return found


@kernel(
    types.int64(
        ROWS,
        QUERY,
        types.int64,
        QUERY,
        types.float64,
        types.float64,
        CODES,
        HEADS,
        POSITIONS,
        types.boolean,
        writable(types.int8, 1),
        writable(types.uint64, 1),
        writable(types.uint64, 1),
        writable(types.int32, 1),
        writable(types.float64, 1),
        writable(types.int64, 1),
    )
)
def code_search(
    vectors: Any,
    query: Any,
    metric: Any,
    center: Any,
    unit: Any,
    error: Any,
    rows: Any,
    heads: Any,
    positions: Any,
    gather: Any,
    codes: Any,
    pool: Any,
    best: Any,
    out: Any,
    values: Any,
    spent: Any,
) -> Any:
    """Nearest of the rows at `positions` (gather) or of all rows: scan their codes into a pool, re-rank it, keep
    len(best); as graph_search."""
    vectors, query, center = borrowed(vectors), borrowed(query), borrowed(center)
    rows, heads, positions = borrowed(rows), borrowed(heads), borrowed(positions)
    codes, pool, best = borrowed(codes), borrowed(pool), borrowed(best)
    w_bias, w_scale = prepare_query(query, center, unit, metric, codes)
    weights = (np.float32(0), w_bias, w_scale)
    manhattan = metric == L1
    excess = walk_excess(rows, codes)
    stride, base, last = rows.shape[1], rows.ctypes.data, heads.shape[1] - 1
    size = np.int64(0)
    scored = np.int64(0)
    worst = np.uint64(0xFFFFFFFFFFFFFFFF)
    count = positions.shape[0] if gather else rows.shape[0]
    for i in range(count):
        row = np.int64(positions[i]) if gather else np.int64(i)
        if gather and i + SCAN_AHEAD < count:
            prefetch_row(base, positions[i + SCAN_AHEAD], stride)
        found = walk_distance(rows, heads, row, codes, excess, weights, manhattan)
        if heads[row, last] != heads[row, last]:
            continue
        scored += 1
        key = make_key(found, row)
        if key < worst:
            size, _ = pool_insert(pool, size, pool.shape[0], key)
            worst = pool[size - 1] if size == pool.shape[0] else worst
    everyone, no_twins = np.empty(0, np.bool_), np.empty(0, np.int32)
    patience = 2 * RERANK_MORE + best.shape[0] // 2
    if manhattan or error > 0.0:
        patience = NO_LIMIT
    bound = bound_of(heads, metric, unit, length_of(weights, codes, metric), error)
    kept, reranked, late = rerank(
        pool, size, vectors, query, metric, everyone, no_twins, best, patience, bound
    )
    finish(best, kept, vectors, query, metric, out, values)
    spent[0] = scored
    spent[1] = reranked
    spent[2] = late if scored > size or error == 0.0 else 0
    return kept
