"""Corners that once answered otherwise than PostgreSQL: upserts telling what they did, bit literals, array types."""

from __future__ import annotations

from tests.oracle.sides import Postgres, Vecsql

SCRIPT = """
CREATE TABLE t (id int PRIMARY KEY, iv interval, ia int[], v vector(3), bi bit(3), f float4[], i8 bigint)
INSERT INTO t VALUES (1, '1 day 2 hours', '{1}', '[1,2,3]', '101', '{1,2,3}', 5), (2, '1 mon -3 days', '{2}', '[1,2,4]', '111', '{1,2,3}', 6)
INSERT INTO t (id) VALUES (2), (3) ON CONFLICT (id) DO UPDATE SET i8 = excluded.id RETURNING id, (xmax = 0) AS inserted
INSERT INTO t (id) VALUES (4) RETURNING (xmax = 0) AS inserted
INSERT INTO t (id) VALUES (4), (5) ON CONFLICT DO NOTHING RETURNING id, xmax = 0
DELETE FROM t WHERE id > 3
SELECT xmax = 0, xmin IS NOT NULL FROM t WHERE id = 1
SELECT sum(iv) FROM t
SELECT id, sum(iv) OVER (ORDER BY id) FROM t ORDER BY id
SELECT ia || v FROM t
SELECT ia || 1, 1 || ia, ia || ia, ia || '{3}' FROM t ORDER BY id
SELECT ia || i8, ia || 2.5 FROM t ORDER BY id
SELECT v = f FROM t ORDER BY id
SELECT v <-> f FROM t ORDER BY id
SELECT v::float4[], f::vector FROM t ORDER BY id
SELECT B'101', X'1F', B'101'::bit(3), B'101' = '101', bi = B'101' FROM t ORDER BY id
SELECT array_append(ia, 5), array_append(ia, 2.5), array_cat(ia, '{1}') FROM t ORDER BY id
SELECT array_agg(DISTINCT i8), string_agg(DISTINCT i8::text, ',') FROM t
SELECT upper('ß'), upper('straße ẞ'), lower('ẞ'), initcap('éa ßx'), upper('ŉ'), lower('İ'), upper('ı')
SELECT to_json(NULL::int), to_jsonb(NULL::text)
BEGIN READ ONLY
SELECT nextval('nothing')
ROLLBACK
""".strip().splitlines()
REFUSED = ("SELECT ARRAY[[1,2],[3,4]]", "SELECT array_agg(ARRAY[1,2])")


def test_same_answers(postgres: Postgres, vecsql: Vecsql) -> None:
    for sql in SCRIPT:
        left, right = postgres.run(sql), vecsql.run(sql)
        left, right = (
            (a.rows, a.error.get("sqlstate"), a.error.get("message")) for a in (left, right)
        )
        assert right == left, sql


def test_sequences_of_read_only_transactions(postgres: Postgres, vecsql: Vecsql) -> None:
    for sql in ("CREATE SEQUENCE s", "BEGIN READ ONLY", "SELECT nextval('s')", "ROLLBACK"):
        left, right = postgres.run(sql), vecsql.run(sql)
        assert right.error.get("message") == left.error.get("message"), sql


def test_refused(vecsql: Vecsql) -> None:
    for sql in REFUSED:
        assert vecsql.run(sql).error["sqlstate"] == "0A000", sql


def test_xmin_changes_with_every_update(vecsql: Vecsql) -> None:
    """Optimistic concurrency control compares it."""
    vecsql.run("CREATE TABLE t (id int); INSERT INTO t VALUES (1)")
    before = vecsql.run("SELECT xmin FROM t").rows
    vecsql.run("UPDATE t SET id = 1")
    assert vecsql.run("SELECT xmin FROM t").rows != before
