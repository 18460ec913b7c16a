"""Exact search: answers with and without kernels, wide k, masks, odd arrays, merging."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql import kernels
from vecsql.errors import DataException
from vecsql.index import flat
from vecsql.index.base import SearchResult
from vecsql.index.results import merge
from vecsql.index.rowset import RowSet

METRICS = ["l2", "ip", "cosine", "l1"]


@pytest.fixture(params=["compiled", "numpy"])
def paths(request, monkeypatch):
    if request.param == "numpy":
        monkeypatch.setattr(kernels, "_searching", None)


@pytest.mark.usefixtures("paths")
@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("k", [1, 10, 257, 2000])
def test_nearest_rows_in_order(metric, k):
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((900, 33), dtype=np.float32)
    query = rng.standard_normal(33, dtype=np.float32)
    mask = rng.random(900) < 0.5
    for shown in (None, mask):
        result = flat.search(vectors, query, k, metric, None if shown is None else RowSet.of(shown))
        rows = np.arange(900) if shown is None else np.flatnonzero(shown)
        values = flat.distances(vectors, query, metric)[rows]
        order = np.argsort(values, kind="stable")[:k]
        np.testing.assert_array_equal(result.positions, rows[order])
        np.testing.assert_array_equal(result.distances, values[order])
        assert result.reranked in (len(rows), 900)


@pytest.mark.usefixtures("paths")
def test_sql_distances():
    vectors, query = np.array([[3, 4], [-1, 0]], np.float32), np.array([1, 0], np.float32)
    assert flat.distances(vectors, query, "l2").tolist() == pytest.approx([20**0.5, 2])
    assert flat.distances(vectors, query, "ip").tolist() == [-3, 1]
    assert flat.distances(vectors, query, "cosine").tolist() == pytest.approx([0.4, 2])
    assert flat.distances(vectors, query, "l1").tolist() == [6, 2]
    assert flat.distances(vectors, query, "l1", np.array([1], np.int32)).tolist() == [2]


@pytest.mark.usefixtures("paths")
def test_cosine_of_zero_vectors_is_nan_and_last():
    vectors = np.array([[0, 0], [1, 1], [0, 0]], np.float32)
    result = flat.search(vectors, np.array([1, 0], np.float32), 5, "cosine")
    assert result.positions.tolist() == [1, 0, 2]
    assert np.isnan(result.distances[1:]).all()


@pytest.mark.usefixtures("paths")
def test_nothing_to_find():
    vectors, query = np.ones((4, 3), np.float32), np.ones(3, np.float32)
    assert len(flat.search(vectors, query, 0, "l2").positions) == 0
    assert len(flat.search(vectors, query, 3, "l2", RowSet.none(4)).positions) == 0
    assert len(flat.search(vectors[:0], query, 3, "l2").positions) == 0


def test_other_layouts_and_types_are_converted():
    rng = np.random.default_rng(0)
    vectors = rng.standard_normal((30, 10), dtype=np.float32)
    query = vectors[3].astype(np.float64)
    expected = flat.search(vectors, vectors[3], 4, "l2").positions
    raw = np.frombuffer(b"\0" + vectors.tobytes(), np.uint8)[1:]
    unaligned = np.ndarray(vectors.shape, np.float32, raw)
    for rows in (np.asfortranarray(vectors), vectors.astype(np.float64), unaligned):
        np.testing.assert_array_equal(flat.search(rows, query, 4, "l2").positions, expected)


def test_wrong_dimensions_raise_pgvectors_error():
    with pytest.raises(DataException, match="different vector dimensions 3 and 2") as caught:
        flat.search(np.ones((1, 3), np.float32), np.ones(2, np.float32), 1, "l2")
    assert caught.value.sqlstate == "22000"


PARTS = st.lists(st.lists(st.integers(0, 5), max_size=6).map(sorted), max_size=4)


@given(PARTS, st.integers(0, 10))
def test_merge_is_a_stable_sort(parts, k):
    results = [
        SearchResult(np.arange(len(p), dtype=np.int32), np.array(p, np.float64), 2, 1)
        for p in parts
    ]
    merged = merge(results, k)
    everything = [(d, i, j) for i, p in enumerate(parts) for j, d in enumerate(p)]
    expected = sorted(everything)[:k]
    found = zip(merged.distances, merged.parts, merged.positions, strict=True)
    assert [tuple(map(int, row)) for row in found] == expected
    assert (merged.scored, merged.reranked) == (2 * len(parts), len(parts))
