"""The quick way of whole executions answers to the byte as the ordinary way does, whatever state the session is in."""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator

import numpy as np
import psycopg
import pytest

from tests.server.test_wire import Wire, fields, kinds
from vecsql.server.background import BackgroundServer
from vecsql.types import VECTOR

EXECUTE = (b"E", bytes(5))
DESCRIBE = (b"D", b"P\0")
FLUSH = (b"H", b"")  # makes an exchange one that the quick way leaves alone
SYNC = (b"S", b"")

NEAREST = "SELECT id FROM things ORDER BY embedding <=> $1 LIMIT 3"
STATEMENTS = {
    "nearest": NEAREST,
    "distance": "SELECT id, name, embedding <-> $1 AS d FROM things ORDER BY embedding <-> $1 LIMIT 2",
    "filtered": "SELECT id, d FROM things WHERE id > $2 ORDER BY embedding <-> $1 LIMIT 2",
    "key": "SELECT name, d, embedding FROM things WHERE id = $1",
    "keys": "SELECT id, name FROM things WHERE id = ANY ($1) LIMIT 10",
    "some": "SELECT id, d FROM things ORDER BY id DESC LIMIT $1",
    "many": "SELECT count(*) FROM things WHERE d > $1",
    "when": "SELECT id, at FROM things WHERE id = $1",
    "computed": "SELECT id + 1, upper(name) FROM things WHERE id = $1",
    "no_table": "SELECT $1::int + 1",
    "own": "SELECT id FROM things WHERE name = $1 LIMIT 5",
}


def vector(*values: float) -> bytes:
    return VECTOR.to_binary(np.array(values, np.float32))


def int8(value: int) -> bytes:
    return struct.pack("!q", value)


@pytest.fixture(scope="module")
def things(server: BackgroundServer) -> BackgroundServer:
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE things (id bigint PRIMARY KEY, name text, d float8, at timestamptz, embedding vector(2))"
        )
        connection.execute(
            "INSERT INTO things SELECT g, 'thing ' || g, nullif(g, 3) / 2.0, '2024-01-01 12:00+00',"
            " ('[' || g || ',' || 7 - g || ']')::vector FROM generate_series(1, 6) AS g"
        )
    return server


@pytest.fixture
def wire(things: BackgroundServer) -> Iterator[Wire]:
    opened = Wire(things)
    opened.start()
    for name, sql in STATEMENTS.items():
        opened.send((b"P", f"{name}\0{sql}\0".encode() + b"\0\0"))
    opened.send(SYNC)
    assert "E" not in kinds(opened.until(b"Z"))
    yield opened
    opened.close()


def bind(name: str, values: list[bytes | None], code: int, result: int) -> tuple[bytes, bytes]:
    parts = [struct.pack("!i", -1) if v is None else struct.pack("!i", len(v)) + v for v in values]
    head = b"\0" + name.encode() + b"\0" + struct.pack("!hhh", 1, code, len(values))
    return b"B", head + b"".join(parts) + struct.pack("!hh", 1, result)


def both(
    wire: Wire, name: str, values: list[bytes | None], code: int = 1, result: int = 1
) -> list[tuple[bytes, bytes]]:
    """Run an exchange in either way, the quick one twice; the answers must be the same."""
    bound = bind(name, values, code, result)
    wire.send(bound, FLUSH, DESCRIBE, EXECUTE, SYNC)
    expected = wire.until(b"Z")
    for _ in range(2):
        wire.send(bound, DESCRIBE, EXECUTE, SYNC)
        assert wire.until(b"Z") == expected
    wire.send(bound, EXECUTE, SYNC)
    assert wire.until(b"Z") == [m for m in expected if m[0] not in b"Tn"]
    return expected


@pytest.mark.parametrize("result", [0, 1])
@pytest.mark.parametrize(
    ("name", "values", "rows"),
    [
        ("nearest", [vector(1, 6)], 3),
        ("distance", [vector(3, 3)], 2),
        ("filtered", [vector(1, 6), int8(3)], 2),
        ("filtered", [vector(1, 6), int8(6)], 0),
        ("key", [int8(2)], 1),
        ("key", [int8(3)], 1),
        ("key", [int8(99)], 0),
        ("some", [int8(4)], 4),
        ("many", [struct.pack("!d", 0.5)], 1),
        ("when", [int8(1)], 1),
        ("computed", [int8(1)], 1),
        ("no_table", [struct.pack("!i", 4)], 1),
        ("own", [b"thing 4"], 1),
        ("key", [None], 0),
        ("nearest", [None], 3),
    ],
)
def test_answers_are_those_of_single_messages(
    wire: Wire, name: str, values: list[bytes | None], rows: int, result: int
) -> None:
    replies = both(wire, name, values, result=result)
    assert kinds(replies) == "2T" + "D" * rows + "CZ"


@pytest.mark.parametrize(
    ("name", "value", "rows"),
    [("nearest", b"[1,6]", 3), ("key", b"2", 1), ("keys", b"{1,5,77}", 2), ("own", b"thing 1", 1)],
)
@pytest.mark.parametrize("result", [0, 1])
def test_text_parameters(wire: Wire, name: str, value: bytes, rows: int, result: int) -> None:
    assert kinds(both(wire, name, [value], 0, result)) == "2T" + "D" * rows + "CZ"


@pytest.mark.parametrize(
    ("name", "values", "code", "state"),
    [
        ("nearest", [vector(1, 2, 3)], 1, "22000"),
        ("nearest", [b"\0\x02"], 1, "22P03"),
        ("nearest", [vector(float("nan"), 1)], 1, "22000"),
        ("nearest", [b"[1,x]"], 0, "22P02"),
        ("nearest", [vector(1, 2), int8(1)], 1, "08P01"),
        ("own", [b"\xff"], 0, "22021"),
        ("some", [int8(-1)], 1, "2201W"),
        ("missing", [int8(1)], 1, "26000"),
        ("key", [int8(1)], 7, "08P01"),
    ],
)
def test_errors_are_those_of_single_messages(
    wire: Wire, name: str, values: list[bytes | None], code: int, state: str
) -> None:
    bound = bind(name, values, code, 1)
    wire.send(bound, FLUSH, DESCRIBE, EXECUTE, SYNC)
    expected = wire.until(b"Z")
    wire.send(bound, DESCRIBE, EXECUTE, SYNC)
    assert wire.until(b"Z") == expected
    assert fields(next(body for kind, body in expected if kind == b"E"))["C"] == state
    assert kinds(both(wire, "key", [int8(2)])) == "2TDCZ"


def query(wire: Wire, sql: str) -> list[tuple[bytes, bytes]]:
    wire.send((b"Q", sql.encode() + b"\0"))
    return wire.until(b"Z")


def nearest(wire: Wire) -> list[tuple[bytes, bytes]]:
    wire.send(bind("nearest", [vector(1, 6)], 1, 1), DESCRIBE, EXECUTE, SYNC)
    return wire.until(b"Z")


def test_blocks_and_failed_blocks(wire: Wire) -> None:
    assert nearest(wire)[-1] == (b"Z", b"I")
    query(wire, "BEGIN")
    query(wire, "INSERT INTO things VALUES (7, 'mine', 1, now(), '[1,6]')")
    replies = nearest(wire)
    assert replies[-1] == (b"Z", b"T")
    assert int8(7) in b"".join(body for kind, body in replies if kind == b"D")
    query(wire, "SELECT 1 / 0")
    failed = nearest(wire)
    assert kinds(failed) == "EZ"
    assert fields(failed[0][1])["C"] == "25P02"
    assert failed[-1] == (b"Z", b"E")
    query(wire, "ROLLBACK")
    after = nearest(wire)
    assert kinds(after) == "2TDDDCZ"
    assert int8(7) not in b"".join(body for kind, body in after if kind == b"D")


def test_commits_of_others_and_own_are_seen_at_once(wire: Wire, things: BackgroundServer) -> None:
    first = nearest(wire)
    with psycopg.connect(things.conninfo, autocommit=True) as other:
        other.execute("INSERT INTO things VALUES (8, 'new', 1, now(), '[1,6]')")
        assert nearest(wire) != first
        other.execute("DELETE FROM things WHERE id = 8")
        assert nearest(wire) == first
    query(wire, "INSERT INTO things VALUES (8, 'new', 1, now(), '[1,6]')")
    assert nearest(wire) != first
    query(wire, "DELETE FROM things WHERE id = 8")
    assert nearest(wire) == first


def test_settings_and_definitions_that_change(wire: Wire, things: BackgroundServer) -> None:
    in_utc = both(wire, "when", [int8(1)], result=0)
    query(wire, "SET timezone = 'Asia/Tokyo'")
    in_tokyo = both(wire, "when", [int8(1)], result=0)
    assert in_utc != in_tokyo
    assert b"21:00:00+09" in in_tokyo[2][1]
    query(wire, "ALTER TABLE things ADD COLUMN extra int")
    both(wire, "when", [int8(1)], result=0)
    query(wire, "ALTER TABLE things RENAME TO others")
    assert fields(nearest(wire)[0][1])["C"] == "42P01"
    query(wire, "ALTER TABLE others RENAME TO things")
    assert kinds(nearest(wire)) == "2TDDDCZ"
    query(wire, "ALTER TABLE things DROP COLUMN extra")
    query(wire, "DEALLOCATE nearest")
    assert fields(nearest(wire)[0][1])["C"] == "26000"
    wire.send(
        (b"P", b"nearest\0SELECT id, name FROM things ORDER BY embedding <=> $1 LIMIT 1\0\0\0")
    )
    assert kinds(nearest(wire)) == "12TDCZ"
    assert kinds(nearest(wire)) == "2TDCZ"


def test_time_outs_hold(wire: Wire) -> None:
    query(wire, "SET statement_timeout = '10s'")
    assert kinds(both(wire, "nearest", [vector(1, 6)])) == "2TDDDCZ"
    query(wire, "SET statement_timeout = 0")
    assert kinds(both(wire, "nearest", [vector(1, 6)])) == "2TDDDCZ"
    query(wire, "SET idle_session_timeout = '100ms'")
    nearest(wire)
    replies = wire.until(b"Z")
    assert fields(replies[0][1])["C"] == "57P05"
    assert wire.read() is None


def test_activity_and_notifications(wire: Wire, things: BackgroundServer) -> None:
    query(wire, "LISTEN news")
    nearest(wire)
    with psycopg.connect(things.conninfo, autocommit=True) as other:
        rows = other.execute(
            "SELECT state, query FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        ).fetchall()
        assert ("idle", NEAREST) in rows
        other.execute("NOTIFY news, 'hello'")
    kind, body = wire.read() or (b"", b"")
    assert kind == b"A"
    assert body.endswith(b"news\0hello\0")
    assert kinds(nearest(wire)) == "2TDDDCZ"


def test_many_clients_at_once(things: BackgroundServer) -> None:
    """Every client gets the answers to its own questions."""
    wrong: list[object] = []

    def ask(number: int) -> None:
        with psycopg.connect(things.conninfo, autocommit=True) as connection:
            for _ in range(100):
                found = connection.execute(
                    "SELECT id FROM things WHERE id = %s", (number,), prepare=True, binary=True
                ).fetchall()
                if found != [(number,)]:
                    wrong.append(found)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(1, 7)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
