"""float32 kernels against numpy, over odd lengths, unaligned and read-only memory, NaN, inf and nothing."""

from __future__ import annotations

import numpy as np
import pytest

from vecsql.kernels import reference
from vecsql.kernels.distance import distances, nearest
from vecsql.kernels.kinds import half_nearest

METRICS = [reference.L2, reference.IP, reference.COSINE, reference.L1]
NONE = np.empty(0, np.int32)
ALL = np.empty(0, np.bool_)


def exact(vectors, query, metric):
    """float64 all the way."""
    x, q = vectors.astype(np.float64), query.astype(np.float64)
    if metric == reference.L2:
        return np.sqrt(((x - q) ** 2).sum(axis=1))
    if metric == reference.L1:
        return np.abs(x - q).sum(axis=1)
    if metric == reference.IP:
        return -(x @ q)
    return 1 - (x @ q) / np.sqrt((x * x).sum(axis=1) * (q @ q))


def run(vectors, query, metric, positions=None):
    out = np.empty(len(vectors) if positions is None else len(positions), np.float64)
    shown = NONE if positions is None else positions
    distances(vectors, query, metric, shown, positions is not None, out)
    return out


def top(vectors, query, metric, k, mask=ALL):
    out, values = np.empty(k, np.int32), np.empty(k, np.float64)
    gather = len(mask) > 0
    positions = np.flatnonzero(mask).astype(np.int32)
    pool = np.empty(k, np.uint64)
    size = nearest(vectors, query, metric, positions, gather, pool, out, values)
    return out[:size], values[:size]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("d", [1, 2, 3, 7, 8, 15, 16, 17, 31, 33, 50, 127, 384, 1001])
def test_distances_match_float64_and_numpy(metric, d):
    rng = np.random.default_rng(d)
    vectors = rng.standard_normal((37, d), dtype=np.float32)
    query = rng.standard_normal(d, dtype=np.float32)
    got = run(vectors, query, metric)
    np.testing.assert_allclose(got, exact(vectors, query, metric), rtol=2e-5, atol=2e-5)
    np.testing.assert_allclose(
        reference.distances(vectors, query, metric), got, rtol=2e-5, atol=2e-5
    )


@pytest.mark.parametrize("metric", METRICS)
def test_gather_gives_the_same_bits_as_scan(metric):
    rng = np.random.default_rng(1)
    vectors = rng.standard_normal((100, 45), dtype=np.float32)
    positions = np.array([5, 99, 0, 5], np.int32)
    assert (
        run(vectors, vectors[3], metric)[positions] == run(vectors, vectors[3], metric, positions)
    ).all()


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("offset", [4, 8, 20, 36])
def test_any_four_byte_alignment_and_read_only_maps(tmp_path, metric, offset):
    rng = np.random.default_rng(2)
    plain = rng.standard_normal((64, 19), dtype=np.float32)
    path = tmp_path / "vectors"
    path.write_bytes(b"\0" * offset + plain.tobytes())
    mapped = np.memmap(path, np.float32, "r", offset, plain.shape)
    mask = rng.random(64) < 0.5
    mask.flags.writeable = False
    np.testing.assert_array_equal(run(mapped, mapped[9], metric), run(plain, plain[9], metric))
    for a, b in zip(
        top(mapped, mapped[9], metric, 5, mask), top(plain, plain[9], metric, 5, mask), strict=True
    ):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("metric", METRICS)
def test_infinities_and_nan_come_out_as_in_numpy(metric):
    vectors = np.zeros((5, 20), np.float32)
    vectors[0, 3], vectors[1, 4], vectors[2, 5], vectors[3] = np.inf, -np.inf, np.nan, 3e38
    query = np.ones(20, np.float32)
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(
            np.nan_to_num(run(vectors, query, metric), nan=-7),
            np.nan_to_num(reference.distances(vectors, query, metric), nan=-7),
        )


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 3, 10, 200])
def test_nearest_is_the_sorted_scan_with_ties_by_position(metric, k):
    rng = np.random.default_rng(3)
    vectors = rng.integers(-2, 3, (150, 3)).astype(np.float32)
    query = np.array([1, 0, 2], np.float32)
    for mask in (ALL, rng.random(150) < 0.3):
        shown = (
            np.arange(150, dtype=np.int32) if mask is ALL else np.flatnonzero(mask).astype(np.int32)
        )
        values = run(vectors, query, metric)[shown]
        expected, at = reference.smallest(values, shown, k)
        positions, found = top(vectors, query, metric, k, mask)
        np.testing.assert_array_equal(positions, expected)
        np.testing.assert_array_equal(found, at)


def test_nan_distances_come_last():
    vectors = np.array([[0, 0], [1, 0], [0, 0], [-1, 0]], np.float32)
    positions, values = top(vectors, np.array([1, 0], np.float32), reference.COSINE, 4)
    assert positions.tolist() == [1, 3, 0, 2]
    assert values[:2].tolist() == [0, 2]
    assert np.isnan(values[2:]).all()


@pytest.mark.parametrize("metric", METRICS)
def test_no_rows_and_no_dimensions(metric):
    empty = np.empty((0, 8), np.float32)
    assert len(run(empty, np.ones(8, np.float32), metric)) == 0
    assert len(top(empty, np.ones(8, np.float32), metric, 3)[0]) == 0
    assert len(reference.distances(empty, np.ones(8, np.float32), metric)) == 0


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("d", [1, 2, 15, 16, 17, 50, 63, 64, 65, 130])
@pytest.mark.parametrize("n", [1, 3, 4, 5, 8, 41])
def test_rows_that_are_compared_four_at_a_time(metric, d, n):
    rng = np.random.default_rng(100 * d + n)
    halves = rng.standard_normal((n, d)).astype(np.float16)
    vectors = halves.astype(np.float32)
    vectors.flags.writeable = False
    query = rng.standard_normal(d, dtype=np.float32)
    expected = np.sort(reference.distances(vectors, query, metric))[:5]
    for kernel, rows in (
        (nearest, vectors),
        (half_nearest, halves.view(np.uint16)),
    ):
        pool, out, values = np.empty(5, np.uint64), np.empty(5, np.int32), np.empty(5)
        size = kernel(rows, query, metric, np.empty(0, np.int32), False, pool, out, values)
        assert size == min(n, 5)
        np.testing.assert_allclose(values[:size], expected, rtol=2e-5, atol=2e-6)
        np.testing.assert_allclose(
            reference.distances(vectors[out[:size]], query, metric), expected, rtol=2e-5, atol=2e-6
        )


def test_rows_with_nan_are_last_when_compared_four_at_a_time():
    vectors = np.ones((9, 20), np.float32)
    vectors[[0, 2, 5], 3] = np.nan
    positions, values = top(vectors, np.ones(20, np.float32), reference.L2, 8)
    assert positions.tolist() == [1, 3, 4, 6, 7, 8, 0, 2]
    assert np.isnan(values[6:]).all()
