"""Conditions on json documents and arrays find the rows that DuckDB finds, with and without scalar indexes."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

import pytest

import vecsql
from vecsql.executor import scalar_lookup

DOCUMENTS: list[Any] = [
    None, {}, [], "k", 5, ["k", "x"], {"k": "v"}, {"k": 5}, {"k": 5.0}, {"k": "5"}, {"k": None}, {"k": True}, {"k": {"b": 1}},
    {"k": {"b": "x"}}, {"k": [1, 2]}, {"a": {"b": 1}, "k": "v"}, {"n": 12}, {"n": "13"}, {"n": -0.0}, {"ä": "ö"}, {"b": "true"},
    {"b": False}, [{"k": "v"}], {"k": 1e300}, {'q"': 1},
]  # fmt: skip

CONDITIONS = [
    "m->>'k' = 'v'", "m->>'k' IS NULL", "m->>'k' IN ('v', '5')", "m->>'k' NOT IN ('v', '5')", "m->>'k' <> 'v'",
    "m->'k'->>'b' = '1'", "m#>>'{k,b}' = 'x'", "m#>>'{k,0}' = '1'", "(m->>'n')::numeric > 8", "m->>'n' LIKE '1%'",
    "NOT (m->>'k' = 'v')", "m @> '{\"k\": \"v\"}'", "m @> '{\"k\": 5}'", "m @> '{\"k\": null}'", "m @> '{\"k\": {\"b\": 1}}'",
    "m @> '{\"n\": 0}'", "m @> '{\"k\": [1]}'", "m @> '{}'", "m @> '{\"a\": {}}'", "m @> '[]'", "m @> '\"k\"'", "m ? 'k'", "m ? 'x'",
    "NOT m ? 'k'", "m->>'ä' = 'ö'", "m @> '{\"ä\": \"ö\"}'", "m @> '{\"k\": \"v\", \"a\": {\"b\": 1}}' OR id = 3", "m ?| '{k,n}'",
    "(m->>'b')::bool", "NOT (m->>'b')::bool", "m->>'k' = m->>'b'", "coalesce(m->>'k', 'z') = 'z'", "m->>'q\"' = '1'",
    "m @> NULL", "m->>NULL = 'v'", "tags @> ARRAY['a']", "tags && ARRAY['a', 'b']", "'a' = ANY (tags)", "NOT 'a' = ANY (tags)",
    "nums @> '{1,2}'", "2 = ANY (nums)", "tags @> '{}'", "NOT tags @> ARRAY['a']", "tags && ARRAY[NULL]::text[]",
 "1 <> ALL (nums)", "tags @> ARRAY['b'] AND id > 10", "nums && '{2,7}' OR tags @> '{a,b}'",
]  # fmt: skip


@pytest.fixture(scope="module", params=["memtable", "scan", "index"])
def database(request: pytest.FixtureRequest) -> Iterator[vecsql.Connection]:
    patch = pytest.MonkeyPatch()
    if request.param == "index":
        patch.setattr(scalar_lookup, "SMALL", 0)
        patch.setattr(scalar_lookup, "FEW_NUMBERS", 0)
    choose = random.Random(1).choice
    with vecsql.connect(":memory:", autocommit=True) as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, m jsonb, tags text[], nums int[])")
        rows = [
            (i, None if d is None else json.dumps(d), choose([None, [], ["a"], ["a", "b"], ["b", None]]),
             choose([None, [], [1], [1, 2], [2, None]]))
            for i, d in enumerate(DOCUMENTS * 3)
        ]  # fmt: skip
        connection.executemany("INSERT INTO t VALUES ($1, $2::jsonb, $3, $4)", rows)
        if request.param != "memtable":
            connection.execute("CHECKPOINT")
        if request.param == "index":
            connection.execute("CREATE INDEX ON t USING gin (tags)")
            connection.execute("CREATE INDEX ON t USING gin (nums)")
        connection.execute("DELETE FROM t WHERE id IN (6, 40)")
        yield connection
    patch.undo()


@pytest.mark.parametrize("where", CONDITIONS)
def test_same_rows_as_duckdb(database: vecsql.Connection, where: str) -> None:
    for more in ("", " AND id < 20", " AND id IN (1, 7, 15, 31)"):
        got = database.execute(f"SELECT id FROM t WHERE ({where}){more} ORDER BY id").fetchall()
        plain = f"SELECT id FROM (SELECT * FROM t LIMIT 999) t WHERE ({where}){more} ORDER BY id"
        assert got == database.execute(plain).fetchall()


def test_parameters(database: vecsql.Connection) -> None:
    query = "SELECT count(*) FROM t WHERE {}"
    for where, value, count in (
        ("m @> $1::jsonb", '{"k": "v"}', 4),
        ("m->>'k' = $1", "v", 4),
        ("m ? $1", "n", 9),
        ("m @> $1::jsonb", None, 0),
    ):
        assert database.execute(query.format(where), [value]).fetchall() == [(count,)], where


def test_errors_of_casts(database: vecsql.Connection) -> None:
    for where in ("(m->>'k')::int > 3", "id < 50 AND (m->>'k')::int > 3"):
        with pytest.raises(vecsql.Error, match='invalid input syntax for type integer: "'):
            database.execute(f"SELECT id FROM t WHERE {where}")
    got = database.execute("SELECT count(*) FROM t WHERE (m->>'n')::float8 > 12").fetchall()
    assert got == [(3,)]
