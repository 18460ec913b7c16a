"""The kernels for halfvec, bit and sparsevec against plain numpy: odd lengths, masks, positions, ties, nothing at all."""

from __future__ import annotations

import numpy as np
import pytest

from vecsql import kernels
from vecsql.index.rows import BitRows, HalfRows, SparseRows
from vecsql.index.rowset import RowSet
from vecsql.types.sparsevec import SparseVector

FLOAT_METRICS = ("l2", "ip", "cosine", "l1")


@pytest.fixture(autouse=True)
def compiled():
    kernels.wait()
    kernels.build_kernels()
    assert kernels.kind_kernels() is not None


def halves(n, d, seed=0):
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((n, d)).astype(np.float16)
    matrix[:: max(1, n // 7)] *= np.float16(1e-5)  # subnormal ones too
    return HalfRows(matrix), rng.standard_normal(d).astype(np.float16)


def bits(n, d, seed=0):
    rng = np.random.default_rng(seed)
    ones = rng.random((n, d)) < 0.4
    query = "".join("01"[int(b)] for b in rng.random(d) < 0.4)
    return BitRows.of(ones), query


def sparse(n, d, seed=0):
    rng = np.random.default_rng(seed)
    vectors = []
    for _ in range(n + 1):
        dense = np.where(rng.random(d) < 0.3, rng.standard_normal(d), 0).astype(np.float32)
        indices = np.flatnonzero(dense).astype(np.int32)
        vectors.append(SparseVector(d, indices, dense[indices]))
    data = [v.words() for v in vectors[:n]]
    starts = np.concatenate([[0], np.cumsum([len(x) // 4 for x in data])])[:n].astype(np.int32)
    return SparseRows(np.frombuffer(b"".join(data), np.int32), starts, d), vectors[n]


CASES = [
    *((halves, metric) for metric in FLOAT_METRICS),
    *((bits, metric) for metric in ("hamming", "jaccard")),
    *((sparse, metric) for metric in FLOAT_METRICS),
]


@pytest.mark.parametrize(("make", "metric"), CASES)
@pytest.mark.parametrize("d", [1, 3, 8, 31, 64, 65, 127, 384])
def test_distances_are_numpys(make, metric, d):
    rows, value = make(40, d, d)
    from vecsql.index.rows import METRIC_CODES

    query = rows.as_query(value)
    got = rows.distances(value, metric, None)
    expected = rows.by_numpy(query, METRIC_CODES[metric], None)
    np.testing.assert_allclose(got, expected, rtol=2e-5, atol=2e-6, equal_nan=True)
    positions = np.array([5, 39, 0, 5], np.int32)
    np.testing.assert_array_equal(got[positions], rows.distances(value, metric, positions))


@pytest.mark.parametrize(("make", "metric"), CASES)
@pytest.mark.parametrize("k", [1, 7, 60, 300])
def test_search_is_the_smallest_of_all_distances(make, metric, k):
    rows, value = make(500, 33)
    mask = np.arange(500) % 3 == 0
    for shown in (None, mask):
        allowed = np.arange(500) if shown is None else np.flatnonzero(shown)
        values = rows.distances(value, metric, None)[allowed]
        order = np.lexsort((allowed, values))[:k]
        found = rows.search(value, k, metric, None if shown is None else RowSet.of(shown))
        np.testing.assert_array_equal(found.distances, values[order])
        if metric not in ("hamming", "jaccard") or len(np.unique(values)) == len(values):
            np.testing.assert_array_equal(found.positions, allowed[order])


@pytest.mark.parametrize("make", [halves, bits, sparse])
def test_nothing_to_find(make):
    rows, value = make(10, 9)
    metric = "hamming" if make is bits else "l2"
    assert not len(rows.search(value, 0, metric, None).positions)
    assert not len(rows.search(value, 3, metric, RowSet.none(10)).positions)
    assert len(rows.search(value, 30, metric, None).positions) == 10


def test_zero_vectors_have_no_cosine():
    rows = HalfRows(np.zeros((2, 4), np.float16))
    assert np.isnan(rows.distances(np.ones(4, np.float32), "cosine", None)).all()


def test_read_only_and_strided_rows():
    matrix = np.arange(64, dtype=np.float16).reshape(8, 8)
    matrix.setflags(write=False)
    expected = HalfRows(matrix[:, ::2].copy()).distances(np.ones(4, np.float32), "l2", None)
    got = HalfRows(matrix[:, ::2]).distances(np.ones(4, np.float32), "l2", None)
    np.testing.assert_array_equal(got, expected)
