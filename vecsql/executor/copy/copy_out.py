"""COPY TO STDOUT: chunks of a result as text, CSV or binary COPY data."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from itertools import repeat

from vecsql.executor.context import Result
from vecsql.executor.copy.binary import BINARY_SIGNATURE
from vecsql.executor.copy.options import CopyOptions
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat
from vecsql.types.rows import encode_column, values_of

_ROWS = 1000  # rows per piece of output

_ESCAPES = str.maketrans({
    "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"
})  # fmt: skip


class CopyOut:
    """One running COPY TO STDOUT: iterate over the payloads, then read `tag`.

    A payload is one row, as in PostgreSQL: clients take rows out of messages without parsing further. The binary
    format's header comes with the first row.
    """

    def __init__(
        self, result: Result, options: CopyOptions, style: TextFormat = DEFAULT_FORMAT
    ) -> None:
        assert result.columns is not None
        self.result = result
        self.options = options
        self.format_code = 1 if options.format == "binary" else 0
        self.columns = len(result.columns)
        self.rows = 0
        self._names: Sequence[ResultColumn] = result.columns
        self._style = style
        self._join = self._joiner()

    @property
    def tag(self) -> str:
        return f"COPY {self.rows}"

    def __iter__(self) -> Iterator[bytes]:
        if self.options.format == "binary":
            yield from self._binary_payloads()
            return
        if self.options.header:
            yield (self._join([c.name for c in self._names], header=True) + "\n").encode()
        for part in self._parts():
            yield from self._text(part)

    def _binary_payloads(self) -> Iterator[bytes]:
        header = BINARY_SIGNATURE + bytes(8)
        for part in self._parts():
            for row in self._binary(part):
                yield header + row if header else row
                header = b""
        yield header + b"\xff\xff"

    def _parts(self) -> Iterator[Chunk]:
        for chunk in self.result.chunks:
            for start in range(0, chunk.num_rows, _ROWS):
                part = _sliced(chunk, start, min(_ROWS, chunk.num_rows - start))
                self.rows += part.num_rows
                yield part

    def _binary(self, chunk: Chunk) -> Iterator[bytes]:
        encoded = [
            encode_column(c, n.type, 1, self._style)
            for c, n in zip(chunk.columns, self._names, strict=True)
        ]
        count = struct.pack("!h", len(encoded))
        if not encoded:
            return repeat(count, chunk.num_rows)
        return (count + b"".join(fields) for fields in zip(*encoded, strict=True))

    def _text(self, chunk: Chunk) -> Iterator[bytes]:
        texts = []
        for column, name in zip(chunk.columns, self._names, strict=True):
            encode = self._style.encoder(name.type.type)
            values = values_of(column, name.type)
            texts.append([None if v is None else encode(v) for v in values])
        if not texts:
            return repeat(b"\n", chunk.num_rows)
        rows = zip(*texts, strict=True)
        return ((self._join(list(fields), header=False) + "\n").encode() for fields in rows)

    def _joiner(self) -> Callable[..., str]:
        if self.options.format == "csv":
            return self._csv_line
        return self._text_line

    def _text_line(self, fields: Sequence[str | None], *, header: bool) -> str:
        delimiter, null = self.options.delimiter, self.options.null
        found = []
        for field in fields:
            if field is None:
                found.append(null)
                continue
            text = field.translate(_ESCAPES)
            if delimiter != "\t":
                text = text.replace(delimiter, "\\" + delimiter)
            found.append(text)
        return delimiter.join(found)

    def _csv_line(self, fields: Sequence[str | None], *, header: bool) -> str:
        options = self.options
        single = len(fields) == 1
        found = []
        for field, column in zip(fields, self._names, strict=True):
            if field is None:
                found.append(options.null)
                continue
            forced = not header and (
                options.force_quote == ("*",) or column.name in options.force_quote
            )
            if forced or self._needs_quotes(field, single):
                found.append(self._quoted(field))
            else:
                found.append(field)
        return options.delimiter.join(found)

    def _needs_quotes(self, field: str, single: bool) -> bool:
        options = self.options
        return (
            field == options.null
            or (single and field == "\\.")
            or any(c in field for c in (options.delimiter, options.quote, "\n", "\r"))
        )

    def _quoted(self, field: str) -> str:
        quote, escape = self.options.quote, self.options.escape
        if escape != quote:
            field = field.replace(escape, escape + escape)
        return quote + field.replace(quote, escape + quote) + quote


def _sliced(chunk: Chunk, start: int, length: int) -> Chunk:
    if start == 0 and length == chunk.num_rows:
        return chunk
    columns = [
        c.slice(start, length) if hasattr(c, "slice") else c[start : start + length]
        for c in chunk.columns
    ]
    return Chunk(length, columns)
