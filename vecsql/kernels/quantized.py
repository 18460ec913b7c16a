"""SQ8 rows: int8 codes and two floats in one run of cache lines, and distances between them; 4-bit rows made of these.

A row is `stride` bytes, a multiple of 64: codes from the front, and at the very end float32 scale and bias. The
query's bytes over those two are zero, so that one dot product runs over whole rows. With codes c of
(x - center) / unit, a distance is

    offset + w_bias * bias + w_scale * scale * dot(c, query codes)

l2, cosine: bias = |x^|^2 of the decoded row, w = (1, -2 query scale), which is |x^ - q^|^2 - |q^|^2; cosine is l2 over
normalised rows. ip: no centre, bias = 0, w = (0, -2 query scale); graphs built on inner products themselves found more
than those built in the space lifted by one dimension that makes the search Euclidean (recall@10 of .92 against .71 on
GloVe). l1: one step for all rows, zeros at the end, and the sum of code differences is the distance.
A NaN bias marks a row that is not indexed.

A 4-bit row has half the bytes, which is what a walk waits for: codes of -7 .. 7, plus 8, as simd.packed_dot reads them, then
scale and bias, which is |x|^2 for inner products, too. The scale makes its dot products right on average, |x|^2 / <x, codes>, as RaBitQ's (Gao and Long, 2024). Rows
are known to be such by being shorter than the codes of a query.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.distance import QUERY, ROWS
from vecsql.kernels.jit import borrowed, helper, inlined, kernel, read_only, writable
from vecsql.kernels.reference import COSINE, IP, L1
from vecsql.kernels.simd import BIAS as DOT_BIAS
from vecsql.kernels.simd import biased_dot, difference_i8, dot_i8, packed_dot

SCALE, BIAS = -2, -1  # columns of the float32 view of the rows
HEAD_BYTES = 8
ZERO = 8  # the 4-bit code of zero
FINEST = 7  # the largest 4-bit code from there
# shares of a row's largest code that its largest 4-bit code may stand for: cutting off the tails leaves finer steps
CLIPS = (1.0, 0.85, 0.72, 0.61, 0.52)
LARGEST_BIAS, LARGEST_SCALE = np.float32(1e30), np.float32(1e15)  # products stay finite

CODES = read_only(types.int8, 2)
HEADS = read_only(types.float32, 2)


@helper
def norm_of(row: Any) -> Any:
    """|x| in float64: float32 squares may overflow."""
    total = 0.0
    for j in range(row.shape[0]):
        total += np.float64(row[j]) * np.float64(row[j])
    return math.sqrt(total)


@helper
def shifted(value: Any, factor: Any, center: Any, shrink: Any) -> Any:
    """One coordinate as it is coded: normalised, centred, in units."""
    return (np.float64(value) * factor - np.float64(center)) * shrink


@helper
def encode(row: Any, factor: Any, center: Any, unit: Any, metric: Any, codes: Any) -> Any:
    """Write int8 codes of row * factor - center, zeros behind them; returns the scale (float32)."""
    dimensions = row.shape[0]
    shrink = 1.0 / unit
    largest = 0.0
    for j in range(dimensions):
        size = abs(shifted(row[j], factor, center[j], shrink))
        largest = max(largest, size)
    if metric == L1:
        largest = 127.0
    to_code = 127.0 / largest if largest > 0.0 else 0.0
    for j in range(dimensions):
        value = shifted(row[j], factor, center[j], shrink) * to_code
        codes[j] = np.int8(np.rint(min(max(value, -127.0), 127.0)))
    for j in range(dimensions, codes.shape[0]):
        codes[j] = 0
    return np.float32(min(largest / 127.0, np.float64(LARGEST_SCALE)))


@helper
def prepare_query(query: Any, center: Any, unit: Any, metric: Any, codes: Any) -> Any:
    """Encode a query; returns (w_bias, w_scale)."""
    if metric == COSINE:
        norm = norm_of(query)
        scale = encode(query, 1.0 / norm if norm > 0.0 else 0.0, center, unit, metric, codes)
        return np.float32(1), np.float32(-2) * scale
    if metric == IP:
        scale = encode(query, 1.0, center, unit, metric, codes)
        return np.float32(0), np.float32(-2) * scale
    scale = encode(query, 1.0, center, unit, metric, codes)
    return np.float32(1), np.float32(-2) * scale


@helper
def query_excess(codes: Any) -> Any:
    """What biased_dot() with these codes as its query gives above their dot product (int32)."""
    total = np.int64(0)
    for j in range(codes.shape[0]):
        total += np.int64(codes[j])
    return np.int32(DOT_BIAS * total)


@inlined
def is_packed(rows: Any, codes: Any) -> Any:
    """Whether these are 4-bit rows, given a query's codes."""
    return codes.shape[0] > rows.shape[1]


@helper
def walk_excess(rows: Any, codes: Any) -> Any:
    """What the products that walk_distance() takes of such rows with a query's codes give above the true ones (int32)."""
    if not is_packed(rows, codes):
        return query_excess(codes)
    total = np.int64(0)
    for j in range(codes.shape[0]):
        total += np.int64(codes[j])
    return np.int32(ZERO * total)


@inlined
def walk_distance(
    rows: Any, heads: Any, row: Any, codes: Any, excess: Any, weights: Any, manhattan: Any
) -> Any:
    """As code_distance, for 4-bit rows as well; `excess` comes from walk_excess()."""
    stride = rows.shape[1]
    address = rows.ctypes.data + row * stride
    if manhattan:
        return np.float32(difference_i8(codes.ctypes.data, address, stride))
    if is_packed(rows, codes):
        dot = packed_dot(address, codes.ctypes.data, stride - HEAD_BYTES) - excess
    else:
        dot = biased_dot(address, codes.ctypes.data, stride) - excess
    last = heads.shape[1] - 1
    scaled = heads[row, last - 1] * np.float32(dot)
    return weights[0] + weights[1] * heads[row, last] + weights[2] * scaled


@inlined
def code_distance(rows: Any, heads: Any, row: Any, codes: Any, weights: Any, manhattan: Any) -> Any:
    """Distance (float32) of an SQ8 row to encoded `codes`; weights = (offset, w_bias, w_scale)."""
    stride = rows.shape[1]
    address = rows.ctypes.data + row * stride
    if manhattan:
        return np.float32(difference_i8(codes.ctypes.data, address, stride))
    dot = np.float32(dot_i8(codes.ctypes.data, address, stride))
    head = heads[row]
    last = head.shape[0] - 1
    return weights[0] + weights[1] * head[last] + weights[2] * (head[last - 1] * dot)


@kernel(
    types.int64(
        ROWS,
        read_only(types.boolean, 1),
        types.int64,
        QUERY,
        types.float64,
        types.int64,
        types.int64,
        writable(types.int8, 2),
        writable(types.float32, 2),
    )
)
def quantise(
    vectors: Any,
    valid: Any,
    metric: Any,
    center: Any,
    unit: Any,
    start: Any,
    stop: Any,
    rows: Any,
    heads: Any,
) -> Any:
    """Encode vectors[start:stop] into `rows`, of which `heads` is the float32 view; returns how many are indexed.

    Rows where a non-empty `valid` is False and, for cosine, zero vectors are marked as not indexed.
    """
    vectors, valid, center = borrowed(vectors), borrowed(valid), borrowed(center)
    rows, heads = borrowed(rows), borrowed(heads)
    count = np.int64(0)
    for i in range(start, stop):
        factor = 1.0
        if metric == COSINE:
            norm = norm_of(vectors[i])
            factor = 1.0 / norm if norm > 0.0 else 0.0
        if (valid.shape[0] > 0 and not valid[i]) or factor == 0.0:
            rows[i, :] = 0
            heads[i, BIAS] = np.nan
            continue
        count += 1
        scale = encode(vectors[i], factor, center, unit, metric, rows[i])
        if metric == L1:
            continue
        address = rows.ctypes.data + i * rows.shape[1]
        square = np.float32(dot_i8(address, address, rows.shape[1]))
        heads[i, SCALE] = scale
        heads[i, BIAS] = (
            np.float32(0) if metric == IP else min(scale * scale * square, LARGEST_BIAS)
        )
    return count


@helper
def coarsest(row: Any, largest: Any) -> Any:
    """(factor from int8 to 4-bit codes that keeps the direction of `row` best, <row, codes> / |codes|^2 times <row, codes>)."""
    factor, kept = np.float32(0), np.float32(0)
    for clip in CLIPS:
        here = np.float32(FINEST) / (np.float32(clip) * largest)
        along, square = np.float32(0), np.float32(0)
        for j in range(row.shape[0]):
            code = np.rint(min(max(row[j] * here, np.float32(-FINEST)), np.float32(FINEST)))
            along += code * row[j]
            square += code * code
        if along * along > kept * square:
            factor, kept = here, along * along / square
    return factor, kept


@kernel(
    types.float64(
        CODES, HEADS, types.int64, types.int64, types.int64,
        writable(types.int8, 2), writable(types.float32, 2),
    )
)  # fmt: skip
def pack(
    rows: Any,
    heads: Any,
    dimensions: Any,
    start: Any,
    stop: Any,
    packed: Any,
    packed_heads: Any,
) -> Any:
    """Write the 4-bit rows of the SQ8 rows[start:stop], which are not of l1, to `packed` with its float32 view.

    Returns the sum over the indexed ones of what share of the squared length is not along the codes.
    """
    rows, heads, packed = borrowed(rows), borrowed(heads), borrowed(packed)
    packed_heads = borrowed(packed_heads)
    lost = 0.0
    values = np.zeros(2 * (packed.shape[1] - HEAD_BYTES), np.float32)
    codes = np.empty(values.shape[0], np.uint8)
    for i in range(start, stop):
        packed_heads[i, SCALE], packed_heads[i, BIAS] = np.float32(0), heads[i, BIAS]
        square, largest = np.float32(0), np.float32(0)
        for j in range(dimensions):
            values[j] = np.float32(rows[i, j])
            square += values[j] * values[j]
            largest = max(largest, abs(values[j]))
        factor = np.float32(0)
        if largest > 0 and heads[i, BIAS] == heads[i, BIAS]:
            factor, kept = coarsest(values[:dimensions], largest)
            lost += 1.0 - kept / square
            length = heads[i, SCALE] * np.float32(math.sqrt(square))
            packed_heads[i, BIAS] = min(length * length, LARGEST_BIAS)
        along = np.float32(0)
        for j in range(values.shape[0]):
            code = np.rint(min(max(values[j] * factor, np.float32(-FINEST)), np.float32(FINEST)))
            along += code * values[j]
            codes[j] = np.uint8(np.int64(code) + ZERO)
        if along > 0:
            packed_heads[i, SCALE] = min(heads[i, SCALE] * (square / along), LARGEST_SCALE)
        for j in range(packed.shape[1] - HEAD_BYTES):
            place = 2 * (j - j % 64) + j % 64
            packed[i, j] = np.int8(codes[place] | (codes[place + 64] << np.uint8(4)))
    return lost
