"""Search of an inverted file: lists in order of distance, their codes scanned in blocks, the best rows re-ranked.

Lists are scanned until `probes` of them had rows that pass, or until a list's centroid is `reach` times farther (in
squared distance) than the k-th nearest row so far and its rows will hardly be nearer: what a filter leaves lies farther
away, so more lists are scanned under one. `reach` shrinks as share^ease, share of the rows passing so far: as the
k-th distance grows, the distances of lists grow less. For inner products the last list is that whose centroid, moved towards the query by `reach` times its rows' root
mean square distance, is no better than the k-th row. At least `fewest` rows are scanned: a query among dense rows is near to few
lists in relation. Estimates are collected without order and cut down by selection; those of 4- and 8-bit codes, which are
good, only until both they and the k-th smallest would have to be off by `eps` standard deviations. Exact distances are computed for `rerank`
of them at most, and only while the estimate less `eps` standard deviations (Gao and Long, 2024) may still win.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.distance import QUERY, ROWS, distance, finish, square_norm
from vecsql.kernels.fastscan import (
    BLOCK,
    MAX_ENTRY,
    MAX_SUM,
    QUERY_LIMIT,
    TAIL,
    lowest_bit,
    ones,
    scan_dots,
    scan_nibbles,
    scan_tables,
)
from vecsql.kernels.ivf_codes import IDS, MIDDLE, largest_of, to_space
from vecsql.kernels.jit import borrowed, helper, inlined, kernel, read_only, writable
from vecsql.kernels.reference import COSINE, IP, L1
from vecsql.kernels.rotation import rotate
from vecsql.kernels.select import select_smallest
from vecsql.kernels.simd import bits_float, float_bits, prefetch
from vecsql.kernels.topk import key_distance, key_row, make_key, pool_insert

BUCKETS = 512  # of list distances: lists of one bucket are scanned in any order
NEAR = 64  # up to this k the k-th best estimate is tracked exactly
SPARE = 4  # rows beyond k that are re-ranked before bounds are looked at, with 8-bit codes
AHEAD = 2048  # bytes of the next list that are prefetched; the hardware sees the rest coming
FETCHED = 800  # floats of rows to be re-ranked that are on their way at a time
ALL_LANES = np.uint32(0xFFFFFFFF)
TOWARD = 0.8  # rows of a list may lie nearer than typical by this much, in units of radius times distance
INFINITE = np.float32(np.inf)
SIGN_ERROR = 0.6029  # of <r, q> by signs, in units of F |q|: sqrt(1 - 2 / pi)
ROUNDING = 0.2887  # standard deviation of a rounding error, in steps

BLOCKS = read_only(types.uint8, 2)


@helper
def encode_query(values: Any, codes: Any) -> Any:
    """Signed codes of values[:d], zeros behind; returns (step, sum of codes)."""
    largest = largest_of(values)
    step = largest / np.float32(QUERY_LIMIT)
    to_code = np.float32(QUERY_LIMIT) / largest if largest > np.float32(0) else np.float32(0)
    total = np.int64(0)
    for j in range(values.shape[0]):
        code = np.int64(np.rint(values[j] * to_code))
        codes[j] = np.int8(code)
        total += code
    for j in range(values.shape[0], codes.shape[0]):
        codes[j] = 0
    return step, np.float32(total)


@helper
def fill_tables(values: Any, tables: Any) -> Any:
    """Byte tables of sums of +-values, four at a time; returns (step, least): sum s_j values_j = least + step S."""
    groups = values.shape[0] >> 2
    widest = np.float32(0)
    least = np.float32(0)
    for g in range(groups):
        span = np.float32(0)
        for t in range(4):
            span += abs(values[4 * g + t])
        least -= span
        widest = max(widest, span)
    entries = np.float32(min(MAX_ENTRY, MAX_SUM // max(groups, 1)))
    step = np.float32(2) * widest / entries
    to_entry = np.float32(1) / step if step > np.float32(0) else np.float32(0)
    for g in range(groups):
        a, b = values[4 * g] * to_entry, values[4 * g + 1] * to_entry
        c, d = values[4 * g + 2] * to_entry, values[4 * g + 3] * to_entry
        base = abs(a) + abs(b) + abs(c) + abs(d) + np.float32(0.5)
        for entry in range(16):
            signed = a if entry & 1 else -a
            signed += b if entry & 2 else -b
            signed += c if entry & 4 else -c
            signed += d if entry & 8 else -d
            tables[16 * g + entry] = np.uint8(signed + base)
    return step, least


@helper
def ordered_bits(value: Any) -> Any:
    """float32 -> int32 of the same order."""
    bits = np.int32(float_bits(value))
    return bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF))


@helper
def float_of(bits: Any) -> Any:
    """The float32 of some ordered bits."""
    return bits_float(np.uint32(bits ^ ((bits >> np.int32(31)) & np.int32(0x7FFFFFFF))))


@inlined
def fetch(blocks: Any, block: Any) -> None:
    """Ask for the first bytes of a block to be read soon."""
    address = blocks.ctypes.data + block * blocks.shape[1]
    for line in range(0, min(blocks.shape[1], AHEAD), 64):
        prefetch(address + line)


@helper
def order_lists(scores: Any, order: Any, buckets: Any, counts: Any) -> None:
    """Write the lists by ascending score, up to the width of a bucket, to `order`; `buckets` and `counts` are scratch."""
    # integers in the order of the floats, for LLVM does not vectorise a minimum that NaN may enter
    low, high = np.int32(0x7FFFFFFF), np.int32(-0x80000000)
    for i in range(order.shape[0]):
        number = ordered_bits(scores[i])
        low, high = min(low, number), max(high, number)
    least, most = float_of(low), float_of(high)
    span = most - least
    to_bucket = np.float32(BUCKETS - 1) / span if span > np.float32(0) else np.float32(0)
    for i in range(order.shape[0]):
        buckets[i] = np.int32((scores[i] - least) * to_bucket)
    counts[:] = 0
    for i in range(order.shape[0]):
        counts[buckets[i]] += 1
    before = np.int32(0)
    for bucket in range(BUCKETS):
        here = counts[bucket]
        counts[bucket] = before
        before += here
    for i in range(order.shape[0]):
        place = buckets[i]
        order[counts[place]] = i
        counts[place] += 1


@inlined
def passing(mask: Any, ids: Any, block: Any) -> Any:
    """Which rows of a block pass, as 32 bits."""
    word = np.uint32(0)
    for lane in range(BLOCK):
        row = ids[block * BLOCK + lane]
        word |= np.uint32(mask[max(row, 0)]) << np.uint32(lane)
    return word


@kernel(types.void(read_only(types.boolean, 1), IDS, writable(types.uint32, 1)))
def pack_passing(mask: Any, ids: Any, words: Any) -> None:
    """Write which rows of each block pass `mask`."""
    mask, ids, words = borrowed(mask), borrowed(ids), borrowed(words)
    for block in range(words.shape[0]):
        words[block] = passing(mask, ids, block)


@inlined
def note_near(near: Any, value: Any) -> None:
    """Insert into the ascending `near`, dropping the largest."""
    at = near.shape[0] - 1
    while at > 0 and near[at - 1] > value:
        near[at] = near[at - 1]
        at -= 1
    near[at] = value


@inlined
def slack_of(
    position: Any, value: Any, bits: Any, tails: Any, owner: Any, scores: Any, spread: Any
) -> Any:
    """One standard deviation of the estimate `value` of the row at `position`; spread = (|q|, query step, w)."""
    block, lane = position // BLOCK, position % BLOCK
    factor = tails[block, tails.shape[1] - BLOCK + lane]
    norm, step, weight = spread
    apart = norm
    if bits == 1:
        if weight < np.float32(-1):
            apart = np.float32(math.sqrt(max(scores[owner[block]], np.float32(0))))
        return -weight * np.float32(SIGN_ERROR) * factor * apart
    if weight < np.float32(-1):
        apart = np.float32(math.sqrt(max(value, np.float32(0))))
    return -weight * np.float32(ROUNDING) * (factor + step) * apart


@inlined
def fetch_row(vectors: Any, row: Any) -> None:
    """Ask for a row to be read soon."""
    length = vectors.shape[1] * vectors.itemsize
    address = vectors.ctypes.data + row * length
    for line in range(0, length, 64):
        prefetch(address + line)
    prefetch(address + length - 1)


@helper
def exact_best(
    keys: Any,
    size: Any,
    sure: Any,
    ids: Any,
    eps: Any,
    bits: Any,
    tails: Any,
    owner: Any,
    scores: Any,
    spread: Any,
    vectors: Any,
    query: Any,
    metric: Any,
    to_value: Any,
    best: Any,
) -> Any:
    """Put exact keys of the rows of keys[:size] into `best`; returns (rows there, rows computed).

    Behind the first `sure`, rows whose estimate less eps deviations is above the last of a full `best` are passed over;
    `to_value` takes exact distances to the scale of estimates, 0 where they cannot be compared.
    """
    norm = square_norm(query) if metric == COSINE else np.float32(0)
    capacity = best.shape[0]
    ahead = max(1, FETCHED // max(vectors.shape[1], 1))
    for i in range(min(ahead, size)):
        fetch_row(vectors, np.int64(ids[key_row(keys[i])]))
    bounded = to_value > 0.0 and capacity > 0
    found, done = np.int64(0), np.int64(0)
    for i in range(size):
        place, estimate = key_row(keys[i]), key_distance(keys[i])
        if i >= sure and bounded and found == capacity:
            slack = eps * slack_of(place, estimate, bits, tails, owner, scores, spread)
            if estimate - slack > np.float32(key_distance(best[found - 1]) * to_value):
                continue
        row = np.int64(ids[place])
        if i + ahead < size:
            fetch_row(vectors, np.int64(ids[key_row(keys[i + ahead])]))
        value = np.float32(distance(vectors, row, query, norm, metric))
        done += 1
        found, _ = pool_insert(best, found, capacity, make_key(value, row))
    return found, done


@kernel(
    types.int64(
        ROWS, QUERY, types.int64, QUERY, types.float64, types.int64, QUERY, BLOCKS, QUERY, IDS,
        BLOCKS, ROWS, IDS, IDS, read_only(types.boolean, 1), read_only(types.uint32, 1),
        types.int64, types.float64, types.int64, types.float64, types.float64, types.int64,
        writable(types.uint64, 1), writable(types.uint64, 1),
        writable(types.int32, 1), writable(types.float64, 1), writable(types.int64, 1),
    )
)  # fmt: skip
def ivf_search(
    vectors: Any,
    query: Any,
    metric: Any,
    center: Any,
    unit: Any,
    bits: Any,
    signs: Any,
    lists: Any,
    radii: Any,
    starts: Any,
    blocks: Any,
    tails: Any,
    ids: Any,
    owner: Any,
    mask: Any,
    words: Any,
    probes: Any,
    reach: Any,
    fewest: Any,
    ease: Any,
    eps: Any,
    rerank: Any,
    keys: Any,
    best: Any,
    out: Any,
    values: Any,
    spent: Any,
) -> Any:
    """The len(best) nearest rows that pass, approximately; returns how many were found.

    `bits` is 1, 4 or 8, `lists` are the centroids as 8-bit blocks and `radii` their rows' spread, list l is blocks[starts[l] : starts[l + 1]]; `tails` is the
    float32 view of `blocks`, owner[b] the list of block b. `words` has one bit per place in the blocks, else `mask` one byte
    per row; both empty: all rows. `keys` is scratch, longer than `rerank`. Fills `spent` with lists, blocks
    and rows scored, and rows re-ranked.
    """
    vectors, query, center = borrowed(vectors), borrowed(query), borrowed(center)
    signs, lists, radii = borrowed(signs), borrowed(lists), borrowed(radii)
    starts, blocks, tails = borrowed(starts), borrowed(blocks), borrowed(tails)
    ids, owner, mask = borrowed(ids), borrowed(owner), borrowed(mask)
    words, keys, best = borrowed(words), borrowed(keys), borrowed(best)
    out, values, spent = borrowed(out), borrowed(values), borrowed(spent)
    count = starts.shape[0] - 1
    wanted = best.shape[0]
    is_ip = metric == IP
    weight = np.float32(-1) if is_ip else np.float32(-2)
    dimensions = (signs.shape[0] // 4) if bits == 1 else query.shape[0]
    y = np.empty(max(dimensions, query.shape[0]), np.float32)
    square = to_space(query, metric, center, unit, y)
    list_bytes = lists.shape[1] - TAIL
    code_bytes = blocks.shape[1] - TAIL
    codes = np.empty(max(list_bytes, 2 * code_bytes if bits == 4 else 0) // BLOCK, np.int8)
    step, total = encode_query(y[: query.shape[0]], codes)
    scores = np.empty(lists.shape[0] * BLOCK, np.float32)
    scale, shift = weight * step, -weight * step * np.float32(128) * total
    base = np.float32(0) if is_ip else square
    for b in range(lists.shape[0]):
        scan_dots(
            lists.ctypes.data + b * lists.shape[1], list_bytes, codes.ctypes.data,
            scale, shift, base, -INFINITE, scores.ctypes.data + b * BLOCK * 4,
        )  # fmt: skip
    bounds = scores
    if is_ip and reach > 0.0:
        toward = np.float32(reach * math.sqrt(square))
        bounds = np.empty(count, np.float32)
        for i in range(count):
            bounds[i] = scores[i] - toward * radii[i]
    numbers = np.empty(2 * count + BUCKETS, np.int32)
    order = numbers[:count]
    order_lists(bounds, order, numbers[count : 2 * count], numbers[2 * count :])

    tables = np.empty(code_bytes if bits == 1 else 0, np.uint8)
    if bits == 1:
        rotate(y, signs)
        step, least = fill_tables(y, tables)
        scale, shift = weight * step, weight * least
    elif bits == 4:
        shift = -scale * np.float32(MIDDLE) * total
    estimates = np.empty(BLOCK, np.float32)
    near = np.empty(wanted if wanted <= NEAR else 0, np.float32)
    near[:] = INFINITE
    limit = INFINITE
    spread = (np.float32(math.sqrt(square)), step, weight)
    fine, apart = bits != 1 and metric != L1, np.float32(2.0 * eps)
    capacity = keys.shape[0]
    size = np.int64(0)
    scanned, blocks_scanned = np.int64(0), np.int64(0)
    seen, passed = np.int64(1), np.int64(1)
    filtered = words.shape[0] > 0 or mask.shape[0] > 0
    stride = blocks.shape[1]
    for rank in range(count):
        here = np.int64(order[rank])
        kth = near[wanted - 1] if wanted <= NEAR else limit
        far = reach > 0.0 and kth < INFINITE
        if is_ip:
            far = far and bounds[here] > kth
        elif far:
            wide = reach
            if filtered:
                wide = reach * (np.float64(passed) / np.float64(seen)) ** ease
            away, radius = bounds[here], radii[here]
            toward = np.float32(TOWARD) * radius * math.sqrt(max(away, np.float32(0)))
            far = away > np.float32(wide) * kth and away + radius * radius - toward > kth
        enough = size >= wanted and blocks_scanned * BLOCK >= fewest
        if enough and (far or scanned >= probes):
            if filtered and scanned < probes:
                continue  # farther lists may spread wider
            break
        if bits == 1:
            base = scores[here]
        if rank + 1 < count:
            fetch(blocks, np.int64(starts[order[rank + 1]]))
        any_passed = False
        for b in range(starts[here], starts[here + 1]):
            word = ALL_LANES
            if words.shape[0] > 0:
                word = words[b]
            elif mask.shape[0] > 0:
                word = passing(mask, ids, b)
            if filtered:
                seen += BLOCK
                passed += ones(word)
            if word == np.uint32(0):
                continue
            any_passed = True
            blocks_scanned += 1
            address = blocks.ctypes.data + b * stride
            if bits == 1:
                hits = scan_tables(
                    address, code_bytes, tables.ctypes.data,
                    scale, shift, base, limit, estimates.ctypes.data,
                )  # fmt: skip
            elif bits == 4:
                hits = scan_nibbles(
                    address, code_bytes, codes.ctypes.data,
                    scale, shift, base, limit, estimates.ctypes.data,
                )  # fmt: skip
            else:
                hits = scan_dots(
                    address, code_bytes, codes.ctypes.data,
                    scale, shift, base, limit, estimates.ctypes.data,
                )  # fmt: skip
            hits &= word
            while hits != np.uint32(0):
                lane = lowest_bit(hits)
                hits &= hits - np.uint32(1)
                value = estimates[lane]
                if wanted <= NEAR and value < near[wanted - 1]:
                    note_near(near, value)
                    kth = near[wanted - 1]
                    if fine and kth < INFINITE:
                        place = b * BLOCK + lane
                        slack = slack_of(place, kth, bits, tails, owner, scores, spread)
                        limit = min(limit, kth + apart * slack)
                keys[size] = make_key(value, b * BLOCK + lane)
                size += 1
                if size == capacity:
                    select_smallest(keys, size, rerank)
                    size = rerank
                    limit = min(limit, key_distance(keys[size - 1]))
        scanned += np.int64(any_passed)
    if size > rerank:
        select_smallest(keys, size, rerank)
        size = rerank

    sure = min(size, 2 * wanted if bits == 1 else wanted + SPARE)
    if sure < size:
        select_smallest(keys, size, sure)
    to_value = 0.0 if metric == L1 else 1.0 / (unit * unit)
    if metric == COSINE:
        to_value = 2.0
    found, done = exact_best(
        keys, size, sure, ids, np.float32(eps), bits, tails, owner, scores, spread,
        vectors, query, metric, to_value, best,
    )  # fmt: skip
    finish(best, found, vectors, query, metric, out, values)
    spent[0] = scanned
    spent[1] = blocks_scanned
    spent[2] = blocks_scanned * BLOCK
    spent[3] = done
    return found
