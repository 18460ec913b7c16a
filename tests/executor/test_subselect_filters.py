"""Conditions with sub-selects become sets of rows: the vector scan stays direct, and the rows are those of DuckDB."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import vecsql
from vecsql.executor import widening

CONDITIONS = [
    "cat IN (SELECT id FROM cats WHERE big)",
    "cat NOT IN (SELECT id FROM cats WHERE big)",
    "NOT (cat IN (SELECT id FROM cats WHERE big) OR name = 'n1')",
    "cat = ANY (SELECT id FROM cats)",
    "cat IN (SELECT id FROM cats WHERE name = 'c3') OR id < 4",
    "EXISTS (SELECT 1 FROM cats c WHERE c.id = items.cat AND c.big)",
    "NOT EXISTS (SELECT 1 FROM cats c WHERE c.id = cat AND c.big)",
    "EXISTS (SELECT 1 FROM cats c JOIN links l ON l.cat = c.id WHERE l.item = items.id AND c.big)",
    "EXISTS (SELECT 1 FROM cats c WHERE c.id < items.cat AND c.big)",
    "EXISTS (SELECT 1 FROM links l WHERE l.item = items.id AND l.cat = items.cat)",
    "EXISTS (SELECT 1 FROM cats WHERE big)",
    "cat IN (SELECT c.id FROM cats c WHERE c.id <> items.id)",
    "(cat, name) IN (SELECT id, 'n1' FROM cats)",
    "cat IN (SELECT id FROM cats UNION SELECT 8)",
    "cat NOT IN (SELECT NULL::int)",
    "cat NOT IN (SELECT id FROM cats WHERE id < 0)",
    "cat > (SELECT avg(id) FROM cats)",
    "cat <> ALL (SELECT id FROM cats)",
    "name IN (SELECT 'n' || id FROM cats WHERE id < 2) AND cat = 3",
    "cat IN (SELECT cat FROM items i2 ORDER BY i2.e <-> '[1,1]' LIMIT 3)",
    "cat + 0.5 IN (SELECT id + 0.5 FROM cats)",
    "cat IN (SELECT id::bigint + 5000000000 FROM cats UNION SELECT 2)",
    "(SELECT count(*) FROM links l WHERE l.item = items.id) > 1",
]


@pytest.fixture(scope="module")
def database() -> Iterator[vecsql.Connection]:
    with vecsql.connect(":memory:", autocommit=True) as connection:
        for statement in (
            "CREATE EXTENSION vector",
            "CREATE TABLE cats (id int PRIMARY KEY, name text, big bool)",
            "CREATE TABLE links (item int, cat int)",
            "CREATE TABLE items (id int PRIMARY KEY, cat int, name text, e vector(2))",
        ):
            connection.execute(statement)
        cats = [(i, f"c{i}", i % 2 == 0) for i in range(6)]
        connection.executemany("INSERT INTO cats VALUES ($1, $2, $3)", cats)
        links = [(i % 17, i % 5 if i % 4 else None) for i in range(30)]
        connection.executemany("INSERT INTO links VALUES ($1, $2)", links)
        for start in (0, 20):
            items = [
                (i, None if i % 7 == 0 else i % 9, f"n{i % 4}", f"[{i},{i % 3}]")
                for i in range(start, start + 20)
            ]
            connection.executemany("INSERT INTO items VALUES ($1, $2, $3, $4::vector)", items)
            connection.execute("CHECKPOINT")
        connection.execute("DELETE FROM items WHERE id IN (4, 31)")
        yield connection


@pytest.mark.parametrize("where", CONDITIONS)
def test_same_rows_as_duckdb(database: vecsql.Connection, where: str) -> None:
    ordered = "ORDER BY e <-> '[1,1]', id LIMIT 100"
    hidden = f"SELECT id FROM (SELECT * FROM items LIMIT 1000) items WHERE {where} {ordered}"
    query = f"SELECT id FROM items WHERE {where} {ordered}"
    assert database.execute(query).fetchall() == database.execute(hidden).fetchall()
    plan = database.execute(f"EXPLAIN {query}").fetchall()
    assert plan[1][0].startswith("  ->  Vector Scan on items"), plan


def test_what_the_sub_select_reads_may_change(database: vecsql.Connection) -> None:
    query = "SELECT id FROM items WHERE cat IN (SELECT id FROM cats WHERE name = $1) ORDER BY id"
    before = database.execute(query, ["c8"]).fetchall()
    assert before == []
    database.execute("INSERT INTO cats VALUES (8, 'c8', false)")
    assert database.execute(query, ["c8"]).fetchall() == [(8,), (17,), (26,)]
    assert database.execute(query, ["c1"]).fetchall()[0] == (1,)
    database.execute("DELETE FROM cats WHERE id = 8")
    assert database.execute(query, ["c8"]).fetchall() == []


def test_a_with_query_is_not_looked_up_elsewhere(database: vecsql.Connection) -> None:
    rows = database.execute(
        "WITH big AS (SELECT id FROM cats WHERE big), near AS (SELECT id FROM items WHERE cat IN (SELECT id FROM big) "
        "ORDER BY e <-> '[1,1]', id LIMIT 3) SELECT id FROM near ORDER BY id"
    ).fetchall()
    assert rows == [(2,), (9,), (11,)]


JOINS = [
    ("SELECT i.id, c.name FROM items i JOIN cats c ON c.id = i.cat WHERE c.big", "c.big"),
    ("SELECT i.id, c.name FROM cats c, items i WHERE c.id = i.cat AND c.name = 'c3' AND i.id > 5", "c.name = 'c3'"),
    ("SELECT i.id, l.cat FROM items i JOIN links l ON l.item = i.id", "links"),
    ("SELECT i.id, c.name FROM items i JOIN links l ON l.item = i.id JOIN cats c ON c.id = l.cat AND c.big", "c.big"),
    ("SELECT i.id, c.name FROM items i JOIN cats c ON c.id = i.cat AND c.id <> i.id JOIN links l ON l.item = i.id", "links"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "condition"), JOINS)
def test_joins_restrict_the_scan(database: vecsql.Connection, sql: str, condition: str) -> None:
    distance = "i.e <-> '[1,1]'"
    query = f"{sql} ORDER BY {distance} LIMIT 6"
    hidden = f"SELECT d FROM (SELECT s.*, i.e <-> '[1,1]' AS d FROM ({sql}) s JOIN items i ON i.id = s.id) s ORDER BY d + 0 LIMIT 6"
    got = database.execute(query.replace(" FROM ", f", {distance} FROM ", 1)).fetchall()
    assert [(row[-1],) for row in got] == database.execute(hidden).fetchall()
    plan = "\n".join(row[0] for row in database.execute(f"EXPLAIN {query}").fetchall())
    scan = plan[plan.index("Vector Scan") :]
    assert condition in scan[scan.index("Filter: ") :].split("\n")[0]


def test_large_tables_are_not_read_for_a_join(
    database: vecsql.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(widening, "MOST_ROWS_READ", 5)
    query = (
        "SELECT i.id FROM items i JOIN links l ON l.item = i.id ORDER BY i.e <-> '[1,1]' LIMIT 6"
    )
    plan = "\n".join(row[0] for row in database.execute(f"EXPLAIN {query}").fetchall())
    assert "Filter: " not in plan[plan.index("Vector Scan") :]
    assert len(database.execute(query).fetchall()) == 6


def test_explain_tells_how_rows_were_found(database: vecsql.Connection) -> None:
    database.execute("CREATE TABLE solo (id int PRIMARY KEY, name text, e vector(2))")
    database.execute("INSERT INTO solo SELECT i, 'n' || i, '[1,2]' FROM generate_series(1, 9) i")
    for where, how in (
        ("id > 7", "evaluated"),
        ("id > 2 AND length(name) > 7", "evaluated by DuckDB"),
        ("id < 0", "none by zone map"),
    ):
        query = f"EXPLAIN ANALYZE SELECT id FROM solo WHERE {where} ORDER BY e <-> '[1,1]' LIMIT 2"
        for expected in (how, "kept from before"):
            plan = "\n".join(row[0] for row in database.execute(query).fetchall())
            assert f"Filter Rows: {expected}\n" in plan, plan
