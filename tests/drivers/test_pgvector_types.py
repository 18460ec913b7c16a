"""pgvector's Python adapters with halfvec, sparsevec and bit, through psycopg and asyncpg; rows in segments and after a restart."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import numpy as np
import pgvector.asyncpg
import psycopg
import pytest
from pgvector import Bit, HalfVector, SparseVector
from pgvector.psycopg import register_vector

from vecsql.server.background import BackgroundServer
from vecsql.storage.engine import open_engine

DIMS, ROWS = 32, 3000


@pytest.fixture(params=[False, True], ids=["text", "binary"])
def cursor(
    server: BackgroundServer, request: pytest.FixtureRequest
) -> Iterator[psycopg.Cursor[Any]]:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        register_vector(connection)
        connection.execute("DROP TABLE IF EXISTS kinds")
        connection.execute(
            "CREATE TABLE kinds (id int PRIMARY KEY, h halfvec(3), s sparsevec(5), b bit(6))"
        )
        with connection.cursor(binary=request.param) as opened:
            yield opened


def test_values_through_psycopg(cursor: psycopg.Cursor[Any]) -> None:
    half, sparse = HalfVector([1, 2.5, -3]), SparseVector({0: 1.5, 4: -2}, 5)
    cursor.execute("INSERT INTO kinds VALUES (1, %s, %s, %s)", (half, sparse, Bit("101001")))
    cursor.execute("SELECT h, s, b FROM kinds")
    (found,) = cursor.fetchall()
    assert found[0] == half
    assert found[1] == sparse
    assert Bit(found[2]) == Bit("101001") if isinstance(found[2], str) else found[2]
    cursor.execute(
        "SELECT id, h <-> %s, s <#> %s, b <~> %s FROM kinds ORDER BY h <-> %s LIMIT 1",
        (HalfVector([1, 2.5, -2]), sparse, Bit("101000"), np.array([1, 2.5, -2], "f4")),
    )
    assert cursor.fetchall() == [(1, 1.0, -6.25, 1.0)]


def test_copy_in_binary(cursor: psycopg.Cursor[Any]) -> None:
    with cursor.copy("COPY kinds FROM STDIN WITH (FORMAT BINARY)") as copy:
        copy.set_types(["int4", "halfvec", "sparsevec", "bit"])
        for i in range(100):
            elements = SparseVector({i % 5: i + 1}, 5)
            copy.write_row([i, HalfVector([i, 0, 1]), elements, Bit(f"{i % 64:06b}")])
    cursor.execute("SELECT id FROM kinds ORDER BY h <-> '[42,0,1]' LIMIT 3")
    assert cursor.fetchall()[0] == (42,)
    cursor.execute("SELECT id, s, b::text FROM kinds WHERE id = 7")
    assert cursor.fetchall() == [(7, SparseVector({2: 8}, 5), "000111")]


def test_values_through_asyncpg(server: BackgroundServer) -> None:
    async def main() -> None:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="postgres")
        await connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        await pgvector.asyncpg.register_vector(connection)
        await connection.execute("DROP TABLE IF EXISTS kinds2")
        await connection.execute("CREATE TABLE kinds2 (h halfvec(3), s sparsevec(5), b bit(6))")
        half, sparse = HalfVector([1, 2, 3]), SparseVector({0: 1.5, 4: -2}, 5)
        bits = asyncpg.BitString("101001")
        await connection.execute("INSERT INTO kinds2 VALUES ($1, $2, $3)", half, sparse, bits)
        row = await connection.fetchrow("SELECT h, s, b FROM kinds2 ORDER BY h <-> $1", half)
        assert (row["h"], row["s"], row["b"]) == (half, sparse, bits)
        await connection.close()

    asyncio.run(main())


def fill(connection: psycopg.Connection[Any], rng: np.random.Generator) -> None:
    connection.execute(
        f"CREATE TABLE kinds (id int PRIMARY KEY, h halfvec({DIMS}), s sparsevec(1000), b bit(70))"
    )
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY kinds FROM STDIN WITH (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int4", "halfvec", "sparsevec", "bit"])
        for i in range(ROWS):
            if i % 100 == 0:
                copy.write_row([i, None, None, None])
                continue
            half = HalfVector(rng.standard_normal(DIMS).astype("f2"))
            places = rng.choice(1000, 20, replace=False)
            sparse = SparseVector(
                dict(zip(places.tolist(), rng.random(20).tolist(), strict=True)), 1000
            )
            copy.write_row([i, half, sparse, Bit(rng.random(70) < 0.5)])


QUERIES = (
    f"SELECT id, h <-> h2 FROM kinds, (SELECT '{[0.5] * DIMS}'::halfvec AS h2) q ORDER BY 2, 1 LIMIT 5",
    f"SELECT id, h <-> '{[0.5] * DIMS}' FROM kinds ORDER BY h <-> '{[0.5] * DIMS}', id LIMIT 5",
    "SELECT id, s <=> '{1:1,5:1,7:1,100:1,200:1}/1000' AS d FROM kinds WHERE id > 100 ORDER BY d, id LIMIT 5",
    f"SELECT id, b <~> B'{'10' * 35}' AS d FROM kinds ORDER BY d, id LIMIT 5",
    f"SELECT id, b <%> B'{'10' * 35}' AS d, b FROM kinds WHERE id % 3 = 0 ORDER BY d, id LIMIT 5",
    "SELECT * FROM kinds WHERE id IN (0, 1, 2999) ORDER BY id",
    "SELECT count(h), count(s), count(b) FROM kinds",
)


@pytest.mark.slow
def test_segments_give_what_the_memtable_gave(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    path = str(tmp_path / "kinds.vecsql")
    answers = []
    for reopened in (False, True):
        engine = open_engine(path)
        with BackgroundServer(engine) as server, psycopg.connect(server.conninfo) as connection:
            connection.autocommit = True
            connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
            register_vector(connection)
            if not reopened:
                fill(connection, rng)
            answers.append([connection.execute(q).fetchall() for q in QUERIES])
            connection.execute("CHECKPOINT")
            if not reopened:
                engine.wait_for_background()
                answers.append([connection.execute(q).fetchall() for q in QUERIES])
                connection.execute("DELETE FROM kinds WHERE id = 5000")
        engine.close()
    text = [[str(rows) for rows in found] for found in answers]
    assert text[0] == text[1]
    assert text[0] == text[2]
