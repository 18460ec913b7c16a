"""Connections are shared out over the event loops; what they do to each other works across them, and stopping ends all."""

from __future__ import annotations

import os

import psycopg
import pytest

from vecsql.server.background import BackgroundServer
from vecsql.server.listener import Options
from vecsql.server.loops import MOST
from vecsql.storage.engine import open_engine


def test_connections_are_spread_evenly(server: BackgroundServer) -> None:
    assert server.server is not None
    before = len({c.loop for c in server.server.connections})
    opened = [psycopg.connect(server.conninfo, autocommit=True) for _ in range(6)]
    by_loop: dict[object, int] = {}
    for connection in server.server.connections:
        by_loop[connection.loop] = by_loop.get(connection.loop, 0) + 1
    loops = min(MOST, os.cpu_count() or 1)
    assert before <= loops
    assert len(by_loop) == loops
    assert max(by_loop.values()) - min(by_loop.values()) <= 1
    opened[0].execute("LISTEN news")
    opened[1].execute("NOTIFY news, 'from another loop'")
    (heard,) = opened[0].notifies(timeout=10, stop_after=1)
    assert heard.payload == "from another loop"
    pids = [c.info.backend_pid for c in opened]
    assert len(set(pids)) == len(pids)
    opened[0].execute("SELECT pg_terminate_backend(%s)", (pids[3],))
    with pytest.raises(psycopg.OperationalError):
        opened[3].execute("SELECT 1")
    for connection in opened:
        connection.close()


def test_stopping_ends_the_connections_of_all_loops() -> None:
    with open_engine(":memory:") as engine:
        with BackgroundServer(engine) as running:
            opened = [psycopg.connect(running.conninfo, autocommit=True) for _ in range(4)]
        for connection in opened:
            with pytest.raises(psycopg.OperationalError):
                connection.execute("SELECT 1")


def test_no_more_than_the_limit_from_all_loops_together() -> None:
    options = Options(port=0, max_connections=3)
    with open_engine(":memory:") as engine, BackgroundServer(engine, options) as running:
        opened = [psycopg.connect(running.conninfo) for _ in range(3)]
        with pytest.raises(psycopg.OperationalError, match="too many clients"):
            psycopg.connect(running.conninfo)
        for connection in opened:
            connection.close()


def test_a_host_with_several_addresses_has_one_port() -> None:
    options = Options(host="localhost", port=0)
    with (
        open_engine(":memory:") as engine,
        BackgroundServer(engine, options) as running,
        psycopg.connect(host="127.0.0.1", port=running.port, user="postgres") as connection,
    ):
        assert connection.execute("SELECT 1").fetchone() == (1,)
