"""Look-ups by primary key and first rows of a table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.executor.tables import ID_OUTPUT, NAME, PKEY_OID, Items, count, rows_of
from vecsql.errors import InvalidRowCountInLimit
from vecsql.executor.execute import execute_plan
from vecsql.planner.plan import Const, KeyLookup, Output, Param, ResultColumn, RowScan, ScalarExpr
from vecsql.types import INT8, TEXT
from vecsql.types.base import ColumnType

NAME_OUTPUT = Output(ResultColumn("name", ColumnType(TEXT)), "column", NAME)
ONE = Output(
    ResultColumn("one", ColumnType(INT8)), "const", value=ScalarExpr(ColumnType(INT8), Const(1))
)


@pytest.fixture
def items() -> Items:
    items = Items(2)
    items.insert([(1, 1, "a", None), (2, 1, None, [0, 0])])
    items.insert([(3, 2, "c", [1, 0])])
    items.delete([2])
    return items


def look_up(items: Items, key: Any) -> list[tuple[Any, ...]]:
    expr = ScalarExpr(ColumnType(INT8), Param(1))
    plan = KeyLookup(items.table, PKEY_OID, (expr,), None, (ID_OUTPUT, NAME_OUTPUT, ONE))
    return rows_of(execute_plan(plan, items.ctx, [key]))


def test_key_lookup(items: Items) -> None:
    assert look_up(items, 3) == [(3, "c", 1)]
    assert look_up(items, 1) == [(1, "a", 1)]


@pytest.mark.parametrize("key", [2, 99, None])
def test_key_lookup_finds_nothing(items: Items, key: int | None) -> None:
    assert look_up(items, key) == []


def test_first_rows(items: Items) -> None:
    plan = RowScan(items.table, count(10), None, None, (ID_OUTPUT, NAME_OUTPUT))
    assert rows_of(execute_plan(plan, items.ctx)) == [(1, "a"), (3, "c")]
    assert rows_of(execute_plan(replace(plan, limit=count(1)), items.ctx)) == [(1, "a")]
    assert rows_of(execute_plan(replace(plan, offset=count(1)), items.ctx)) == [(3, "c")]
    assert rows_of(execute_plan(replace(plan, limit=count(0)), items.ctx)) == []
    with pytest.raises(InvalidRowCountInLimit):
        execute_plan(replace(plan, limit=count(-1)), items.ctx)


def test_first_rows_of_an_empty_table() -> None:
    items = Items(2)
    plan = RowScan(items.table, count(10), None, None, (ID_OUTPUT,))
    assert rows_of(execute_plan(plan, items.ctx)) == []
