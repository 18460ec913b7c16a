"""Foreign keys between two connections, in COPY, and in the exceptions of psycopg."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.errors import ForeignKeyViolation

import vecsql

Connection = psycopg.Connection[Any]

TABLES = """
    CREATE TABLE parent (id int PRIMARY KEY, name text);
    CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent ON DELETE {action} {deferral});
    INSERT INTO parent VALUES (1, 'one'), (2, 'two')
"""


def tables(connection: Connection, action: str = "NO ACTION", deferral: str = "") -> None:
    connection.execute("DROP TABLE IF EXISTS child, parent")
    connection.execute(TABLES.format(action=action, deferral=deferral))


@pytest.mark.parametrize("deferral", ["", "DEFERRABLE INITIALLY DEFERRED"])
@pytest.mark.parametrize("ending", ["COMMIT", "ROLLBACK"])
@pytest.mark.parametrize("first", ["delete", "insert"])
def test_the_second_of_two_transactions_sees_what_the_first_did(
    connection: Connection, second: Connection, first: str, ending: str, deferral: str
) -> None:
    tables(connection, deferral=deferral)
    statements = ["DELETE FROM parent WHERE id = 1", "INSERT INTO child VALUES (1, 1)"]
    mine, other = statements if first == "delete" else statements[::-1]
    connection.execute("BEGIN")
    connection.execute(mine)
    with ThreadPoolExecutor(1) as pool:
        if deferral:
            connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        waiting = pool.submit(second.execute, other)
        connection.execute(ending)
        if ending == "COMMIT":
            with pytest.raises(ForeignKeyViolation):
                waiting.result(timeout=30)
        else:
            waiting.result(timeout=30)


def test_a_cascade_waits_for_new_references_and_takes_them_along(
    connection: Connection, second: Connection
) -> None:
    tables(connection, "CASCADE")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO child VALUES (1, 1), (2, 2)")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(second.execute, "DELETE FROM parent WHERE id = 1")
        connection.execute("COMMIT")
        waiting.result(timeout=30)
    assert connection.execute("SELECT id FROM child").fetchall() == [(2,)]


def test_a_deferred_violation_comes_with_commit(connection: Connection) -> None:
    tables(connection, deferral="DEFERRABLE INITIALLY DEFERRED")
    connection.execute("BEGIN")
    connection.execute("INSERT INTO child VALUES (1, 3)")
    with pytest.raises(ForeignKeyViolation) as caught:
        connection.execute("COMMIT")
    assert caught.value.diag.constraint_name == "child_parent_id_fkey"
    assert (
        caught.value.diag.message_detail == 'Key (parent_id)=(3) is not present in table "parent".'
    )
    assert connection.execute("SELECT count(*) FROM child").fetchall() == [(0,)]


def test_rows_of_a_copy_may_refer_to_later_ones(connection: Connection) -> None:
    connection.execute("CREATE TABLE tree (id int PRIMARY KEY, parent int REFERENCES tree)")
    cursor = connection.cursor()
    with cursor.copy("COPY tree FROM STDIN") as copy:
        copy.write("1\t2\n2\t3\n3\t\\N\n")
    with pytest.raises(ForeignKeyViolation), cursor.copy("COPY tree FROM STDIN") as copy:
        copy.write("4\t5\n")
    assert cursor.execute("SELECT id FROM tree ORDER BY id").fetchall() == [(1,), (2,), (3,)]


def test_other_updates_of_a_referenced_row_do_not_wait(
    connection: Connection, second: Connection
) -> None:
    tables(connection)
    connection.execute("BEGIN")
    connection.execute("INSERT INTO child VALUES (1, 1)")
    second.execute("SET statement_timeout = '5s'")
    second.execute("UPDATE parent SET name = 'uno' WHERE id = 1")
    connection.execute("COMMIT")


def test_a_reopened_file_keeps_its_foreign_keys(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.vecsql")
    with vecsql.connect(path) as db:
        db.execute("CREATE TABLE parent (id int PRIMARY KEY)")
        db.execute("CREATE TABLE child (parent_id int REFERENCES parent ON DELETE CASCADE)")
        db.execute("INSERT INTO parent VALUES (1)")
        db.execute("INSERT INTO child VALUES (1)")
        db.commit()
    with vecsql.connect(path) as db:
        with pytest.raises(vecsql.IntegrityError):
            db.execute("INSERT INTO child VALUES (2)")
        db.rollback()
        db.execute("DELETE FROM parent")
        assert db.execute("SELECT count(*) FROM child").fetchall() == [(0,)]
