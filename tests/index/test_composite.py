"""`USING vecsql`: graph and inverted file together; every way to search finds what it promises, filtered or not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vecsql import index
from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.rowset import RowSet
from vecsql.index.strategy import Costs, choose

METRICS = ["l2", "ip", "cosine"]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(11)
    centres = rng.standard_normal((150, 32), dtype=np.float32)
    return centres[rng.integers(0, 150, 9000)] + 0.5 * rng.standard_normal((9000, 32), np.float32)


@pytest.fixture(scope="module", params=METRICS)
def built(request, rows):
    return index.build("vecsql", rows, request.param, {}, threads=2)


def recall(built, rows, queries, effort, among=None, k=10):
    hits = 0
    for query in queries:
        exact = flat.search(rows, query, k, built.metric, among)
        found = built.search(rows, query, k, effort, among)
        assert len(found.positions) == len(exact.positions)
        if among is not None:
            assert among.bools[found.positions].all()
        hits += int((found.distances <= exact.distances[-1] + 1e-6).sum())
    return hits / (len(queries) * k)


@pytest.mark.parametrize("strategy", [None, "graph", "ivf", "codes", "exact"])
def test_each_way_keeps_the_promise(built, rows, strategy):
    queries = rows[:60] + np.float32(0.05)
    assert recall(built, rows, queries, Effort(recall=0.95, strategy=strategy)) >= 0.94
    name = built.search(rows, queries[0], 10, Effort(strategy=strategy)).strategy
    assert strategy is None or name.startswith(strategy)


@pytest.mark.parametrize("share", [0.5, 0.2, 0.05, 0.002])
@pytest.mark.parametrize("strategy", [None, "ivf"])
def test_filters_keep_the_promise_and_fill_the_answer(built, rows, share, strategy):
    mask = np.random.default_rng(2).random(len(rows)) < share
    mask[:15] = True
    effort = Effort(recall=0.95, strategy=strategy)
    assert recall(built, rows, rows[100:160], effort, RowSet.of(mask)) >= 0.94


def test_a_filter_on_a_far_cluster(built, rows):
    queries = rows[:40]
    for query in queries:
        far = np.argsort(flat.distances(rows, query, built.metric))[-900:]
        among = RowSet.at(len(rows), np.sort(far).astype(np.int32))
        assert recall(built, rows, query[None], Effort(recall=0.95), among) >= 0.5
    assert len(built.search(rows, queries[0], 10, Effort(), among).positions) == 10


def test_a_walk_that_a_filter_starves_is_given_up(built, rows):
    far = np.argsort(flat.distances(rows, rows[0], built.metric))[-4500:]
    among = RowSet.at(len(rows), np.sort(far).astype(np.int32))
    found = built.search(rows, rows[0], 10, Effort(recall=0.95, strategy="graph"), among)
    assert found.reason == "graph found too little"
    assert len(found.positions) == 10
    assert among.bools[found.positions].all()


def test_walks_that_a_filter_starves_are_not_tried_for_long(built, rows, monkeypatch):
    far = np.argsort(flat.distances(rows, rows[0], built.metric))[-4500:]
    among = RowSet.at(len(rows), np.sort(far).astype(np.int32))
    effort = Effort(recall=0.95)
    times = built.choose(10, effort, among).times
    half = 0.5 * min(ns for name, ns in times.items() if name != "graph")
    monkeypatch.setattr(built, "costs", replace(built.costs, place=0.01, walk=half))
    assert built.choose(10, effort, among).name == "graph"
    for _ in range(8):
        assert len(built.search(rows, rows[0], 10, effort, among).positions) == 10
    assert built.choose(10, effort, among).name != "graph"
    for _ in range(200):  # the next queries may be near
        built.search(rows, rows[0], 10, effort, among)
        if built.choose(10, effort, among).name == "graph":
            break
    else:
        pytest.fail("no walk was tried again")


def test_costs_are_stored_by_name(built):
    assert Costs.loaded(built.costs.stored()) == built.costs
    parameters = {**built.parameters(), "costs": [800.0, 20.0, 75.0]}  # as older files have them
    older = index.load("vecsql", built.metric, parameters, built.sections())
    assert older.costs.place > 0


def test_explicit_knobs_decide(built, rows):
    assert built.search(rows, rows[0], 10, Effort(probes=3)).strategy == "ivf (probes=3)"
    assert built.search(rows, rows[0], 10, Effort(ef_search=77)).strategy == "graph (ef=77)"


def test_it_is_stored_and_loaded_whole(built, rows, tmp_path):
    stored = {}
    for name, array in built.sections().items():
        np.save(tmp_path / f"{name}.npy", array)
        stored[name] = np.load(tmp_path / f"{name}.npy", mmap_mode="r")
    again = index.load("vecsql", built.metric, built.parameters(), stored)
    assert (again.nbytes, again.costs) == (built.nbytes, built.costs)
    for strategy in ("graph", "ivf"):
        effort = Effort(strategy=strategy)
        first, second = (i.search(rows, rows[5], 10, effort) for i in (built, again))
        np.testing.assert_array_equal(first.positions, second.positions)


def test_choice_by_cost():
    costs = Costs(place=800, row=20, vector=75, lists=((0.01, 160e3), (0.05, 105e3)))
    assert choose(costs, 70_000, 10, 80, costs.of_lists(0.05, 10), None).name == "graph"
    assert choose(costs, 70_000, 10, 300, costs.of_lists(0.01, 10), None).name == "ivf"
    assert choose(costs, 700, 10, 1500, costs.of_lists(0.05, 10), None).name == "codes"
    assert choose(costs, 20, 10, None, None, None).name == "exact"
    assert choose(costs, 70_000, 10, 80, None, "codes").reason == "forced"
    assert Costs.loaded(costs.stored()) == costs
    assert costs.of_lists(0.01, 10) == 160e3 > costs.of_lists(0.03, 10) > 105e3
    assert costs.of_lists(0.05, 100) > costs.of_lists(0.05, 10)
    assert Costs(1, 1, 1).of_lists(0.05, 10) is None
