"""Graphs stay connected and useful on data that comes apart: duplicates, near-duplicates, far clusters, odd dimensions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecsql import index
from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.graph_build import build_graph
from vecsql.index.options import GraphOptions

METRICS = ["l2", "ip", "cosine", "l1"]


def reachable(graph, start):
    seen = np.zeros(len(graph), np.bool_)
    front = np.array([start])
    seen[start] = True
    while len(front):
        near = np.unique(graph[front])
        near = near[near >= 0]
        front = near[~seen[near]]
        seen[front] = True
    return seen


def check_connected(built, rows):
    sections = built.sections()
    graph = sections["graph"]
    firsts = ~np.isnan(sections["rows"].view(np.float32)[:, -1])
    if "twins" in sections:
        twins = sections["twins"]
        firsts[twins[twins >= 0]] = False
    if not firsts.any():
        return
    assert (graph < len(rows)).all()
    seen = reachable(graph, sections["order"][0])
    assert seen[firsts].all()
    own = graph == np.arange(len(rows))[:, None]
    assert not own.any()
    for neighbours in graph[:: max(1, len(rows) // 200)]:
        held = neighbours[neighbours >= 0]
        assert len(np.unique(held)) == len(held)


@settings(deadline=None, max_examples=60)
@given(
    st.integers(1, 700), st.integers(1, 9), st.integers(1, 40), st.integers(0, 5),
    st.sampled_from([0.0, 1e-6, 1e-3, 0.3]), st.sampled_from(METRICS), st.integers(0, 2**32),
)  # fmt: skip
def test_every_row_can_be_reached(n, d, clusters, copies, spread, metric, seed):
    rng = np.random.default_rng(seed)
    centers = rng.standard_normal((clusters, d)).astype(np.float32) * np.float32(10)
    rows = centers[rng.integers(0, clusters, n)]
    rows += rng.standard_normal((n, d)).astype(np.float32) * np.float32(spread)
    for _ in range(copies):
        rows[rng.integers(0, n, n // 4)] = rows[rng.integers(0, n)]
    built = build_graph(rows, metric, GraphOptions(m=4, ef_construction=16))
    check_connected(built, rows)


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("noise", [0.0, 1e-4])
def test_ten_thousand_copies_and_a_few_others(metric, noise):
    rng = np.random.default_rng(1)
    rows = rng.standard_normal((11_000, 16), dtype=np.float32)
    rows[rng.permutation(11_000)[:10_000]] = rows[0]
    rows += rng.standard_normal(rows.shape, dtype=np.float32) * np.float32(noise)
    built = build_graph(rows, metric, GraphOptions(), threads=2)
    check_connected(built, rows)


@pytest.mark.parametrize("clusters", [3, 70, 600])
def test_far_clusters_are_all_found(clusters):
    rng = np.random.default_rng(clusters)
    centers = rng.standard_normal((clusters, 12), dtype=np.float32) * np.float32(10)
    rows = centers[rng.integers(0, clusters, 9000)]
    rows += rng.standard_normal(rows.shape, dtype=np.float32)
    built = index.build("hnsw", rows, "l2", {})
    hits = 0
    queries = rows[::100] + np.float32(0.1)
    for query in queries:
        expected = flat.search(rows, query, 10, "l2")
        found = built.search(rows, query, 10, Effort(ef_search=40), None)
        hits += int((found.distances <= expected.distances[-1] + 1e-5).sum())
    assert hits >= 0.95 * 10 * len(queries)


@pytest.mark.parametrize("d", [1, 2, 3, 63, 64, 65, 1000, 16_000])
@pytest.mark.parametrize("metric", METRICS)
def test_dimensions_from_one_to_sixteen_thousand(d, metric):
    rows = np.random.default_rng(d).standard_normal((300, d), dtype=np.float32)
    built = build_graph(rows, metric, GraphOptions())
    check_connected(built, rows)


@pytest.mark.parametrize("metric", METRICS)
def test_threads_build_the_same_cells(metric):
    rows = np.random.default_rng(3).standard_normal((9000, 20), dtype=np.float32)
    one, two = (build_graph(rows, metric, GraphOptions(), threads=t) for t in (1, 3))
    for name, array in one.sections().items():
        np.testing.assert_array_equal(array, two.sections()[name], err_msg=name)
