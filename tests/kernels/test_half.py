"""float32 to float16 and back: all float16, what is none, odd lengths, read-only and unaligned arrays; and rows of it against float32 rows."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql import index, kernels
from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.rows import HalfRows, NarrowRows
from vecsql.index.rowset import RowSet

FINITE = np.arange(1 << 16, dtype=np.uint16)
FINITE = FINITE[np.isfinite(FINITE.view(np.float16))]


@pytest.fixture(scope="module", autouse=True)
def compiled():
    kernels.build_kernels()
    return kernels.kind_kernels()


def test_all_float16_there_and_back(compiled):
    wide = np.empty(len(FINITE), np.float32)
    compiled.widen(FINITE, wide)
    np.testing.assert_array_equal(
        wide.view(np.uint32), FINITE.view(np.float16).astype(np.float32).view(np.uint32)
    )
    narrow = np.empty(len(FINITE), np.uint16)
    assert compiled.narrow(wide, narrow)
    np.testing.assert_array_equal(narrow, FINITE)


@given(st.integers(0, (1 << 32) - 1))
def test_what_is_no_float16_is_told(bits):
    value = np.array([bits], np.uint32).view(np.float32)
    with np.errstate(over="ignore", invalid="ignore"):
        half = value.astype(np.float16)
        exact = np.isfinite(half[0]) and half.astype(np.float32).view(np.uint32)[0] == bits
    out = np.empty(1, np.uint16)
    assert kernels.kind_kernels().narrow(value, out) == exact
    if exact:
        assert out[0] == half.view(np.uint16)[0]


@pytest.mark.parametrize("size", [0, 1, 7, 33, 4095, 4096, 4097, 9001])
@pytest.mark.parametrize("wrong", [None, 0, -1])
def test_lengths_and_where_the_wrong_one_is(compiled, size, wrong):
    values = np.random.default_rng(size).standard_normal(size).astype(np.float16).astype(np.float32)
    if wrong is not None and size:
        values[wrong] = np.float32(0.1)
    values.flags.writeable = False
    expected = wrong is None or not size
    assert compiled.narrow(values, np.empty(size, np.uint16)) == expected
    assert (NarrowRows.of(values.reshape(-1, 1)) is not None) == expected


def test_without_kernels_numpy_says_the_same(monkeypatch):
    monkeypatch.setattr(kernels, "kind_kernels", lambda: None)
    exact = np.array([[1.5, -0.0, 6e-8]], np.float16).astype(np.float32)
    narrow = NarrowRows.of(exact)
    assert narrow is not None
    np.testing.assert_array_equal(narrow.floats(slice(None)).view(np.uint32), exact.view(np.uint32))
    for value in (0.1, 1e9, 1e-9):
        assert NarrowRows.of(np.array([[value]], np.float32)) is None


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((60, 50))
    floats = centres[rng.integers(0, 60, 6000)] + 0.4 * rng.standard_normal((6000, 50))
    return floats.astype(np.float16).astype(np.float32)


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine", "l1"])
@pytest.mark.parametrize("k", [1, 10, 300])
def test_narrow_rows_are_at_the_distances_of_the_wide_ones(rows, metric, k):
    narrow = NarrowRows.of(rows)
    query = rows[5] + np.float32(0.123)
    some = RowSet.at(len(rows), np.arange(1, len(rows), 3, dtype=np.int32))
    np.testing.assert_array_equal(
        flat.distances(narrow, query, metric), flat.distances(rows, query, metric)
    )
    for among in (None, some):
        expected = flat.search(rows, query, k, metric, among)
        found = flat.search(narrow, query, k, metric, among)
        np.testing.assert_array_equal(found.positions, expected.positions)
        np.testing.assert_array_equal(found.distances, expected.distances)
        assert found.reranked == expected.reranked


@pytest.mark.parametrize("kind", [NarrowRows, HalfRows])
@pytest.mark.parametrize("method", ["hnsw", "ivfflat", "vecsql"])
@pytest.mark.parametrize("metric", ["l2", "ip", "cosine"])
def test_indexes_over_float16_rows(rows, kind, method, metric):
    stored = kind(rows.astype(np.float16))
    built = index.build(method, stored, metric, {}, threads=2)
    assert built.kind == method
    ways = {"ivfflat": [None], "hnsw": ["graph"], "vecsql": ["graph", "ivf", "codes", "exact"]}
    for strategy in ways[method]:
        effort, hits = Effort(recall=0.95, strategy=strategy), 0
        for row in range(0, 1200, 20):
            query = flat.query_for(stored, rows[row] + np.float32(0.0625))
            truth = flat.search(stored, query, 10, metric)
            found = built.search(stored, query, 10, effort, None)
            if strategy in ("ivf", "exact"):
                assert found.strategy.startswith(strategy)
            assert len(found.positions) == 10
            hits += int((found.distances <= truth.distances[-1] + 1e-6).sum())
        assert hits >= 0.94 * 600
