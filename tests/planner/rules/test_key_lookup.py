"""Which queries become key look-ups."""

from __future__ import annotations

import pytest

from tests.planner.rules.planning import direct
from vecsql.planner.plan import Const, KeyLookup, Param


@pytest.mark.parametrize(
    ("sql", "index", "key"),
    [
        ("SELECT name FROM items WHERE id = 5", 16501, (Const(5),)),
        ("SELECT * FROM items i WHERE $1 = i.id", 16501, (Param(1),)),
        ("SELECT name FROM items WHERE id = $1 LIMIT 1", 16501, (Param(1),)),
        ("SELECT name FROM items WHERE id = $1 ORDER BY name", 16501, (Param(1),)),
        ("SELECT id FROM items WHERE grp = 3 AND name = 'x'", 16504, (Const("x"), Const(3))),
    ],
)
def test_key_lookup(sql: str, index: int, key: tuple[object, ...]) -> None:
    plan = direct(sql)
    assert isinstance(plan, KeyLookup)
    assert plan.index_oid == index
    assert tuple(expr.operand for expr in plan.key) == key
    assert plan.filter is None


def test_further_terms_are_a_filter() -> None:
    plan = direct("SELECT name FROM items WHERE id = $1 AND grp > 3")
    assert plan.filter.attnums == (3,)


def test_sub_select_as_key() -> None:
    plan = direct("SELECT name FROM items WHERE id = (SELECT max(id) FROM items)")
    assert isinstance(plan, KeyLookup)
    assert plan.key[0].operand is None


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT name FROM items WHERE id = 5 OR grp = 3",
        "SELECT name FROM items WHERE id > 5",
        "SELECT name FROM items WHERE id = 5.5",
        "SELECT name FROM items WHERE name = 'x'",
        "SELECT count(*) FROM items WHERE id = 5",
        "SELECT name FROM items WHERE id = 5 LIMIT 0",
        "SELECT name FROM items WHERE id = 5 OFFSET 1",
        "SELECT name FROM items WHERE id = grp",
        "SELECT name FROM items WHERE id = 5 FOR UPDATE",
        "SELECT upper(name) FROM items WHERE id = 5",
    ],
)
def test_no_key_lookup(sql: str) -> None:
    assert not isinstance(direct(sql), KeyLookup)
