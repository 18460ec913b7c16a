"""k-NN joins: blocks that search for the vectors of another relation's rows give what DuckDB gives."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import vecsql

QUERIES = [
    "SELECT a.id, n.id, n.d FROM queries a CROSS JOIN LATERAL (SELECT b.id, b.e <-> a.e AS d FROM items b "
    "ORDER BY b.e <-> a.e, b.id LIMIT 3) n ORDER BY a.id, n.d, n.id",
    "SELECT a.id, n.id FROM queries a, LATERAL (SELECT b.id, b.e <-> a.e AS d FROM items b ORDER BY d, b.id LIMIT 3) n "
    "WHERE a.grp = 1 AND n.id > 5 ORDER BY a.id, n.d, n.id",
    "SELECT a.id, n.id FROM queries a LEFT JOIN LATERAL (SELECT b.id FROM items b WHERE b.id < 3 AND b.grp = a.grp "
    "ORDER BY b.e <=> a.e, b.id LIMIT 2) n ON true ORDER BY a.id, n.id",
    "SELECT a.id, n.id FROM items a CROSS JOIN LATERAL (SELECT b.id, b.e <-> a.e AS d FROM items b WHERE b.id <> a.id "
    "ORDER BY b.e <-> a.e, b.id LIMIT 2) n ORDER BY a.id, n.d, n.id",
    "SELECT a.id, n.id FROM items a CROSS JOIN LATERAL (SELECT b.id, b.e <-> a.e AS d FROM items b WHERE b.id != a.id "
    "AND b.grp = a.grp AND b.id > 10 ORDER BY b.e <-> a.e, b.id LIMIT 2 OFFSET 1) n ORDER BY a.id, n.d, n.id",
    "SELECT a.id, (SELECT b.id FROM items b ORDER BY b.e <#> a.e, b.id LIMIT 1) FROM queries a ORDER BY a.id",
    "SELECT a.id, (SELECT count(*) FROM (SELECT b.grp FROM items b ORDER BY b.e <-> a.e, b.id LIMIT 5) s WHERE s.grp = 1) "
    "FROM queries a ORDER BY a.id",
    "SELECT a.id FROM queries a WHERE 7 IN (SELECT b.id FROM items b ORDER BY b.e <-> a.e, b.id LIMIT 9) ORDER BY a.id",
    "SELECT a.id, (SELECT b.id FROM items b WHERE b.id > a.id ORDER BY b.e <-> '[1,2,3]', b.id LIMIT 1) FROM queries a "
    "ORDER BY a.id",
    "SELECT a.id, n.id FROM items a CROSS JOIN LATERAL (SELECT b.id, b.e <-> a.e AS d FROM items b WHERE b.e <-> a.e < 2 "
    "AND b.id <> a.id ORDER BY b.e <-> a.e, b.id LIMIT 4) n ORDER BY a.id, n.d, n.id",
    "SELECT a.id, n.id FROM queries a CROSS JOIN LATERAL (SELECT b.id, b.e <-> a.e AS d FROM items b WHERE b.e <=> a.e > 0.5 "
    "ORDER BY b.e <-> a.e, b.id LIMIT 4) n ORDER BY a.id, n.d, n.id",
    "SELECT q.n, k.id FROM (VALUES (1, '[1,2,3]'::vector(3)), (2, '[0,-1,2]'::vector(3)), (3, '[1,2,3]'::vector(3))) q(n, v) "
    "CROSS JOIN LATERAL (SELECT b.id FROM items b ORDER BY b.e <-> q.v, b.id LIMIT 2) k ORDER BY q.n, k.id",
    "WITH q AS (SELECT id, e AS v FROM queries WHERE grp = 1) SELECT q.id, k.id FROM q CROSS JOIN LATERAL "
    "(SELECT b.id FROM items b ORDER BY b.e <-> q.v, b.id LIMIT 2) k ORDER BY q.id, k.id",
    "SELECT a.id, k.id FROM (SELECT id, e FROM items ORDER BY e <-> '[1,2,3]', id LIMIT 3) a CROSS JOIN LATERAL "
    "(SELECT b.id FROM queries b ORDER BY b.e <-> a.e, b.id LIMIT 2) k ORDER BY a.id, k.id",
    "SELECT a.id, n.id FROM queries a JOIN cats c ON c.id = a.grp CROSS JOIN LATERAL (SELECT b.id FROM items b "
    "WHERE b.grp IN (SELECT id FROM cats WHERE big) ORDER BY b.e <-> a.e, b.id LIMIT 2) n WHERE c.big ORDER BY a.id, n.id",
    "SELECT a.id, n.id FROM queries a CROSS JOIN LATERAL (SELECT b.id FROM items b ORDER BY b.e <-> a.e, b.id LIMIT 1) n "
    "ORDER BY a.id DESC LIMIT 5",
    "SELECT a.id, n.id FROM items a CROSS JOIN LATERAL (SELECT b.id FROM items b WHERE b.id <> a.id ORDER BY b.e <-> a.e, b.id "
    "LIMIT 1) n WHERE a.grp = 1 ORDER BY a.id LIMIT 5",
    "SELECT a.id, n.id FROM queries a LEFT JOIN LATERAL (SELECT b.id FROM items b WHERE b.grp = 99 ORDER BY b.e <-> a.e LIMIT 1) n "
    "ON true ORDER BY a.id LIMIT 5",
    "SELECT a.id, n.id FROM queries a CROSS JOIN LATERAL (SELECT b.id FROM items b WHERE b.id > 50 AND b.grp = a.grp "
    "ORDER BY b.e <-> a.e, b.id LIMIT 1) n ORDER BY a.id LIMIT 5",
]  # fmt: skip


@pytest.fixture(scope="module")
def database() -> Iterator[vecsql.Connection]:
    """Vectors in two parts of which one is indexed; some are NULL."""
    with vecsql.connect(":memory:", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute("CREATE TABLE cats (id int PRIMARY KEY, big bool)")
        connection.execute("INSERT INTO cats VALUES (0, true), (1, false), (2, true), (9, true)")
        rng = np.random.default_rng(5)
        for table, count in (("items", 60), ("queries", 40)):
            connection.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, grp int, e vector(3))")
            rows = [
                (i, None if i % 9 == 2 else i % 4, None if i % 17 == 3 else str(rng.integers(-3, 4, 3).tolist()))
                for i in range(count)
            ]  # fmt: skip
            insert = f"INSERT INTO {table} VALUES ($1, $2, $3::vector)"
            connection.executemany(insert, rows[: count // 2])
            connection.execute("CHECKPOINT")
            connection.execute(f"CREATE INDEX ON {table} USING hnsw (e vector_l2_ops)")
            connection.executemany(insert, rows[count // 2 :])
            connection.execute(f"DELETE FROM {table} WHERE id IN (4, {count - 3})")
        yield connection


def hidden(sql: str) -> str:
    """The query with distances that the rules do not see."""
    return re.sub(r"(\w+\.e) (<->|<=>|<#>) (\w+\.\w+|'\[[^']*\]')", r"((\1 \2 \3) + 0)", sql)


def rounded(rows: list[tuple[Any, ...]]) -> list[list[Any]]:
    return [[round(v, 4) if isinstance(v, float) else v for v in row] for row in rows]


@pytest.mark.parametrize("sql", QUERIES)
def test_same_rows_as_duckdb(database: vecsql.Connection, sql: str) -> None:
    got = database.execute(sql).fetchall()
    assert rounded(got) == rounded(database.execute(hidden(sql)).fetchall())
    assert got
    plan = "\n".join(row[0] for row in database.execute(f"EXPLAIN {sql}").fetchall())
    assert "k-NN Join" in plan


def test_a_search_with_parameters(database: vecsql.Connection) -> None:
    sql = (
        "SELECT a.id, n.id FROM queries a CROSS JOIN LATERAL (SELECT b.id, b.e <-> a.e AS d FROM items b WHERE b.id > $1 "
        "AND b.grp = a.grp ORDER BY b.e <-> a.e, b.id LIMIT $2) n WHERE a.id < $3 ORDER BY a.id, n.d, n.id"
    )
    got = database.execute(sql, [7, 2, 9]).fetchall()
    assert got == database.execute(hidden(sql), [7, 2, 9]).fetchall()
    assert got


def test_many_searches_run_on_threads(database: vecsql.Connection) -> None:
    sql = "SELECT count(*), sum(n.id) FROM items a, items c, LATERAL (SELECT b.id FROM items b ORDER BY b.e <-> a.e, b.id LIMIT 4) n"
    assert database.execute(sql).fetchall() == database.execute(hidden(sql)).fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT a.id, n.id FROM queries a, LATERAL (SELECT b.id FROM items b WHERE b.id + length(a.id::text) > 4 "
        "ORDER BY b.e <-> a.e, b.id LIMIT 2) n ORDER BY 1, 2",
        "SELECT c.id, n.id FROM cats c LEFT JOIN queries a ON a.grp = c.id LEFT JOIN LATERAL (SELECT b.id FROM items b "
        "ORDER BY b.e <-> a.e, b.id LIMIT 1) n ON a.id IS NOT NULL ORDER BY c.id, a.id, n.id",
    ],
)
def test_what_is_left_to_duckdb(database: vecsql.Connection, sql: str) -> None:
    assert database.execute(sql).fetchall() == database.execute(hidden(sql)).fetchall()


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("a CROSS JOIN LATERAL (SELECT b.id FROM items b ORDER BY b.e <-> a.e LIMIT 2) n LIMIT 3", 3),
        ("a CROSS JOIN LATERAL (SELECT b.id FROM items b WHERE b.id <> a.id ORDER BY b.e <-> a.e LIMIT 2) n LIMIT 3", 4),
        ("a LEFT JOIN LATERAL (SELECT b.id FROM items b WHERE b.id < 3 ORDER BY b.e <-> a.e LIMIT 2) n ON true LIMIT 3", 3),
        ("a CROSS JOIN LATERAL (SELECT b.id FROM items b WHERE b.id < 3 ORDER BY b.e <-> a.e LIMIT 2) n LIMIT 3", 38),
        ("a CROSS JOIN LATERAL (SELECT b.id FROM items b ORDER BY b.e <-> a.e LIMIT 2) n ORDER BY n.id LIMIT 3", 38),
    ],
)  # fmt: skip
def test_no_more_searches_than_limit_wants(
    database: vecsql.Connection, query: str, rows: int
) -> None:
    plan = database.execute(f"EXPLAIN SELECT a.id, n.id FROM queries {query}").fetchall()
    lines = [row[0] for row in plan]
    below = next(i for i, line in enumerate(lines) if "k-NN Join" in line)
    assert f"rows={rows} " in lines[below + 1]
