"""PEP 249: module, connections, cursors and exceptions behave as the specification says."""

from __future__ import annotations

import datetime
from collections.abc import Iterator

import pytest

import vecsql


@pytest.fixture
def db() -> Iterator[vecsql.Connection]:
    with vecsql.connect() as connection:
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, name text)")
        yield connection


def test_module_attributes() -> None:
    assert (vecsql.apilevel, vecsql.threadsafety, vecsql.paramstyle) == ("2.0", 2, "pyformat")


def test_exception_hierarchy() -> None:
    assert issubclass(vecsql.Warning, Exception)
    assert issubclass(vecsql.Error, Exception)
    for name in ("InterfaceError", "DatabaseError"):
        assert issubclass(getattr(vecsql, name), vecsql.Error)
    for name in ("DataError", "OperationalError", "IntegrityError", "InternalError", "ProgrammingError", "NotSupportedError"):  # fmt: skip
        assert issubclass(getattr(vecsql, name), vecsql.DatabaseError)
        assert getattr(vecsql.Connection, name) is getattr(vecsql, name)


def test_type_objects_equal_type_codes(db: vecsql.Connection) -> None:
    cursor = db.execute("SELECT 1, 1.5, 'x'::text, '\\x00'::bytea, now(), 1::oid")
    assert cursor.description is not None
    codes = [column[1] for column in cursor.description]
    expected = [
        vecsql.NUMBER,
        vecsql.NUMBER,
        vecsql.STRING,
        vecsql.BINARY,
        vecsql.DATETIME,
        vecsql.ROWID,
    ]
    assert codes == expected
    assert codes[2] != vecsql.NUMBER


def test_constructors() -> None:
    assert vecsql.Date(2024, 1, 2) == datetime.date(2024, 1, 2)
    assert vecsql.Time(1, 2, 3) == datetime.time(1, 2, 3)
    assert vecsql.Timestamp(2024, 1, 2, 3, 4, 5) == datetime.datetime(2024, 1, 2, 3, 4, 5)
    assert isinstance(vecsql.DateFromTicks(0), datetime.date)
    assert isinstance(vecsql.TimeFromTicks(0), datetime.time)
    assert isinstance(vecsql.TimestampFromTicks(0), datetime.datetime)
    assert vecsql.Binary(b"x") == b"x"


def test_description_and_rowcount(db: vecsql.Connection) -> None:
    cursor = db.cursor()
    assert (cursor.description, cursor.rowcount) == (None, -1)
    cursor.execute("INSERT INTO t VALUES (1, 'a'), (2, 'b')")
    assert (cursor.description, cursor.rowcount) == (None, 2)
    cursor.execute("SELECT id, name, 1.50::numeric(10,2) AS price FROM t")
    assert cursor.description is not None
    assert [column[0] for column in cursor.description] == ["id", "name", "price"]
    assert all(len(column) == 7 for column in cursor.description)
    assert cursor.description[2][4:6] == (10, 2)
    assert cursor.rowcount == 2


def test_fetching(db: vecsql.Connection) -> None:
    cursor = db.cursor()
    cursor.executemany("INSERT INTO t VALUES (%s, %s)", [(i, str(i)) for i in range(10)])
    assert cursor.rowcount == 10
    cursor.execute("SELECT id FROM t ORDER BY id")
    assert cursor.fetchone() == (0,)
    assert cursor.fetchmany() == [(1,)]
    assert cursor.fetchmany(3) == [(2,), (3,), (4,)]
    cursor.arraysize = 2
    assert cursor.fetchmany() == [(5,), (6,)]
    assert list(cursor) == [(7,), (8,), (9,)]
    assert cursor.fetchone() is None
    assert cursor.fetchall() == []
    cursor.setinputsizes([None])
    cursor.setoutputsize(10)


def test_fetching_without_a_result_is_an_error(db: vecsql.Connection) -> None:
    cursor = db.cursor()
    with pytest.raises(vecsql.Error):
        cursor.fetchone()
    cursor.execute("INSERT INTO t VALUES (1, 'a')")
    with pytest.raises(vecsql.Error):
        cursor.fetchall()


def test_closed_things_cannot_be_used(db: vecsql.Connection) -> None:
    cursor = db.cursor()
    cursor.close()
    with pytest.raises(vecsql.InterfaceError):
        cursor.execute("SELECT 1")
    other = vecsql.connect()
    other.close()
    other.close()
    for use in (other.cursor, other.commit, other.rollback, lambda: other.execute("SELECT 1")):
        with pytest.raises(vecsql.InterfaceError):
            use()


def test_cursors_open_a_transaction(db: vecsql.Connection) -> None:
    cursor = db.cursor()
    cursor.execute("INSERT INTO t VALUES (1, 'a')")
    db.rollback()
    assert db.execute("SELECT count(*) FROM t").fetchone() == (0,)
    cursor.execute("INSERT INTO t VALUES (1, 'a')")
    db.commit()
    db.rollback()
    assert db.execute("SELECT count(*) FROM t").fetchone() == (1,)


def test_execute_of_the_connection_commits_unless_a_transaction_is_open(
    db: vecsql.Connection,
) -> None:
    db.execute("INSERT INTO t VALUES (1, 'a')")
    db.rollback()
    db.cursor().execute("INSERT INTO t VALUES (2, 'b')")
    db.execute("INSERT INTO t VALUES (3, 'c')")
    db.rollback()
    assert db.execute("SELECT id FROM t").fetchall() == [(1,)]
    db.execute("BEGIN")
    db.execute("INSERT INTO t VALUES (4, 'd')")
    db.execute("ROLLBACK")
    assert db.execute("SELECT id FROM t").fetchall() == [(1,)]


def test_autocommit() -> None:
    with vecsql.connect(autocommit=True) as db:
        db.cursor().execute("CREATE TABLE u (a int)")
        db.rollback()
        assert db.execute("SELECT count(*) FROM u").fetchone() == (0,)


def test_errors_carry_their_fields(db: vecsql.Connection) -> None:
    db.execute("INSERT INTO t VALUES (1, 'a')")
    with pytest.raises(vecsql.IntegrityError) as raised:
        db.execute("INSERT INTO t VALUES (1, 'b')")
    assert (raised.value.sqlstate, raised.value.constraint_name) == ("23505", "t_pkey")
    with pytest.raises(vecsql.ProgrammingError):
        db.execute("SELECT * FROM missing")
    assert db.execute("SELECT 1").fetchone() == (1,)


def test_the_context_manager_commits_or_rolls_back(tmp_path: object) -> None:
    path = f"{tmp_path}/x.vecsql"
    with vecsql.connect(path) as db:
        db.cursor().execute("CREATE TABLE kept (a int)")
    with pytest.raises(ZeroDivisionError), vecsql.connect(path) as db:  # noqa: PT012
        db.cursor().execute("CREATE TABLE lost (a int)")
        raise ZeroDivisionError
    with vecsql.connect(path) as db:
        assert db.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        with pytest.raises(vecsql.ProgrammingError):
            db.execute("SELECT * FROM lost")
