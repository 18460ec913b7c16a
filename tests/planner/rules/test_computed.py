"""Which SELECTs without FROM need no DuckDB."""

from __future__ import annotations

from typing import Any

import pytest

from tests.planner.rules.planning import direct
from vecsql.errors import DivisionByZero, NumericValueOutOfRange
from vecsql.planner.plan import Computed


def values(sql: str, *params: Any) -> list[Any]:
    plan = direct(sql)
    assert isinstance(plan, Computed)
    return [run(None, params) for run in plan.items]


def test_constants_and_parameters() -> None:
    assert values("SELECT 1, 'x', NULL, -2, true") == [1, "x", None, -2, True]
    assert values("SELECT $1::int + 1, $2 || 'b'", 4, "a") == [5, "ab"]
    assert values("SELECT $1::int + 1, $1::int::text", None) == [None, None]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [("7 / 2", 3), ("-7 / 2", -3), ("-7 % 2", -1), ("7 % -2", 1), ("-(3 * 4)", -12)],
)
def test_integers(sql: str, expected: int) -> None:
    assert values(f"SELECT {sql}") == [expected]


def test_errors_come_when_it_runs() -> None:
    with pytest.raises(DivisionByZero):
        values("SELECT $1::int / $2::int", 1, 0)
    with pytest.raises(NumericValueOutOfRange, match=r"^integer out of range$"):
        values("SELECT $1::int * 2", 2**30)


def test_functions_of_the_session_ask_for_its_state() -> None:
    plan = direct("SELECT version(), current_setting('TimeZone')")
    assert isinstance(plan, Computed)
    assert plan.stateful
    assert not plan.writes


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1 WHERE true",
        "SELECT 1 LIMIT 1",
        "SELECT DISTINCT 1",
        "SELECT count(*)",
        "SELECT unnest(ARRAY[1, 2])",
        "SELECT pg_sleep(0)",
        "SELECT 1 UNION SELECT 2",
        "SELECT 'abc'::varchar(2)",
        "SELECT 1.5::float8::text",
        "SELECT now()::text",
        "SELECT upper('x')",
        "SELECT (SELECT 1)",
    ],
)
def test_not_computed(sql: str) -> None:
    assert direct(sql) is None
