"""Block scans at every level this machine has, against numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from vecsql.kernels import fastscan, simd
from vecsql.kernels.fastscan import BLOCK, TAIL

LEVELS = simd.LEVELS[: simd.LEVELS.index(simd.LEVEL) + 1]
WEIGHTS = (0.5, -3.0, 1.25)  # scale, shift, base


@pytest.fixture(scope="module", params=LEVELS)
def level(request):
    return request.param


@pytest.fixture(scope="module")
def scans(level):
    tables, dots = fastscan.table_scan_at(level), fastscan.dot_scan_at(level)
    nibbles = fastscan.nibble_scan_at(level)

    @numba.njit
    def scan(kind, block, length, query, scale, shift, base, limit, values):
        weights = np.float32(scale), np.float32(shift), np.float32(base), np.float32(limit)
        at, q, v = block.ctypes.data, query.ctypes.data, values.ctypes.data
        if kind == 1:
            return tables(at, length, q, weights[0], weights[1], weights[2], weights[3], v)
        if kind == 4:
            return nibbles(at, length, q, weights[0], weights[1], weights[2], weights[3], v)
        return dots(at, length, q, weights[0], weights[1], weights[2], weights[3], v)

    return scan


def block_of(codes, rng, offset=0):
    """A block with random A and F, at an address that is no multiple of anything."""
    tail = rng.standard_normal(2 * BLOCK).astype(np.float32)
    tail[5] = np.inf  # a place without a row
    room = np.empty(offset + len(codes) + TAIL, np.uint8)
    room[offset:] = np.concatenate([codes, tail.view(np.uint8)])
    room.setflags(write=False)
    return room[offset:], tail[:BLOCK], tail[BLOCK:]


def check(scan, kind, block, length, query, sums, bias, factor):
    scale, shift, base = WEIGHTS
    expected = bias + factor * (scale * sums + shift) + base
    limit = float(np.median(expected))
    values = np.empty(BLOCK, np.float32)
    hits = scan(kind, block, length, query, *WEIGHTS, limit, values)
    np.testing.assert_allclose(values, expected, rtol=1e-5, atol=1e-3)
    assert hits == sum(1 << i for i in range(BLOCK) if values[i] < np.float32(limit))
    assert not hits & (1 << 5)


@pytest.mark.parametrize("dimensions", [64, 128, 192, 384, 1536])
@pytest.mark.parametrize("offset", [0, 3])
def test_sums_over_tables(scans, dimensions, offset):
    rng = np.random.default_rng(dimensions)
    codes = rng.integers(0, 256, 4 * dimensions, dtype=np.uint8)
    tables = rng.integers(0, fastscan.MAX_ENTRY + 1, 4 * dimensions, dtype=np.uint8)
    groups = dimensions // 4
    sums = np.zeros(BLOCK)
    for lane in range(BLOCK):
        low = lane % 16
        nibbles = codes.reshape(groups, 16)[:, 2 * (low % 8) + low // 8] >> (4 * (lane // 16)) & 15
        sums[lane] = tables.reshape(groups, 16)[np.arange(groups), nibbles].sum(dtype=np.int64)
    block, bias, factor = block_of(codes, rng, offset)
    check(scans, 1, block, len(codes), tables, sums, bias, factor)


def test_the_largest_tables_do_not_overflow(scans):
    rng = np.random.default_rng(0)
    dimensions = 4096  # 1,024 look-ups of 63
    codes = np.full(4 * dimensions, 255, np.uint8)
    tables = np.full(4 * dimensions, fastscan.MAX_ENTRY, np.uint8)
    block, bias, factor = block_of(codes, rng)
    sums = np.full(BLOCK, fastscan.MAX_ENTRY * dimensions // 4)
    check(scans, 1, block, len(codes), tables, sums, bias, factor)


@pytest.mark.parametrize("dimensions", [4, 8, 52, 128, 384])
@pytest.mark.parametrize("extreme", [False, True])
def test_dot_products(scans, dimensions, extreme):
    rng = np.random.default_rng(dimensions)
    codes = rng.integers(0, 256, BLOCK * dimensions, dtype=np.uint8)
    query = rng.integers(-63, 64, dimensions).astype(np.int8)
    if extreme:
        codes[:], query[:] = 255, fastscan.QUERY_LIMIT
    by_row = codes.reshape(dimensions // 4, BLOCK, 4).transpose(1, 0, 2).reshape(BLOCK, -1)
    block, bias, factor = block_of(codes, rng, 1)
    sums = by_row.astype(np.int64) @ query.astype(np.int64)
    check(scans, 8, block, len(codes), query, sums, bias, factor)


@pytest.mark.parametrize("dimensions", [8, 56, 128, 384])
@pytest.mark.parametrize("extreme", [False, True])
def test_dot_products_with_nibbles(scans, dimensions, extreme):
    rng = np.random.default_rng(dimensions)
    codes = rng.integers(0, 256, BLOCK * dimensions // 2, dtype=np.uint8)
    query = rng.integers(-63, 64, dimensions).astype(np.int8)
    if extreme:
        codes[:], query[:] = 255, -fastscan.QUERY_LIMIT
    packed = codes.reshape(dimensions // 8, BLOCK, 1, 4) >> np.array([[0], [4]], np.uint8) & 15
    by_row = packed.transpose(1, 0, 2, 3).reshape(BLOCK, -1)
    block, bias, factor = block_of(codes, rng, 1)
    sums = by_row.astype(np.int64) @ query.astype(np.int64)
    check(scans, 4, block, len(codes), query, sums, bias, factor)


@pytest.mark.parametrize("dimensions", [4, 52, 384])
def test_dot_products_of_four_queries(level, dimensions):
    four = fastscan.dots_of_four_at(level)

    @numba.njit
    def run(block, length, queries, out):
        four(block.ctypes.data, length, queries.ctypes.data, out.ctypes.data)

    rng = np.random.default_rng(dimensions)
    codes = rng.integers(0, 256, BLOCK * dimensions, dtype=np.uint8)
    queries = rng.integers(-63, 64, (4, dimensions)).astype(np.int8)
    out = np.empty((4, BLOCK), np.int32)
    run(codes, len(codes), queries, out)
    by_row = codes.reshape(dimensions // 4, BLOCK, 4).transpose(1, 0, 2).reshape(BLOCK, -1)
    np.testing.assert_array_equal(out, queries.astype(int) @ by_row.T.astype(int))


def test_lowest_bit():
    @numba.njit
    def run(word):
        return fastscan.lowest_bit(np.uint32(word))

    assert [run(w) for w in (1, 2, 12, 0x80000000, 0)] == [0, 1, 2, 31, 32]
