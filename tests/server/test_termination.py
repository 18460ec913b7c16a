"""Sessions stopped by others and by transaction_timeout; what of a session others and itself can see."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg import errors

from vecsql.server.background import BackgroundServer

Connection = psycopg.Connection[Any]


def running(connection: Connection, pid: int) -> None:
    """Return when the session is busy with pg_sleep."""
    query = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query LIKE '%%sleep%%'"
    while connection.execute(query, [pid]).fetchone() is None:
        pass


def fails_while(
    sleeper: Connection, other: Connection, act: Callable[[int], Any]
) -> psycopg.Error | None:
    """The error that ends a long sleep, after `act(pid)` in between."""
    with ThreadPoolExecutor(1) as pool:
        sleeping = pool.submit(sleeper.execute, "SELECT pg_sleep(600)")
        running(other, sleeper.info.backend_pid)
        act(sleeper.info.backend_pid)
        return sleeping.exception(30)  # type: ignore[return-value]


def test_pg_cancel_backend_stops_the_statement(connection: Connection, second: Connection) -> None:
    def cancel(pid: int) -> None:
        assert second.execute("SELECT pg_cancel_backend(%s)", [pid]).fetchone() == (True,)

    connection.execute("BEGIN")
    assert isinstance(fails_while(connection, second, cancel), errors.QueryCanceled)
    assert connection.info.transaction_status == psycopg.pq.TransactionStatus.INERROR
    connection.execute("ROLLBACK")


def test_pg_terminate_backend_ends_the_session(
    server: BackgroundServer, second: Connection
) -> None:
    victim = psycopg.connect(server.conninfo, autocommit=True)
    victim.execute("BEGIN")
    victim.execute("SELECT pg_advisory_xact_lock(77)")

    def terminate(pid: int) -> None:
        assert second.execute("SELECT pg_terminate_backend(%s)", [pid]).fetchone() == (True,)

    failure = fails_while(victim, second, terminate)
    assert isinstance(failure, errors.AdminShutdown)
    assert victim.closed
    second.execute("SELECT pg_advisory_lock(77), pg_advisory_unlock(77)")


def _ask_for_ever(connection: Connection) -> None:
    while True:
        connection.execute("SELECT 1")


def test_an_idle_session_can_be_terminated(server: BackgroundServer, second: Connection) -> None:
    victim = psycopg.connect(server.conninfo, autocommit=True)
    second.execute("SELECT pg_terminate_backend(%s)", [victim.info.backend_pid])
    with pytest.raises(psycopg.Error):
        _ask_for_ever(victim)


def test_signals_to_nobody_warn(connection: Connection) -> None:
    said: list[str | None] = []
    connection.add_notice_handler(lambda diag: said.append(diag.message_primary))
    assert connection.execute("SELECT pg_cancel_backend(999999)").fetchone() == (False,)
    assert said == ["PID 999999 is not a PostgreSQL backend process"]


def test_transaction_timeout_ends_the_session_in_a_statement(server: BackgroundServer) -> None:
    victim = psycopg.connect(server.conninfo, autocommit=True)
    victim.execute("SET transaction_timeout = 50")
    with pytest.raises(errors.TransactionTimeout, match="due to transaction timeout"):
        victim.execute("SELECT pg_sleep(600)")
    assert victim.closed


def test_transaction_timeout_ends_an_idle_transaction(
    server: BackgroundServer, second: Connection
) -> None:
    victim = psycopg.connect(server.conninfo, autocommit=True)
    victim.execute("BEGIN")
    victim.execute("SELECT pg_advisory_xact_lock(78)")
    victim.execute("SET LOCAL transaction_timeout = 50")
    second.execute("SELECT pg_advisory_lock(78), pg_advisory_unlock(78)")  # waits for the end
    with pytest.raises(psycopg.Error):
        victim.execute("SELECT 1")


def test_transaction_timeout_spares_who_is_quick(connection: Connection) -> None:
    connection.execute("SET transaction_timeout = 40")
    for _ in range(3):
        connection.execute("BEGIN")
        connection.execute("COMMIT")
    assert not threading.Event().wait(0.08)  # no transaction is open meanwhile
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_prepared_statements_and_cursors_are_listed(connection: Connection) -> None:
    connection.execute("PREPARE twice(int) AS SELECT $1 * 2")
    rows = connection.execute("SELECT name, statement, from_sql FROM pg_prepared_statements")
    assert rows.fetchall() == [("twice", "PREPARE twice(int) AS SELECT $1 * 2", True)]
    connection.execute("BEGIN")
    connection.execute("DECLARE c SCROLL CURSOR FOR SELECT 1")
    rows = connection.execute("SELECT name, is_holdable, is_scrollable FROM pg_cursors")
    assert rows.fetchall() == [("c", False, True)]
    connection.execute("COMMIT")
