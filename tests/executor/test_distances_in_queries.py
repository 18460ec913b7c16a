"""DISTINCT ON a group's nearest row, and distances anywhere in WHERE, give what DuckDB gives."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

import vecsql

NEAREST = [
    "SELECT DISTINCT ON (g) g, id, e <-> '[1,2,3]' AS d FROM t ORDER BY g, e <-> '[1,2,3]', id",
    "SELECT DISTINCT ON (g) g, id, e <-> '[1,2,3]' AS d FROM t ORDER BY g, d, id LIMIT 2",
    "SELECT DISTINCT ON (g) id FROM t WHERE id > 7 ORDER BY g DESC, e <=> '[1,2,3]', id",
    "SELECT DISTINCT ON (g, h) g, h, id FROM t ORDER BY h, g, e <-> '[1,2,3]', id LIMIT 5 OFFSET 1",
    "SELECT DISTINCT ON (h) 1 - (e <=> '[0,0,1]') s, h, id FROM t ORDER BY h NULLS FIRST, e <=> '[0,0,1]', id DESC",
    "SELECT DISTINCT ON (g) g, id, e <-> '[1,2,3]' FROM t WHERE e IS NULL ORDER BY g, e <-> '[1,2,3]', id",
    "SELECT DISTINCT ON (g) id FROM t WHERE id < 0 ORDER BY g, e <-> '[1,2,3]'",
]

CONDITIONS = [
    "e <-> '[1,2,3]' < 3",
    "NOT (e <-> '[1,2,3]' > 3)",
    "e <-> '[1,2,3]' < 3 OR g = 1",
    "e <=> '[1,2,3]' > 0.5 AND e <-> '[0,0,0]' <= 4",
    "1 - (e <=> '[0,0,0]') > 0.5",
    "e <#> '[1,1,1]' = -3",
    "e <-> '[1,2,3]' BETWEEN 1 AND 3",
    "e <-> (SELECT e FROM t WHERE id = 1) < 2",
]


@pytest.fixture(scope="module")
def database() -> Iterator[vecsql.Connection]:
    choose = random.Random(1).choice
    with vecsql.connect(":memory:", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, g int, h text, e vector(3))")
        for start, stop in ((0, 80), (80, 120)):
            rows = [
                (i, choose([None, 1, 2, 3]), choose([None, "a", "b"]),
                 None if i % 11 == 3 else str([choose(range(-3, 4)) for _ in range(3)]))
                for i in range(start, stop)
            ]  # fmt: skip
            connection.executemany("INSERT INTO t VALUES ($1, $2, $3, $4::vector)", rows)
            if not start:
                connection.execute("CHECKPOINT")
        connection.execute("DELETE FROM t WHERE id IN (5, 88)")
        yield connection


def hidden(sql: str) -> str:
    """The query with distances that the rules do not see."""
    return re.sub(r"(e (?:<->|<=>|<#>) (?:'[^']*'|\(SELECT[^)]*\)))", r"((\1) + 0)", sql)


def rounded(rows: list[tuple[Any, ...]]) -> str:
    return str([[round(v, 4) if isinstance(v, float) else v for v in row] for row in rows])


@pytest.mark.parametrize("sql", NEAREST)
def test_the_nearest_row_of_each_group(database: vecsql.Connection, sql: str) -> None:
    expected = database.execute(hidden(sql)).fetchall()
    assert rounded(database.execute(sql).fetchall()) == rounded(expected)
    plan = "\n".join(row[0] for row in database.execute(f"EXPLAIN {sql}").fetchall())
    assert "Unique" in plan
    assert "Vector Scan on t" in plan


@pytest.mark.parametrize("where", CONDITIONS)
def test_distances_in_conditions(database: vecsql.Connection, where: str) -> None:
    sql = f"SELECT id FROM t WHERE {where} ORDER BY id"
    assert database.execute(sql).fetchall() == database.execute(hidden(sql)).fetchall()
