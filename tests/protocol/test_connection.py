"""The state machine: messages cut anywhere, skipping to Sync, COPY, limits, rubbish."""

from __future__ import annotations

import contextlib
import itertools
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql.errors import CharacterNotInRepertoire, ProtocolViolation
from vecsql.protocol import events
from vecsql.protocol.connection import Phase, ServerConnection


def frame(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def startup(**parameters: str) -> bytes:
    pairs = b"".join(f"{name}\0{value}\0".encode() for name, value in parameters.items())
    body = struct.pack("!i", 3 << 16) + pairs + b"\0"
    return struct.pack("!i", len(body) + 4) + body


PARSE = frame(b"P", b"s1\0SELECT $1\0" + struct.pack("!hI", 1, 23))
BIND = frame(b"B", b"\0s1\0" + struct.pack("!hhhi1sihh", 1, 1, 2, 1, b"7", -1, 1, 1))
EXECUTE = frame(b"E", b"\0" + struct.pack("!i", 10))
SYNC = frame(b"S")
EXPECTED = [
    events.Parse("s1", "SELECT $1", (23,)),
    events.Bind("", "s1", (1,), (b"7", None), (1,)),
    events.Describe("P", ""),
    events.Execute("", 10),
    events.Sync(),
]
EXTENDED = PARSE + BIND + frame(b"D", b"P\0") + EXECUTE + SYNC


def ready() -> ServerConnection:
    connection = ServerConnection()
    connection.feed(startup(user="u"))
    assert connection.next_event() == events.Startup({"user": "u"})
    connection.authenticated()
    return connection


def drain(connection: ServerConnection) -> list[events.Event]:
    return list(iter(connection.next_event, None))


@given(st.lists(st.integers(0, len(EXTENDED)), max_size=6))
def test_messages_may_be_cut_anywhere(cuts: list[int]) -> None:
    connection = ready()
    found = []
    edges = [0, *sorted(cuts), len(EXTENDED)]
    for begin, end in itertools.pairwise(edges):
        connection.feed(EXTENDED[begin:end])
        found += drain(connection)
    assert found == EXPECTED
    assert connection.buffered == 0


def test_startup_byte_by_byte_after_ssl_and_gss_requests() -> None:
    connection = ServerConnection()
    stream = (
        struct.pack("!ii", 8, 80877103)
        + struct.pack("!ii", 8, 80877104)
        + startup(user="u", database="d")
    )
    found: list[events.Event] = []
    for byte in stream:
        connection.feed(bytes([byte]))
        found += drain(connection)
    assert found == [
        events.SslRequest(),
        events.GssEncRequest(),
        events.Startup({"user": "u", "database": "d"}),
    ]
    assert connection.phase is Phase.AUTHENTICATION


def test_protocol_3_2_and_its_options() -> None:
    connection = ServerConnection()
    body = struct.pack("!HH", 3, 2) + b"user\0u\0_pq_.x\0on\0\0"
    connection.feed(struct.pack("!i", len(body) + 4) + body)
    assert connection.next_event() == events.Startup({"user": "u"}, 2, ("_pq_.x",))


def test_cancel_request() -> None:
    connection = ServerConnection()
    connection.feed(struct.pack("!iiiI", 16, 80877102, 42, 7))
    assert connection.next_event() == events.CancelRequest(42, b"\0\0\0\7")
    assert connection.phase is Phase.CLOSED


def test_after_fail_everything_up_to_sync_is_dropped() -> None:
    connection = ready()
    connection.feed(EXTENDED + frame(b"Q", b"SELECT 1\0"))
    assert connection.next_event() == EXPECTED[0]
    connection.fail()
    assert drain(connection) == [events.Sync(), events.Query("SELECT 1")]


def test_copy_in_takes_data_and_ignores_flush_and_sync() -> None:
    connection = ready()
    connection.copy_in()
    connection.feed(frame(b"d", b"1\t2\n") + frame(b"H") + SYNC + frame(b"c"))
    assert drain(connection) == [events.CopyData(b"1\t2\n"), events.CopyDone()]
    connection.copy_in_done()
    connection.feed(frame(b"d", b"late\n") + frame(b"f", b"no\0") + frame(b"Q", b";\0"))
    assert drain(connection) == [events.Query(";")]


def test_a_query_during_copy_in_is_fatal() -> None:
    connection = ready()
    connection.copy_in()
    connection.feed(frame(b"Q", b"SELECT 1\0"))
    with pytest.raises(
        ProtocolViolation, match="unexpected message type 0x51 during COPY from stdin"
    ):
        connection.next_event()


@pytest.mark.parametrize(
    "stream",
    [
        frame(b"z"),
        b"Q\0\0\0\3",
        b"Q\x7f\xff\xff\xff",
        b"S\0\1\0\0",
        frame(b"Q", b"no terminator"),
        frame(b"B", b"\0\0" + struct.pack("!hhi", 0, 1, 100)),
        frame(b"B", b"\0\0" + struct.pack("!hhhh", 2, 0, 0, 1)),
        frame(b"D", b"X\0"),
        frame(b"E", b"\0\0"),
        frame(b"S", b"more"),
        frame(b"p", b"secret\0"),
    ],
)
def test_malformed_messages_are_fatal(stream: bytes) -> None:
    connection = ready()
    connection.feed(stream)
    with pytest.raises(ProtocolViolation) as caught:
        connection.next_event()
    assert (caught.value.severity, caught.value.sqlstate) == ("FATAL", "08P01")
    assert connection.phase is Phase.CLOSED
    assert connection.next_event() is None


@pytest.mark.parametrize(
    "head", [b"GET / HTTP/1.1\r\n", struct.pack("!ii", 8, 2 << 16), struct.pack("!i", 4)]
)
def test_a_stranger_at_the_door(head: bytes) -> None:
    connection = ServerConnection()
    connection.feed(head)
    with pytest.raises(ProtocolViolation):
        connection.next_event()


def test_text_that_is_not_utf8_is_an_ordinary_error() -> None:
    connection = ready()
    connection.feed(frame(b"Q", b"SELECT '\xff'\0"))
    with pytest.raises(CharacterNotInRepertoire, match='encoding "UTF8": 0xff'):
        connection.next_event()
    connection.feed(frame(b"P", b"\0SELECT '\xe2\x28'\0\0\0") + EXECUTE + SYNC)
    with pytest.raises(CharacterNotInRepertoire):
        connection.next_event()
    assert drain(connection) == [events.Sync()]


@given(st.binary(max_size=300))
def test_rubbish_never_does_worse_than_an_error(data: bytes) -> None:
    for connection in (ServerConnection(), ready()):
        connection.feed(data)
        with contextlib.suppress(ProtocolViolation, CharacterNotInRepertoire):
            drain(connection)
