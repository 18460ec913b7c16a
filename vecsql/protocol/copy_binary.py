"""COPY's binary format: a signature, rows of length-prefixed fields, and a trailer."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from vecsql.protocol.copy_format import Batch, CopyOptions, bad_format, line_context
from vecsql.types.base import ColumnType
from vecsql.types.formatting import TextFormat
from vecsql.types.rows import encode_column

SIGNATURE = b"PGCOPY\n\xff\r\n\0"
HEADER = SIGNATURE + b"\0\0\0\0\0\0\0\0"
TRAILER = b"\xff\xff"
BLOCK = 1 << 20  # bytes to collect before rows are decoded
_COUNT, _LENGTH = struct.Struct("!h"), struct.Struct("!i")
_HEADER_FIELDS = struct.Struct("!Ii")
_CRITICAL_FLAGS = 0xFFFF0000


class BinaryDecoder:
    def __init__(
        self, options: CopyOptions, decode_batch: Callable[[list[list[Any]], list[int]], Batch]
    ) -> None:
        self.options = options
        self.decode_batch = decode_batch
        self.row = 1
        self.ended = False
        self._pending = bytearray()
        self._started = False

    def feed(self, data: bytes) -> list[Batch]:
        if self.ended and data:
            raise bad_format(
                "received copy data after EOF marker", line_context(self.options, self.row)
            )
        self._pending += data
        return self._decode() if len(self._pending) >= BLOCK else []

    def finish(self) -> list[Batch]:
        batches = self._decode()
        if not self._started:
            raise bad_format("COPY file signature not recognized")
        if not self.ended and self._pending:
            raise bad_format("unexpected EOF in COPY data", line_context(self.options, self.row))
        return batches

    def _decode(self) -> list[Batch]:
        data = bytes(self._pending)
        pos = 0 if self._started else self._read_header(data)
        if not self._started:
            return []
        columns, pos = self._read_rows(data, pos)
        del self._pending[:pos]
        count = len(columns[0]) if columns else 0
        if count == 0:
            return []
        lines = list(range(self.row - count, self.row))
        return [self.decode_batch(columns, lines)]

    def _read_header(self, data: bytes) -> int:
        if not data.startswith(SIGNATURE[: len(data)]):
            raise bad_format("COPY file signature not recognized")
        start = len(SIGNATURE)
        if len(data) < start + _HEADER_FIELDS.size:
            return 0
        flags, extension = _HEADER_FIELDS.unpack_from(data, start)
        if flags & _CRITICAL_FLAGS:
            raise bad_format("unrecognized critical flags in COPY file header")
        if extension < 0:
            raise bad_format("invalid COPY file header (missing length)")
        end = start + _HEADER_FIELDS.size + extension
        if len(data) < end:
            return 0
        self._started = True
        return int(end)

    def _read_rows(self, data: bytes, pos: int) -> tuple[list[list[bytes | None]], int]:
        """All complete rows from `pos` on, and where they end."""
        width = len(self.options.columns)
        columns: list[list[bytes | None]] = [[] for _ in range(width)]
        appends = [column.append for column in columns]
        unpack_length, size = _LENGTH.unpack_from, len(data)
        try:
            while True:
                count = _COUNT.unpack_from(data, pos)[0]
                if count != width:
                    return columns, self._end_or_error(count, data, pos)
                at = pos + 2
                row: list[bytes | None] = []
                for _ in range(width):
                    length = unpack_length(data, at)[0]
                    at += 4
                    if length < 0:
                        row.append(self._null(length))
                        continue
                    end = at + length
                    if end > size:
                        return columns, pos
                    row.append(data[at:end])
                    at = end
                for append, value in zip(appends, row, strict=True):
                    append(value)
                pos = at
                self.row += 1
        except struct.error:  # the buffer ends within a row
            return columns, pos

    def _end_or_error(self, count: int, data: bytes, pos: int) -> int:
        where = line_context(self.options, self.row)
        if count != -1:
            expected = len(self.options.columns)
            raise bad_format(f"row field count is {count}, expected {expected}", where)
        if len(data) > pos + 2:
            raise bad_format("received copy data after EOF marker", where)
        self.ended = True
        return pos + 2

    def _null(self, length: int) -> None:
        if length < -1:
            raise bad_format("invalid field size", line_context(self.options, self.row))


class BinaryEncoder:
    """PostgreSQL sends the header with the first row, and drivers rely on it."""

    def __init__(
        self, options: CopyOptions, ctypes: Sequence[ColumnType], style: TextFormat
    ) -> None:
        self.ctypes = ctypes
        self._count = _COUNT.pack(len(ctypes))
        self._prefix = HEADER

    def start(self) -> list[bytes]:
        return []

    def rows(self, num_rows: int, columns: Sequence[Any]) -> list[bytes]:
        if num_rows == 0:
            return []
        fields = [
            encode_column(column, ctype, 1)
            for column, ctype in zip(columns, self.ctypes, strict=True)
        ]
        count = self._count
        rows = (
            [count + b"".join(row) for row in zip(*fields, strict=True)]
            if fields
            else [count] * num_rows
        )
        rows[0] = self._prefix + rows[0]
        self._prefix = b""
        return rows

    def finish(self) -> list[bytes]:
        return [self._prefix + TRAILER]
