"""The guided tour through psycopg: COPY the sample in, then five queries."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow.parquet as pq
from pgvector import Vector
from pgvector.psycopg import register_vector

from benchmarks.demo import screen

Connection = psycopg.Connection[tuple[object, ...]]
Rows = list[tuple[Any, ...]]
Questions = dict[str, Vector]

TABLE = """CREATE TABLE packages (
    name text PRIMARY KEY, summary text, month date, downloads_rank int, embedding vector(384))"""
COPY = "COPY packages FROM STDIN (FORMAT BINARY)"
INDEX = "CREATE INDEX ON packages USING hnsw (embedding vector_cosine_ops)"

NEAREST = """SELECT name, summary, round((embedding <=> $question)::numeric, 3) AS distance
FROM packages ORDER BY embedding <=> $question LIMIT 5"""

FILTERED = """SELECT name, month, downloads_rank AS rank, summary FROM packages
WHERE month >= '2026-01-01' AND downloads_rank <= 5000
ORDER BY embedding <=> $question LIMIT 5"""

MORE_LIKE_THIS = """SELECT name, summary FROM packages
WHERE name <> 'psycopg'
ORDER BY embedding <=> (SELECT embedding FROM packages WHERE name = 'psycopg') LIMIT 5"""

GROUPED = """WITH hits AS (
    SELECT * FROM packages ORDER BY embedding <=> $question LIMIT 100)
SELECT extract(year FROM month)::int AS released, count(*) AS packages,
       min(downloads_rank) AS best_rank,
       (array_agg(name ORDER BY downloads_rank))[1] AS most_downloaded
FROM hits GROUP BY released ORDER BY released DESC LIMIT 5"""

EXPLAINED = f"EXPLAIN (ANALYZE, COSTS OFF) {FILTERED}"

COMPILING = """vecsql compiles its kernels for this machine, in the background and only this once (up to a minute).
    Queries are answered without them, as the one above was; CREATE INDEX waits for them."""


def connect(port: int) -> Connection:
    """An autocommit connection that knows pgvector's types."""
    connection = psycopg.connect(
        host="127.0.0.1", port=port, user="postgres", dbname="packages", autocommit=True
    )
    connection.execute("CREATE EXTENSION vector")
    register_vector(connection)
    return connection


def read_questions(path: Path) -> Questions:
    """Embeddings by the question's text."""
    return dict(read_rows(path))


def read_rows(path: Path) -> Rows:
    """The rows of a Parquet file whose last column holds the embeddings."""
    *scalars, embeddings = pq.ParquetFile(path).read().columns
    halves = embeddings.combine_chunks().flatten().buffers()[1]  # to_numpy() would import pandas
    vectors = np.frombuffer(halves, np.float16).astype(np.float32).reshape(len(embeddings), -1)
    columns = [column.to_pylist() for column in scalars]
    return list(zip(*columns, map(Vector, vectors), strict=True))


def load(connection: Connection, rows: Rows) -> None:
    """Make the table and COPY the rows into it."""
    screen.statement(TABLE)
    connection.execute(TABLE)
    started = time.perf_counter()
    with connection.cursor() as cursor, cursor.copy(COPY) as copy:
        copy.set_types(["text", "text", "date", "int4", "vector"])
        for row in rows:
            copy.write_row(row)
    took = time.perf_counter() - started
    screen.note(f"{COPY};  -- {len(rows):,} rows in {took:.2f} s")


def create_index(connection: Connection, *, compiles: bool) -> None:
    screen.heading("an index")
    screen.statement(INDEX)
    if compiles:
        screen.note(COMPILING)
    started = time.perf_counter()
    connection.execute(INDEX)
    screen.note(f"Time: {time.perf_counter() - started:.2f} s")


def run(connection: Connection, questions: Questions, started: float, *, compiles: bool) -> None:
    """The five queries; says after the first how long all took since `started`.

    `compiles`: the server has no kernels from an earlier run, and compiles them in the background.
    """
    chunks = questions["split long documents into chunks for rag"]
    _ask(connection, "split long documents into chunks for rag", NEAREST, chunks)
    screen.note(f"First answer {time.perf_counter() - started:.1f} s after the start of everything")
    create_index(connection, compiles=compiles)
    neighbours = questions["approximate nearest neighbor search library"]
    _ask(connection, "approximate nearest neighbor search library: popular, released this year",
         FILTERED, neighbours)  # fmt: skip
    _ask(connection, "more packages like psycopg", MORE_LIKE_THIS)
    mocks = questions["mock http requests in tests"]
    _ask(connection, "the 100 nearest to 'mock http requests in tests', by year", GROUPED, mocks)
    _ask(connection, "what the second query did", EXPLAINED, neighbours)


def _ask(connection: Connection, title: str, sql: str, question: Vector | None = None) -> None:
    screen.heading(title)
    screen.statement(sql)
    text = sql.replace("$question", "%(question)s")
    with connection.cursor() as cursor:
        started = time.perf_counter()
        rows = cursor.execute(text, {"question": question} if question else None).fetchall()
        took = (time.perf_counter() - started) * 1000
        header = [column.name for column in cursor.description or ()]
    if header == ["QUERY PLAN"]:
        screen.plan([str(line) for (line,) in rows])
    else:
        screen.table(header, rows)
    screen.note(f"Time: {took:.1f} ms")
