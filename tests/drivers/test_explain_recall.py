"""What EXPLAIN and EXPLAIN ANALYZE say about recall, effort and cost of vector scans."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from pgvector.psycopg import register_vector

from vecsql.server.background import BackgroundServer

ROWS, DIMENSIONS = 4000, 16
QUERY = "SELECT id FROM docs {} ORDER BY embedding <=> (SELECT embedding FROM docs WHERE id = 7) LIMIT 5"


@pytest.fixture(scope="module")
def docs(server: BackgroundServer) -> Iterator[psycopg.Connection[Any]]:
    """docs(id, category, embedding): one indexed segment, and 10 newer rows."""
    vectors = np.random.default_rng(1).standard_normal((ROWS + 10, DIMENSIONS)).astype(np.float32)
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        connection.execute(
            f"CREATE TABLE docs (id int PRIMARY KEY, category int, embedding vector({DIMENSIONS}))"
        )
        with connection.cursor().copy("COPY docs FROM STDIN WITH (FORMAT BINARY)") as copy:
            copy.set_types(["int4", "int4", "vector"])
            for number, vector in enumerate(vectors[:ROWS]):
                copy.write_row([number, number % 4, vector])
        connection.execute("CHECKPOINT")
        connection.execute("CREATE INDEX docs_i ON docs USING vecsql (embedding vector_cosine_ops)")
        for number, vector in enumerate(vectors[ROWS:], ROWS):
            connection.execute("INSERT INTO docs VALUES (%s, %s, %s)", (number, number % 4, vector))
        yield connection


@pytest.fixture(autouse=True)
def plain_settings(docs: psycopg.Connection[Any]) -> Iterator[None]:
    yield
    docs.execute("RESET ALL")


def properties(docs: psycopg.Connection[Any], options: str, where: str = "") -> dict[str, str]:
    """The lines 'Name: value' of a plan as text."""
    rows = docs.execute(f"EXPLAIN {options} {QUERY.format(where)}").fetchall()
    return dict(row[0].strip().split(": ", 1) for row in rows if ": " in row[0])


def scan(docs: psycopg.Connection[Any], options: str, where: str = "") -> dict[str, Any]:
    """The scan's node of a plan as JSON."""
    row = docs.execute(f"EXPLAIN ({options} FORMAT JSON) {QUERY.format(where)}").fetchone()
    assert row is not None
    node: dict[str, Any] = row[0][0]["Plan"]["Plans"][0]
    assert node["Node Type"] == "Vector Scan"
    return node


def test_before_running(docs: psycopg.Connection[Any]) -> None:
    found = properties(docs, "")
    assert found["Recall Target"] == "0.95 (default)"
    assert re.fullmatch(
        r"(graph \(ef=\d+\)|ivf|codes of all rows) \| exact scan", found["Strategy"]
    )
    assert "ms expected" in found["Reason"]
    assert found["Reason"].endswith("| exact scan: not indexed")
    assert re.fullmatch(r"\d\.\d{3} ms", found["Predicted Time"])
    assert int(found["Predicted Bytes"]) > 1000
    assert found["Predicted Rows Passing"] == str(ROWS + 10)
    assert 0.9 < float(found["Predicted Recall"].split()[0]) <= 1


def test_without_costs_nothing_depends_on_the_machine(docs: psycopg.Connection[Any]) -> None:
    found = properties(docs, "(COSTS OFF)")
    assert set(found) == {"Order By", "Recall Target", "Strategy", "Segments", "Index Cond"}


def test_filters_are_counted_where_that_is_quick(docs: psycopg.Connection[Any]) -> None:
    assert scan(docs, "", "WHERE category = 3")["Predicted Rows Passing"] == (ROWS + 10) // 4
    slow = scan(docs, "", "WHERE sqrt(id::float8) < 3")
    assert "Predicted Rows Passing" not in slow
    assert "Predicted Time" in slow
    few = scan(docs, "", "WHERE id < 40")
    assert few["Predicted Rows Passing"] == 40
    assert "passing rows" in few["Strategy"]


def test_a_filter_that_fails_fails_when_it_runs(docs: psycopg.Connection[Any]) -> None:
    where = "WHERE category / (category - 1) > 0"
    assert "Predicted Rows Passing" not in scan(docs, "", where)
    with pytest.raises(psycopg.errors.DivisionByZero):
        scan(docs, "ANALYZE,", where)


def test_parameters(docs: psycopg.Connection[Any]) -> None:
    rows = docs.execute(f"EXPLAIN {QUERY.format('WHERE category = %s')}", (2,)).fetchall()
    assert any(row[0].strip() == "Predicted Rows Passing: 1002" for row in rows)


def test_after_running(docs: psycopg.Connection[Any]) -> None:
    docs.execute("SET vecsql.force_strategy = 'graph'")
    found = scan(docs, "ANALYZE,", "WHERE category < 3")
    assert found["Recall Target"] == 0.95
    assert found["Recall Target From"] == "default"
    assert re.fullmatch(r"graph \(ef=\d+\) \| exact over passing rows", found["Strategy"])
    assert found["Rows Passing"] == 3008
    assert 0 < found["Rows Scored"] < ROWS
    assert 10 <= found["Rows Reranked"] < 300
    assert found["Bytes Touched"] >= found["Rows Scored"] * DIMENSIONS
    assert 0.5 < found["Smallest Predicted Recall"] <= found["Predicted Recall"] <= 1


def test_bytes_of_an_exact_scan_are_those_of_the_vectors(docs: psycopg.Connection[Any]) -> None:
    docs.execute("SET vecsql.recall = 1")
    found = scan(docs, "ANALYZE,")
    assert found["Strategy"] == "exact scan"
    assert found["Reason"] == "recall 1.0 is asked for"
    assert found["Predicted Recall"] == 1
    assert found["Bytes Touched"] == (ROWS + 10) * DIMENSIONS * 4


def test_who_asks_for_the_recall(docs: psycopg.Connection[Any]) -> None:
    def target() -> str:
        return properties(docs, "")["Recall Target"]

    docs.execute("ALTER TABLE docs SET (recall = 0.9)")
    assert target() == "0.9 (table option)"
    docs.execute("ALTER INDEX docs_i SET (recall = 0.8)")
    assert target() == "0.8 (index option)"
    docs.execute("SET vecsql.recall = 0.7")
    assert target() == "0.7 (vecsql.recall)"
    docs.execute("BEGIN")
    docs.execute("SET LOCAL hnsw.ef_search = 77")
    found = properties(docs, "ANALYZE")
    assert found["Effort"] == "hnsw.ef_search = 77"
    assert "Recall Target" not in found
    docs.execute("COMMIT")
    docs.execute("RESET vecsql.recall")
    docs.execute("ALTER INDEX docs_i RESET (recall)")
    assert target() == "0.9 (table option)"
    docs.execute("ALTER TABLE docs RESET (recall)")
    assert target() == "0.95 (default)"


def test_the_option_counts_in_searches(docs: psycopg.Connection[Any]) -> None:
    docs.execute("SET vecsql.force_strategy = 'graph'")

    def width() -> int:
        match = re.search(r"ef=(\d+)", properties(docs, "")["Strategy"])
        assert match is not None
        return int(match[1])

    usual = width()
    docs.execute("ALTER INDEX docs_i SET (recall = 0.999)")
    assert width() > usual
    docs.execute("ALTER INDEX docs_i SET (recall = 1)")
    assert properties(docs, "ANALYZE")["Strategy"] == "exact scan"
    docs.execute("SET hnsw.ef_search = 50")
    assert "graph (ef=50)" in properties(docs, "ANALYZE")["Strategy"]
    docs.execute("ALTER INDEX docs_i RESET (recall)")


def test_why_there_is_no_index(docs: psycopg.Connection[Any]) -> None:
    sql = "EXPLAIN SELECT id FROM docs ORDER BY embedding <-> (SELECT embedding FROM docs WHERE id = 7) LIMIT 5"
    lines = [row[0].strip() for row in docs.execute(sql).fetchall()]
    assert "Reason: no index for this distance" in lines
    assert not any("Recall Target" in line for line in lines)
    docs.execute("SET enable_indexscan = off")
    assert properties(docs, "")["Reason"] == "enable_indexscan is off"
    docs.execute("RESET enable_indexscan")
    docs.execute("SET vecsql.force_strategy = 'exact'")
    assert properties(docs, "ANALYZE")["Reason"] == "forced"
