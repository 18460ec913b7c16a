"""Fixtures for tests over a real socket: a server in this process on a free port, and connections to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from vecsql.server.background import BackgroundServer
from vecsql.storage.engine import open_engine


@pytest.fixture(scope="module")
def server() -> Iterator[BackgroundServer]:
    """A database in memory, served; shared by the tests of a module."""
    with open_engine(":memory:") as engine, BackgroundServer(engine) as running:
        yield running


@pytest.fixture
def connection(server: BackgroundServer) -> Iterator[psycopg.Connection[Any]]:
    """An autocommit psycopg connection."""
    with psycopg.connect(server.conninfo, autocommit=True) as open_connection:
        yield open_connection


@pytest.fixture
def second(server: BackgroundServer) -> Iterator[psycopg.Connection[Any]]:
    """Another one, for what two clients do to each other."""
    with psycopg.connect(server.conninfo, autocommit=True) as open_connection:
        yield open_connection
