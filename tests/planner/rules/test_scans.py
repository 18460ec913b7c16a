"""Which queries become scans and counts of one table."""

from __future__ import annotations

import pytest

from tests.planner.rules.planning import direct
from vecsql.planner.plan import Const, OrderKey, Param, RowCount, RowScan


def test_row_scan() -> None:
    plan = direct("SELECT id, name FROM items WHERE name LIKE 'a%' LIMIT 10 OFFSET $1")
    assert isinstance(plan, RowScan)
    assert plan.limit is not None
    assert plan.limit.operand == Const(10)
    assert plan.offset is not None
    assert plan.offset.operand == Param(1)
    assert plan.filter is not None
    assert plan.filter.attnums == (2,)


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("", ()),
        ("ORDER BY grp DESC, 1", (OrderKey(3, True, True), OrderKey(1))),
        ("ORDER BY label NULLS FIRST", (OrderKey(2, False, True),)),
        ("ORDER BY created DESC NULLS LAST", (OrderKey(5, True),)),
        ("ORDER BY price", (OrderKey(4),)),
    ],
)
def test_order(order: str, keys: tuple[OrderKey, ...]) -> None:
    plan = direct(f"SELECT id, name AS label FROM items WHERE grp = 3 {order}")
    assert isinstance(plan, RowScan)
    assert plan.limit is None
    assert plan.order == keys


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT upper(name) FROM items",
        "SELECT id FROM items ORDER BY lower(name)",
        "SELECT id FROM items ORDER BY id + 1",
        "SELECT id FROM items ORDER BY embedding",
        "SELECT id FROM items WHERE length(name) = 3",
        "SELECT DISTINCT id FROM items LIMIT 3",
        "SELECT count(*) FROM items LIMIT 3",
        "SELECT id FROM items LIMIT 3 FOR UPDATE",
        "SELECT i.id FROM items i, other",
        "SELECT id FROM items ORDER BY random()",
    ],
)
def test_no_row_scan(sql: str) -> None:
    assert direct(sql) is None


@pytest.mark.parametrize("item", ["count(*)", "count(id)", "COUNT(*) AS n"])
def test_row_count(item: str) -> None:
    plan = direct(f"SELECT {item} FROM items WHERE grp > $1")
    assert isinstance(plan, RowCount)
    assert plan.filter is not None
    assert plan.filter.params == (1,)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT count(name) FROM items",
        "SELECT count(DISTINCT id) FROM items",
        "SELECT count(*) FILTER (WHERE id > 1) FROM items",
        "SELECT count(*) OVER () FROM items",
        "SELECT count(*), 1 FROM items",
        "SELECT count(*) FROM items GROUP BY grp",
        "SELECT count(*) FROM items HAVING count(*) > 1",
        "SELECT count(*) FROM items WHERE length(name) = 1",
    ],
)
def test_no_row_count(query: str) -> None:
    assert direct(query) is None
