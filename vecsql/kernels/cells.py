"""Near rows found by comparing all rows of a cell with each other, tile by tile: many more distances than a walk
through a graph computes, each for a tenth of its price.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.graph_search import IDS
from vecsql.kernels.jit import borrowed, helper, kernel, read_only, writable
from vecsql.kernels.prune import choose
from vecsql.kernels.quantized import CODES, HEADS, query_excess
from vecsql.kernels.tiles import (
    LANES,
    QUERIES,
    RESULT,
    SETTINGS,
    lowest_bit,
    score_differences,
    score_products,
)
from vecsql.kernels.topk import NOTHING, key_distance, key_row, make_key, select

SPARE = 3  # times the keys wanted are collected before the largest are dropped
SIGNS = np.uint32(0x80808080)
WORDS = read_only(types.uint32, 2)
BOUNDS = read_only(types.int64, 1)
LISTS = read_only(types.uint64, 2)


@helper
def pack_rows(
    words: Any, heads: Any, manhattan: Any, ids: Any, first: Any, stop: Any, packed: Any,
    packed_heads: Any,
) -> None:  # fmt: skip
    """Pack ids[first:stop], 16 to a group, as the large side of tiles: codes step by step, scales, biases.

    Lanes of the last group without a row are at distance infinity.
    """
    steps = packed.shape[1] // LANES
    last = heads.shape[1] - 1
    room = (stop - first + LANES - 1) // LANES * LANES
    for place in range(room):
        g, lane = place // LANES, place % LANES
        if first + place >= stop:
            for step in range(steps):
                packed[g, step * LANES + lane] = SIGNS
            packed_heads[g, lane] = 0
            packed_heads[g, LANES + lane] = np.inf
            continue
        row = np.int64(ids[first + place])
        for step in range(steps):
            packed[g, step * LANES + lane] = words[row, step] ^ SIGNS
        packed_heads[g, lane] = np.float32(1) if manhattan else heads[row, last - 1]
        packed_heads[g, LANES + lane] = np.float32(0) if manhattan else heads[row, last]


@helper
def load_queries(
    words: Any, heads: Any, manhattan: Any, ids: Any, first: Any, count: Any, small: Any,
    settings: Any,
) -> None:  # fmt: skip
    """Pack ids[first:first + count], at most 8 rows, as the small side of tiles; thresholds are infinite."""
    steps = small.shape[0] // QUERIES
    last = heads.shape[1] - 1
    corrections = settings.view(np.int32)
    small[:] = 0
    settings[:] = 0
    for i in range(count):
        row = np.int64(ids[first + i])
        for step in range(steps):
            small[step * QUERIES + i] = words[row, step]
        settings[i] = np.float32(0) if manhattan else heads[row, last]
        settings[QUERIES + i] = (
            np.float32(1) if manhattan else np.float32(-2) * heads[row, last - 1]
        )
        if not manhattan:
            corrections[2 * QUERIES + i] = query_excess(words[row, :steps].view(np.int8))
        settings[3 * QUERIES + i] = np.inf


@helper
def scan_groups(
    small: Any, settings: Any, packed: Any, packed_heads: Any, groups: Any, manhattan: Any,
    own: Any, count: Any, result: Any, wanted: Any, keys: Any, sizes: Any, scratch: Any,
) -> None:  # fmt: skip
    """Bring the nearest `wanted` rows of packed[:groups] to keys[i, :sizes[i]], ascending, as places in the packing.

    own + i is the place of query row i itself, which is left out. keys has room for some times `wanted`.
    """
    steps = small.shape[0] // QUERIES
    capacity = keys.shape[1]
    sizes[:] = 0
    masks = result[QUERIES * LANES :].view(np.uint64)
    queries, limits, scores = small.ctypes.data, settings.ctypes.data, result.ctypes.data
    large, head = packed.ctypes.data, packed_heads.ctypes.data
    for g in range(groups):
        if manhattan:
            score_differences(queries, large, steps, head, limits, scores)
        else:
            score_products(queries, large, steps, head, limits, scores)
        large += packed.shape[1] * 4
        head += packed_heads.shape[1] * 4
        for part in range(2):
            mask = masks[part]
            while mask != 0:
                bit = lowest_bit(mask)
                mask &= mask - np.uint64(1)
                i = 4 * part + (bit >> 4)
                place = g * LANES + (bit & 15)
                if i >= count or place == own + i:
                    continue
                keys[i, sizes[i]] = make_key(result[i * LANES + (bit & 15)], place)
                sizes[i] += 1
                if sizes[i] == capacity:
                    sizes[i] = select(keys[i], capacity, wanted, scratch)
                    settings[3 * QUERIES + i] = key_distance(keys[i, sizes[i] - 1])
    for i in range(count):
        sizes[i] = select(keys[i], sizes[i], wanted, scratch)


@kernel(
    types.void(
        WORDS, HEADS, types.boolean, IDS, types.int64, types.int64, IDS, types.int64,
        writable(types.int32, 2),
    )
)  # fmt: skip
def nearest_of(
    words: Any, heads: Any, manhattan: Any, ids: Any, start: Any, stop: Any, others: Any,
    steps: Any, out: Any,
) -> None:  # fmt: skip
    """For the rows ids[start:stop]: which out.shape[1] of the rows `others` are nearest; -1 for none. A row may be its own."""
    words, heads, ids = borrowed(words), borrowed(heads), borrowed(ids)
    others, out = borrowed(others), borrowed(out)
    wanted = out.shape[1]
    groups = (others.shape[0] + LANES - 1) // LANES
    packed = np.empty((groups, steps * LANES), np.uint32)
    packed_heads = np.empty((groups, 2 * LANES), np.float32)
    pack_rows(words, heads, manhattan, others, 0, others.shape[0], packed, packed_heads)
    small = np.empty(steps * QUERIES, np.uint32)
    settings, result = np.empty(SETTINGS, np.float32), np.empty(RESULT, np.float32)
    keys, sizes = np.empty((QUERIES, SPARE * wanted), np.uint64), np.empty(QUERIES, np.int64)
    scratch = np.empty(wanted, np.uint64)
    for first in range(start, stop, QUERIES):
        count = min(QUERIES, stop - first)
        load_queries(words, heads, manhattan, ids, first, count, small, settings)
        scan_groups(
            small, settings, packed, packed_heads, groups, manhattan, np.int64(-QUERIES), count,
            result, wanted, keys, sizes, scratch,
        )  # fmt: skip
        for i in range(count):
            for j in range(wanted):
                out[first + i, j] = key_row(keys[i, j]) if j < sizes[i] else -1


@kernel(
    types.void(
        WORDS, HEADS, types.boolean, IDS, IDS, BOUNDS, types.int64, types.int64, types.int64,
        writable(types.uint64, 2),
    )
)  # fmt: skip
def compare_cells(
    words: Any, heads: Any, manhattan: Any, members: Any, slots: Any, bounds: Any, steps: Any,
    start: Any, stop: Any, lists: Any,
) -> None:  # fmt: skip
    """lists[slots[i]] = keys of the nearest rows to members[i] within its cell, ascending, NOTHING behind them.

    The cells start:stop have the members bounds[c]:bounds[c + 1].
    """
    words, heads, members = borrowed(words), borrowed(heads), borrowed(members)
    slots, bounds, lists = borrowed(slots), borrowed(bounds), borrowed(lists)
    largest = np.int64(0)
    for cell in range(start, stop):
        largest = max(largest, bounds[cell + 1] - bounds[cell])
    room = (largest + LANES - 1) // LANES
    packed = np.empty((room, steps * LANES), np.uint32)
    packed_heads = np.empty((room, 2 * LANES), np.float32)
    small = np.empty(steps * QUERIES, np.uint32)
    settings, result = np.empty(SETTINGS, np.float32), np.empty(RESULT, np.float32)
    width = lists.shape[1]
    keys, sizes = np.empty((QUERIES, SPARE * width), np.uint64), np.empty(QUERIES, np.int64)
    scratch = np.empty(width, np.uint64)
    for cell in range(start, stop):
        begin, end = bounds[cell], bounds[cell + 1]
        pack_rows(words, heads, manhattan, members, begin, end, packed, packed_heads)
        groups = (end - begin + LANES - 1) // LANES
        for first in range(begin, end, QUERIES):
            count = min(QUERIES, end - first)
            load_queries(words, heads, manhattan, members, first, count, small, settings)
            scan_groups(
                small, settings, packed, packed_heads, groups, manhattan, first - begin, count,
                result, width, keys, sizes, scratch,
            )  # fmt: skip
            for i in range(count):
                found = lists[slots[first + i]]
                for j in range(width):
                    if j < sizes[i]:
                        row = np.int64(members[begin + key_row(keys[i, j])])
                        found[j] = make_key(key_distance(keys[i, j]), row)
                    else:
                        found[j] = NOTHING


@kernel(
    types.void(
        CODES, HEADS, types.boolean, IDS, LISTS, types.int64, types.int64, types.int64,
        types.int64, types.int64, types.float32, types.int64, writable(types.int32, 2),
        writable(types.float32, 2),
    )
)  # fmt: skip
def choose_from_lists(
    rows: Any, heads: Any, manhattan: Any, ids: Any, lists: Any, per_row: Any, start: Any,
    stop: Any, width: Any, limit: Any, slack: Any, floor: Any, graph: Any, lengths: Any,
) -> None:  # fmt: skip
    """Out-edges of ids[start:stop] from the `width` nearest in their lists: those of ids[i] begin at i * per_row."""
    rows, heads, ids = borrowed(rows), borrowed(heads), borrowed(ids)
    lists, graph, lengths = borrowed(lists), borrowed(graph), borrowed(lengths)
    pool = np.empty(per_row * lists.shape[1], np.uint64)
    scratch = np.empty(width, np.uint64)
    codes = np.empty(rows.shape[1], np.int8)
    for i in range(start, stop):
        size = np.int64(0)
        for j in range(i * per_row, (i + 1) * per_row):
            for key in lists[j]:
                if key == NOTHING:
                    break
                pool[size] = key
                size += 1
        size = select(pool, size, width, scratch)
        row = np.int64(ids[i])
        choose(
            rows, heads, manhattan, pool, size, limit, slack, floor, codes, graph[row],
            lengths[row],
        )  # fmt: skip
