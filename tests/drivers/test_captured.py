"""Catalog queries of real clients run: those of representative.sql, and captured ones where a directory has them."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import vecsql
from tests.drivers import captured
from vecsql import errors
from vecsql.session.session import Session

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS vector;
CREATE SCHEMA app;
CREATE TABLE docs (id bigserial PRIMARY KEY, title text NOT NULL, tags text[], meta jsonb, rank int DEFAULT 0,
    price numeric(10,2) CHECK (price > 0), embedding vector(3));
CREATE INDEX docs_emb_idx ON docs USING hnsw (embedding vector_l2_ops);
CREATE INDEX docs_title_idx ON docs (lower(title), rank DESC) WHERE rank > 0;
CREATE VIEW happy_docs AS SELECT id, title FROM docs WHERE rank > 3;
CREATE TABLE app.logs (id int, msg text);
CREATE SEQUENCE app.seq1;
COMMENT ON TABLE docs IS 'documents';
"""
REPRESENTATIVE = Path(__file__).with_name("representative.sql")
VALUES: dict[str, Any] = {
    "text": "vector", "varchar": "docs", "name": "public", "char": "r", "oid": 16385, "_oid": [16385, 1009],
    "int2": 1, "int4": 1, "int8": 1, "bool": True, "_text": ["docs"], "_varchar": ["docs"], "_name": ["docs"],
    "regtype": 16385, "regclass": 1259,
}  # fmt: skip
# Errors that are the answer: PostgreSQL raises them too, for these names do not exist here.
EXPECTED = (
    errors.UndefinedTable,
    errors.UndefinedObject,
    errors.UndefinedFunction,
    errors.InvalidSchemaName,
)


@pytest.fixture(scope="module")
def session() -> Session:
    connection = vecsql.connect(":memory:")
    for statement in SCHEMA.split(";\n"):
        if statement.strip():
            connection.execute(statement)
    yield connection._session
    connection.close()


def run(session: Session, sql: str) -> int:
    """Plan and run one statement with made-up parameters; the number of rows."""
    statement = session.prepare("", sql)
    assert statement.prepared is not None
    params = [VALUES.get(ctype.type.name) for ctype in statement.prepared.param_types]
    try:
        result = session.run(statement, params)
        return sum(chunk.num_rows for chunk in result.chunks)
    finally:
        session.finish()


@pytest.mark.parametrize(
    "sql", list(captured.statements(REPRESENTATIVE)), ids=lambda sql: " ".join(sql.split())[:50]
)
def test_representative_statements_give_rows(session, sql):
    assert run(session, sql) > 0


def _captured_files() -> list[Path]:
    directory = captured.directory()
    return sorted(directory.glob("*.sql")) if directory else []


@pytest.mark.skipif(not _captured_files(), reason="no captured statements ($VECSQL_CLIENTS)")
@pytest.mark.parametrize("path", _captured_files(), ids=lambda path: path.stem)
def test_captured_catalog_queries_run(session, path, record_property):
    failures: Counter[str] = Counter()
    queries = captured.catalog_queries(path)
    for sql in queries:
        try:
            run(session, sql)
        except errors.Error as error:
            if not (isinstance(error, EXPECTED) and _is_missing_name(error)):
                failures[f"{type(error).__name__}: {error}\n    {' '.join(sql.split())[:200]}"] += 1
    record_property("ran", f"{len(queries) - sum(failures.values())} of {len(queries)}")
    assert not failures, "\n".join(failures)


def _is_missing_name(error: errors.Error) -> bool:
    """An object of the application that sent the statement, not one of the system."""
    named = re.match(
        r'(relation|function|type|schema|role) "(?!pg_|information_schema)', error.message
    )
    return bool(named) and "does not exist" in error.message
