"""A client that writes again and again is served on a line of its own; everything else about its connection stays as it is."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from vecsql.server import direct_line
from vecsql.server.background import BackgroundServer
from vecsql.server.connection import Connection
from vecsql.storage.engine import open_engine

Client = psycopg.Connection[tuple[object, ...]]
WRITES = 4 * direct_line.STREAK


@pytest.fixture
def running(monkeypatch: pytest.MonkeyPatch) -> Iterator[BackgroundServer]:
    """Its workers keep a line however slow this machine is, until the client is done or asks for something else."""
    monkeypatch.setattr(direct_line, "SOON", 5.0)
    with open_engine(":memory:") as engine, BackgroundServer(engine) as server:
        yield server


@pytest.fixture
def client(running: BackgroundServer) -> Iterator[Client]:
    with psycopg.connect(running.conninfo, autocommit=True) as client:
        client.execute("CREATE TABLE t (id int PRIMARY KEY, body text)")
        write(client, 0)

        def lent() -> bool:
            client.execute("UPDATE t SET body = body WHERE id = 0")
            return connection_of(running).lent

        eventually(lent)  # after one of the requests has taken long, the line is lent anew
        yield client


def connection_of(running: BackgroundServer) -> Connection:
    assert running.server is not None
    (found,) = running.server.connections
    return found


def write(client: Client, first: int, count: int = WRITES) -> None:
    for number in range(first, first + count):
        client.execute("INSERT INTO t VALUES (%s, %s)", (number, "x" * number))


def hang_up(client: Client) -> None:
    with socket.socket(fileno=os.dup(client.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


def eventually(holds: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    pause, deadline = threading.Event(), time.monotonic() + 20
    while not holds():
        assert time.monotonic() < deadline
        pause.wait(0.01)


def test_what_was_written_is_there(client: Client) -> None:
    assert client.execute("SELECT count(*), max(id) FROM t").fetchone() == (WRITES, WRITES - 1)


def test_an_error_leaves_it_in_order(client: Client, running: BackgroundServer) -> None:
    for _ in range(3):
        with pytest.raises(psycopg.errors.UniqueViolation):
            client.execute("INSERT INTO t VALUES (1, '')")
    with pytest.raises(psycopg.errors.SyntaxError):
        client.execute("INSERT INTO")
    write(client, 1000, 3)
    assert client.execute("SELECT count(*) FROM t").fetchone() == (WRITES + 3,)
    assert connection_of(running).lent


def test_reads_between_writes_are_answered_on_it(client: Client, running: BackgroundServer) -> None:
    for number in range(1000, 1000 + WRITES):
        client.execute("INSERT INTO t VALUES (%s, '')", (number,))
        found = client.execute("SELECT id FROM t WHERE id = %s", (number,), prepare=True)
        assert found.fetchone() == (number,)
    assert connection_of(running).lent


def test_the_loop_gets_it_back_when_only_reads_come(
    client: Client, running: BackgroundServer
) -> None:
    for number in range(4 * direct_line.CHEAP):
        found = client.execute("SELECT id FROM t WHERE id = %s", (number,), prepare=True)
        assert found.fetchone() == (number,)
    assert not connection_of(running).lent
    write(client, 1000)
    assert connection_of(running).lent


def test_large_answers_arrive_whole(client: Client) -> None:
    query = "SELECT id, repeat('y', 100) FROM generate_series(1, 50000) AS g(id)"
    for first in (1000, 2000):
        rows = client.execute(query).fetchall()
        assert [row[0] for row in rows] == list(range(1, 50_001))
        write(client, first)


def test_pipelines_and_copy_work(client: Client) -> None:
    with client.pipeline():
        write(client, 1000, 500)
    with client.cursor().copy("COPY t FROM STDIN") as copying:
        for number in range(10_000, 60_000):
            copying.write_row((number, "copied"))
    assert client.execute("SELECT count(*) FROM t").fetchone() == (WRITES + 50_500,)
    with client.cursor().copy("COPY t TO STDOUT") as copying:
        assert sum(1 for _ in copying.rows()) == WRITES + 50_500


def test_transactions_work(client: Client) -> None:
    for number in range(1000, 1000 + WRITES):
        with client.transaction():
            client.execute("INSERT INTO t VALUES (%s, '')", (number,))
            client.execute("UPDATE t SET body = 'changed' WHERE id = %s", (number,))
    found = client.execute("SELECT count(*) FROM t WHERE body = 'changed'")
    assert found.fetchone() == (WRITES,)


def test_a_client_that_leaves_without_a_word_is_noticed(
    client: Client, running: BackgroundServer
) -> None:
    hang_up(client)
    eventually(lambda: running.server is not None and not running.server.sessions)


def test_a_client_that_leaves_during_a_long_statement_is_noticed(
    running: BackgroundServer, client: Client
) -> None:
    client.pgconn.send_query(b"SELECT pg_sleep(3600)")
    client.pgconn.flush()
    hang_up(client)
    eventually(lambda: running.server is not None and not running.server.sessions)
    client.close()


def test_it_can_be_cancelled_and_terminated(client: Client, running: BackgroundServer) -> None:
    pid = client.info.backend_pid
    with psycopg.connect(running.conninfo, autocommit=True) as other:
        client.pgconn.send_query(b"SELECT pg_sleep(3600)")
        client.pgconn.flush()
        active = "SELECT state = 'active' FROM pg_stat_activity WHERE pid = %s"
        eventually(lambda: other.execute(active, (pid,)).fetchone() == (True,))
        other.execute("SELECT pg_cancel_backend(%s)", (pid,))
        result = client.pgconn.get_result()
        assert result is not None
        assert b"canceling statement due to user request" in result.error_message
        assert client.pgconn.get_result() is None
        write(client, 1000)
        other.execute("SELECT pg_terminate_backend(%s)", (pid,))
    with pytest.raises(psycopg.OperationalError, match="administrator command"):
        client.execute("SELECT 1")


def test_it_hears_notifications_when_it_pauses(
    monkeypatch: pytest.MonkeyPatch, client: Client, running: BackgroundServer
) -> None:
    client.execute("LISTEN news")
    monkeypatch.setattr(direct_line, "SOON", 0.05)
    write(client, 1000)
    with psycopg.connect(running.conninfo, autocommit=True) as other:
        other.execute("NOTIFY news, 'now'")
    (heard,) = client.notifies(timeout=10, stop_after=1)
    assert heard.payload == "now"


def test_the_server_stops_while_it_is_lent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(direct_line, "SOON", 5.0)
    with open_engine(":memory:") as engine:
        with BackgroundServer(engine) as running:
            client = psycopg.connect(running.conninfo, autocommit=True)
            client.execute("CREATE TABLE t (id int, body text)")
            write(client, 0)
            assert connection_of(running).lent
        with pytest.raises(psycopg.OperationalError, match="administrator command"):
            client.execute("SELECT 1")
        client.close()
