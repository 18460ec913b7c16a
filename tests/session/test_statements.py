"""PREPARE and EXECUTE, cursors, and statements that outlive a change of the catalog."""

from __future__ import annotations

import pytest

from tests.session.conftest import Run
from vecsql import errors
from vecsql.session.session import Session
from vecsql.session.values import chunk_rows


@pytest.fixture(autouse=True)
def table(run: Run) -> None:
    run("CREATE TABLE t (id int PRIMARY KEY, name text)")
    run("INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c'), (4, 'd'), (5, 'e')")


def test_prepare_and_execute(run: Run) -> None:
    run("PREPARE p (int, text) AS SELECT name FROM t WHERE id = $1 OR name = $2 ORDER BY id")
    assert run("EXECUTE p (1 + 1, 'd')") == [("b",), ("d",)]
    run("PREPARE i AS INSERT INTO t VALUES ($1, $2)")
    run("EXECUTE i (6, 'f')")
    assert run("EXECUTE p (6, NULL)") == [("f",)]
    run("DEALLOCATE p")
    with pytest.raises(
        errors.InvalidSqlStatementName, match='prepared statement "p" does not exist'
    ):
        run("EXECUTE p (1, 'a')")


def test_prepare_errors(run: Run) -> None:
    run("PREPARE p AS SELECT 1")
    with pytest.raises(errors.DuplicatePreparedStatement, match='"p" already exists'):
        run("PREPARE p AS SELECT 2")
    with pytest.raises(errors.SyntaxError, match="wrong number of parameters") as raised:
        run("EXECUTE p (1)")
    assert raised.value.detail == "Expected 0 parameters but got 1."


def test_parameters_in_a_simple_query(run: Run) -> None:
    with pytest.raises(errors.UndefinedParameter, match=r"there is no parameter \$1"):
        run("SELECT * FROM t WHERE id = $1")


def prepared_rows(session: Session, name: str) -> list[tuple[object, ...]]:
    result = session.run(session.statements.get(name))
    rows = [row for chunk in result.chunks for row in chunk_rows(chunk, result.columns or ())]
    session.finish()
    return rows


def test_a_prepared_statement_follows_the_catalog(session: Session, run: Run) -> None:
    session.prepare("s", "SELECT id FROM t WHERE id < 3 ORDER BY id")
    session.prepare("all", "SELECT * FROM t WHERE id = 1")
    run("ALTER TABLE t ADD COLUMN extra int")
    assert prepared_rows(session, "s") == [(1,), (2,)]
    with pytest.raises(errors.FeatureNotSupported, match="cached plan must not change result type"):
        prepared_rows(session, "all")


def test_plans_of_a_rolled_back_catalog_are_not_used(run: Run) -> None:
    run("BEGIN; CREATE TABLE u (a int); INSERT INTO u VALUES (1)")
    assert run("SELECT * FROM u") == [(1,)]
    run("ROLLBACK")
    run("CREATE TABLE u (a text)")
    run("INSERT INTO u VALUES ('x')")
    assert run("SELECT * FROM u") == [("x",)]


def test_cursor(run: Run) -> None:
    run("BEGIN; DECLARE c CURSOR FOR SELECT id FROM t ORDER BY id")
    assert run("FETCH 2 FROM c") == [(1,), (2,)]
    run("MOVE 1 FROM c")
    assert run("FETCH NEXT FROM c") == [(4,)]
    assert run("FETCH ALL FROM c") == [(5,)]
    assert run("FETCH c") == []
    with pytest.raises(errors.ObjectNotInPrerequisiteState, match="cursor can only scan forward"):
        run("FETCH PRIOR FROM c")
    run("ROLLBACK")
    with pytest.raises(errors.InvalidCursorName, match='cursor "c" does not exist'):
        run("FETCH c")


@pytest.mark.parametrize(
    ("commands", "expected"),
    [
        (["FETCH LAST"], [5]),
        (["FETCH LAST", "FETCH PRIOR"], [4]),
        (["FETCH ALL", "FETCH BACKWARD 2"], [5, 4]),
        (["FETCH ALL", "FETCH BACKWARD ALL"], [5, 4, 3, 2, 1]),
        (["FETCH 3", "FETCH RELATIVE -1"], [2]),
        (["FETCH 3", "FETCH RELATIVE 0"], [3]),
        (["FETCH ABSOLUTE 4"], [4]),
        (["FETCH ABSOLUTE -2"], [4]),
        (["FETCH ABSOLUTE 9"], []),
        (["FETCH ABSOLUTE 9", "FETCH PRIOR"], [5]),
        (["FETCH FIRST", "FETCH PRIOR"], []),
        (["FETCH FIRST", "FETCH PRIOR", "FETCH NEXT"], [1]),
    ],
)
def test_scroll_cursor(run: Run, commands: list[str], expected: list[int]) -> None:
    run("BEGIN; DECLARE c SCROLL CURSOR FOR SELECT id FROM t ORDER BY id")
    rows: list[tuple[object, ...]] = []
    for command in commands:
        rows = run(f"{command} FROM c")
    assert [row[0] for row in rows] == expected


def test_cursor_with_hold_outlives_its_transaction(run: Run) -> None:
    run(
        "BEGIN; DECLARE c CURSOR WITH HOLD FOR SELECT id FROM t ORDER BY id; FETCH 1 FROM c; COMMIT"
    )
    run("DELETE FROM t")
    assert run("FETCH 2 FROM c") == [(2,), (3,)]
    run("CLOSE c")
    with pytest.raises(errors.InvalidCursorName):
        run("FETCH c")


def test_cursor_errors(run: Run) -> None:
    with pytest.raises(errors.NoActiveSqlTransaction, match="DECLARE CURSOR can only be used"):
        run("DECLARE c CURSOR FOR SELECT 1")
    run("BEGIN; DECLARE c CURSOR FOR SELECT 1")
    with pytest.raises(errors.DuplicateCursor, match='cursor "c" already exists'):
        run("DECLARE c CURSOR FOR SELECT 2")
