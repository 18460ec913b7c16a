"""asyncpg, pg8000 and SQLAlchemy with pgvector's adapters, against a real server."""

from __future__ import annotations

import asyncio
import datetime
from typing import Any

import asyncpg
import numpy as np
import pg8000.dbapi
import pg8000.native
import psycopg
import pytest
import sqlalchemy as sa
from pgvector.asyncpg import register_vector as register_asyncpg
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from vecsql.server.background import BackgroundServer


@pytest.fixture(scope="module", autouse=True)
def items(server: BackgroundServer) -> None:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        connection.execute(
            "CREATE TABLE items (id bigserial PRIMARY KEY, name text, at timestamptz, embedding vector(3))"
        )
        connection.execute(
            "INSERT INTO items (name, at, embedding) SELECT 'i' || g, '2024-01-01 00:00+00', "
            "('[' || g || ',1,2]')::vector FROM generate_series(1, 100) AS g"
        )


def test_asyncpg(server: BackgroundServer) -> None:
    async def use() -> None:
        connection = await asyncpg.connect(
            host=server.host, port=server.port, user="postgres", database="postgres", ssl=False
        )
        try:
            await register_asyncpg(connection)
            rows = await connection.fetch(
                "SELECT id, name, at, embedding FROM items WHERE id > $1 ORDER BY embedding <-> $2 LIMIT 2",
                1, np.array([1, 1, 2], np.float32))  # fmt: skip
            assert [(r["id"], r["name"]) for r in rows] == [(2, "i2"), (3, "i3")]
            assert rows[0]["at"] == datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)
            async with connection.transaction():
                await connection.executemany(
                    "INSERT INTO items (name) VALUES ($1)", [("a",), ("b",)]
                )
            assert (
                await connection.fetchval(
                    "SELECT count(*) FROM items WHERE name = ANY($1)", ["a", "b"]
                )
                == 2
            )
            async with connection.transaction():
                ids = [
                    r["id"]
                    async for r in connection.cursor("SELECT id FROM items ORDER BY id", prefetch=7)
                ]
            assert ids == list(range(1, 103))
            with pytest.raises(asyncpg.UndefinedTableError):
                await connection.fetch("SELECT * FROM missing")
            await connection.copy_records_to_table(
                "items", records=[("c", None)], columns=["name", "at"]
            )
        finally:
            await connection.close()

    asyncio.run(use())


def test_pg8000(server: BackgroundServer) -> None:
    connection = pg8000.dbapi.connect(
        user="postgres", host=server.host, port=server.port, database="postgres"
    )
    cursor = connection.cursor()
    cursor.execute("SELECT id, name FROM items WHERE id = %s", (5,))
    assert cursor.fetchall() == [[5, "i5"]] or cursor.rowcount == 1
    cursor.execute("INSERT INTO items (name) VALUES (%s)", ("pg8000",))
    connection.rollback()
    cursor.execute("SELECT count(*) FROM items WHERE name = %s", ("pg8000",))
    assert tuple(cursor.fetchone()) == (0,)
    with pytest.raises(pg8000.dbapi.DatabaseError):
        cursor.execute("SELECT nope")
    connection.close()


class Base(DeclarativeBase):
    pass


class Document(Base):
    __tablename__ = "documents"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    embedding: Mapped[Any] = mapped_column(VECTOR(3))


def test_sqlalchemy(server: BackgroundServer) -> None:
    engine = sa.create_engine(f"postgresql+psycopg://postgres@{server.host}:{server.port}/postgres")
    Base.metadata.create_all(engine)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(Document(title=f"d{i}", embedding=[i, 0, 1]) for i in range(10))
        session.commit()
        nearest = session.scalars(
            sa.select(Document).order_by(Document.embedding.l2_distance([3, 0, 1])).limit(3)
        ).all()
        assert nearest[0].title == "d3"
        document = session.get(Document, 1)
        assert document is not None
        document.title = "changed"
        session.commit()
        assert session.scalar(sa.select(Document.title).where(Document.id == 1)) == "changed"
    columns = {c["name"]: c for c in sa.inspect(engine).get_columns("documents")}
    assert list(columns) == ["id", "title", "embedding"]
    assert sa.inspect(engine).get_pk_constraint("documents")["constrained_columns"] == ["id"]
    Base.metadata.drop_all(engine)
    assert not sa.inspect(engine).has_table("documents")
    engine.dispose()
