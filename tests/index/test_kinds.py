"""Inverted lists, derived rows and partial indexes against exact search, stored and loaded."""

from __future__ import annotations

import numpy as np
import pytest

from vecsql import index, kernels
from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.derive import DerivedRows, derive
from vecsql.index.rows import BitRows, HalfRows, SparseRows
from vecsql.index.rowset import RowSet
from vecsql.types.sparsevec import SparseVector

ROWS = 1500


@pytest.fixture(scope="module", autouse=True)
def compiled():
    kernels.wait()
    kernels.build_kernels()


def sparse_rows(rng, n=ROWS, d=300):
    vectors = [_sparse(rng, d) for _ in range(n)]
    data = [v.words() for v in vectors]
    starts = np.concatenate([[0], np.cumsum([len(x) // 4 for x in data])])[:n].astype(np.int32)
    return SparseRows(np.frombuffer(b"".join(data), np.int32), starts, d)


def _sparse(rng, d):
    indices = np.sort(rng.choice(d, rng.integers(0, 15), replace=False)).astype(np.int32)
    return SparseVector(d, indices, rng.standard_normal(len(indices)).astype(np.float32))


def stored(built):
    return index.load(built.kind, built.metric, built.parameters(), built.sections())


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine", "l1"])
def test_inverted_lists_are_exact(metric):
    rng = np.random.default_rng(1)
    rows, valid = sparse_rows(rng), rng.random(ROWS) < 0.9
    built = stored(index.build("hnsw", rows, metric, {}, valid=valid))
    among = RowSet.of(valid & (rng.random(ROWS) < 0.3))
    for shown in (RowSet.of(valid), among):
        for _ in range(20):
            query = _sparse(rng, 300)
            got = built.search(rows, query, 10, Effort(), shown)
            exact = flat.search(rows, query, 10, metric, shown)
            np.testing.assert_array_equal(got.distances, exact.distances)


def test_zero_rows_and_empty_queries():
    rows = sparse_rows(np.random.default_rng(2))
    built = index.build("hnsw", rows, "cosine", {})
    nothing = SparseVector(300, np.empty(0, np.int32), np.empty(0, np.float32))
    assert np.isnan(built.search(rows, nothing, 5, Effort(), None).distances).all()


STEPS = {
    "halfvec": (("halfvec",),),
    "bits": (("binary_quantize",),),
    "cut": (("binary_quantize",), ("bit", 5)),
    "longer": (("binary_quantize",), ("bit", 99)),
    "part": (("subvector", 3, 8), ("l2_normalize",)),
    "there and back": (("halfvec",), ("vector",)),
}


@pytest.mark.parametrize("steps", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("partial", [False, True])
def test_indexes_of_expressions(steps, partial):
    rng = np.random.default_rng(3)
    vectors = rng.standard_normal((ROWS, 20), dtype=np.float32)
    rows = DerivedRows(vectors, steps)
    whole = rows.whole()
    metric = "hamming" if isinstance(whole, BitRows) else "l2"
    scope = rng.random(ROWS) < 0.4 if partial else None
    built = stored(index.build("hnsw", rows, metric, {}, scope=scope))
    value = derive(vectors[7:8], steps)
    query = {BitRows: lambda: value.words[0], HalfRows: lambda: value.matrix[0]}.get(
        type(value), lambda: value[0]
    )()
    among = RowSet.of(scope) if partial else None
    got = built.search(rows, rows.as_query(query), 10, Effort(recall=1.0), among)
    exact = flat.search(rows, query, 10, metric, among)
    np.testing.assert_allclose(got.distances, exact.distances, rtol=1e-6)
    np.testing.assert_allclose(
        rows.distances(query, metric, got.positions), got.distances, rtol=1e-6
    )
