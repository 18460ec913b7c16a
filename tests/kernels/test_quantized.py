"""SQ8 rows: what is decoded is near what was coded, and marks of rows that are not indexed."""

from __future__ import annotations

import numpy as np
import pytest

from vecsql.index.row_codes import aligned_zeros
from vecsql.kernels import reference
from vecsql.kernels.graph_search import code_search
from vecsql.kernels.quantized import quantise

ALL = np.empty(0, np.bool_)


def coded(vectors, metric, valid=ALL, unit=1.0):
    stride = -(-(vectors.shape[1] + 8) // 64) * 64
    rows = aligned_zeros(len(vectors), stride)
    heads = rows.view(np.float32)
    center = np.zeros(vectors.shape[1], np.float32)
    count = quantise(vectors, valid, metric, center, unit, 0, len(vectors), rows, heads)
    return rows, heads, center, count


@pytest.mark.parametrize("d", [1, 5, 55, 56, 57, 64, 120, 384])
def test_codes_decode_to_within_half_a_step(d):
    vectors = np.random.default_rng(d).standard_normal((20, d), dtype=np.float32)
    rows, heads, _, count = coded(vectors, reference.L2)
    assert count == 20
    decoded = rows[:, :d] * heads[:, -2:-1]
    assert (np.abs(decoded - vectors) <= heads[:, -2:-1] * 0.5001).all()
    np.testing.assert_allclose(heads[:, -1], (decoded**2).sum(axis=1), rtol=1e-5)


def test_nulls_and_zero_vectors_for_cosine_are_marked():
    vectors = np.ones((4, 3), np.float32)
    vectors[1] = 0
    valid = np.array([True, True, False, True])
    _, heads, _, count = coded(vectors, reference.COSINE, valid)
    assert np.isnan(heads[:, -1]).tolist() == [False, True, True, False]
    assert count == 2
    assert coded(vectors, reference.L2, valid)[3] == 3


@pytest.mark.parametrize("metric", [reference.L2, reference.IP, reference.COSINE, reference.L1])
@pytest.mark.parametrize("share", [1.0, 0.3, 0.01])
def test_scan_of_codes_then_rerank_is_exact_here(metric, share):
    rng = np.random.default_rng(4)
    vectors = rng.standard_normal((700, 24), dtype=np.float32)
    query = rng.standard_normal(24, dtype=np.float32)
    unit = 4 / 127 if metric == reference.L1 else 1.0
    rows, heads, center, _ = coded(vectors, metric, unit=unit)
    mask = rng.random(700) < share
    k = 7
    out, values, spent = np.empty(k, np.int32), np.empty(k), np.empty(3, np.int64)
    shown = np.flatnonzero(mask).astype(np.int32)
    size = code_search(
        vectors, query, metric, center, unit, 0.0, rows, heads, shown, True, np.empty(rows.shape[1], np.int8),
        np.empty(60, np.uint64), np.empty(k, np.uint64), out, values, spent,
    )  # fmt: skip
    expected, at = reference.smallest(reference.distances(vectors[shown], query, metric), shown, k)
    np.testing.assert_array_equal(out[:size], expected)
    np.testing.assert_allclose(values[:size], at, rtol=1e-5, atol=1e-6)
    assert spent[0] == len(shown)
    assert size <= spent[1] <= min(60, len(shown))
