"""WITH (recall = ...) of indexes and tables: what is accepted, kept and shown."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest


@pytest.fixture
def docs(connection: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    connection.execute("DROP TABLE IF EXISTS docs")
    connection.execute("CREATE TABLE docs (id int PRIMARY KEY, embedding vector(3))")
    return connection


def definition(docs: psycopg.Connection[Any]) -> str:
    row = docs.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'i'").fetchone()
    assert row is not None
    return str(row[0])


@pytest.mark.parametrize("method", ["vecsql", "hnsw"])
@pytest.mark.parametrize("opclass", ["vector_ip_ops", "vector_cosine_ops", "vector_l1_ops"])
def test_definition(docs: psycopg.Connection[Any], method: str, opclass: str) -> None:
    docs.execute(f"CREATE INDEX i ON docs USING {method} (embedding {opclass}) WITH (recall = .9)")
    assert definition(docs) == (
        f"CREATE INDEX i ON public.docs USING {method} (embedding {opclass}) WITH (recall='.9')"
    )
    docs.execute("DROP INDEX i")
    docs.execute(f"CREATE INDEX i ON docs USING {method} (embedding {opclass})")
    docs.execute("ALTER INDEX i SET (recall = 0.5)")
    assert definition(docs).endswith("WITH (recall='0.5')")
    docs.execute("ALTER INDEX i RESET (recall)")
    assert definition(docs).endswith(f"({'embedding ' + opclass})")


def test_definition_is_what_pg_dump_prints(docs: psycopg.Connection[Any]) -> None:
    docs.execute("CREATE INDEX i ON docs USING vecsql (embedding) WITH (recall = 0.99)")
    text = definition(docs)
    docs.execute("DROP INDEX i")
    docs.execute(text)
    assert definition(docs) == text


def test_tables_keep_it_too(docs: psycopg.Connection[Any]) -> None:
    docs.execute("ALTER TABLE docs SET (recall = 0.9, fillfactor = 80)")
    sql = "SELECT reloptions FROM pg_class WHERE relname = 'docs'"
    assert docs.execute(sql).fetchone() == (["recall=0.9", "fillfactor=80"],)
    docs.execute("ALTER TABLE docs RESET (recall, fillfactor)")
    assert docs.execute(sql).fetchone() == (None,)


def test_the_access_method_is_known(docs: psycopg.Connection[Any]) -> None:
    sql = "SELECT amtype FROM pg_am WHERE amname = 'vecsql'"
    assert docs.execute(sql).fetchone() == ("i",)
    sql = """SELECT opcname FROM pg_opclass c JOIN pg_am a ON a.oid = c.opcmethod
             WHERE amname = 'vecsql' AND opcdefault"""
    assert docs.execute(sql).fetchall() == [("vector_l2_ops",)]


@pytest.mark.parametrize(
    ("option", "message", "detail"),
    [
        ("recall = 2", 'value 2 out of bounds for option "recall"', 'Valid values are between "0.000000" and "1.000000".'),
        ("recall = -.1", 'value -.1 out of bounds for option "recall"', 'Valid values are between "0.000000" and "1.000000".'),
        ("recall = high", 'invalid value for floating point option "recall": high', None),
        ("recall = 'nan'", 'invalid value for floating point option "recall": nan', None),
        ("recall", 'invalid value for floating point option "recall": true', None),
        ("recall = 1, recall = 0", 'parameter "recall" specified more than once', None),
        ("m = 16", 'unrecognized parameter "m"', None),
        ("lists = 16", 'unrecognized parameter "lists"', None),
        ("my.recall = 1", 'unrecognized parameter namespace "my"', None),
    ],
)  # fmt: skip
def test_errors(
    docs: psycopg.Connection[Any], option: str, message: str, detail: str | None
) -> None:
    with pytest.raises(psycopg.errors.InvalidParameterValue) as raised:
        docs.execute(f"CREATE INDEX ON docs USING vecsql (embedding) WITH ({option})")
    assert raised.value.diag.message_primary == message
    assert raised.value.diag.message_detail == detail
