"""pg_notify() in a query, and what asyncpg reads in binary from the catalog."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import psycopg

from vecsql.server.background import BackgroundServer


def test_pg_notify_reaches_listeners_when_the_transaction_commits(
    connection: psycopg.Connection[Any], second: psycopg.Connection[Any]
) -> None:
    connection.execute("LISTEN jobs")
    second.execute("BEGIN")
    second.execute("SELECT pg_notify('jobs', 'rolled back')")
    second.execute("ROLLBACK")
    second.execute("SELECT pg_notify('jobs', 'n' || n) FROM generate_series(1, 2) AS n")
    connection.execute("SELECT pg_notify('jobs', 'own')")
    payloads = [n.payload for n in connection.notifies(timeout=10, stop_after=3)]
    assert payloads == ["n1", "n2", "own"]


def test_the_empty_char_is_a_zero_byte_in_binary(server: BackgroundServer) -> None:
    async def fetch() -> bytes:
        connection = await asyncpg.connect(host=server.host, port=server.port, user="postgres")
        try:
            value = await connection.fetchval(
                "SELECT attgenerated FROM pg_attribute WHERE attname = 'oid' LIMIT 1"
            )
        finally:
            await connection.close()
        return bytes(value)

    assert asyncio.run(fetch()) == b"\0"
