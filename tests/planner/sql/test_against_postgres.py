"""vecsql answers as PostgreSQL does: names, types, values as text; and its errors are the same to the position."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.planner.sql.conftest import CORPUS


def statements(name: str) -> list[str]:
    return [line for line in (CORPUS / name).read_text().splitlines() if line.strip()]


def answer(connection: psycopg.Connection[Any], sql: str) -> Any:
    """(columns, rows as text) or the error's fields."""
    result = connection.pgconn.exec_(sql.encode())
    if result.status in (psycopg.pq.ExecStatus.TUPLES_OK, psycopg.pq.ExecStatus.COMMAND_OK):
        columns = [
            (result.fname(i), _oid(connection, result.ftype(i))) for i in range(result.nfields)
        ]
        rows = [
            tuple(result.get_value(r, c) for c in range(result.nfields))
            for r in range(result.ntuples)
        ]
        return columns, rows
    fields = (psycopg.pq.DiagnosticField.SQLSTATE, psycopg.pq.DiagnosticField.MESSAGE_PRIMARY,
              psycopg.pq.DiagnosticField.STATEMENT_POSITION)  # fmt: skip
    return tuple((result.error_field(field) or b"").decode() for field in fields)


def _oid(connection: psycopg.Connection[Any], oid: int) -> Any:
    """User types have oids of their own in every database."""
    return oid if oid < 16384 else "vector"


@pytest.mark.parametrize("sql", statements("queries.sql"))
def test_answer(sql: str, vecsql: Any, postgres: Any) -> None:
    assert answer(vecsql, sql) == answer(postgres, sql)


@pytest.mark.parametrize("sql", statements("errors.sql"))
def test_error(sql: str, vecsql: Any, postgres: Any) -> None:
    assert answer(vecsql, sql) == answer(postgres, sql)
