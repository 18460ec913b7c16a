"""Which queries become vector top-k plans, and which keep to DuckDB."""

from __future__ import annotations

import numpy as np
import pytest

from tests.planner.rules.planning import direct, rewritten
from vecsql.errors import InvalidTextRepresentation
from vecsql.planner.plan import Const, LateralTopK, OrderKey, Param, RowScan, VectorTopK


@pytest.mark.parametrize(
    ("sql", "metric", "index"),
    [
        ("SELECT id FROM items ORDER BY embedding <-> '[1,2,3]' LIMIT 5", "l2", 0),
        ("SELECT id FROM items ORDER BY embedding <#> '[1,2,3]' LIMIT 5", "ip", 0),
        ("SELECT id FROM items ORDER BY embedding <=> '[1,2,3]' LIMIT 5", "cosine", 16503),
        ("SELECT id FROM items ORDER BY embedding <+> '[1,2,3]' LIMIT 5", "l1", 0),
        ("SELECT id FROM public.items i ORDER BY '[1,2,3]' <=> i.embedding LIMIT 5", "cosine", 16503),
        ("SELECT id FROM items ORDER BY cosine_distance(embedding, '[1,2,3]') LIMIT 5", "cosine", 16503),
        ("SELECT id FROM items ORDER BY l2_distance(embedding, '[1,2,3]'::vector) ASC LIMIT 5", "l2", 0),
        ("SELECT id, embedding <=> '[1,2,3]' AS d FROM items ORDER BY d FETCH FIRST 5 ROWS ONLY", "cosine", 16503),
        ("SELECT id, embedding <=> '[1,2,3]' FROM items ORDER BY 2 LIMIT 5", "cosine", 16503),
    ],
)  # fmt: skip
def test_recognised(sql: str, metric: str, index: int) -> None:
    plan = direct(sql)
    assert isinstance(plan, VectorTopK)
    assert (plan.attnum, plan.metric, plan.index_oid) == (6, metric, index)
    assert isinstance(plan.query.operand, Const)
    np.testing.assert_array_equal(plan.query.operand.value, np.array([1, 2, 3], np.float32))
    assert plan.limit.operand == Const(5)


def test_parameters() -> None:
    plan = direct(
        "SELECT id FROM items WHERE grp = $3 ORDER BY embedding <=> $1 LIMIT $2 OFFSET $4"
    )
    assert (plan.query.operand, plan.limit.operand) == (Param(1), Param(2))
    assert plan.offset.operand == Param(4)
    assert plan.filter.params == (3,)
    assert plan.filter.attnums == (3,)
    assert plan.filter.cacheable


def test_outputs() -> None:
    plan = direct(
        "SELECT *, 1 - (embedding <=> $1) AS similarity, (embedding <=> $1::vector) * -2 d, 'x' AS x, 7 "
        "FROM items ORDER BY embedding <=> $1 LIMIT 5"
    )
    kinds = [output.kind for output in plan.outputs]
    assert kinds == ["column"] * 7 + ["distance"] * 2 + ["const"] * 2
    similarity, doubled = plan.outputs[7:9]
    assert similarity.transform(np.array([0.25])).tolist() == [0.75]
    assert doubled.transform(np.array([0.25])).tolist() == [-0.5]
    assert [output.column.name for output in plan.outputs[7:]] == [
        "similarity",
        "d",
        "x",
        "?column?",
    ]


def test_distance_to_another_parameter() -> None:
    plan = direct("SELECT embedding <=> $1 FROM items ORDER BY embedding <=> $2 LIMIT 5")
    assert plan.outputs[0].value.operand == Param(1)
    assert plan.query.operand == Param(2)


def test_further_keys() -> None:
    plan = direct(
        "SELECT id FROM items ORDER BY embedding <=> $1, grp DESC, id NULLS FIRST LIMIT 5"
    )
    assert plan.order == (OrderKey(3, True, True), OrderKey(1, False, True))


def test_sub_select_as_query() -> None:
    plan = direct(
        "SELECT id FROM items ORDER BY embedding <=> (SELECT embedding FROM items WHERE id = 5) LIMIT 5"
    )
    assert plan.query.operand is None
    assert "c6" in plan.query.sql


def test_late_constants_of_a_filter() -> None:
    plan = direct(
        "SELECT id FROM items WHERE created > now() - interval '1 day' AND grp < (SELECT max(grp) FROM items) "
        "ORDER BY embedding <=> $1 LIMIT 5"
    )
    assert not plan.filter.slow
    assert len(plan.filter.scalars) == 2
    assert plan.filter.params == (0, -1)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id FROM items ORDER BY embedding <=> '[1,2,3]'",
        "SELECT id FROM items ORDER BY embedding <=> '[1,2,3]' DESC LIMIT 5",
        "SELECT id FROM items ORDER BY embedding <=> '[1,2,3]' NULLS FIRST LIMIT 5",
        "SELECT id FROM items ORDER BY loose <=> '[1,2,3]' LIMIT 5",
        "SELECT id FROM items ORDER BY id, embedding <=> '[1,2,3]' LIMIT 5",
        "SELECT DISTINCT id, embedding <=> '[1,2,3]' FROM items ORDER BY embedding <=> '[1,2,3]' LIMIT 5",
        "SELECT id FROM items ORDER BY embedding <=> embedding LIMIT 5",
        "SELECT id, row_number() OVER () FROM items ORDER BY embedding <=> '[1,2,3]' LIMIT 5",
        "SELECT id, generate_series(1, 2) FROM items ORDER BY embedding <=> '[1,2,3]' LIMIT 5",
        "SELECT upper(name) FROM items ORDER BY embedding <=> '[1,2,3]' LIMIT 5",
    ],
)
def test_not_direct(sql: str) -> None:
    assert direct(sql) is None


def test_bad_literal_is_an_error() -> None:
    with pytest.raises(InvalidTextRepresentation, match=r"invalid input syntax for type vector"):
        direct("SELECT id FROM items ORDER BY embedding <=> 'x' LIMIT 5")


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("SELECT upper(name) FROM items ORDER BY embedding <=> $1 LIMIT 5", ["c2"]),
        ("SELECT count(*) FROM (SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 5) s", ["c1"]),
        ("WITH n AS (SELECT id, name FROM items ORDER BY embedding <=> $1 LIMIT 5) SELECT * FROM n", ["c1", "c2"]),
        ("SELECT kind FROM other WHERE id IN (SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 5)", ["c1"]),
        ("SELECT 1 WHERE EXISTS (SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 5)", ["c1"]),
        ("SELECT * FROM other o, LATERAL (SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 5) l", ["c1"]),
        ("(SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 5) UNION ALL SELECT id FROM other", ["c1"]),
    ],
)  # fmt: skip
def test_blocks_leave_duckdb(sql: str, columns: list[str]) -> None:
    rewrite, left = rewritten(sql)
    assert rewrite.driver is None
    (plan,) = rewrite.blocks.values()
    assert [output.column.name for output in plan.outputs] == [*columns, "c2001", "c2002"]
    assert "topk_1" in left
    assert "cosine" not in left
    assert "LIMIT" not in left


def test_sub_selects_in_where_are_lists() -> None:
    plan = direct(
        "SELECT id FROM items WHERE id IN (SELECT id FROM other WHERE kind = $2) ORDER BY embedding <=> $1 LIMIT 5"
    )
    assert isinstance(plan, VectorTopK)
    assert [scalar.is_list for scalar in plan.filter.scalars] == [True]
    assert plan.filter.params == (2, 0)
    assert plan.filter.attnums == (1,)


def test_two_blocks() -> None:
    side = "SELECT id FROM items ORDER BY embedding <=> {} LIMIT 5"
    rewrite, left = rewritten(f"({side.format('$1')}) UNION ({side.format('$2')})")
    assert sorted(rewrite.blocks) == ["topk_1", "topk_2"]
    assert {plan.query.operand for plan in rewrite.blocks.values()} == {Param(1), Param(2)}
    assert "topk_2" in left


def test_blocks_for_vectors_of_another_table() -> None:
    rewrite, left = rewritten(
        "SELECT * FROM items a, LATERAL (SELECT b.id FROM items b WHERE b.grp = a.grp AND b.id <> a.id "
        "ORDER BY b.embedding <=> a.embedding LIMIT 5) l WHERE a.id < 3"
    )
    plan = rewrite.blocks["knn_1"]
    assert isinstance(plan, LateralTopK)
    assert isinstance(plan.outer, RowScan)
    assert plan.outer.filter.attnums == (1,)
    assert (plan.first_param, plan.other_than, plan.is_unique) == (2, (1, 5), True)
    assert plan.scan.filter.params == (4,)
    assert "cosine" not in left


def test_blocks_with_conditions_on_another_table() -> None:
    rewrite, _ = rewritten(
        "SELECT o.id, (SELECT i.id FROM items i WHERE i.id > o.id ORDER BY i.embedding <=> $1 LIMIT 1) FROM other o"
    )
    plan = rewrite.blocks["knn_1"]
    assert isinstance(plan, LateralTopK)
    assert plan.scan.query.operand == Param(1)
    assert not plan.has_vectors


def test_correlated_blocks_stay() -> None:
    rewrite, _ = rewritten(
        "SELECT o.id, (SELECT i.id FROM items i WHERE length(i.name) > o.id ORDER BY i.embedding <=> $1 LIMIT 1) FROM other o"
    )
    assert rewrite.blocks == {}


@pytest.mark.parametrize(
    ("sql", "where"),
    [
        ("SELECT i.id FROM items i JOIN other o ON o.id = i.id WHERE i.grp = 1 AND o.kind = 'x' "
         "ORDER BY i.embedding <=> $1 LIMIT 5", '(i.grp = 1)'),
        ("SELECT i.id FROM other o, items i WHERE o.id = i.id ORDER BY i.embedding <=> $1 LIMIT 5", None),
        ("SELECT i.id FROM items i LEFT JOIN other o USING (id) ORDER BY i.embedding <=> $1 LIMIT 5", None),
    ],
)  # fmt: skip
def test_joins_are_driven_by_the_nearest_rows(sql: str, where: str | None) -> None:
    rewrite, left = rewritten(sql)
    assert rewrite.driver is not None
    assert "topk_0" in left
    assert "LIMIT 5" in left
    found = rewrite.driver.block.filter
    assert (found.text if found else None) == where


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT i.id FROM other o LEFT JOIN items i ON o.id = i.id ORDER BY i.embedding <=> $1 LIMIT 5",
        "SELECT i.id FROM items i FULL JOIN other o ON o.id = i.id ORDER BY i.embedding <=> $1 LIMIT 5",
        "SELECT i.id FROM items i JOIN other o ON o.id = i.id ORDER BY i.embedding <=> $1, o.id LIMIT 5",
        "SELECT count(*) FROM items i JOIN other o ON o.id = i.id LIMIT 5",
    ],
)
def test_joins_left_to_duckdb(sql: str) -> None:
    assert rewritten(sql)[0].driver is None
