"""The conversation itself over a plain socket: malformed messages, row limits, error skip, hanging up."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from vecsql.server.background import BackgroundServer


class Wire:
    """A client that sends what it is told, byte by byte if need be."""

    def __init__(self, server: BackgroundServer) -> None:
        self.socket = socket.create_connection((server.host, server.port), timeout=10)
        self.file = self.socket.makefile("rb")

    def start(self, **parameters: str) -> list[tuple[bytes, bytes]]:
        pairs = {"user": "postgres", **parameters}
        body = b"".join(f"{k}\0{v}\0".encode() for k, v in pairs.items()) + b"\0"
        self.socket.sendall(struct.pack("!II", len(body) + 8, 196608) + body)
        return self.until(b"Z")

    def send(self, *messages: tuple[bytes, bytes]) -> None:
        self.socket.sendall(b"".join(k + struct.pack("!I", len(b) + 4) + b for k, b in messages))

    def read(self) -> tuple[bytes, bytes] | None:
        kind = self.file.read(1)
        if not kind:
            return None
        (length,) = struct.unpack("!I", self.file.read(4))
        return kind, self.file.read(length - 4)

    def until(self, kind: bytes) -> list[tuple[bytes, bytes]]:
        """Messages up to one of that kind, or to the end of the connection."""
        found = []
        while (message := self.read()) is not None:
            found.append(message)
            if message[0] == kind:
                break
        return found

    def close(self) -> None:
        self.file.close()
        self.socket.close()


def kinds(messages: list[tuple[bytes, bytes]]) -> str:
    return b"".join(kind for kind, _ in messages).decode()


def fields(body: bytes) -> dict[str, str]:
    return {part[:1].decode(): part[1:].decode() for part in body.rstrip(b"\0").split(b"\0")}


@pytest.fixture
def wire(server: BackgroundServer) -> Iterator[Wire]:
    opened = Wire(server)
    yield opened
    opened.close()


def parse(sql: str, name: str = "") -> tuple[bytes, bytes]:
    return b"P", f"{name}\0{sql}\0".encode() + b"\0\0"


def bind(portal: str = "", name: str = "") -> tuple[bytes, bytes]:
    return b"B", f"{portal}\0{name}\0".encode() + bytes(6)


def execute(limit: int = 0, portal: str = "") -> tuple[bytes, bytes]:
    return b"E", portal.encode() + b"\0" + struct.pack("!I", limit)


SYNC = (b"S", b"")
SERIES = "SELECT g FROM generate_series(1, 5) AS g"


def test_startup(wire: Wire) -> None:
    replies = wire.start(application_name="me", options="-c hnsw.ef_search=77 --work_mem=1MB")
    statuses = dict(body.rstrip(b"\0").split(b"\0") for kind, body in replies if kind == b"S")
    assert replies[0] == (b"R", bytes(4))
    assert statuses[b"application_name"] == b"me"
    assert statuses[b"server_encoding"] == b"UTF8"
    assert kinds(replies[-2:]) == "KZ"
    wire.send((b"Q", b"SHOW hnsw.ef_search\0"))
    assert wire.until(b"Z")[1][1].endswith(b"77")


@pytest.mark.parametrize("request_code", [80877103, 80877104])
def test_encryption_is_refused_and_the_start_goes_on(wire: Wire, request_code: int) -> None:
    wire.socket.sendall(struct.pack("!II", 8, request_code))
    assert wire.file.read(1) == b"N"
    assert kinds(wire.start()[-1:]) == "Z"


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!II", 3, 196608),
        struct.pack("!II", 2**31, 196608),
        struct.pack("!II", 8, 999),
    ],
)
def test_a_malformed_start_ends_the_connection(wire: Wire, data: bytes) -> None:
    wire.socket.sendall(data)
    replies = wire.until(b"Z")
    assert kinds(replies) == "E"
    assert fields(replies[0][1])["S"] == "FATAL"


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\0\0\0\x04",
        b"Q\0\0\0\x03",
        b"Q\x7f\xff\xff\xff",
        b"S\0\0\xff\xff",
        b"B\0\0\0\x06\0\0",
        b"D\0\0\0\x07x\0a",
        b"p\0\0\0\x05\0",
    ],
)
def test_a_malformed_message_costs_only_its_connection(
    wire: Wire, server: BackgroundServer, data: bytes
) -> None:
    wire.start()
    wire.socket.sendall(data)
    replies = wire.until(b"Z")
    assert kinds(replies) == "E"
    assert (fields(replies[0][1])["S"], fields(replies[0][1])["C"]) == ("FATAL", "08P01")
    with psycopg.connect(server.conninfo) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_messages_in_single_bytes(wire: Wire) -> None:
    wire.start()
    for byte in b"Q\0\0\0\x0dSELECT 1\0":
        wire.socket.sendall(bytes([byte]))
    assert kinds(wire.until(b"Z")) == "TDCZ"


def test_several_statements_and_none(wire: Wire) -> None:
    wire.start()
    wire.send((b"Q", b"SELECT 1; SELECT 2; SHOW jit\0"))
    assert kinds(wire.until(b"Z")) == "TDCTDCTDCZ"
    wire.send((b"Q", b" ; -- nothing\0"))
    assert kinds(wire.until(b"Z")) == "IZ"


def test_extended_query_in_one_packet(wire: Wire) -> None:
    wire.start()
    wire.send(parse(SERIES), (b"D", b"S\0"), bind(), (b"D", b"P\0"), execute(), SYNC)
    assert kinds(wire.until(b"Z")) == "1tT2TDDDDDCZ"


def test_flush_sends_without_sync(wire: Wire) -> None:
    wire.start()
    wire.send(parse(SERIES, "s"), (b"D", b"Ss\0"), (b"H", b""))
    assert kinds(wire.until(b"T")) == "1tT"


def test_portals_with_row_limits(wire: Wire) -> None:
    wire.start()
    wire.send((b"Q", b"BEGIN\0"))
    wire.until(b"Z")
    wire.send(parse(SERIES), bind("p"), execute(2, "p"), execute(2, "p"), execute(2, "p"), SYNC)
    assert kinds(wire.until(b"Z")) == "12DDsDDsDCZ"
    wire.send(execute(0, "p"), SYNC)
    assert kinds(wire.until(b"Z")) == "CZ"
    wire.send((b"C", b"Pp\0"), execute(0, "p"), SYNC)
    replies = wire.until(b"Z")
    assert kinds(replies) == "3EZ"
    assert fields(replies[1][1])["C"] == "34000"
    assert replies[2][1] == b"E"


def test_an_error_skips_to_sync(wire: Wire) -> None:
    wire.start()
    wire.send(
        parse("SELECT nope"), bind(), execute(), SYNC, parse("SELECT 1"), bind(), execute(), SYNC
    )
    assert kinds(wire.until(b"Z")) == "EZ"
    assert kinds(wire.until(b"Z")) == "12DCZ"


def test_an_implicit_transaction_lasts_until_sync(
    wire: Wire, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("CREATE TABLE pipelined (a int PRIMARY KEY)")
    wire.start()
    insert = parse("INSERT INTO pipelined VALUES (1)"), bind(), execute()
    wire.send(*insert, *insert, SYNC)
    assert kinds(wire.until(b"Z")) == "12C12EZ"
    assert connection.execute("SELECT count(*) FROM pipelined").fetchone() == (0,)


def test_text_that_is_not_utf8(wire: Wire) -> None:
    wire.start()
    wire.send((b"Q", b"SELECT '\xff'\0"))
    replies = wire.until(b"Z")
    assert kinds(replies) == "EZ"
    assert fields(replies[0][1])["C"] == "22021"
    wire.send((b"Q", b"SELECT 1\0"))
    assert kinds(wire.until(b"Z")) == "TDCZ"


def test_function_call_is_refused(wire: Wire) -> None:
    wire.start()
    wire.send((b"F", bytes(10)), SYNC)
    replies = wire.until(b"Z")
    assert fields(replies[0][1])["C"] == "0A000"


def test_hanging_up_rolls_back_and_frees_locks(
    wire: Wire, connection: psycopg.Connection[Any]
) -> None:
    connection.execute("CREATE TABLE held (a int PRIMARY KEY)")
    wire.start()
    wire.send((b"Q", b"BEGIN; INSERT INTO held VALUES (1)\0"))
    wire.until(b"Z")
    wire.close()
    connection.execute("SET lock_timeout = '10s'")
    connection.execute("INSERT INTO held VALUES (1)")


def test_hanging_up_in_the_middle_of_rows(wire: Wire, server: BackgroundServer) -> None:
    wire.start()
    wire.send((b"Q", b"SELECT g, repeat('x', 1000) FROM generate_series(1, 100000) AS g\0"))
    wire.until(b"T")
    wire.close()
    with psycopg.connect(server.conninfo) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


@pytest.mark.parametrize(
    ("setting", "block", "sqlstate"),
    [
        ("idle_in_transaction_session_timeout", "BEGIN;", "25P03"),
        ("idle_session_timeout", "", "57P05"),
    ],
)
def test_idle_timeouts(wire: Wire, setting: str, block: str, sqlstate: str) -> None:
    wire.start()
    wire.send((b"Q", f"{block} SET {setting} = 20\0".encode()))
    wire.until(b"Z")
    replies = wire.until(b"Z")
    assert kinds(replies) == "E"
    assert (fields(replies[0][1])["S"], fields(replies[0][1])["C"]) == ("FATAL", sqlstate)


def test_replies_keep_their_order_over_threads(server: BackgroundServer) -> None:
    """Messages that trickle in are answered by the loop or by a worker, whichever is free."""
    with psycopg.connect(server.conninfo, autocommit=True) as connection:
        connection.execute("CREATE TABLE trickle (id bigserial PRIMARY KEY, v int)")
    wire = Wire(server)
    wire.start()
    wire.send((b"P", b"s\0INSERT INTO trickle (v) VALUES (1) RETURNING id\0\0\0"))
    step = (
        (b"B", b"\0s\0" + b"\0\0\0\0\0\0"),
        (b"D", b"P\0"),
        (b"E", b"\0\0\0\0\0"),
    )
    count = 1500
    for _ in range(count):
        wire.send(*step)
    wire.send((b"S", b""))
    kinds = b"".join(kind for kind, _ in wire.until(b"Z"))
    assert kinds == b"1" + b"2TDC" * count + b"Z"


def test_writers_wait_for_ddl_and_go_on(server: BackgroundServer) -> None:
    with psycopg.connect(server.conninfo, autocommit=True) as one:
        one.execute("CREATE TABLE changing (a int)")
        with psycopg.connect(server.conninfo) as two:
            two.execute("ALTER TABLE changing ADD COLUMN b int DEFAULT 7")
            waiting = threading.Thread(
                target=one.execute, args=("INSERT INTO changing (a) VALUES (1)",)
            )
            waiting.start()
            two.commit()
            waiting.join()
        assert one.execute("SELECT a, b FROM changing").fetchall() == [(1, 7)]
