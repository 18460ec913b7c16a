"""The recall contract: what curves predict, and what searches that follow them find."""

from __future__ import annotations

import numpy as np
import pytest

from vecsql import index
from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.calibrate import Curve, fit


def shares_of(beams, hardness, rng):
    logit = 1.0 + 1.5 * np.log(beams) - 4.0 * hardness
    return rng.binomial(10, 1 / (1 + np.exp(-logit))) / 10


def test_fit_finds_the_curve_that_made_the_data():
    rng = np.random.default_rng(0)
    beams = np.repeat([16.0, 30, 60, 120, 240], 400)
    hardness = rng.uniform(1, 2, len(beams))
    lengths = rng.uniform(3, 4, len(beams))
    curve = fit(10, beams, hardness, lengths, shares_of(beams, hardness, rng))
    assert curve.tilt == pytest.approx(0, abs=0.2)
    assert curve.growth == pytest.approx(1.5, rel=0.1)
    assert curve.slope == pytest.approx(-4.0, rel=0.1)
    assert Curve.loaded(curve.stored()) == curve


def test_harder_queries_and_higher_targets_get_wider_beams():
    curve = Curve(10, 1.0, 1.5, -4.0, 0.5)

    def beam(recall, hardness):
        base, slope, tilt = curve.plan(recall)
        return np.exp(base + slope * hardness + tilt * 2.0)

    assert beam(0.95, 1.0) < beam(0.95, 1.5) < beam(0.99, 1.5) < beam(1 - 1e-9, 1.5)
    assert curve.predict(beam(0.95, 1.3), 1.3, 2.0) == pytest.approx(0.955, abs=1e-3)


@pytest.mark.parametrize("shares", [0.0, 0.5, 1.0])
def test_fit_of_samples_that_tell_nothing(shares):
    beams = np.repeat([16.0, 30.0], 50)
    curve = fit(10, beams, np.ones(100), np.zeros(100), np.full(100, shares))
    assert np.isfinite([*curve.plan(0.95), curve.predict(16.0, 1.0, 0.0)]).all()


@pytest.fixture(scope="module")
def spread():
    """Rows of 24 dimensions in clusters that overlap, and queries in and out of their distribution."""
    rng = np.random.default_rng(5)
    centres = rng.standard_normal((400, 24), dtype=np.float32)
    rows = centres[rng.integers(0, 400, 12_000)] + 0.7 * rng.standard_normal(
        (12_000, 24), np.float32
    )
    near = centres[rng.integers(0, 400, 150)] + 0.7 * rng.standard_normal((150, 24), np.float32)
    far = 1.2 * rng.standard_normal((150, 24), np.float32)
    return rows, near, far


@pytest.mark.parametrize("metric", ["l2", "ip", "cosine", "l1"])
@pytest.mark.parametrize("k", [1, 10, 40])
def test_targets_are_met_in_and_out_of_distribution(spread, metric, k):
    rows, near, far = spread
    built = index.build("hnsw", rows, metric, {}, threads=2)
    tolerance = (
        0.06 if metric == "l1" else 0.02
    )  # hardness tells less of queries between the clusters
    for target in (0.9, 0.98):
        for queries in (near, far):
            assert measured(built, rows, queries, metric, k, target) >= target - tolerance


def measured(built, rows, queries, metric, k, target):
    hits = 0
    for query in queries:
        limit = flat.search(rows, query, k, metric).distances[-1]
        found = built.search(rows, query, k, Effort(recall=target), None)
        assert 0 < found.predicted <= 1
        hits += int((found.distances <= limit + 1e-6).sum())
    return hits / (k * len(queries))


def test_recall_of_one_is_exact(spread):
    rows, near, _ = spread
    built = index.build("hnsw", rows, "l2", {}, threads=2)
    for query in near[:20]:
        found = built.search(rows, query, 10, Effort(recall=1.0), None)
        np.testing.assert_array_equal(found.positions, flat.search(rows, query, 10, "l2").positions)


def test_curves_are_stored_and_loaded(spread):
    rows, near, _ = spread
    built = index.build("hnsw", rows[:3000], "cosine", {})
    again = index.load("hnsw", "cosine", built.parameters(), built.sections())
    assert again.curves == built.curves
    assert [c.k for c in built.curves] == [10, 30, 100]
    first, second = (i.search(rows[:3000], near[0], 10, Effort(), None) for i in (built, again))
    assert first.predicted == second.predicted
