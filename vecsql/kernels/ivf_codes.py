"""Codes of an inverted file: rows and centroids as blocks that `fastscan` scans.

Everything here is in the index's own space: y = (x * factor - center) / unit, where factor normalises for cosine. What a scan
estimates is |y - q|^2, or -<y, q> for inner products, which have no centre.

* 8-bit rows decode to y^ = F (code - 128); A = |y^|^2 (0 for inner products), weight w = -2 (-1), shift = -128 w times the query's sum.
* 4-bit rows decode to y^ = F (code - 7.5), F such that <y, y^> = |y|^2, and A = |y|^2: then an estimate is off by 2 <y^ - y, q - y>, little
  for near rows; shift = -7.5 w times the query's sum.
* 1-bit rows (RaBitQ) code the signs s of the rotated residual r = y - c. <r, q> is estimated without bias as |r|^2 / <r, s> times
  <s, q>; so F = |r|^2 / <r, s>, and with s known, A = |r|^2 + 2 F <s, c> (for inner products F <s, c> - <r, c>) makes
  v = A + w F <s, q> + base, base = |q - c|^2 (or -<q, c>), free of per-list work on the query.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.distance import QUERY, ROWS
from vecsql.kernels.fastscan import BLOCK
from vecsql.kernels.jit import borrowed, helper, inlined, kernel, read_only, writable
from vecsql.kernels.quantized import LARGEST_BIAS, LARGEST_SCALE, norm_of
from vecsql.kernels.reference import COSINE, IP
from vecsql.kernels.rotation import rotate

IDS = read_only(types.int32, 1)
BYTES = writable(types.uint8, 2)
REALS = writable(types.float32, 2)
MIDDLE = 7.5  # of 4-bit codes
# Of the largest magnitude: those beyond are cut off where the codes then point more the way of the row.
CLIPS = (1.0, 0.85, 0.7)


@helper
def to_space(row: Any, metric: Any, center: Any, unit: Any, out: Any) -> Any:
    """Write y of `row` to out[:d], zeros behind; returns |y|^2 (float32)."""
    factor = 1.0 / unit
    if metric == COSINE:
        norm = norm_of(row)
        factor = factor / norm if norm > 0.0 else 0.0
    shrink = 1.0 / unit
    dimensions = row.shape[0]
    total = np.float32(0)
    for j in range(dimensions):
        value = np.float32(np.float64(row[j]) * factor - np.float64(center[j]) * shrink)
        out[j] = value
        total += value * value
    for j in range(dimensions, out.shape[0]):
        out[j] = np.float32(0)
    return total


@helper
def largest_of(values: Any) -> Any:
    """The largest magnitude (float32); 0 when there is none."""
    largest = np.float32(0)
    for j in range(values.shape[0]):
        largest = max(largest, abs(values[j]))
    return largest


@helper
def write_dots(values: Any, metric: Any, block: Any, tail: Any, lane: Any) -> None:
    """Write the 8-bit codes of values[:d] as row `lane` of a block (bytes) with its `tail` (float32)."""
    largest = largest_of(values)
    scale = largest / np.float32(127)
    to_code = np.float32(127) / largest if largest > np.float32(0) else np.float32(0)
    square = np.int64(0)
    for j in range(values.shape[0]):
        code = np.int64(np.rint(values[j] * to_code))
        square += code * code
        block[(j >> 2) * (4 * BLOCK) + 4 * lane + (j & 3)] = np.uint8(code + 128)
    scale = min(scale, LARGEST_SCALE)
    bias = np.float32(0)
    if metric != IP:
        bias = min(scale * scale * np.float32(square), LARGEST_BIAS)
    tail[lane] = bias
    tail[BLOCK + lane] = scale


@inlined
def nibble_of(value: Any, to_code: Any) -> Any:
    """The 4-bit code of a value."""
    code = np.int64(np.rint(value * to_code + MIDDLE))
    return min(max(code, np.int64(0)), np.int64(15))


@helper
def write_nibbles(values: Any, metric: Any, block: Any, tail: Any, lane: Any) -> None:
    """Write the 4-bit codes of values[:d] as row `lane` of a block of zeros (bytes) with its `tail` (float32)."""
    largest = np.float64(largest_of(values))
    square = np.float64(0)
    for j in range(values.shape[0]):
        square += np.float64(values[j]) * np.float64(values[j])
    best, factor, to_code = np.float64(0), np.float64(0), np.float64(0)
    if largest > 0.0:
        for clip in CLIPS:
            along, length = np.float64(0), np.float64(0)
            stretch = MIDDLE / (clip * largest)
            for j in range(values.shape[0]):
                code = np.float64(nibble_of(values[j], stretch)) - MIDDLE
                along += code * values[j]
                length += code * code
            if along * along > best * length:
                best, factor, to_code = along * along / length, square / along, stretch
    for j in range(values.shape[0]):
        code = nibble_of(values[j], to_code)
        block[(j >> 3) * (4 * BLOCK) + 4 * lane + (j & 3)] |= np.uint8(code << (j & 4))
    tail[lane] = np.float32(0) if metric == IP else min(np.float32(square), LARGEST_BIAS)
    tail[BLOCK + lane] = min(np.float32(factor), LARGEST_SCALE)


@helper
def write_bits(
    residual: Any, center: Any, dot: Any, square: Any, metric: Any, block: Any, tail: Any, lane: Any
) -> None:
    """Write the signs of a rotated residual as row `lane`; `center` is its list's, rotated.

    `dot` is <r, c>, `square` is |r|^2.
    """
    total = np.float32(0)
    along = np.float32(0)
    low = lane & 15
    byte = 2 * (low & 7) + (low >> 3)
    shift = (lane >> 4) * 4
    for group in range(residual.shape[0] >> 2):
        nibble = 0
        for t in range(4):
            value = residual[4 * group + t]
            total += abs(value)
            if value > np.float32(0):
                nibble |= 1 << t
                along += center[4 * group + t]
            else:
                along -= center[4 * group + t]
        block[16 * group + byte] |= np.uint8(nibble << shift)
    factor = min(square / total, LARGEST_SCALE) if total > np.float32(0) else np.float32(0)
    bias = factor * along - dot if metric == IP else square + np.float32(2) * factor * along
    tail[lane] = max(min(bias, LARGEST_BIAS), -LARGEST_BIAS)
    tail[BLOCK + lane] = factor


@kernel(
    types.void(
        ROWS,
        types.int64,
        QUERY,
        types.float64,
        IDS,
        types.int64,
        types.int64,
        types.int64,
        types.int64,
        BYTES,
        REALS,
    )
)
def encode_dots(
    vectors: Any,
    metric: Any,
    center: Any,
    unit: Any,
    ids: Any,
    bits: Any,
    code_bytes: Any,
    start: Any,
    stop: Any,
    blocks: Any,
    tails: Any,
) -> None:
    """Fill blocks[start:stop] with codes of 4 or 8 `bits` of the rows ids[32 start : 32 stop]; -1 is an empty place.

    `tails` is the float32 view of `blocks`.
    """
    vectors, center, ids = borrowed(vectors), borrowed(center), borrowed(ids)
    blocks, tails = borrowed(blocks), borrowed(tails)
    y = np.empty(vectors.shape[1], np.float32)
    first = code_bytes >> 2
    for b in range(start, stop):
        blocks[b, :] = 0
        for lane in range(BLOCK):
            row = ids[b * BLOCK + lane]
            if row < 0:
                tails[b, first + lane] = np.inf
                continue
            to_space(vectors[row], metric, center, unit, y)
            if bits == 4:
                write_nibbles(y, metric, blocks[b], tails[b, first:], lane)
            else:
                write_dots(y, metric, blocks[b], tails[b, first:], lane)


@kernel(
    types.void(
        ROWS, types.int64, QUERY, types.float64, IDS, IDS, ROWS, ROWS, QUERY,
        types.int64, types.int64, types.int64, BYTES, REALS,
    )
)  # fmt: skip
def encode_bits(
    vectors: Any,
    metric: Any,
    center: Any,
    unit: Any,
    ids: Any,
    owner: Any,
    centroids: Any,
    rotated: Any,
    signs: Any,
    code_bytes: Any,
    start: Any,
    stop: Any,
    blocks: Any,
    tails: Any,
) -> None:
    """Fill blocks[start:stop] with 1-bit codes; as encode_dots.

    owner[b] is the list of block b, `centroids` (L, d) and `rotated` (L, D) its centroids in index space.
    """
    vectors, center, ids = borrowed(vectors), borrowed(center), borrowed(ids)
    owner, centroids, rotated = borrowed(owner), borrowed(centroids), borrowed(rotated)
    signs, blocks, tails = borrowed(signs), borrowed(blocks), borrowed(tails)
    dimensions = rotated.shape[1]
    y = np.empty(dimensions, np.float32)
    first = code_bytes >> 2
    for b in range(start, stop):
        blocks[b, :] = 0
        around = centroids[owner[b]]
        for lane in range(BLOCK):
            row = ids[b * BLOCK + lane]
            if row < 0:
                tails[b, first + lane] = np.inf
                continue
            to_space(vectors[row], metric, center, unit, y)
            square, dot = np.float32(0), np.float32(0)
            for j in range(around.shape[0]):
                y[j] -= around[j]
                square += y[j] * y[j]
                dot += y[j] * around[j]
            rotate(y, signs)
            write_bits(y, rotated[owner[b]], dot, square, metric, blocks[b], tails[b, first:], lane)


@kernel(types.void(ROWS, types.int64, QUERY, types.float64, QUERY, types.int64, types.int64, REALS))
def transform(
    vectors: Any,
    metric: Any,
    center: Any,
    unit: Any,
    signs: Any,
    start: Any,
    stop: Any,
    out: Any,
) -> None:
    """Write vectors[start:stop] in index space to `out`, zero-padded, and rotated where `signs` is not empty."""
    vectors, center, signs = borrowed(vectors), borrowed(center), borrowed(signs)
    out = borrowed(out)
    for i in range(start, stop):
        to_space(vectors[i], metric, center, unit, out[i])
        if signs.shape[0] > 0:
            rotate(out[i], signs)


@kernel(types.int64(ROWS, read_only(types.boolean, 1), types.int64, writable(types.boolean, 1)))
def indexable(vectors: Any, valid: Any, metric: Any, out: Any) -> Any:
    """Tell which rows are indexed: those where `valid` (empty: all) is True, for cosine no zero vectors; how many."""
    count = np.int64(0)
    for i in range(vectors.shape[0]):
        shown = valid.shape[0] == 0 or valid[i]
        if shown and metric == COSINE:
            norm = norm_of(vectors[i])
            shown = norm > 0.0 and not math.isnan(norm)
        out[i] = shown
        count += np.int64(shown)
    return count
