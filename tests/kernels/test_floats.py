"""float32 sums of any length and alignment, beside plain numpy."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from vecsql.kernels import reference
from vecsql.kernels.distance import distances
from vecsql.kernels.floats import sum_differences, sum_products, sum_squares


@numba.njit
def sums(x, y):
    a, b, n = x.ctypes.data, y.ctypes.data, x.shape[0]
    return sum_squares(a, b, n), sum_products(a, b, n), sum_differences(a, b, n)


@pytest.mark.parametrize("n", [0, 1, 2, 15, 16, 17, 31, 48, 50, 63, 64, 65, 100, 384, 1000])
@pytest.mark.parametrize("shift", [0, 1, 5])
def test_sums_of_any_length_and_start(n, shift):
    rng = np.random.default_rng(n)
    x, y = (rng.standard_normal(n + shift, dtype=np.float32)[shift:] for _ in range(2))
    x.flags.writeable = False
    wide = x.astype(np.float64), y.astype(np.float64)
    expected = ((wide[0] - wide[1]) ** 2).sum(), wide[0] @ wide[1], np.abs(wide[0] - wide[1]).sum()
    np.testing.assert_allclose(sums(x, y), expected, rtol=1e-5, atol=1e-5)


def test_nothing_is_read_behind_the_last_element():
    room = np.full(40, np.nan, np.float32)
    room[:17] = 1
    assert sums(room[:17], room[:17]) == (0, 17, 0)


@pytest.mark.parametrize("metric", [reference.L2, reference.IP, reference.COSINE, reference.L1])
def test_values_that_are_no_numbers(metric):
    rows = np.ones((4, 20), np.float32)
    rows[1, 19], rows[2, 3], rows[3, 0] = np.nan, np.inf, -np.inf
    query = np.ones(20, np.float32)
    out = np.empty(4)
    distances(rows, query, metric, np.empty(0, np.int32), False, out)
    np.testing.assert_array_equal(np.isnan(out), np.isnan(reference.distances(rows, query, metric)))
