"""Filtered, ranged, grouped and joined vector searches give PostgreSQL's and pgvector's rows."""

from __future__ import annotations

import random

from tests.oracle.sides import Postgres, Vecsql

DISTANCE = "e <-> '[1,2,3]'"

CONDITIONS = [
    "n = 3", "n <> 3", "n BETWEEN 2.5 AND 4", "n IN (1, 2.0, NULL)", "n NOT IN (1, 2)", "n NOT IN (1, NULL)", "n IS NULL OR n > 3",
    "NOT (n > 2 AND name = 'a')", "price <= 10.5", "price = 10.50", "price IN (0.5, 10.5)", "price <> 1.505", "f > 0.5", "f = 'NaN'",
    "f >= 'Infinity'", "f < 'NaN' AND f > '-Infinity'", "day >= '2020-02-29'", "day < '1970-01-01'", "at > '2020-01-01 00:00+02'",
    "name = 'b'", "name <> ''", "name > 'a' AND name <= 'bb'", "name LIKE 'a%'", "name LIKE '%b%'", "name ILIKE '%B%'",
    "name LIKE 'a\\%'", "name LIKE '_'", "name NOT LIKE '%a%'", "name IN ('a', 'b', 'ab', 'zz', '')", "name = ANY ('{a,bb}')",
    "tags @> '{x}'", "tags && '{x,z}'", "tags @> '{}'", "'x' = ANY (tags)", "NOT tags && '{x}'", "tags @> ARRAY['x', 'y']",
    "meta->>'k' = 'v'", "meta->>'k' IS NULL", "meta @> '{\"k\": \"v\"}'", "meta @> '{\"n\": 5}'", "meta @> '{\"o\": {\"p\": null}}'", "meta ? 'k'",
    "(meta->>'n')::numeric > 5", "(meta->>'n')::float8 <= 5", "meta @> '{\"l\": [1]}'", "NOT meta ? 'k'",
    "length(name) = 1", "n % 2 = 1", "upper(name) = 'A'", "coalesce(n, 0) = 0", "n IN (SELECT id FROM groups WHERE kind = 'x')",
    "n NOT IN (SELECT id FROM groups WHERE kind = 'x')", "n NOT IN (SELECT ref FROM groups)",
    "EXISTS (SELECT FROM groups g WHERE g.id = t.n AND g.kind <> 'x')", "NOT EXISTS (SELECT FROM groups g WHERE g.id = n)",
    "EXISTS (SELECT FROM groups g WHERE g.id < t.n)", "n = (SELECT max(id) FROM groups)", "n = ANY (SELECT ref FROM groups)",
    f"{DISTANCE} < 3", f"NOT {DISTANCE} > 3", f"2 * ({DISTANCE}) <= 6 AND n > 1", f"{DISTANCE} < 2 OR n = 1",
]  # fmt: skip

QUERIES = [
    f"SELECT id FROM t ORDER BY {DISTANCE}, id LIMIT 10 OFFSET 90",
    f"SELECT id FROM t WHERE {DISTANCE} < 3 ORDER BY {DISTANCE}, id",
    "SELECT id FROM t WHERE 1 - (e <=> '[1,2,3]') > 0.5 ORDER BY e <=> '[1,2,3]', id LIMIT 15",
    f"SELECT DISTINCT ON (n) n, id FROM t ORDER BY n, {DISTANCE}, id",
    f"SELECT DISTINCT ON (name) name, id FROM t WHERE n > 1 ORDER BY name DESC, {DISTANCE}, id LIMIT 3",
    "SELECT a.id, b.id FROM groups a CROSS JOIN LATERAL (SELECT id, t.e <-> a.e AS d FROM t ORDER BY t.e <-> a.e, id LIMIT 3) b "
    "ORDER BY a.id, b.d, b.id",
    "SELECT a.id, b.id FROM t a LEFT JOIN LATERAL (SELECT b.id, b.e <-> a.e AS d FROM t b WHERE b.id <> a.id AND b.n = a.n "
    "ORDER BY b.e <-> a.e, b.id LIMIT 2) b ON true WHERE a.e IS NOT NULL ORDER BY a.id, b.d, b.id",
    "SELECT a.id, (SELECT t.id FROM t WHERE t.n > a.id ORDER BY t.e <-> a.e, t.id LIMIT 1) FROM groups a WHERE e IS NOT NULL ORDER BY 1",
    f"SELECT t.id, g.kind FROM t JOIN groups g ON g.id = t.n WHERE g.kind = 'x' ORDER BY {DISTANCE.replace('e', 't.e', 1)}, t.id LIMIT 7",
    f"(SELECT id FROM t WHERE n = 1 ORDER BY {DISTANCE}, id LIMIT 3) UNION ALL (SELECT id FROM t WHERE n = 2 ORDER BY {DISTANCE}, id LIMIT 3)",
    f"SELECT id, round(({DISTANCE})::numeric, 3), round((e <=> '[0,1,0]')::numeric, 3) FROM t WHERE e IS NOT NULL ORDER BY {DISTANCE}, id LIMIT 9",
]  # fmt: skip


def _literal(value: object) -> str:
    return "NULL" if value is None else "'" + str(value).replace("'", "''") + "'"


def _statements() -> list[str]:
    choose = random.Random(4).choice
    vector = [-2, -1, 0, 1, 2, 3]
    found = [
        "CREATE TABLE groups (id int PRIMARY KEY, kind text, ref int, e vector(3))",
        "INSERT INTO groups VALUES (1, 'x', 2, '[1,0,0]'), (2, 'y', NULL, '[0,2,1]'), (4, 'x', 4, '[3,3,3]'), (9, 'z', 1, '[1,2,2]')",
        "CREATE TABLE t (id int PRIMARY KEY, n int, price numeric(10,2), f float8, day date, at timestamptz, name text, tags text[], meta jsonb, e vector(3))",
    ]  # fmt: skip
    for i in range(120):
        row = (
            i, choose([None, 1, 2, 3, 4, 5]), choose([None, 0.5, 10.5, 1.5, -3]), choose([None, 0, 1.25, "NaN", "Infinity"]),
            choose([None, "2020-02-29", "1969-05-05", "2021-01-01"]), choose([None, "2020-01-01 00:00+00", "2019-12-31 23:30+00"]),
            choose([None, "", "a", "b", "ab", "bb", "a%", "B"]), choose([None, "{}", "{x}", "{x,y}", "{z}"]),
            choose([None, "{}", '{"k": "v"}', '{"k": 1, "n": 5}', '{"n": "5.0"}', '{"o": {"p": null}}', '{"l": [1, 2]}', "[1]"]),
            None if i % 13 == 3 else f"[{choose(vector)},{choose(vector)},{choose(vector)}]",
        )  # fmt: skip
        found.append(f"INSERT INTO t VALUES ({', '.join(map(_literal, row))})")
    return found


def test_same_rows(postgres: Postgres, vecsql: Vecsql) -> None:
    for number, statement in enumerate(_statements()):
        assert not postgres.run(statement).error
        assert not vecsql.run(statement).error
        if number == 60:
            vecsql.run("CHECKPOINT")
    vecsql.run("CREATE INDEX ON t USING hnsw (e vector_l2_ops)")
    where = [f"SELECT id FROM t WHERE {c} ORDER BY {DISTANCE}, id LIMIT 40" for c in CONDITIONS]
    different = []
    for sql in (*where, *QUERIES):
        theirs, ours = postgres.run(sql), vecsql.run(sql)
        if (theirs.rows, theirs.error) != (ours.rows, ours.error):
            different.append((sql, theirs.rows[:8], theirs.error, ours.rows[:8], ours.error))
    assert not different
