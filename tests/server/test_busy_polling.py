"""A loop polls for the one client that keeps it at work, sleeps otherwise, and answers the same either way."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from vecsql.server import busy_polling
from vecsql.server.background import BackgroundServer
from vecsql.server.busy_polling import STREAK
from vecsql.server.listener import Options
from vecsql.storage.engine import open_engine

pytestmark = pytest.mark.skipif(not busy_polling.suits_machine(), reason="one core")


def _loops(running: BackgroundServer) -> set[object]:
    assert running.server is not None
    return {connection.polling for connection in running.server.connections}


def _streak(running: BackgroundServer) -> int:
    (polling,) = _loops(running)
    assert isinstance(polling, busy_polling.BusyPolling)
    return polling.activity.streak


@pytest.fixture
def running() -> Iterator[BackgroundServer]:
    with open_engine(":memory:") as engine, BackgroundServer(engine) as server:
        yield server


def test_a_client_that_asks_again_and_again_is_polled_for(running: BackgroundServer) -> None:
    with psycopg.connect(running.conninfo, autocommit=True) as client:
        for number in range(3 * STREAK):
            assert client.execute("SELECT %s::int", (number,)).fetchone() == (number,)
        assert _streak(running) >= STREAK


def test_two_clients_in_turn_are_not_polled_for(running: BackgroundServer) -> None:
    with (
        psycopg.connect(running.conninfo, autocommit=True) as first,
        psycopg.connect(running.conninfo, autocommit=True) as second,
    ):
        for number in range(2 * STREAK):
            for client in (first, second):
                assert client.execute("SELECT %s::int", (number,)).fetchone() == (number,)
        streaks = {polling.activity.streak for polling in _loops(running)}  # type: ignore[attr-defined]
        assert max(streaks) < STREAK


def test_what_a_worker_does_ends_it(running: BackgroundServer) -> None:
    with psycopg.connect(running.conninfo, autocommit=True) as client:
        client.execute("CREATE TABLE t (id int)")
        for _ in range(2 * STREAK):
            client.execute("SELECT 1")
        client.execute("INSERT INTO t SELECT generate_series(1, 10)")
        assert _streak(running) < STREAK
        assert client.execute("SELECT count(*) FROM t").fetchone() == (10,)


def test_an_idle_server_sleeps(running: BackgroundServer) -> None:
    with psycopg.connect(running.conninfo, autocommit=True) as client:
        for _ in range(2 * STREAK):
            client.execute("SELECT 1")
        (polling,) = _loops(running)
        assert isinstance(polling, busy_polling.BusyPolling)
        deadline = time.monotonic() + 10
        settled = threading.Event()
        while polling.polling and time.monotonic() < deadline:
            settled.wait(0.01)
        assert not polling.polling
        assert client.execute("SELECT 1").fetchone() == (1,)


def test_it_can_be_turned_off() -> None:
    options = Options(port=0, busy_polling=False)
    with (
        open_engine(":memory:") as engine,
        BackgroundServer(engine, options) as running,
        psycopg.connect(running.conninfo, autocommit=True) as client,
    ):
        for _ in range(2 * STREAK):
            assert client.execute("SELECT 1").fetchone() == (1,)
        assert _loops(running) == {None}
