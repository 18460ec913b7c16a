"""SQL with vector top-k blocks gives what DuckDB gives over the whole tables.

`+ 0` on a distance hides it from the rules, so that the reference runs in DuckDB without them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.executor.tables import Items, rows_of
from vecsql.executor.execute import execute
from vecsql.planner.parse import parse
from vecsql.planner.plan import KeyLookup, Relational, RowScan, VectorTopK, Widening
from vecsql.planner.planner import prepare

DISTANCE = re.compile(r"(\w*\.?embedding) (<->|<=>|<#>|<\+>) (\$1|'[^']*')")


def run(items: Items, sql: str, params: Sequence[Any] = ()) -> tuple[Any, list[tuple[Any, ...]]]:
    """The plan and the rows of a query."""
    prepared = prepare(parse(sql)[0], items.engine.snapshot().catalog)
    return prepared.plan, rows_of(execute(prepared, items.ctx, params))


def hidden(sql: str) -> str:
    return DISTANCE.sub(r"((\1 \2 \3) + 0)", sql)


def same(got: list[tuple[Any, ...]], expected: list[tuple[Any, ...]]) -> None:
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert a == pytest.approx(b, abs=1e-5, nan_ok=True)


@pytest.fixture(scope="module")
def items() -> Items:
    """Three parts, NULL vectors, deleted rows, an index."""
    items = Items(3, opclass="vector_l2_ops")
    rng = np.random.default_rng(7)
    for start in (0, 40, 80):
        batch: list[Any] = []
        for i in range(start, start + 40):
            vector = None if i % 13 == 5 else rng.integers(-4, 5, 3).tolist()
            batch.append((i, None if i % 11 == 3 else i % 5, f"n{i % 7}", vector))
        items.insert(batch)
        if start == 0:
            items.engine.flush()
            items.engine.wait_for_background()
    items.delete([0, 17, 44, 81])
    return items


QUERIES = [
    ("SELECT id, embedding <-> '[1,2,3]' AS d FROM items ORDER BY embedding <-> '[1,2,3]', id LIMIT 20", VectorTopK),
    ("SELECT id, embedding <-> '[1,2,3]' AS d FROM items ORDER BY d, grp DESC, id LIMIT 15 OFFSET 3", VectorTopK),
    ("SELECT id FROM items ORDER BY embedding <#> '[1,2,3]', id LIMIT 200", VectorTopK),
    ("SELECT id, name FROM items WHERE grp = 2 AND name <> 'n3' ORDER BY embedding <+> '[1,2,3]', id LIMIT 9", VectorTopK),
    ("SELECT id FROM items WHERE length(name) = 2 AND id % 3 = 1 ORDER BY embedding <-> '[0,0,0]', id LIMIT 9", VectorTopK),
    ("SELECT id FROM items WHERE grp IS NULL ORDER BY embedding <-> '[0,0,0]', id LIMIT 30", VectorTopK),
    ("SELECT id FROM items WHERE id < 50 AND grp < (SELECT max(grp) FROM items) "
     "ORDER BY embedding <-> '[0,0,0]', id LIMIT 9", VectorTopK),
    ("SELECT upper(name), id * 2, (embedding <-> '[1,2,3]') * 2 FROM items "
     "ORDER BY embedding <-> '[1,2,3]', id LIMIT 7", Relational),
    ("SELECT count(*), avg(d) FROM (SELECT embedding <-> '[1,1,1]' AS d FROM items "
     "ORDER BY embedding <-> '[1,1,1]', id LIMIT 25) s", Relational),
    ("WITH n AS (SELECT id, grp FROM items WHERE grp > 0 ORDER BY embedding <-> '[1,1,1]', id LIMIT 25) "
     "SELECT grp, count(*) FROM n GROUP BY grp ORDER BY grp", Relational),
    ("SELECT name FROM items WHERE id IN (SELECT id FROM items ORDER BY embedding <-> '[1,1,1]', id LIMIT 4) "
     "ORDER BY id", RowScan),
    ("SELECT a.id, l.id FROM items a, LATERAL (SELECT id FROM items ORDER BY embedding <-> '[1,1,1]', id LIMIT 2) l "
     "WHERE a.id < 4 ORDER BY 1, 2", Relational),
    ("(SELECT id FROM items ORDER BY embedding <-> '[1,1,1]', id LIMIT 3) UNION ALL "
     "(SELECT id FROM items ORDER BY embedding <-> '[-1,-1,-1]', id LIMIT 3)", Relational),
    ("SELECT id, (SELECT count(*) FROM items b WHERE b.grp = a.grp) FROM items a "
     "ORDER BY embedding <-> '[1,1,1]', id LIMIT 5", Relational),
    ("SELECT id, rank() OVER (ORDER BY id) FROM (SELECT id FROM items "
     "ORDER BY embedding <-> '[1,1,1]', id LIMIT 5) s ORDER BY 1", Relational),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "kind"), QUERIES)
def test_equals_duckdb(items: Items, sql: str, kind: type) -> None:
    plan, got = run(items, sql)
    assert isinstance(plan, kind)
    if kind is Relational:
        assert plan.topk
    reference, expected = run(items, hidden(sql))
    assert not isinstance(reference, VectorTopK)
    assert not getattr(reference, "topk", None)
    same(got, expected)


JOINS = [
    "SELECT a.embedding <-> '[1,2,3]' AS d FROM items a JOIN items b ON b.id = a.grp ORDER BY 1 LIMIT 8",
    "SELECT a.embedding <-> '[1,2,3]' AS d FROM items a JOIN items b ON b.id = a.id AND b.id > 100 "
    "WHERE a.grp = 1 ORDER BY 1 LIMIT 8",
    "SELECT a.embedding <-> '[1,2,3]' AS d FROM items a LEFT JOIN items b ON b.grp = a.id ORDER BY 1 LIMIT 90 OFFSET 2",
]


@pytest.mark.parametrize("sql", JOINS)
def test_joins_equal_duckdb(items: Items, sql: str) -> None:
    """Rows at equal distance may differ, so only distances are compared."""
    plan, got = run(items, sql)
    assert isinstance(plan, Widening)
    same(got, run(items, hidden(sql))[1])


def test_query_vector_from_a_row(items: Items) -> None:
    plan, got = run(
        items,
        "SELECT id FROM items ORDER BY embedding <-> (SELECT embedding FROM items WHERE id = 9), id LIMIT 4",
    )
    assert isinstance(plan, VectorTopK)
    assert isinstance(plan.query.plan, KeyLookup)
    vector = run(items, "SELECT embedding FROM items WHERE id = 9")[1][0][0]
    parameter = np.asarray(vector, np.float32)
    assert (
        got
        == run(items, "SELECT id FROM items ORDER BY embedding <-> $1, id LIMIT 4", [parameter])[1]
    )


def test_query_vector_of_a_missing_row_is_null(items: Items) -> None:
    sql = "SELECT embedding <-> (SELECT embedding FROM items WHERE id = 999) FROM items ORDER BY 1 LIMIT 2"
    assert run(items, sql)[1] == [(None,), (None,)]


filters = st.sampled_from(
    ["grp = 1", "grp <> 1 OR grp IS NULL", "id BETWEEN 30 AND 60", "name LIKE 'n%' AND grp IN (0, 2, 4)", "id < 0",
     "length(name) > 1", "NOT (grp > 2)", "name = ANY('{n1,n2}')", "id + grp > 50"]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    where=filters,
    operator=st.sampled_from(["<->", "<#>", "<+>"]),
    query=st.lists(st.integers(-4, 4), min_size=3, max_size=3),
    k=st.integers(0, 30),
    offset=st.integers(0, 5),
)
def test_filtered_equals_duckdb(
    items: Items, where: str, operator: str, query: list[int], k: int, offset: int
) -> None:
    sql = (
        f"SELECT id, embedding {operator} '{query}' AS d FROM items WHERE {where} "
        f"ORDER BY embedding {operator} '{query}', id LIMIT {k} OFFSET {offset}"
    )
    same(run(items, sql)[1], run(items, hidden(sql))[1])
