"""The server side of one connection as a state machine: bytes in, events out, no sockets and no SQL.

Use: `feed()` what came from the socket, then call `next_event()` until it returns None. What may come when is the
table LEGAL. After an error in the extended protocol, `fail()` makes it drop everything up to the next Sync.
"""

from __future__ import annotations

import struct
from enum import Enum, auto

from vecsql.errors import CharacterNotInRepertoire, ProtocolViolation
from vecsql.protocol import decode
from vecsql.protocol.events import CancelRequest, Event, Startup

MAX_STARTUP = 10_000
MAX_SMALL = 10_000
MAX_PASSWORD = 65_535
MAX_LARGE = 0x3FFFFFFF  # 1 GiB - 1, as in PostgreSQL


class Phase(Enum):
    """Where the conversation stands."""

    STARTUP = auto()  # nothing said yet, or TLS just refused or agreed
    AUTHENTICATION = auto()  # waiting for a password or SASL message
    READY = auto()  # any command may come
    SKIP = auto()  # an extended-protocol command failed: drop all up to Sync
    COPY_IN = auto()  # the client sends COPY data
    CLOSED = auto()


_COMMANDS = frozenset(b"QPBDECHSFX")
_COPY = frozenset(b"dcf")

# Message types that are taken in each phase. COPY data is taken (and dropped) in READY because a client goes on
# sending it for a while after the server reported an error.
LEGAL: dict[Phase, frozenset[int]] = {
    Phase.STARTUP: frozenset(),
    Phase.AUTHENTICATION: frozenset(b"pX"),
    Phase.READY: _COMMANDS | _COPY,
    Phase.SKIP: _COMMANDS | _COPY,
    Phase.COPY_IN: _COPY | frozenset(b"HSX"),
    Phase.CLOSED: frozenset(),
}

# What is dropped unread in a phase, of the legal types.
_DROPPED: dict[Phase, frozenset[int]] = {
    Phase.READY: _COPY,
    Phase.SKIP: (_COMMANDS | _COPY) - frozenset(b"SX"),
    Phase.COPY_IN: frozenset(b"HS"),
}

_NONE: frozenset[int] = frozenset()
SYNC, TERMINATE = ord("S"), ord("X")
_HEADER = struct.Struct("!BI")

_LIMITS: dict[int, int] = {
    **dict.fromkeys(b"QPBdF", MAX_LARGE),
    **dict.fromkeys(b"DECHScfX", MAX_SMALL),
    ord("p"): MAX_PASSWORD,
}


class ServerConnection:
    """Not thread-safe. next_event() raises a FATAL ProtocolViolation when the peer breaks the protocol, and
    CharacterNotInRepertoire, an ordinary error, for text that is not UTF-8."""

    def __init__(self) -> None:
        self._enter(Phase.STARTUP)
        self._buffer = bytearray()
        self._start = 0

    def _enter(self, phase: Phase) -> None:
        self.phase = phase
        self._legal = LEGAL[phase]
        self._dropped = _DROPPED.get(phase, _NONE)

    def feed(self, data: bytes | bytearray | memoryview) -> None:
        """Add bytes that came from the client."""
        if self._start:
            del self._buffer[: self._start]
            self._start = 0
        self._buffer += data

    @property
    def buffered(self) -> int:
        """Bytes fed and not yet turned into events."""
        return len(self._buffer) - self._start

    def next_event(self) -> Event | None:
        """The next complete message, or None until more is fed."""
        if self.phase is Phase.STARTUP:
            return self._next_startup()
        while self.phase is not Phase.CLOSED:
            found = self._next_message()
            if found is None:
                return None
            kind, body = found
            if kind in self._dropped:
                continue
            event = self._decode(kind, body)
            if kind == SYNC:
                if self.phase is not Phase.READY:
                    self._enter(Phase.READY)
            elif kind == TERMINATE:
                self._enter(Phase.CLOSED)
            return event
        return None

    def authenticated(self) -> None:
        self._enter(Phase.READY)

    def fail(self) -> None:
        """An extended-protocol command failed: drop what follows up to Sync."""
        self._enter(Phase.SKIP)

    def copy_in(self) -> None:
        """CopyInResponse was sent: COPY data follows."""
        self._enter(Phase.COPY_IN)

    def copy_in_done(self) -> None:
        """CopyDone or CopyFail was handled, or COPY failed in a simple query."""
        self._enter(Phase.READY)

    def _next_startup(self) -> Event | None:
        if self.buffered < 4:
            return None
        length = int.from_bytes(self._buffer[self._start : self._start + 4])
        if not 8 <= length <= MAX_STARTUP:
            raise self._broken("invalid length of startup packet")
        if self.buffered < length:
            return None
        body = self._take(4, length)
        try:
            event = decode.startup(body)
        except ProtocolViolation as error:
            self._enter(Phase.CLOSED)
            error.severity = "FATAL"
            raise
        if isinstance(event, Startup):
            self._enter(Phase.AUTHENTICATION)
        elif isinstance(event, CancelRequest):
            self._enter(Phase.CLOSED)
        return event

    def _next_message(self) -> tuple[int, bytes] | None:
        buffer, start = self._buffer, self._start
        available = len(buffer) - start
        if available < 5:
            return None
        kind, length = _HEADER.unpack_from(buffer, start)
        limit = _LIMITS.get(kind)
        if limit is None:
            raise self._broken(f"invalid frontend message type {kind}")
        if kind not in self._legal:
            raise self._broken(self._out_of_place(kind))
        if not 4 <= length <= limit:
            raise self._broken("invalid message length")
        if available < length + 1:
            return None
        return kind, self._take(5, length + 1)

    def _take(self, begin: int, end: int) -> bytes:
        with memoryview(self._buffer) as view:
            body = bytes(view[self._start + begin : self._start + end])
        self._start += end
        return body

    def _decode(self, kind: int, body: bytes) -> Event:
        try:
            return decode.message(kind, body)
        except ProtocolViolation as error:
            self._enter(Phase.CLOSED)
            error.severity = "FATAL"
            raise
        except CharacterNotInRepertoire:
            if kind != ord("Q"):
                self._enter(Phase.SKIP)
            raise

    def _out_of_place(self, kind: int) -> str:
        if self.phase is Phase.COPY_IN:
            return f"unexpected message type 0x{kind:02X} during COPY from stdin"
        return f"expected password response, got message type {kind}"

    def _broken(self, message: str) -> ProtocolViolation:
        self._enter(Phase.CLOSED)
        return ProtocolViolation(message, severity="FATAL")
