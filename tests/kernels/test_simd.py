"""Integer SIMD at every level this machine has against numpy, and the order of keys."""

from __future__ import annotations

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecsql.kernels import simd
from vecsql.kernels.topk import key_distance, key_row, make_key, pool_insert, select

LEVELS = simd.LEVELS[: simd.LEVELS.index(simd.LEVEL) + 1]


@pytest.fixture(scope="module", params=LEVELS)
def pair(request):
    dot, difference = simd._dot_at(request.param), simd._difference_at(request.param)

    @numba.njit
    def both(x, y):
        n = x.shape[0]
        return dot(x.ctypes.data, y.ctypes.data, n), difference(x.ctypes.data, y.ctypes.data, n)

    return both


@pytest.mark.parametrize("blocks", [0, 1, 2, 3, 7, 32])
@pytest.mark.parametrize("offset", [0, 1, 13])
def test_integer_sums_are_exact(pair, blocks, offset):
    rng = np.random.default_rng(blocks)
    n = 64 * blocks
    x, y = rng.integers(-127, 128, (2, n + offset)).astype(np.int8)[:, offset:]
    wide, other = x.astype(np.int64), y.astype(np.int64)
    assert pair(x, y) == (wide @ other, np.abs(wide - other).sum())


def test_extreme_codes_do_not_saturate(pair):
    for a in (-127, 127):
        for b in (-127, 127):
            x, y = np.full(4096, a, np.int8), np.full(4096, b, np.int8)
            assert pair(x, y) == (a * b * 4096, abs(a - b) * 4096)


def test_bytes_opposite_zero_do_not_count_in_a_dot(pair):
    rng = np.random.default_rng(0)
    x = rng.integers(-127, 128, 128).astype(np.int8)
    y = x.copy()
    x[-8:] = 0
    y[-8:] = -128  # any bits of the float32 values behind the codes
    assert pair(x, y)[0] == int(x.astype(int) @ x.astype(int))


@numba.njit
def keyed(distance, row):
    key = make_key(np.float32(distance), row)
    return key, key_distance(key), key_row(key)


FLOATS = st.floats(width=32, allow_nan=False)
ROWS = st.integers(0, 2**31 - 1)


@settings(deadline=None)  # the first call compiles
@given(FLOATS, ROWS, FLOATS, ROWS)
def test_keys_order_as_distance_then_row(a, i, b, j):
    first, distance, row = keyed(a, i)
    second, _, _ = keyed(b, j)
    assert (distance, row) == (a, i)
    if a < b or (a == b and i < j):
        assert first < second


def test_nan_keys_sort_behind_infinity():
    assert keyed(np.nan, 0)[0] > keyed(np.inf, 2**31 - 1)[0]
    assert keyed(-np.nan, 0)[0] > keyed(np.inf, 2**31 - 1)[0]


@numba.njit
def smallest_of(keys, pool):
    size = 0
    for key in keys:
        size, _ = pool_insert(pool, size, pool.shape[0], key)
    return size


@pytest.mark.parametrize("capacity", [0, 1, 2, 7, 8, 9, 127, 128, 129, 300, 1000])
@pytest.mark.parametrize("count", [0, 1, 96, 500, 3000])
def test_pool_keeps_the_smallest_in_order(capacity, count):
    keys = np.random.default_rng(count).integers(0, 2**64, count, np.uint64)
    pool = np.empty(capacity, np.uint64)
    size = smallest_of(keys, pool)
    np.testing.assert_array_equal(pool[:size], np.sort(keys)[:capacity])


@numba.njit
def selected(keys, count, wanted):
    return select(keys, count, wanted, np.empty(wanted, np.uint64))


@pytest.mark.parametrize("wanted", [1, 4, 20, 300])
@pytest.mark.parametrize("count", [0, 1, 7, 60, 257])
def test_select_brings_the_smallest_different_keys_to_the_front(wanted, count):
    keys = np.random.default_rng(count).integers(0, 2**63, count).astype(np.uint64)
    expected = np.sort(keys)[:wanted]
    kept = selected(keys, count, wanted)
    np.testing.assert_array_equal(keys[:kept], expected)
    doubled = np.concatenate([expected, expected])
    kept = selected(doubled, len(doubled), 2 * wanted)
    np.testing.assert_array_equal(doubled[:kept], expected)


@numba.njit
def near(values, limit):
    return simd.not_above(values.ctypes.data, np.float32(limit))


@pytest.mark.parametrize("limit", [-1.5, 0.0, 0.25, np.inf, -np.inf, np.nan])
@pytest.mark.parametrize("offset", [0, 1, 7])
def test_values_not_above_a_limit(limit, offset):
    values = np.random.default_rng(offset).standard_normal(40).astype(np.float32)[offset:]
    values[[3, 9, 31]] = np.nan, np.inf, limit
    expected = ~(values[:32] > np.float32(limit))
    assert near(values, limit) == sum(1 << i for i in range(32) if expected[i])
