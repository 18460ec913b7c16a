"""Cancel between two parts of a result, and in statements that write much."""

from __future__ import annotations

import pytest

from tests.session.conftest import Run
from vecsql import errors
from vecsql.session.session import Session


@pytest.mark.parametrize(
    "sql", ["COPY t TO STDOUT", "SELECT * FROM t", "SELECT a.id, b.id FROM t a, t b WHERE a.id < 9"]
)
def test_cancel_between_chunks_ends_the_result(session: Session, run: Run, sql: str) -> None:
    run("CREATE TABLE t (id int)")
    run("INSERT INTO t SELECT generate_series(1, 40000)")
    run("BEGIN")
    (_, result) = next(session.simple(sql))
    next(result.chunks)
    session.cancel()
    with pytest.raises(errors.QueryCanceled):
        list(result.chunks)
    assert session.transactions.status == "E"
    run("ROLLBACK")
    assert run("SELECT count(*) FROM t") == [(40000,)]


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t SELECT id + 40000, pg_sleep(60)::text FROM t",
        "CREATE TABLE c AS SELECT id, pg_sleep(60)::text AS s FROM t",
        "UPDATE t SET id = id + 40000, s = pg_sleep(60)::text",
        "DELETE FROM t WHERE pg_sleep(60)::text = ''",
    ],
)
def test_a_canceled_change_leaves_nothing(session: Session, run: Run, sql: str) -> None:
    run("CREATE TABLE t (id int PRIMARY KEY, s text)")
    run("INSERT INTO t SELECT generate_series(1, 2000)")
    run("SET statement_timeout = 50")
    with pytest.raises(errors.QueryCanceled, match="statement timeout"):
        run(sql)
    run("RESET statement_timeout")
    assert run("SELECT count(*), max(id), count(s) FROM t") == [(2000, 2000, 0)]
    assert run("SELECT count(*) FROM pg_class WHERE relname = 'c'") == [(0,)]
