"""Codes alone, which searches use until a part has its index: they find what an exact search finds."""

from __future__ import annotations

import numpy as np
import pytest

from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.codes import build_codes
from vecsql.index.rows import HalfRows
from vecsql.index.rowset import RowSet

METRICS = ["l2", "ip", "cosine", "l1"]


@pytest.fixture(scope="module", params=[50, 384])
def rows(request):
    rng = np.random.default_rng(3)
    centres = rng.standard_normal((40, request.param), dtype=np.float32)
    return centres[rng.integers(0, 40, 4000)] + 0.4 * rng.standard_normal(
        (4000, request.param), np.float32
    )


@pytest.fixture(scope="module", params=METRICS)
def coded(request, rows):
    return build_codes(rows, request.param)


def recall(coded, rows, queries, k=10, among=None):
    hits = 0
    for query in queries:
        exact = flat.search(rows, query, k, coded.metric, among)
        found = coded.search(rows, query, k, Effort(), among)
        assert len(found.positions) == len(exact.positions)
        assert (np.diff(found.distances) >= 0).all()
        hits += int(
            (found.distances <= exact.distances[-1] + 1e-6 * (1 + abs(exact.distances[-1]))).sum()
        )
    return hits / (k * len(queries))


@pytest.mark.parametrize("k", [1, 10, 100])
def test_nearly_all_is_found(coded, rows, k):
    assert recall(coded, rows, rows[:40] + np.float32(0.03), k) >= 0.995


def test_the_codes_are_what_is_read(coded, rows):
    found = coded.search(rows, rows[0], 10, Effort())
    assert found.strategy == "codes of all rows"
    assert (found.scored, found.reranked < 400) == (4000, True)
    assert coded.expect(rows, 10, Effort(), None).strategy.startswith("codes")


@pytest.mark.parametrize("share", [0.9, 0.1, 0.004])
def test_filters_lose_nothing(coded, rows, share):
    mask = np.random.default_rng(4).random(len(rows)) < share
    mask[:12] = True
    assert recall(coded, rows, rows[100:130], among=RowSet.of(mask)) >= 0.995


@pytest.mark.parametrize("effort", [Effort(recall=1.0), Effort(strategy="exact")])
def test_exact_searches_stay_exact(coded, rows, effort):
    exact = flat.search(rows, rows[7], 20, coded.metric)
    found = coded.search(rows, rows[7], 20, effort)
    np.testing.assert_array_equal(found.positions, exact.positions)


@pytest.mark.parametrize(
    "effort", [Effort(ef_search=40), Effort(probes=3), Effort(strategy="graph")]
)
def test_knobs_of_other_structures_do_not_matter(coded, rows, effort):
    assert len(coded.search(rows, rows[0], 10, effort).positions) == 10


def test_nulls_zero_vectors_and_duplicates():
    rows = np.ones((3000, 64), np.float32)
    rows[:20] = np.random.default_rng(5).standard_normal((20, 64))
    rows[5] = 0
    valid = np.ones(3000, np.bool_)
    valid[7] = False
    coded = build_codes(rows, "cosine", valid)
    found = coded.search(rows, rows[100], 3000, Effort())
    assert set(range(3000)) - set(found.positions.tolist()) == {5, 7}
    assert coded.search(rows, rows[0], 1, Effort()).positions.tolist() == [0]
    assert not len(
        build_codes(rows, "l2", np.zeros(3000, np.bool_))
        .search(rows, rows[0], 5, Effort())
        .positions
    )


def test_no_rows():
    none = np.empty((0, 8), np.float32)
    assert (
        len(build_codes(none, "l2").search(none, np.zeros(8, np.float32), 5, Effort()).positions)
        == 0
    )


def test_float16_rows(rows):
    halves = HalfRows(rows.astype(np.float16))
    coded = build_codes(halves, "l2")
    for query in rows[:20]:
        exact = halves.search(query, 10, "l2", None)
        found = coded.search(halves, query, 10, Effort())
        assert len(set(exact.positions) & set(found.positions)) >= 9
