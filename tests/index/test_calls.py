"""Searches that are made ready, run together by one call of a kernel and finished find what they find one by one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from vecsql import index
from vecsql.errors import InternalError
from vecsql.index import flat
from vecsql.index.base import Effort
from vecsql.index.calls import Record, finish_all
from vecsql.index.codes import build_codes
from vecsql.index.rows import HalfRows
from vecsql.index.rowset import RowSet

METRICS = ["l2", "ip", "cosine", "l1"]


class Part:
    """Rows with an index or none, as a table has several."""

    def __init__(self, vectors, metric, kind):
        self.vectors, self.metric = vectors, metric
        if kind == "codes":
            self.index = build_codes(vectors, metric)
        else:
            self.index = index.build(kind, vectors, metric, {}, threads=2) if kind else None

    def begin(self, query, k, effort, among):
        query = flat.query_for(self.vectors, query)
        if self.index is None:
            return flat.begin(self.vectors, query, k, self.metric, among)
        return self.index.begin(self.vectors, query, k, effort, among)

    def search(self, query, k, effort, among):
        query = flat.query_for(self.vectors, query)
        if self.index is None:
            return flat.search(self.vectors, query, k, self.metric, among)
        return self.index.search(self.vectors, query, k, effort, among)


@pytest.fixture(scope="module", params=METRICS)
def parts(request):
    rng = np.random.default_rng(31)
    centres = rng.standard_normal((60, 33), dtype=np.float32)

    def rows(count):
        noise = rng.standard_normal((count, 33), dtype=np.float32)
        return centres[rng.integers(0, 60, count)] + np.float32(0.5) * noise

    kinds = [(5000, "vecsql"), (3000, "hnsw"), (3000, "ivfflat"), (2000, "codes"), (700, None)]
    made = [Part(rows(count), request.param, kind) for count, kind in kinds]
    halves = [(3000, "vecsql"), (2000, "codes"), (1, None)]
    for count, kind in halves:
        made.append(Part(HalfRows(rows(count).astype(np.float16)), request.param, kind))
    return made


def chosen(parts, share):
    if share is None:
        return [None] * len(parts)
    rng = np.random.default_rng(7)
    return [RowSet.of(rng.random(len(part.vectors)) < share) for part in parts]


def same(left, right):
    assert left.positions.tolist() == right.positions.tolist()
    assert left.distances.tolist() == right.distances.tolist()


@pytest.mark.parametrize("share", [None, 0.9, 0.2, 0.01, 0.0])
@pytest.mark.parametrize("k", [1, 10, 300])
@pytest.mark.parametrize("strategy", [None, "graph", "ivf", "codes", "exact"])
def test_together_as_one_by_one(parts, k, share, strategy):
    effort, amongs = Effort(recall=0.95, strategy=strategy), chosen(parts, share)
    for query in np.random.default_rng(5).standard_normal((6, 33), dtype=np.float32):
        pairs = list(zip(parts, amongs, strict=True))
        alone = [part.search(query, k, effort, among) for part, among in pairs]
        together = finish_all([part.begin(query, k, effort, among) for part, among in pairs])
        for left, right in zip(alone, together, strict=True):
            same(left, right)


def test_working_memory_is_not_shared(parts):
    """Answers stay as they are when others are begun, and many searches may be ready at once."""
    queries = np.random.default_rng(8).standard_normal((40, 33), dtype=np.float32)
    part = parts[0]
    alone = [part.search(query, 10, Effort(), None) for query in queries]
    begun = [part.begin(query, 10, Effort(), None) for query in queries]
    for left, right in zip(alone, finish_all(begun), strict=True):
        same(left, right)


def test_from_several_threads(parts):
    queries = np.random.default_rng(9).standard_normal((200, 33), dtype=np.float32)

    def search(query):
        return finish_all([part.begin(query, 10, Effort(), None) for part in parts])

    alone = [search(query) for query in queries]
    with ThreadPoolExecutor(4) as pool:
        for left, right in zip(alone, pool.map(search, queries), strict=True):
            for one, other in zip(left, right, strict=True):
                same(one, other)


def test_nothing_to_run():
    assert finish_all([]) == []


@pytest.mark.parametrize(
    "query",
    [np.zeros(4, np.float64), np.zeros((2, 4), np.float32), np.zeros(8, np.float32)[::2]],
    ids=["type", "dimensions", "strides"],
)
def test_arrays_that_a_kernel_does_not_take(query):
    with pytest.raises(InternalError):
        Record("nearest").set(query=query)
