"""Which queries become key look-ups."""

from __future__ import annotations

import pytest

from tests.planner.rules.planning import direct, rewritten
from vecsql.planner.plan import Const, KeyLookup, Param, RowScan


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


@pytest.mark.parametrize(
    ("sql", "values", "is_array"),
    [
        ("SELECT name FROM items WHERE id IN (1, $1)", (Const(1), Param(1)), False),
        ("SELECT name FROM items WHERE id = ANY ($1) ORDER BY id", (Param(1),), True),
        ("SELECT grp + 1 FROM items WHERE grp > 2 AND id IN (5)", (Const(5),), False),
    ],
)
def test_several_keys(sql: str, values: tuple[object, ...], is_array: bool) -> None:
    plan = direct(sql)
    assert isinstance(plan, RowScan)
    assert plan.keys is not None
    assert plan.keys.is_array == is_array
    assert tuple(expr.operand for expr in plan.keys.values) == values


@pytest.mark.parametrize(
    "condition",
    ["id IN (1, 2.5)", "id NOT IN (1)", "id <> ANY ($1)", "id = ALL ($1)", "grp IN (1)"],
)
def test_no_several_keys(condition: str) -> None:
    plan = direct(f"SELECT name FROM items WHERE {condition} LIMIT 1")
    assert not isinstance(plan, RowScan) or plan.keys is None


def test_computed_outputs() -> None:
    plan = direct("SELECT grp * 2, price - 1, name || 'x' FROM items WHERE id = $1")
    assert isinstance(plan, KeyLookup)
    assert [output.kind for output in plan.outputs] == ["computed"] * 3
    assert plan.outputs[0].run(None, [7, 21]) == 42  # the parameter, then the column's value


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT upper(name) FROM items WHERE id = $1",
        "SELECT count(*) FROM items WHERE id = $1",
        "SELECT i.name, o.kind FROM other o LEFT JOIN items i ON i.id = o.id WHERE i.id = 5",
        "SELECT kind FROM other o WHERE EXISTS (SELECT 1 FROM items WHERE id = $1 AND grp = o.id)",
    ],
)
def test_keyed_block(sql: str) -> None:
    found, text = rewritten(sql)
    assert isinstance(found.blocks["keyed_1"], KeyLookup)
    assert "keyed_1 AS" in text
    assert "r16500" not in text


def test_block_of_several_keys_has_the_rowid_and_what_is_read() -> None:
    found, _ = rewritten("SELECT upper(name) FROM items WHERE id IN ($1, $2)")
    block = found.blocks["keyed_1"]
    assert isinstance(block, RowScan)
    assert [column.name for column in block.columns] == ["c1", "c2", "rowid"]


@pytest.mark.parametrize("condition", ["i.id = o.id", "i.id > 1", "i.id = 1 OR i.grp = 2"])
def test_no_keyed_block(condition: str) -> None:
    found, _ = rewritten(f"SELECT upper(name) FROM items i, other o WHERE {condition}")
    assert not found.blocks
