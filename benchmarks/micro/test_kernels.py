"""Distances and exact scans."""

from __future__ import annotations

from itertools import cycle

import numpy as np
import pytest

from vecsql.index import flat
from vecsql.index.base import SearchResult
from vecsql.index.results import merge
from vecsql.kernels import reference

METRICS = ["l2", "ip", "cosine", "l1"]


@pytest.mark.parametrize("metric", METRICS)
def test_scan(benchmark, vectors, metric):
    benchmark(flat.distances, vectors, vectors[0], metric)


@pytest.mark.parametrize("metric", METRICS)
def test_scan_in_numpy(benchmark, vectors, metric):
    benchmark(reference.distances, vectors, vectors[0], flat.METRIC_CODES[metric])


def test_gather_thousand_rows(benchmark, vectors):
    positions = np.random.default_rng(1).permutation(len(vectors))[:1000].astype(np.int32)
    benchmark(flat.distances, vectors, vectors[0], "l2", positions)


@pytest.mark.parametrize("k", [10, 100, 1000])
def test_exact_top_k(benchmark, vectors, k):
    benchmark(flat.search, vectors, vectors[0], k, "cosine")


def test_call_overhead_of_exact_search(benchmark, vectors):
    benchmark(flat.search, vectors[:1], vectors[0], 10, "l2")


def test_merge_of_eight_parts(benchmark):
    rng = np.random.default_rng(2)
    parts = [SearchResult(np.arange(10, dtype=np.int32), np.sort(rng.random(10))) for _ in range(8)]
    benchmark(merge, parts, 10)


@pytest.mark.parametrize("effort", [10, 40, 160])
def test_graph_search(benchmark, vectors, built, effort):
    queries = cycle(vectors[:500])
    benchmark(lambda: built.search(vectors, next(queries), 10, effort, None))


@pytest.mark.parametrize("percent", [50, 10, 1])
def test_filtered_graph_search(benchmark, vectors, built, percent):
    queries = cycle(vectors[:500])
    mask = np.random.default_rng(3).random(len(vectors)) < percent / 100
    benchmark(lambda: built.search(vectors, next(queries), 10, 40, mask))


def test_call_overhead_of_graph_search(benchmark, vectors):
    from vecsql import index

    few = np.ascontiguousarray(vectors[:4])
    small = index.build("hnsw", few, "cosine", {})
    benchmark(small.search, few, few[0], 1, 10, None)


def test_graph_build(benchmark, vectors):
    from vecsql import index

    few = np.ascontiguousarray(vectors[:2000])
    benchmark.pedantic(index.build, ("hnsw", few, "cosine", {}), rounds=3)
