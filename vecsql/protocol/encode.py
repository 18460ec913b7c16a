"""Backend messages as bytes. DataRow messages are made by vecsql.types.rows, many at once."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from vecsql.errors import Error

_HEADER = struct.Struct("!ci")
_COLUMN = struct.Struct("!IhIhih")

AUTHENTICATION_OK = b"R\0\0\0\x08\0\0\0\0"
AUTHENTICATION_CLEARTEXT = b"R\0\0\0\x08\0\0\0\x03"
PARSE_COMPLETE = b"1\0\0\0\x04"
BIND_COMPLETE = b"2\0\0\0\x04"
CLOSE_COMPLETE = b"3\0\0\0\x04"
NO_DATA = b"n\0\0\0\x04"
EMPTY_QUERY_RESPONSE = b"I\0\0\0\x04"
PORTAL_SUSPENDED = b"s\0\0\0\x04"
COPY_DONE = b"c\0\0\0\x04"
SSL_ACCEPTED = b"S"
SSL_REFUSED = b"N"


def message(kind: bytes, body: bytes) -> bytes:
    return _HEADER.pack(kind, len(body) + 4) + body


def _string(value: str) -> bytes:
    return value.encode() + b"\0"


def authentication_sasl(mechanisms: Iterable[str]) -> bytes:
    names = b"".join(map(_string, mechanisms))
    return message(b"R", b"\0\0\0\x0a" + names + b"\0")


def authentication_sasl_continue(data: bytes) -> bytes:
    return message(b"R", b"\0\0\0\x0b" + data)


def authentication_sasl_final(data: bytes) -> bytes:
    return message(b"R", b"\0\0\0\x0c" + data)


def negotiate_protocol_version(minor: int, unknown_options: Sequence[str]) -> bytes:
    names = b"".join(map(_string, unknown_options))
    return message(b"v", struct.pack("!II", 3 << 16 | minor, len(unknown_options)) + names)


def parameter_status(name: str, value: str) -> bytes:
    return message(b"S", _string(name) + _string(value))


def backend_key_data(pid: int, secret: bytes) -> bytes:
    return message(b"K", struct.pack("!i", pid) + secret)


_READY = {status: message(b"Z", status.encode()) for status in ("I", "T", "E")}


def ready_for_query(status: Literal["I", "T", "E"]) -> bytes:
    """I: idle, T: in a transaction block, E: in a failed one."""
    return _READY[status]


def row_description(columns: Iterable[tuple[str, int, int, int, int, int, int]]) -> bytes:
    """Each column: name, table oid, attnum, type oid, type size, typmod, format (0 text, 1 binary)."""
    parts = [_string(name) + _COLUMN.pack(*fields) for name, *fields in columns]
    return message(b"T", struct.pack("!H", len(parts)) + b"".join(parts))


def parameter_description(oids: Sequence[int]) -> bytes:
    return message(b"t", struct.pack(f"!H{len(oids)}I", len(oids), *oids))


def command_complete(tag: str) -> bytes:
    return message(b"C", _string(tag))


def copy_in_response(format_code: int, columns: int) -> bytes:
    """`format_code` 0 for text and csv, 1 for binary, overall and for each column."""
    return message(b"G", _copy_formats(format_code, columns))


def copy_out_response(format_code: int, columns: int) -> bytes:
    return message(b"H", _copy_formats(format_code, columns))


def _copy_formats(format_code: int, columns: int) -> bytes:
    return struct.pack(f"!bH{columns}h", format_code, columns, *[format_code] * columns)


def copy_data(data: bytes) -> bytes:
    return message(b"d", data)


def notification(pid: int, channel: str, payload: str) -> bytes:
    return message(b"A", struct.pack("!i", pid) + _string(channel) + _string(payload))


_FIELD_CODES = {
    "detail": b"D", "hint": b"H", "position": b"P", "where": b"W", "schema_name": b"s",
    "table_name": b"t", "column_name": b"c", "constraint_name": b"n",
}  # fmt: skip


def error_response(error: Error) -> bytes:
    """ErrorResponse with all of the error's fields; severity both localised (S) and not (V)."""
    return message(b"E", _fields(error.severity, error.sqlstate, error.message, error.fields()))


def notice_response(
    severity: str, sqlstate: str, text: str, detail: str | None = None, hint: str | None = None
) -> bytes:
    further = {name: value for name, value in (("detail", detail), ("hint", hint)) if value}
    return message(b"N", _fields(severity, sqlstate, text, further))


def _fields(severity: str, sqlstate: str, text: str, further: Mapping[str, object]) -> bytes:
    parts = [
        b"S",
        _string(severity),
        b"V",
        _string(severity),
        b"C",
        _string(sqlstate),
        b"M",
        _string(text),
    ]
    for name, value in further.items():
        parts += [_FIELD_CODES[name], _string(str(value))]
    return b"".join(parts) + b"\0"
