"""Counting and moving ascending keys, beside plain numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from vecsql.kernels.ordered import count_below, move_up


@numba.njit
def counted(keys, key):
    return count_below(keys.ctypes.data, keys.shape[0], key)


@numba.njit
def moved(keys, low, size):
    move_up(keys.ctypes.data, low, size)


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 64, 100])
@pytest.mark.parametrize("key", [0, 2**32, 2**63, 2**64 - 1])
def test_counts_unsigned(count, key):
    keys = np.random.default_rng(count).integers(0, 2**64, count, np.uint64)
    keys.flags.writeable = False
    assert counted(keys, np.uint64(key)) == int((keys < np.uint64(key)).sum())


@pytest.mark.parametrize(("low", "size"), [(0, 0), (5, 5), (0, 1), (3, 12), (0, 40), (17, 40)])
def test_moves_one_place_up(low, size):
    keys = np.arange(41, dtype=np.uint64)
    expected = keys.copy()
    expected[low + 1 : size + 1] = keys[low:size]
    moved(keys, low, size)
    np.testing.assert_array_equal(keys, expected)
