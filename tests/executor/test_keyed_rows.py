"""Queries and changes of rows found by their keys: with expressions, filters, several keys, joins."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import vecsql


@pytest.fixture
def cursor() -> Iterator[Any]:
    with vecsql.connect(":memory:") as connection:
        cursor = connection.cursor()
        cursor.execute(
            "CREATE TABLE a (id bigint PRIMARY KEY, name text UNIQUE, price numeric(10,2), n int, b bigint)"
        )
        cursor.execute("CREATE TABLE b (id bigint PRIMARY KEY, kind text)")
        cursor.execute(
            "INSERT INTO a VALUES (3,'c',1.50,7,1), (1,'a',NULL,2147483647,1), (2,'b',0.10,0,2)"
        )
        cursor.execute("INSERT INTO b VALUES (1,'x'), (2,'y')")
        yield cursor


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("SELECT price * 2, price - n, n + 1 FROM a WHERE id = 3", [(Decimal("3.00"), Decimal("-5.50"), 8)]),
        ("SELECT price * 2, name || '!' FROM a WHERE id = 1", [(None, "a!")]),
        ("SELECT upper(name), count(*) OVER () FROM a WHERE id = 3", [("C", 1)]),
        ("SELECT name FROM a WHERE id = 3 AND n > 7", []),
        ("SELECT name FROM a WHERE id = 3 AND upper(name) = 'C'", [("c",)]),
        ("SELECT id FROM a WHERE id IN (1, 2, 3, 1, 9, NULL)", [(3,), (1,), (2,)]),
        ("SELECT id FROM a WHERE id = ANY ('{2,1}') ORDER BY id", [(1,), (2,)]),
        ("SELECT id, n + 0 FROM a WHERE name IN ('a', 'b') AND n < 5", [(2, 0)]),
        ("SELECT id FROM a WHERE id IN (1, 2, 3) ORDER BY name DESC LIMIT 1 OFFSET 1", [(2,)]),
        ("SELECT kind FROM a RIGHT JOIN b ON a.b = b.id WHERE a.id = 2", [("y",)]),
        ("SELECT count(*), sum(n) FROM a WHERE id IN (2, 3)", [(2, 7)]),
        ("UPDATE a SET n = n + 5, price = price * 3 WHERE id = 3 RETURNING n, price", [(12, Decimal("4.50"))]),
        ("UPDATE a SET name = upper(name) WHERE id IN (2, 8) RETURNING id, name", [(2, "B")]),
        ("DELETE FROM a WHERE id = 3 AND n = 8 RETURNING id", []),
    ],
)  # fmt: skip
def test_keyed_rows(cursor: Any, sql: str, rows: list[tuple[Any, ...]]) -> None:
    cursor.execute(sql)
    assert cursor.fetchall() == rows


@pytest.mark.parametrize("sql", ["SELECT n + 1 FROM a WHERE id = 1", "UPDATE a SET n = n + 1 WHERE id = 1"])  # fmt: skip
def test_overflow(cursor: Any, sql: str) -> None:
    with pytest.raises(vecsql.DataError, match="integer out of range"):
        cursor.execute(sql)


def test_more_keys_than_are_looked_up(cursor: Any) -> None:
    cursor.execute("SELECT id FROM a WHERE id = ANY (%s::bigint[])", (list(range(2, 2000)),))
    assert cursor.fetchall() == [(3,), (2,)]
