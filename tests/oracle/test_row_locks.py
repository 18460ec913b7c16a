"""SELECT ... FOR UPDATE and its kin against PostgreSQL: two sessions of each side take the same steps."""

from __future__ import annotations

import psycopg
import pytest

from tests.oracle.sides import Postgres, Vecsql
from vecsql.session.session import Session

SETUP = """
CREATE TABLE q (id int PRIMARY KEY, state text, n int);
CREATE TABLE p (id int PRIMARY KEY, q int);
CREATE VIEW v AS SELECT * FROM q;
INSERT INTO q SELECT i, 'new', i * 10 FROM generate_series(1, 6) i;
INSERT INTO p SELECT i, i FROM generate_series(1, 6) i
"""

# Steps of the first (a) and second (b) session; statements that would wait are left out.
SCENARIOS = [
    ["a BEGIN", "a SELECT * FROM q WHERE id = 1 FOR UPDATE",
     "b SELECT * FROM q ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1",
     "b SELECT * FROM q WHERE id = 1 FOR UPDATE NOWAIT", "b SELECT * FROM q WHERE id = 2 FOR UPDATE NOWAIT",
     "a COMMIT", "b SELECT * FROM q WHERE id = 1 FOR UPDATE NOWAIT"],
    ["a BEGIN", "b BEGIN",
     "a SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED",
     "b SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED",
     "a UPDATE q SET state = 'done' WHERE id IN (1, 2)", "a COMMIT",
     "b SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 3 FOR UPDATE SKIP LOCKED", "b ROLLBACK"],
    ["a BEGIN", "b BEGIN",
     "a UPDATE q SET state = 'run' WHERE id = (SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
     "b UPDATE q SET state = 'run' WHERE id = (SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id",
     "b UPDATE q SET state = 'run' WHERE id IN (SELECT id FROM q WHERE state = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED) RETURNING id",
     "a COMMIT", "b COMMIT", "a SELECT id, state FROM q ORDER BY id"],
    ["a BEGIN", "b BEGIN",
     "a WITH c AS (SELECT id FROM q ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE q SET n = 0 FROM c WHERE q.id = c.id RETURNING q.id, n",
     "b WITH c AS (SELECT id FROM q ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) UPDATE q SET n = 0 FROM c WHERE q.id = c.id RETURNING q.id, n",
     "b DELETE FROM q WHERE id = (SELECT id FROM q ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1) RETURNING id",
     "b DELETE FROM q USING (SELECT id FROM q ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) s WHERE q.id = s.id RETURNING q.id",
     "a ROLLBACK", "b COMMIT", "a SELECT id, n FROM q ORDER BY id"],
    ["a BEGIN", "a SELECT q.id, p.id FROM q JOIN p ON p.q = q.id WHERE q.id < 3 ORDER BY 1 FOR UPDATE OF q",
     "b SELECT id FROM p WHERE id < 3 ORDER BY id FOR UPDATE NOWAIT", "b SELECT id FROM q WHERE id < 3 FOR UPDATE NOWAIT",
     "b SELECT q.id, p.id FROM q, p WHERE q.id = p.q ORDER BY 1 LIMIT 2 FOR UPDATE SKIP LOCKED", "a ROLLBACK",
     "b SELECT q.id FROM q LEFT JOIN p ON p.q = q.id ORDER BY 1 LIMIT 1 FOR NO KEY UPDATE OF q NOWAIT"],
    ["a BEGIN", "a SELECT id FROM q ORDER BY id DESC LIMIT 1 OFFSET 1 FOR NO KEY UPDATE",
     "b SELECT id FROM q ORDER BY id DESC FOR UPDATE SKIP LOCKED", "a COMMIT"],
    ["a BEGIN READ ONLY", "a SELECT id FROM q WHERE id = 1 FOR UPDATE", "a ROLLBACK"],
    ["a BEGIN ISOLATION LEVEL REPEATABLE READ", "a SELECT count(*) FROM q", "b UPDATE q SET n = 1 WHERE id = 1",
     "a SELECT id FROM q WHERE id = 1 FOR UPDATE", "a ROLLBACK"],
    ["a BEGIN", "b BEGIN", "a SELECT id FROM q WHERE id = 3 FOR SHARE",
     "b SELECT id FROM q WHERE id = 3 FOR UPDATE NOWAIT", "a ROLLBACK", "b ROLLBACK"],
]  # fmt: skip

SINGLE = """
SELECT DISTINCT n FROM q FOR UPDATE
SELECT n, count(*) FROM q GROUP BY n FOR UPDATE
SELECT count(*) FROM q FOR UPDATE
SELECT count(*) FROM q HAVING count(*) > 1 FOR SHARE
SELECT row_number() OVER (ORDER BY id) FROM q FOR UPDATE
SELECT id FROM q FOR UPDATE OF nothing
SELECT id FROM q x WHERE id = 1 FOR UPDATE OF q
SELECT q.id FROM p LEFT JOIN q ON p.q = q.id FOR UPDATE
SELECT id FROM q UNION SELECT id FROM p FOR UPDATE
SELECT id FROM q LIMIT -1 FOR UPDATE
VALUES (1) FOR UPDATE
SELECT id FROM q ORDER BY id LIMIT 0 FOR UPDATE
SELECT id FROM q ORDER BY id LIMIT NULL OFFSET 4 FOR UPDATE
SELECT *, q.* FROM q ORDER BY 1 LIMIT 1 FOR UPDATE
SELECT 1 AS one FOR UPDATE
SELECT * FROM generate_series(1, 2) g FOR UPDATE
WITH c AS (SELECT 1 AS x) SELECT q.id FROM q JOIN c ON q.id = c.x FOR UPDATE
SELECT id, (SELECT max(id) FROM p) FROM q WHERE id = 1 FOR UPDATE
SELECT id FROM q WHERE EXISTS (SELECT 1 FROM p WHERE p.q = q.id) ORDER BY id DESC LIMIT 2 FOR UPDATE
SELECT id FROM (SELECT * FROM q ORDER BY id LIMIT 2 FOR UPDATE) s ORDER BY id
SELECT id, state FROM q WHERE id = (SELECT max(id) FROM q) FOR UPDATE
EXPLAIN (COSTS OFF) SELECT id FROM q LIMIT 1 FOR UPDATE OF nothing
""".strip().splitlines()


class Second(Vecsql):
    """Another session on the engine of the first."""

    def __init__(self, first: Vecsql) -> None:
        self.engine = first.engine
        self.session = Session(first.engine)


@pytest.fixture
def sessions(postgres: Postgres, vecsql: Vecsql):
    with psycopg.connect(postgres.connection.info.dsn, autocommit=True) as other:
        second = Second(vecsql)
        both = {"a": (postgres, vecsql), "b": (Postgres(other), second)}
        for side in both["a"]:
            assert not side.run(SETUP).error
        yield both
        second.session.close()


def comparable(answer) -> tuple:
    return answer.rows, answer.error.get("sqlstate"), answer.error.get("message")


@pytest.mark.parametrize("steps", SCENARIOS, ids=range(len(SCENARIOS)))
def test_two_sessions(sessions, steps: list[str]) -> None:
    for step in steps:
        left, right = (side.run(step[2:]) for side in sessions[step[0]])
        assert comparable(right) == comparable(left), step


def test_one_session(sessions) -> None:
    for sql in SINGLE:
        left, right = (side.run(sql) for side in sessions["a"])
        assert comparable(right) == comparable(left), sql


@pytest.mark.parametrize(
    "sql",
    ["SELECT * FROM v FOR UPDATE", "SELECT * FROM (SELECT * FROM q) s FOR UPDATE",
     "SELECT * FROM q FOR SHARE SKIP LOCKED",
     "SELECT * FROM p WHERE EXISTS (SELECT 1 FROM q WHERE q.id = p.q FOR UPDATE)"],
)  # fmt: skip
def test_never_ignored(vecsql: Vecsql, sql: str) -> None:
    """What cannot be locked is refused."""
    assert not vecsql.run(SETUP).error
    assert vecsql.run(sql).error["sqlstate"] == "0A000"
