"""Transaction blocks: states, savepoints, implicit transactions, warnings and errors as PostgreSQL gives them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.session.conftest import Run, run_in
from vecsql import errors
from vecsql.executor.context import Notice
from vecsql.session.session import Session
from vecsql.storage.engine import StorageEngine


@pytest.fixture
def other(engine: StorageEngine) -> Iterator[Run]:
    session = Session(engine)
    yield run_in(session)
    session.close()


@pytest.fixture
def notices(session: Session) -> list[Notice]:
    seen: list[Notice] = []
    session.on_notice = seen.append
    return seen


@pytest.fixture(autouse=True)
def table(run: Run) -> None:
    run("CREATE TABLE t (id int PRIMARY KEY, name text)")


def count(run: Run) -> int:
    return int(run("SELECT count(*) FROM t")[0][0])


def test_a_block_commits_and_rolls_back(run: Run, other: Run, session: Session) -> None:
    run("BEGIN")
    assert session.transactions.status == "T"
    run("INSERT INTO t VALUES (1, 'a')")
    assert (count(run), count(other)) == (1, 0)
    run("COMMIT")
    assert (session.transactions.status, count(other)) == ("I", 1)
    run("BEGIN")
    run("DELETE FROM t")
    run("ROLLBACK")
    assert count(run) == 1


def test_an_error_fails_the_block_until_its_end(run: Run, session: Session) -> None:
    run("BEGIN")
    run("INSERT INTO t VALUES (1, 'a')")
    with pytest.raises(errors.UndefinedTable):
        run("SELECT * FROM missing")
    assert session.transactions.status == "E"
    with pytest.raises(errors.InFailedSqlTransaction, match="current transaction is aborted"):
        run("SELECT 1")
    results = [result.tag for _, result in session.simple("COMMIT") if not list(result.chunks)]
    assert results == ["ROLLBACK"]
    assert (session.transactions.status, count(run)) == ("I", 0)


def test_several_statements_of_one_query_are_one_transaction(run: Run) -> None:
    with pytest.raises(errors.UniqueViolation):
        run("INSERT INTO t VALUES (1, 'a'); INSERT INTO t VALUES (1, 'b')")
    assert count(run) == 0
    with pytest.raises(errors.UniqueViolation):
        run("INSERT INTO t VALUES (1, 'a'); COMMIT; INSERT INTO t VALUES (1, 'b')")
    assert count(run) == 1


def test_begin_in_a_multi_statement_query_takes_over_what_came_before(run: Run) -> None:
    run("INSERT INTO t VALUES (1, 'a'); BEGIN; INSERT INTO t VALUES (2, 'b')")
    run("ROLLBACK")
    assert count(run) == 0


def test_savepoints(run: Run, session: Session) -> None:
    run("BEGIN; INSERT INTO t VALUES (1, 'a'); SAVEPOINT s; INSERT INTO t VALUES (2, 'b')")
    with pytest.raises(errors.UniqueViolation):
        run("INSERT INTO t VALUES (1, 'again')")
    run("ROLLBACK TO SAVEPOINT s")
    assert (session.transactions.status, count(run)) == ("T", 1)
    run("INSERT INTO t VALUES (3, 'c'); RELEASE s; COMMIT")
    assert run("SELECT id FROM t ORDER BY id") == [(1,), (3,)]


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("SAVEPOINT s", "25P01", "SAVEPOINT can only be used in transaction blocks"),
        ("RELEASE s", "25P01", "RELEASE SAVEPOINT can only be used in transaction blocks"),
        ("ROLLBACK TO s", "25P01", "ROLLBACK TO SAVEPOINT can only be used in transaction blocks"),
        ("BEGIN; ROLLBACK TO s", "3B001", 'savepoint "s" does not exist'),
        ("BEGIN; SELECT 1; SET TRANSACTION ISOLATION LEVEL SERIALIZABLE", "25001", "SET TRANSACTION ISOLATION LEVEL must be called before any query"),
        ("BEGIN READ ONLY; INSERT INTO t VALUES (1, 'a')", "25006", "cannot execute INSERT in a read-only transaction"),
        ("BEGIN READ ONLY; CREATE TABLE u (a int)", "25006", "cannot execute CREATE TABLE in a read-only transaction"),
        ("COMMIT AND CHAIN", "25P01", "COMMIT AND CHAIN can only be used in transaction blocks"),
        ("BEGIN; VACUUM", "25001", "VACUUM cannot run inside a transaction block"),
        ("BEGIN; DISCARD ALL", "25001", "DISCARD ALL cannot run inside a transaction block"),
    ],
)  # fmt: skip
def test_errors(run: Run, sql: str, sqlstate: str, message: str) -> None:
    with pytest.raises(errors.Error) as raised:
        run(sql)
    assert (raised.value.sqlstate, raised.value.message) == (sqlstate, message)


@pytest.mark.parametrize(
    ("sql", "sqlstate", "message"),
    [
        ("COMMIT", "25P01", "there is no transaction in progress"),
        ("ROLLBACK", "25P01", "there is no transaction in progress"),
        ("BEGIN; BEGIN", "25001", "there is already a transaction in progress"),
        ("SET LOCAL work_mem = '1MB'", "25P01", "SET LOCAL can only be used in transaction blocks"),
        ("SET TRANSACTION READ ONLY", "25P01", "SET TRANSACTION can only be used in transaction blocks"),
    ],
)  # fmt: skip
def test_warnings(run: Run, notices: list[Notice], sql: str, sqlstate: str, message: str) -> None:
    run(sql)
    assert [(n.severity, n.sqlstate, n.message) for n in notices] == [
        ("WARNING", sqlstate, message)
    ]


def test_modes_are_settings_of_the_transaction(run: Run) -> None:
    run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    assert run("SHOW transaction_isolation") == [("repeatable read",)]
    assert run("SHOW transaction_read_only") == [("on",)]
    run("COMMIT AND CHAIN")
    assert run("SHOW transaction_isolation") == [("repeatable read",)]
    run("ROLLBACK")
    assert run("SHOW transaction_isolation") == [("read committed",)]
    run("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    with pytest.raises(errors.ReadOnlySqlTransaction):
        run("INSERT INTO t VALUES (1, 'a')")


def test_repeatable_read_keeps_its_snapshot(run: Run, other: Run) -> None:
    run("BEGIN ISOLATION LEVEL REPEATABLE READ")
    assert count(run) == 0
    other("INSERT INTO t VALUES (1, 'a')")
    assert count(run) == 0
    run("COMMIT")
    assert count(run) == 1


def test_now_is_the_start_of_the_transaction(run: Run) -> None:
    run("BEGIN")
    first = run("SELECT now()")
    assert run("SELECT now()") == first
    run("COMMIT")
    assert run("SELECT now()") > first


def test_settings_follow_the_transaction(run: Run) -> None:
    run("BEGIN; SET hnsw.ef_search = 100; SET LOCAL work_mem = '1MB'")
    run("ROLLBACK")
    assert run("SHOW hnsw.ef_search") == [("40",)]
    with pytest.raises(errors.UndefinedTable):
        run("SET hnsw.ef_search = 100; SELECT * FROM missing")
    assert run("SHOW hnsw.ef_search") == [("40",)]
    run("SET hnsw.ef_search = 100")
    assert run("SHOW hnsw.ef_search") == [("100",)]
