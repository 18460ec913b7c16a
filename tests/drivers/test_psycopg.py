"""psycopg 3: text and binary, prepared, pipeline, executemany, COPY, server-side cursors, cancel, pgvector."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pytest
from pgvector.psycopg import register_vector
from psycopg.types.json import Jsonb

from vecsql.server.background import BackgroundServer

Connection = psycopg.Connection[Any]


@pytest.fixture(scope="module", autouse=True)
def items(server: BackgroundServer) -> None:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute(
            "CREATE TABLE items (id bigserial PRIMARY KEY, name text NOT NULL, n int, embedding vector(3))"
        )
        connection.execute(
            "INSERT INTO items (name, n, embedding) SELECT 'i' || g, g, ('[' || g || ',1,2]')::vector "
            "FROM generate_series(1, 500) AS g"
        )


@pytest.fixture(params=[False, True], ids=["text", "binary"])
def binary(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def cursor(connection: Connection, binary: bool) -> Iterator[psycopg.Cursor[Any]]:
    with connection.cursor(binary=binary) as opened:
        yield opened


VALUES = [
    (True, "boolean"),
    (7, "smallint"),
    (-70000, "integer"),
    (2**40, "bigint"),
    (1.5, "real"),
    (0.1, "double precision"),
    (Decimal("12345.678900"), "numeric"),
    ("snö 'quoted'", "text"),
    ("x", "varchar(5)"),
    (b"\x00\xff", "bytea"),
    (datetime.date(2024, 2, 29), "date"),
    (datetime.time(12, 34, 56, 789), "time"),
    (datetime.datetime(2024, 1, 2, 3, 4, 5, 6), "timestamp"),
    (datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC), "timestamptz"),
    (datetime.timedelta(days=3, seconds=5), "interval"),
    (uuid.UUID(int=12345), "uuid"),
    ([1, 2, None], "integer[]"),
    (["a", 'b"c', ""], "text[]"),
]


@pytest.mark.parametrize(("value", "kind"), VALUES, ids=[kind for _, kind in VALUES])
def test_values_make_the_round_trip(cursor: psycopg.Cursor[Any], value: Any, kind: str) -> None:
    for placeholder in ("%s", "%b", "%t"):
        row = cursor.execute(f"SELECT {placeholder}::{kind}, NULL::{kind}", (value,)).fetchone()
        assert row == (value, None)


def test_json(cursor: psycopg.Cursor[Any]) -> None:
    value = {"a": [1, None, "ü"]}
    assert cursor.execute(
        "SELECT %s::jsonb, %s::json", (Jsonb(value), Jsonb(value))
    ).fetchone() == (value, value)


def test_prepared_statements(cursor: psycopg.Cursor[Any]) -> None:
    for number in range(8):
        cursor.execute("SELECT name FROM items WHERE n = %s", (number + 1,), prepare=True)
        assert cursor.fetchall() == [(f"i{number + 1}",)]


def test_vectors(connection: Connection, binary: bool) -> None:
    register_vector(connection)
    query = np.array([5, 1, 2], np.float32)
    for _ in range(7):
        rows = connection.execute(
            "SELECT id, embedding, embedding <-> %s AS d FROM items WHERE n > %s ORDER BY embedding <-> %s LIMIT 3",
            (query, 3, query), binary=binary).fetchall()  # fmt: skip
        assert [row[0] for row in rows] == [5, 4, 6]
        assert rows[0][1].to_list() == [5, 1, 2]
        assert [row[2] for row in rows] == [0.0, 1.0, 1.0]


def test_wrong_dimensions(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.DataException, match="different vector dimensions 3 and 2"):
        connection.execute("SELECT id FROM items ORDER BY embedding <-> '[1,2]' LIMIT 1")
    with pytest.raises(psycopg.errors.DataException, match="expected 3 dimensions, not 2"):
        connection.execute("INSERT INTO items (name, embedding) VALUES ('x', '[1,2]')")


def test_pipeline_keeps_the_order(connection: Connection) -> None:
    with connection.pipeline():
        cursors = [connection.execute("SELECT %s::int", (i,)) for i in range(50)]
        assert [c.fetchone() for c in cursors] == [(i,) for i in range(50)]


def test_an_error_aborts_the_rest_of_a_pipeline(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.DivisionByZero), connection.pipeline():  # noqa: PT012
        connection.execute("SELECT 1 / 0")
        connection.execute("SELECT 2")
    assert connection.execute("SELECT 3").fetchone() == (3,)


def test_executemany(connection: Connection) -> None:
    connection.execute("CREATE TABLE many (a int, b text)")
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO many VALUES (%s, %s)", [(i, str(i)) for i in range(100)])
        assert cursor.rowcount == 100
        cursor.executemany(
            "INSERT INTO many VALUES (%s, %s) RETURNING a",
            [(1000, "x"), (1001, "y")],
            returning=True,
        )
        assert cursor.fetchone() == (1000,)
        assert cursor.nextset()
        assert cursor.fetchone() == (1001,)
    assert connection.execute("SELECT count(*), sum(a) FROM many").fetchone() == (102, 6951)


@pytest.mark.parametrize("options", ["", "(FORMAT csv)", "(FORMAT binary)"])
def test_copy_out_and_back_in(connection: Connection, options: str) -> None:
    table = f"back_{len(options)}"
    connection.execute(f"CREATE TABLE {table} (id bigint, name text, n int, embedding vector(3))")
    with connection.cursor() as source, connection.cursor() as target:
        with source.copy(f"COPY items TO STDOUT {options}") as copy:
            data = b"".join(bytes(block) for block in copy)
        with target.copy(f"COPY {table} FROM STDIN {options}") as copy:
            for start in range(0, len(data), 1000):
                copy.write(data[start : start + 1000])
        assert target.rowcount == 500
    assert connection.execute(
        f"SELECT count(*) FROM items i JOIN {table} b ON i.id = b.id AND i.name = b.name AND i.n = b.n "
        "AND i.embedding = b.embedding").fetchone() == (500,)  # fmt: skip


@pytest.mark.parametrize("options", ["", "(FORMAT BINARY)"])
def test_copy_out_row_by_row(connection: Connection, options: str) -> None:
    query = "COPY (SELECT g, NULLIF(g, 7)::text FROM generate_series(1, 3000) AS g) TO STDOUT"
    with connection.cursor().copy(f"{query} {options}") as copy:
        copy.set_types(["int4", "text"])
        rows = list(copy.rows())
    assert rows == [(n, None if n == 7 else str(n)) for n in range(1, 3001)]
    with connection.cursor().copy(f"COPY (SELECT 1 WHERE false) TO STDOUT {options}") as copy:
        assert list(copy.rows()) == []


def test_copy_rows_in_binary(connection: Connection) -> None:
    register_vector(connection)
    connection.execute("CREATE TABLE copied (id int, v vector(3), at timestamptz)")
    now = datetime.datetime.now(datetime.UTC)
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY copied FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int4", "vector", "timestamptz"])
        for i in range(100):
            copy.write_row((i, np.array([i, 0, 1], np.float32), now if i else None))
    assert connection.execute("SELECT count(*), count(at), max(at) FROM copied").fetchone() == (
        100,
        99,
        now,
    )


def test_copy_errors_leave_the_connection_usable(connection: Connection) -> None:
    with (
        connection.cursor() as cursor,
        pytest.raises(psycopg.errors.InvalidTextRepresentation) as raised,
        cursor.copy("COPY items (name, n) FROM STDIN") as copy,
    ):
        copy.write("ok\t1\nbad\tx\n")
    assert raised.value.diag.context == 'COPY items, line 2, column n: "x"'
    with (  # noqa: PT012
        connection.cursor() as cursor,
        pytest.raises(ZeroDivisionError),
        cursor.copy("COPY items (name, n) FROM STDIN") as copy,
    ):
        copy.write("gone\t1\n")
        raise ZeroDivisionError
    assert connection.execute(
        "SELECT count(*) FROM items WHERE name IN ('ok', 'gone')"
    ).fetchone() == (0,)


def test_server_side_cursors(connection: Connection) -> None:
    with connection.transaction():
        with connection.cursor("plain") as cursor:
            cursor.itersize = 7
            cursor.execute("SELECT n FROM items WHERE n <= %s ORDER BY n", (100,))
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert [row[0] for row in cursor] == list(range(1, 101))
        with connection.cursor("scrolling", scrollable=True) as cursor:
            cursor.execute("SELECT n FROM items ORDER BY n")
            cursor.scroll(10)
            assert cursor.fetchone() == (11,)
            cursor.scroll(-1)
            assert cursor.fetchmany(2) == [(11,), (12,)]


def test_row_limits_and_streaming(connection: Connection) -> None:
    with connection.cursor() as cursor:
        rows = [row[0] for row in cursor.stream("SELECT n FROM items ORDER BY n LIMIT 50")]
    assert rows == list(range(1, 51))


def test_cancel(server: BackgroundServer, connection: Connection, second: Connection) -> None:
    connection.execute("CREATE TABLE locks (id int PRIMARY KEY, n int)")
    connection.execute("INSERT INTO locks VALUES (1, 1)")
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            second.execute("UPDATE locks SET n = 3")
        except psycopg.Error as error:
            failures.append(error)

    with connection.transaction():
        connection.execute("UPDATE locks SET n = 2")
        waiting = threading.Thread(target=wait)
        waiting.start()
        while waiting.is_alive():
            second.cancel_safe()
            waiting.join(0.02)
    assert isinstance(failures[0], psycopg.errors.QueryCanceled)
    assert second.execute("SELECT n FROM locks").fetchone() == (2,)


def test_a_waiting_writer_sees_the_new_row(connection: Connection, second: Connection) -> None:
    """The waiter must not keep the holder's COMMIT from running."""
    connection.execute("CREATE TABLE counter (id int PRIMARY KEY, n int)")
    connection.execute("INSERT INTO counter VALUES (1, 0)")
    with connection.transaction():
        connection.execute("UPDATE counter SET n = n + 1")
        waiting = threading.Thread(target=second.execute, args=("UPDATE counter SET n = n + 1",))
        waiting.start()
        assert connection.execute("SELECT n FROM counter").fetchone() == (1,)
    waiting.join()
    assert connection.execute("SELECT n FROM counter").fetchone() == (2,)


def test_notifications(connection: Connection, second: Connection) -> None:
    connection.execute("LISTEN news")
    second.execute("NOTIFY news, 'hello'")
    received = next(connection.notifies(timeout=10))
    assert (received.channel, received.payload, received.pid) == (
        "news",
        "hello",
        second.info.backend_pid,
    )


def test_transaction_status_and_savepoints(connection: Connection) -> None:
    with connection.transaction(force_rollback=True):
        connection.execute("INSERT INTO items (id, name) VALUES (9000, 'a')")
        with pytest.raises(psycopg.errors.UniqueViolation) as raised, connection.transaction():
            connection.execute("INSERT INTO items (id, name) VALUES (9000, 'b')")
        assert raised.value.diag.constraint_name == "items_pkey"
        assert connection.execute("SELECT name FROM items WHERE id = 9000").fetchone() == ("a",)
    assert connection.execute("SELECT name FROM items WHERE id = 9000").fetchone() is None


def test_errors_have_positions(connection: Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn) as raised:
        connection.execute("SELECT id, nope FROM items")
    assert raised.value.diag.statement_position == "12"
    with pytest.raises(psycopg.errors.SyntaxError) as syntax:
        connection.execute("SELECT 1; SELEC 2")
    assert syntax.value.diag.statement_position == "11"


def test_cached_plan_must_not_change_result_type(
    connection: Connection, second: Connection
) -> None:
    connection.execute("CREATE TABLE changing (a int)")
    connection.execute("SELECT * FROM changing", prepare=True)
    second.execute("ALTER TABLE changing ADD COLUMN b int")
    with pytest.raises(psycopg.errors.FeatureNotSupported, match="cached plan must not change"):
        connection.execute("SELECT * FROM changing", prepare=True)


def test_big_results_are_streamed_completely(connection: Connection) -> None:
    text = "x" * 1000
    rows = connection.execute(
        "SELECT g, repeat('x', 1000) FROM generate_series(1, 20000) AS g").fetchall()  # fmt: skip
    assert len(rows) == 20000
    assert all(row[1] == text for row in rows)


def test_parameters_that_clients_read(connection: Connection) -> None:
    status = connection.info.parameter_status
    assert status("server_encoding") == "UTF8"
    assert status("standard_conforming_strings") == "on"
    connection.execute("SET TimeZone = 'Europe/Zurich'")
    assert status("TimeZone") == "Europe/Zurich"
    assert connection.info.server_version == 180000
