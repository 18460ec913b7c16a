"""Bodies of frontend messages to events; anything malformed is a ProtocolViolation."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Literal

from vecsql.errors import CharacterNotInRepertoire, ProtocolViolation
from vecsql.protocol.events import (
    Bind,
    CancelRequest,
    Close,
    CopyData,
    CopyDone,
    CopyFail,
    Describe,
    Event,
    Execute,
    Flush,
    FunctionCall,
    GssEncRequest,
    Parse,
    Password,
    Query,
    SslRequest,
    Startup,
    Sync,
    Terminate,
)

SSL_REQUEST = 80877103
GSSENC_REQUEST = 80877104
CANCEL_REQUEST = 80877102

_INT16 = struct.Struct("!h")
_INT32 = struct.Struct("!i")


class Reader:
    """A cursor over one message body."""

    __slots__ = ("data", "position")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def raw_string(self) -> bytes:
        end = self.data.find(b"\0", self.position)
        if end < 0:
            raise ProtocolViolation("invalid string in message")
        found = self.data[self.position : end]
        self.position = end + 1
        return found

    def string(self) -> str:
        raw = self.raw_string()
        return text(raw) if raw else ""

    def int16(self) -> int:
        position = self.position
        self.position = end = position + 2
        if end > len(self.data):
            raise ProtocolViolation("insufficient data left in message")
        value: int = _INT16.unpack_from(self.data, position)[0]
        return value

    def count(self) -> int:
        """An int16 that counts things, which protocol-wise is unsigned."""
        return self.int16() & 0xFFFF

    def int32(self) -> int:
        position = self.position
        self.position = end = position + 4
        if end > len(self.data):
            raise ProtocolViolation("insufficient data left in message")
        value: int = _INT32.unpack_from(self.data, position)[0]
        return value

    def uint32(self) -> int:
        return self.int32() & 0xFFFFFFFF

    def int16s(self) -> tuple[int, ...]:
        count = self.count()
        if count == 1:
            return (self.int16(),)
        return self._many(f"!{count}h")

    def uint32s(self) -> tuple[int, ...]:
        count = self.count()
        return self._many(f"!{count}I")

    def value(self) -> bytes | None:
        """A length-prefixed value; length -1 is NULL."""
        length = self.int32()
        if length == -1:
            return None
        end = self.position + length
        if length < 0 or end > len(self.data):
            raise ProtocolViolation("insufficient data left in message")
        found = self.data[self.position : end]
        self.position = end
        return found

    def target(self) -> Literal["S", "P"]:
        """The S or P byte of Describe and Close."""
        kind = self.data[self.position : self.position + 1]
        self.position += 1
        if kind not in (b"S", b"P"):
            shown = kind[0] if kind else 0
            raise ProtocolViolation(f"invalid DESCRIBE or CLOSE message subtype {shown}")
        return "S" if kind == b"S" else "P"

    def end(self) -> None:
        if self.position != len(self.data):
            raise ProtocolViolation("invalid message format")

    def _many(self, layout: str) -> tuple[int, ...]:
        size = struct.calcsize(layout)
        if self.position + size > len(self.data):
            raise ProtocolViolation("insufficient data left in message")
        values = struct.unpack_from(layout, self.data, self.position)
        self.position += size
        return values


def text(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        wrong = " ".join(
            f"0x{byte:02x}" for byte in data[error.start : max(error.end, error.start + 1)]
        )
        raise CharacterNotInRepertoire(
            f'invalid byte sequence for encoding "UTF8": {wrong}'
        ) from None


def startup(body: bytes) -> Event:
    """The first packet, or one of the requests that may come before it."""
    reader = Reader(body)
    code = reader.uint32()
    if code == SSL_REQUEST:
        return SslRequest()
    if code == GSSENC_REQUEST:
        return GssEncRequest()
    if code == CANCEL_REQUEST:
        return CancelRequest(reader.int32(), body[reader.position :])
    major, minor = code >> 16, code & 0xFFFF
    if major != 3:
        raise ProtocolViolation(
            f"unsupported frontend protocol {major}.{minor}: server supports 3.0 to 3.2",
            severity="FATAL",
        )
    parameters: dict[str, str] = {}
    while (name := reader.string()) != "":
        parameters[name] = reader.string()
    reader.end()
    unknown = tuple(name for name in parameters if name.startswith("_pq_."))
    return Startup({n: v for n, v in parameters.items() if n not in unknown}, minor, unknown)


def _bind(reader: Reader) -> Bind:
    portal, statement = reader.string(), reader.string()
    formats = reader.int16s()
    params = tuple([reader.value() for _ in range(reader.count())])
    if len(formats) > 1 and len(formats) != len(params):
        raise ProtocolViolation(
            f"bind message has {len(formats)} parameter formats but {len(params)} parameters"
        )
    return Bind(portal, statement, formats, params, reader.int16s())


def _execute(reader: Reader) -> Execute:
    return Execute(reader.string(), reader.int32())


def _parse(reader: Reader) -> Parse:
    return Parse(reader.string(), reader.string(), reader.uint32s())


def _describe(reader: Reader) -> Describe:
    return Describe(reader.target(), reader.string())


def _close(reader: Reader) -> Close:
    return Close(reader.target(), reader.string())


def _rest(reader: Reader) -> bytes:
    found = reader.data[reader.position :]
    reader.position = len(reader.data)
    return found


def _function_call(reader: Reader) -> FunctionCall:
    _rest(reader)
    return FunctionCall()


_BODIES: dict[int, Callable[[Reader], Event]] = {
    ord("Q"): lambda reader: Query(reader.string()),
    ord("P"): _parse,
    ord("B"): _bind,
    ord("D"): _describe,
    ord("E"): _execute,
    ord("C"): _close,
    ord("H"): lambda reader: Flush(),
    ord("S"): lambda reader: Sync(),
    ord("d"): lambda reader: CopyData(_rest(reader)),
    ord("c"): lambda reader: CopyDone(),
    ord("f"): lambda reader: CopyFail(reader.string()),
    ord("F"): _function_call,
    ord("p"): lambda reader: Password(_rest(reader)),
    ord("X"): lambda reader: Terminate(),
}


def message(kind: int, body: bytes) -> Event:
    """The event of one typed message; `kind` is the type byte. Raises ProtocolViolation."""
    reader = Reader(body)
    event = _BODIES[kind](reader)
    reader.end()
    return event
