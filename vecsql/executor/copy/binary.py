"""Binary COPY input: tuples laid out alike are decoded in bulk, others one by one."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import partial

import numpy as np

from vecsql.catalog.model import Column
from vecsql.errors import BadCopyFileFormat, Error
from vecsql.executor.copy.blocks import Block
from vecsql.executor.copy.typed import Slow, from_binary, from_cells, has_cells

BINARY_SIGNATURE = b"PGCOPY\n\xff\r\n\x00"
_HEADER = struct.Struct("!ii")
_COUNT = struct.Struct("!h")
_LENGTH = struct.Struct("!i")
FEW_ROWS = 16  # fewer tuples are not worth arrays


def _line(table: str, first: int, row: int) -> str:
    return f"COPY {table}, line {first + row + 1}"


class BinaryDecoder:
    """Splits binary COPY input into tuples; keeps what is incomplete for the next call."""

    def __init__(self, table: str, columns: Sequence[Column]) -> None:
        self.table = table
        self.columns = columns
        self.row = 0
        self.finished = False
        self._fixed_widths = bool(columns) and all(has_cells(c.type) for c in columns)
        self._started = False
        self._rest = b""

    def feed(self, data: bytes) -> list[Block]:
        """Take more input; gives the tuples completed by it."""
        buffer = self._rest + data
        at = 0
        if not self._started:
            header = self._header(buffer)
            if header is None:
                self._rest = buffer
                return []
            at = header
            self._started = True
        blocks = []
        uniform = self._uniform(buffer, at)
        if uniform is not None:
            block, at = uniform
            blocks.append(block)
        fields: list[list[bytes | None]] = [[] for _ in self.columns]
        first = self.row
        while not self.finished:
            after = self._tuple(buffer, at, fields)
            if after is None:
                break
            at = after
        self._rest = buffer[at:]
        if self.finished and self._rest:
            raise self._error("received copy data after EOF marker")
        if fields and self.row > first:
            blocks.append(self._block(fields, first))
        return blocks

    def _error(self, message: str) -> BadCopyFileFormat:
        return BadCopyFileFormat(message, where=f"COPY {self.table}, line {self.row + 1}")

    def _header(self, buffer: bytes) -> int | None:
        if len(buffer) < 19:
            return None
        if not buffer.startswith(BINARY_SIGNATURE):
            raise BadCopyFileFormat("COPY file signature not recognized")
        flags, extra = _HEADER.unpack_from(buffer, 11)
        if flags & 0xFFFF0000:
            raise BadCopyFileFormat("unrecognized critical flags in COPY file header")
        if extra < 0:
            raise BadCopyFileFormat("invalid COPY file header (missing length)")
        return 19 + extra if len(buffer) >= 19 + extra else None

    def _uniform(self, buffer: bytes, at: int) -> tuple[Block, int] | None:
        """The tuples at `at` that are laid out alike, decoded without a look at each, and the offset after them.

        None if they are few, or some value needs a look.
        """
        layout = self._layout(buffer, at) if self._fixed_widths else None
        if layout is None:
            return None
        width = layout[-1].stop
        rows = np.frombuffer(buffer, np.uint8, (len(buffer) - at) // width * width, at)
        rows = rows.reshape(-1, width)
        heads = np.ones(width, np.bool_)
        for value in layout:
            heads[value] = False
        alike = (rows[:, heads] == rows[0, heads]).all(axis=1)
        count = len(rows) if alike.all() else int(alike.argmin())
        if count < FEW_ROWS:
            return None
        try:
            columns = [
                from_cells(rows[:count, value], None, column.type)
                for value, column in zip(layout, self.columns, strict=True)
            ]
        except Slow:
            return None
        first, self.row = self.row, self.row + count
        context = partial(_line, self.table, first)
        return Block(columns, count, context), at + count * width

    def _layout(self, buffer: bytes, at: int) -> list[slice] | None:
        """Where the values of the tuple at `at` are, from its start; None if it has NULLs or is not all there."""
        place, found = 2, []
        if buffer[at : at + 2] != _COUNT.pack(len(self.columns)):
            return None
        for _ in self.columns:
            length = int.from_bytes(buffer[at + place : at + place + 4], "big", signed=True)
            place += 4
            if length < 0 or at + place + length > len(buffer):
                return None
            found.append(slice(place, place + length))
            place += length
        return found

    def _tuple(self, buffer: bytes, at: int, fields: list[list[bytes | None]]) -> int | None:
        """Append the tuple at `at`; gives the offset after it, None if it is not all there."""
        size = len(buffer)
        if at + 2 > size:
            return None
        (count,) = _COUNT.unpack_from(buffer, at)
        at += 2
        if count == -1:
            self.finished = True
            return at
        if count != len(self.columns):
            raise self._error(f"row field count is {count}, expected {len(self.columns)}")
        found: list[bytes | None] = []
        for _ in range(count):
            if at + 4 > size:
                return None
            (length,) = _LENGTH.unpack_from(buffer, at)
            at += 4
            if length < 0:
                if length != -1:
                    raise self._error("invalid field size")
                found.append(None)
                continue
            if at + length > size:
                return None
            found.append(buffer[at : at + length])
            at += length
        for column, value in zip(fields, found, strict=True):
            column.append(value)
        self.row += 1
        return at

    def _block(self, fields: list[list[bytes | None]], first: int) -> Block:
        columns = []
        for column, values in zip(self.columns, fields, strict=True):
            try:
                columns.append(from_binary(values, column.type))
            except Error as error:
                raise self._located(error, column, values, first) from None
        return Block(columns, self.row - first, partial(_line, self.table, first))

    def _located(
        self, error: Error, column: Column, values: Sequence[bytes | None], first: int
    ) -> Error:
        """The error of the first bad value of a column, with its context."""
        for number, value in enumerate(values, first + 1):
            try:
                if value is not None:
                    column.type.type.from_binary(value, column.type.typmod)
            except Error as found:
                found.where = f"COPY {self.table}, line {number}, column {column.name}"
                return found
        return error

    def finish(self) -> None:
        """The client is done: nothing may be missing (the trailer may be)."""
        if not self._started:
            raise BadCopyFileFormat("COPY file signature not recognized")
        if not self.finished and self._rest:
            raise self._error("unexpected EOF in COPY data")
