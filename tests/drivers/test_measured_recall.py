"""vecsql_recall(): what it measures, its arguments, and its errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from pgvector.psycopg import register_vector

from vecsql.server.background import BackgroundServer

ROWS, DIMENSIONS = 4000, 96


@pytest.fixture(scope="module")
def docs(server: BackgroundServer) -> Iterator[psycopg.Connection[Any]]:
    """docs(id, category, embedding) in one indexed segment; one vector is NULL."""
    vectors = np.random.default_rng(1).standard_normal((ROWS, DIMENSIONS)).astype(np.float32)
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        connection.execute(
            f"CREATE TABLE docs (id int PRIMARY KEY, category int, embedding vector({DIMENSIONS}))"
        )
        with connection.cursor().copy("COPY docs FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "int4", "vector"])
            for number, vector in enumerate(vectors):
                copy.write_row([number, number % 4, vector if number else None])
        connection.execute("CHECKPOINT")
        connection.execute("CREATE INDEX docs_i ON docs USING vecsql (embedding vector_ip_ops)")
        yield connection


def value(docs: psycopg.Connection[Any], sql: str) -> Any:
    row = docs.execute(sql).fetchone()
    assert row is not None
    return row[0]


@pytest.fixture
def narrow(docs: psycopg.Connection[Any]) -> Iterator[psycopg.Connection[Any]]:
    """A session whose searches miss rows."""
    docs.execute("SET vecsql.force_strategy = 'graph'")
    docs.execute("SET hnsw.ef_search = 1")
    yield docs
    docs.execute("RESET hnsw.ef_search")
    docs.execute("RESET vecsql.force_strategy")


def test_the_contract_is_held(docs: psycopg.Connection[Any]) -> None:
    assert 0.93 <= value(docs, "SELECT vecsql_recall('docs_i')") <= 1


def test_searches_at_the_sessions_effort(narrow: psycopg.Connection[Any]) -> None:
    assert 0.1 < value(narrow, "SELECT vecsql_recall('docs_i', sample => 300)") < 0.97
    narrow.execute("SET hnsw.ef_search = 300")
    assert value(narrow, "SELECT vecsql_recall('docs_i', sample => 300)") > 0.99


def test_exact_searches_miss_nothing(docs: psycopg.Connection[Any]) -> None:
    docs.execute("SET vecsql.recall = 1.0")
    assert value(docs, "SELECT vecsql_recall('docs_i', sample => 30)") == 1.0
    docs.execute("RESET vecsql.recall")


@pytest.mark.parametrize(
    "condition",
    [
        "category = 3",
        "category = 3 -- and no more",
        "sqrt(id::float8) < 40",
        "id IN (SELECT id FROM docs WHERE category > 1)",
        "EXISTS (SELECT FROM docs o WHERE o.id = docs.id AND o.category = 2)",
        "docs.category IS NOT NULL",
    ],
)
def test_under_a_filter(docs: psycopg.Connection[Any], condition: str) -> None:
    sql = f"SELECT vecsql_recall('docs_i', sample => 40, filter => '{condition}', k => 5)"
    assert 0.9 <= value(docs, sql) <= 1


def test_nothing_to_find(docs: psycopg.Connection[Any]) -> None:
    assert value(docs, "SELECT vecsql_recall('docs_i', filter => 'category = 77')") is None
    docs.execute("CREATE TABLE empty (e vector(3))")
    docs.execute("CREATE INDEX empty_i ON empty USING hnsw (e vector_l2_ops)")
    assert value(docs, "SELECT vecsql_recall('empty_i')") is None


def test_a_row_does_not_find_itself(docs: psycopg.Connection[Any]) -> None:
    docs.execute("CREATE TABLE one (e vector(3))")
    docs.execute("CREATE INDEX one_i ON one USING vecsql (e)")
    docs.execute("INSERT INTO one VALUES ('[1,2,3]')")
    assert value(docs, "SELECT vecsql_recall('one_i')") is None
    docs.execute("INSERT INTO one VALUES ('[1,2,4]')")
    assert value(docs, "SELECT vecsql_recall('one_i')") == 1.0


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT vecsql_recall('docs_i'::regclass, 5)",
        "SELECT vecsql_recall(index => 'docs_i', k => 3, sample => 5)",
        "SELECT round(vecsql_recall('docs_i', 5)::numeric, 1)",
        "SELECT vecsql_recall(indexrelid, 5) FROM pg_index WHERE indexrelid = 'docs_i'::regclass",
        "SELECT r FROM vecsql_recall('docs_i', 5) r",
    ],
)
def test_ways_to_call(docs: psycopg.Connection[Any], sql: str) -> None:
    assert 0.5 <= value(docs, sql) <= 1


@pytest.mark.parametrize(
    "definition",
    [
        "ivfflat (embedding vector_l2_ops) WITH (lists = 20, recall = 0.9)",
        "vecsql ((embedding::halfvec(96)) halfvec_cosine_ops) WITH (recall = 0.9)",
        "vecsql ((binary_quantize(embedding)::bit(96)) bit_hamming_ops)",
        "vecsql (embedding) WITH (recall = 0.9) WHERE (category = 2)",
    ],
)
def test_other_indexes(docs: psycopg.Connection[Any], definition: str) -> None:
    docs.execute(f"CREATE INDEX other ON docs USING {definition}")
    assert 0.85 <= value(docs, "SELECT vecsql_recall('other', 100)") <= 1
    assert 0.85 <= value(docs, "SELECT vecsql_recall('other', 100, 'category = 2')") <= 1
    docs.execute("DROP INDEX other")


def test_null(docs: psycopg.Connection[Any]) -> None:
    assert value(docs, "SELECT vecsql_recall(NULL)") is None
    assert value(docs, "SELECT vecsql_recall('docs_i', NULL)") is None


@pytest.mark.parametrize(
    ("arguments", "sqlstate", "message"),
    [
        ("'nosuch'", "42P01", 'relation "nosuch" does not exist'),
        ("'docs'", "42809", '"docs" is not an index'),
        ("'docs_pkey'", "42809", '"docs_pkey" is not a vector index'),
        ("'docs_i', smple => 4", "42883", "function vecsql_recall(unknown, smple => integer) does not exist"),
        ("sample => 4", "42883", "function vecsql_recall(sample => integer) does not exist"),
        ("'docs_i', sample => 4, sample => 5", "42601", 'argument name "sample" used more than once'),
        ("index => 'docs_i', 5", "42601", "positional argument cannot follow named argument"),
        ("'docs_i', sample => 0", "22023", '"sample" must be between 1 and 1000000'),
        ("'docs_i', filter => 'nosuch = 3'", "42703", 'column "nosuch" does not exist'),
        ("'docs_i', filter => 'category ='", "42601", "syntax error at end of input"),
        ("'docs_i', filter => 'true; DROP TABLE docs'", "42601", 'syntax error at or near ";"'),
        ("'docs_i', filter => 'category'", "42804", "argument of WHERE must be type boolean, not type integer"),
        ("'docs_i', filter => 'category = $1'", "42P02", "there is no parameter $1"),
        ("'docs_i', filter => 'category / 0 = 3'", "22012", "division by zero"),
    ],
)  # fmt: skip
def test_errors(docs: psycopg.Connection[Any], arguments: str, sqlstate: str, message: str) -> None:
    with pytest.raises(psycopg.Error) as raised:
        docs.execute(f"SELECT vecsql_recall({arguments})")
    assert (raised.value.sqlstate, raised.value.diag.message_primary) == (sqlstate, message)
