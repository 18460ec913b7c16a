"""Blocks of COPY input to typed columns: fast ways for whole blocks, and the slow one that finds the exact error."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.csv

from vecsql.catalog.model import Column
from vecsql.errors import BadCopyFileFormat, Error
from vecsql.executor.copy import lines
from vecsql.executor.copy.options import CopyOptions
from vecsql.executor.copy.typed import Slow, from_binary, from_cells, from_strings, has_cells
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat

Arrays = list[pa.Array]
_SHOWN = 100  # longest piece of data in an error's context, in bytes


@dataclass(slots=True)
class Block:
    """Typed columns of some rows, with how to say where a row came from."""

    columns: Arrays
    rows: int
    context: Callable[[int], str]  # row -> context line of an error about that row
    skipped: int = 0  # rows left out by ON_ERROR ignore


def shortened(text: str) -> str:
    """Data as shown in a context line: at most 100 bytes."""
    data = text.encode()
    return text if len(data) <= _SHOWN else data[:_SHOWN].decode(errors="ignore") + "..."


class BlockDecoder:
    """Decodes blocks of complete lines for the given columns of a table."""

    def __init__(
        self,
        table: str,
        columns: Sequence[Column],
        options: CopyOptions,
        style: TextFormat = DEFAULT_FORMAT,
    ) -> None:
        self.table = table
        self.columns = columns
        self.options = options
        self.style = style
        self.force_not_null = self._flags(options.force_not_null)
        self.force_null = self._flags(options.force_null)

    def _flags(self, names: tuple[str, ...]) -> list[bool]:
        return [names == ("*",) or c.name in names for c in self.columns]

    def decode(self, text: str, first: int) -> tuple[Block, bool, int]:
        """(block, end-of-data mark seen, number of the line after the block)."""
        strings = self._fast_strings(text)
        if strings is not None:
            try:
                columns = [
                    from_strings(s, c.type, self.style)
                    for s, c in zip(strings, self.columns, strict=True)
                ]
                rows = len(strings[0]) if strings else 0
                after = first + text.count("\n") + (not text.endswith("\n"))
                return Block(columns, rows, self._lazy_context(text, first)), False, after
            except Error:
                pass  # the slow way says which row it was
        return self._slow(text, first)

    def _fast_strings(self, text: str) -> Arrays | None:
        """The columns as texts through Arrow's CSV reader, where it reads exactly as PostgreSQL does."""
        options = self.options
        if any(self.force_not_null) or any(self.force_null) or not self.columns:
            return None
        if options.format == "csv":
            unpaired = text.count(options.quote) % 2 == 1
            if unpaired or options.escape != options.quote or _odd_quotes(options).search(text):
                return None
            quote: str | bool = options.quote
        else:
            if text.count("\\") != text.count("\\N") or options.null != "\\N":
                return None
            quote = False
        return _arrow_strings(text, len(self.columns), options, quote)

    def _lazy_context(self, text: str, first: int) -> Callable[[int], str]:
        def context(row: int) -> str:
            line = self._lines(text, first)[0][row]
            return f'COPY {self.table}, line {line.number}: "{shortened(line.text)}"'

        return context

    def _lines(self, text: str, first: int) -> tuple[list[lines.Line], bool]:
        if self.options.format == "text":
            return lines.split_text(text, first)
        try:
            return lines.split_csv(text, first, self.options), False
        except BadCopyFileFormat as error:
            start = error.position or 0
            error.position = None
            error.where = self._row_context(
                lines.Line(first + text.count("\n", 0, start), text[start:])
            )
            raise

    def _slow(self, text: str, first: int) -> tuple[Block, bool, int]:
        found, end = self._lines(text, first)
        rows: list[list[str | None]] = []
        kept: list[lines.Line] = []
        skipped = 0
        for line in found:
            try:
                fields = self._fields(line)
                if not self._valid(fields, line):
                    skipped += 1
                    continue
            except Error as error:
                error.where = error.where or self._row_context(line)
                raise
            rows.append(fields)
            kept.append(line)
        transposed = list(zip(*rows, strict=True)) if rows else [()] * len(self.columns)
        columns = [
            from_strings(pa.array(list(t), pa.string()), c.type, self.style)
            for t, c in zip(transposed, self.columns, strict=True)
        ]
        after = first + text.count("\n") + (not text.endswith("\n"))
        block = Block(columns, len(rows), lambda row: self._row_context(kept[row]), skipped)
        return block, end, after

    def _row_context(self, line: lines.Line) -> str:
        return f'COPY {self.table}, line {line.number}: "{shortened(line.text)}"'

    def _fields(self, line: lines.Line) -> list[str | None]:
        """The fields of a line, NULLs found, as many as there are columns."""
        if self.options.format == "csv":
            pairs = lines.csv_fields(line.text, self.options)
            fields = [self._csv_value(i, text, quoted) for i, (text, quoted) in enumerate(pairs)]
        else:
            fields = lines.text_fields(line.text, self.options)
        if len(fields) > len(self.columns):
            raise BadCopyFileFormat("extra data after last expected column")
        if len(fields) < len(self.columns):
            missing = self.columns[len(fields)].name
            raise BadCopyFileFormat(f'missing data for column "{missing}"')
        return fields

    def _csv_value(self, at: int, text: str, quoted: bool) -> str | None:
        if at >= len(self.columns) or text != self.options.null:
            return text
        if quoted:
            return None if self.force_null[at] else text
        return text if self.force_not_null[at] else None

    def _valid(self, fields: list[str | None], line: lines.Line) -> bool:
        """Check each value; False for a row that ON_ERROR ignore leaves out."""
        for column, text in zip(self.columns, fields, strict=True):
            if text is None:
                continue
            try:
                self.style.decoder(column.type.type)(text, column.type.typmod)
            except Error as error:
                if self.options.on_error == "ignore":
                    return False
                shown = shortened(text)
                error.where = (
                    f'COPY {self.table}, line {line.number}, column {column.name}: "{shown}"'
                )
                raise
        return True


def _odd_quotes(options: CopyOptions) -> re.Pattern[str]:
    """Quotes inside unquoted text, which Arrow reads differently."""
    quote, delimiter = re.escape(options.quote), re.escape(options.delimiter)
    return re.compile(f"{quote}(?![{delimiter}\\r\\n{quote}])(?<=[^{delimiter}\\n{quote}]{quote})")


def _arrow_strings(text: str, width: int, options: CopyOptions, quote: str | bool) -> Arrays | None:
    names = [str(i) for i in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(text.encode()),
            read_options=pyarrow.csv.ReadOptions(
                column_names=names, use_threads=False, block_size=max(len(text) * 4, 1 << 16)
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=options.delimiter,
                quote_char=quote,
                double_quote=quote is not False,
                newlines_in_values=quote is not False,
                ignore_empty_lines=False,
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                null_values=[options.null],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid:
        return None
    return [table.column(i).combine_chunks() for i in range(width)]


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
