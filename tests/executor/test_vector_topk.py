"""Vector top-k against sorting all rows in Python, over parts, deletes, NULLs and ties."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.executor.tables import (
    DISTANCE,
    GROUP,
    ID_OUTPUT,
    VEC,
    Items,
    count,
    rows_of,
    vector_param,
)
from vecsql.errors import DataException, InvalidRowCountInLimit, InvalidRowCountInOffset
from vecsql.executor.execute import execute_plan
from vecsql.planner.plan import Const, OrderKey, ScalarExpr, VectorTopK

METRICS = ("l2", "ip", "cosine", "l1")


def plan(items: Items, **changes: Any) -> VectorTopK:
    arguments: dict[str, Any] = {
        "table": items.table,
        "attnum": VEC,
        "metric": "l2",
        "query": vector_param(items.dimensions),
        "limit": count(3),
        "offset": None,
        "filter": None,
        "outputs": (ID_OUTPUT, DISTANCE),
    }
    return VectorTopK(**(arguments | changes))


def run(items: Items, query: Any, **changes: Any) -> list[tuple[Any, ...]]:
    vector = None if query is None else np.asarray(query, np.float32)
    return rows_of(execute_plan(plan(items, **changes), items.ctx, [vector]))


def exact_distance(metric: str, a: list[float], b: list[float]) -> float:
    dot = sum(x * y for x, y in zip(a, b, strict=True))
    if metric == "l2":
        return math.sqrt(sum((x - y) ** 2 for x, y in zip(a, b, strict=True)))
    if metric == "ip":
        return -dot
    if metric == "l1":
        return float(sum(abs(x - y) for x, y in zip(a, b, strict=True)))
    norms = math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))
    return 1 - dot / norms if norms else math.nan


small = st.integers(-3, 3).map(float)
vectors = st.one_of(st.none(), st.lists(small, min_size=2, max_size=2))
batches = st.lists(
    st.lists(st.tuples(st.integers(0, 2) | st.none(), vectors), min_size=1, max_size=8), max_size=3
)


@settings(max_examples=60, deadline=None)
@given(
    batches=batches,
    query=st.lists(small, min_size=2, max_size=2),
    metric=st.sampled_from(METRICS),
    k=st.integers(0, 12),
    offset=st.integers(0, 4),
    deleted=st.sets(st.integers(1, 24), max_size=5),
    key=st.sampled_from([None, (False, False), (True, True), (True, False), (False, True)]),
)
def test_equals_sorting_all_rows(batches, query, metric, k, offset, deleted, key):  # type: ignore[no-untyped-def]
    items = Items(2)
    rows = []
    for batch in batches:
        numbered = [(len(rows) + i + 1, g, None, v) for i, (g, v) in enumerate(batch)]
        items.insert(numbered)
        rows += numbered
    gone = [r[0] for r in rows if r[0] in deleted]
    if gone:
        items.delete(gone)
    order = () if key is None else (OrderKey(GROUP, descending=key[0], nulls_first=key[1]),)
    got = run(items, query, metric=metric, limit=count(k), offset=count(offset), order=order)

    def sort_key(row: Any) -> tuple[Any, ...]:
        ident, group, _, vector = row
        distance = None if vector is None else round(exact_distance(metric, vector, query), 5)
        nan = distance is not None and math.isnan(distance)
        head = (distance is None, nan, 0 if distance is None or nan else distance + 0.0)
        if key is None:
            return (*head, ident)
        null = group is None
        value = 0 if null else (-group if key[0] else group)
        return (*head, (not null) if key[1] else null, value, ident)

    expected = sorted((r for r in rows if r[0] not in deleted), key=sort_key)[offset : offset + k]
    if metric != "cosine":  # rounding may turn equal cosines into neighbours
        assert [r[0] for r in got] == [r[0] for r in expected]
    for (_, distance), row in zip(got, expected, strict=True):
        if row[3] is None:
            assert distance is None
        else:
            assert distance == pytest.approx(
                exact_distance(metric, row[3], query), abs=1e-5, nan_ok=True
            )


@pytest.fixture
def three() -> Items:
    items = Items(2)
    items.insert([(1, 1, "a", [0, 0]), (2, 1, "b", [3, 4]), (3, 2, "c", None)])
    return items


def test_null_query_gives_null_distances(three: Items) -> None:
    assert run(three, None) == [(1, None), (2, None), (3, None)]


def test_limit_null_returns_all_rows(three: Items) -> None:
    assert run(three, [0, 0], limit=count(None)) == [(1, 0.0), (2, 5.0), (3, None)]


def test_negative_limit_and_offset(three: Items) -> None:
    with pytest.raises(InvalidRowCountInLimit, match=r"^LIMIT must not be negative$"):
        run(three, [0, 0], limit=count(-1))
    with pytest.raises(InvalidRowCountInOffset, match=r"^OFFSET must not be negative$"):
        run(three, [0, 0], offset=count(-1))


def test_other_dimensions_are_an_error(three: Items) -> None:
    with pytest.raises(DataException, match=r"^different vector dimensions 2 and 3$"):
        run(three, [1, 2, 3])


def test_other_dimensions_pass_where_no_row_is_compared() -> None:
    assert run(Items(2), [1, 2, 3]) == []
    items = Items(2)
    items.insert([(1, 1, "a", [0, 0])])
    assert run(items, [1, 2, 3], limit=count(0)) == []


def test_distance_arithmetic_and_other_query(three: Items) -> None:
    from dataclasses import replace

    similarity = replace(DISTANCE, transform=lambda d: 1 - d)
    other = replace(
        DISTANCE, value=ScalarExpr(vector_param(2).type, Const(np.array([3, 4], np.float32)))
    )
    got = run(three, [0, 0], outputs=(ID_OUTPUT, similarity, other))
    assert got == [(1, 1.0, 5.0), (2, -4.0, 0.0), (3, None, None)]


@pytest.mark.parametrize("metric", METRICS)
def test_index_with_large_effort_equals_exact_scan(metric: str) -> None:
    opclass = {
        "l2": "vector_l2_ops",
        "ip": "vector_ip_ops",
        "cosine": "vector_cosine_ops",
        "l1": "vector_l1_ops",
    }
    from tests.executor.tables import VECTOR_INDEX_OID

    items = Items(8, opclass=opclass[metric])
    rng = np.random.default_rng(1)
    data = rng.standard_normal((600, 8)).astype(np.float32)
    items.insert([(i, i % 7, None, row) for i, row in enumerate(data.tolist())])
    items.engine.flush()
    items.engine.wait_for_background()
    items.refresh()
    items.ctx.settings.set("hnsw.ef_search", "1000")
    for query in rng.standard_normal((5, 8)):
        exact = run(items, query, metric=metric, limit=count(10))
        assert (
            run(items, query, metric=metric, limit=count(10), index_oid=VECTOR_INDEX_OID) == exact
        )
