"""COPY's csv format, with PostgreSQL's rules: only an unquoted field can be NULL, quotes may open anywhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from vecsql.protocol.copy_format import Batch, CopyOptions, Names, bad_format, line_context
from vecsql.protocol.copy_lines import END_MARKER, LineDecoder
from vecsql.types.base import ColumnType
from vecsql.types.formatting import TextFormat
from vecsql.types.rows import values_of


def _has(names: Names, name: str) -> bool:
    return names is True or name in names


class CsvDecoder(LineDecoder):
    """The decoder of csv. A regular expression takes fields that are quoted as a whole or not at all; others go char by char."""

    def __init__(
        self, options: CopyOptions, decode_batch: Callable[[list[list[Any]], list[int]], Batch]
    ) -> None:
        super().__init__(options, decode_batch)
        quote, escape = re.escape(options.quote), re.escape(options.escape_char)
        separator = re.escape(options.separator)
        inside = (
            f"[^{quote}]*(?:{quote}{quote}[^{quote}]*)*"
            if options.escape_char == options.quote
            else f"[^{quote}{escape}]*(?:{escape}.[^{quote}{escape}]*)*"
        )
        self._field = re.compile(
            rf"(?:({quote})({inside}){quote}|([^{quote}{separator}\r\n]*))({separator}|\r\n|\n|\r|\Z)",
            re.DOTALL,
        )
        self._escaped = re.compile(rf"{escape}([{quote}{escape}])")
        columns = options.columns
        self._never_null = [_has(options.force_not_null, name) for name in columns]
        self._null_if_quoted = [_has(options.force_null, name) for name in columns]

    def complete(self, data: bytes) -> int:
        """Ends of records are newlines outside quotes; where escapes make that hard, wait for the end."""
        quote = self.options.quote.encode()
        if self.options.escape_char != self.options.quote:
            return 0
        end = data.rfind(b"\n")
        while end >= 0 and data.count(quote, 0, end) % 2:
            end = data.rfind(b"\n", 0, data.rfind(quote, 0, end))
        return end + 1

    def split(self, text: str) -> tuple[list[list[str | None]], list[int]]:
        records: list[list[str | None]] = []
        numbers: list[int] = []
        pos, size = 0, len(text)
        while pos < size:
            if text.startswith(END_MARKER, pos) and text[pos + 2 : pos + 3] in ("", "\n", "\r"):
                self.ended = True
                break
            numbers.append(self.line)
            record, end = self._record(text, pos)
            records.append(record)
            self.line += max(text.count("\n", pos, end), 1)
            pos = end
        return records, numbers

    def _record(self, text: str, pos: int) -> tuple[list[str | None], int]:
        record: list[str | None] = []
        separator, match_at = self.options.separator, self._field.match
        while True:
            match = match_at(text, pos)
            if match is None:
                value, quoted, pos, end = self._mixed_field(text, pos)
            else:
                opening, inside, plain, end = match.groups()
                quoted = opening is not None
                value = self._escaped.sub(r"\1", inside) if quoted else plain
                pos = match.end()
            record.append(self._value(value, quoted, len(record)))
            if end != separator:
                return record, pos

    def _value(self, value: str, quoted: bool, at: int) -> str | None:
        if value != self.options.null_text:
            return value
        known = at < len(self._never_null)
        if quoted:
            return None if known and self._null_if_quoted[at] else value
        return value if known and self._never_null[at] else None

    def _mixed_field(self, text: str, pos: int) -> tuple[str, bool, int, str]:
        """A field such as a"b,c"d: (value, whether anything was quoted, next position, what ended it)."""
        quote, escape = self.options.quote, self.options.escape_char
        out: list[str] = []
        inside = seen = False
        while pos < len(text):
            char = text[pos]
            if inside:
                if (
                    char == escape
                    and text[pos + 1 : pos + 2] in (quote, escape)
                    and text[pos + 1 :]
                ):
                    pos += 1
                    out.append(text[pos])
                elif char == quote:
                    inside = False
                else:
                    out.append(char)
            elif char == quote:
                inside = seen = True
            elif char == self.options.separator:
                return "".join(out), seen, pos + 1, char
            elif char in "\r\n":
                end = pos + (2 if text.startswith("\r\n", pos) else 1)
                return "".join(out), seen, end, "\n"
            else:
                out.append(char)
            pos += 1
        if inside:
            raise bad_format(
                "unterminated CSV quoted field", line_context(self.options, self.line, text[pos:])
            )
        return "".join(out), seen, pos, ""


class CsvEncoder:
    def __init__(
        self, options: CopyOptions, ctypes: Sequence[ColumnType], style: TextFormat
    ) -> None:
        self.options = options
        self.ctypes = ctypes
        self.encoders = [style.encoder(ctype.type) for ctype in ctypes]
        self._special = re.compile(f"[{re.escape(options.quote + options.separator)}\r\n]")
        self._escaped = re.compile(f"[{re.escape(options.quote + options.escape_char)}]")

    def _quoted(self, text: str) -> str:
        options = self.options
        inner = self._escaped.sub(lambda m: options.escape_char + m[0], text)
        return f"{options.quote}{inner}{options.quote}"

    def _field(self, text: str, force: bool) -> str:
        needs = (
            force
            or text == self.options.null_text
            or self._special.search(text)
            or (len(self.ctypes) == 1 and text == END_MARKER)
        )
        return self._quoted(text) if needs else text

    def start(self) -> list[bytes]:
        if not self.options.header:
            return []
        names = (self._field(name, False) for name in self.options.columns)
        return [(self.options.separator.join(names) + "\n").encode()]

    def rows(self, num_rows: int, columns: Sequence[Any]) -> list[bytes]:
        fields = []
        for at, column in enumerate(columns):
            encode, null = self.encoders[at], self.options.null_text
            force = bool(self.options.columns) and _has(
                self.options.force_quote, self.options.columns[at]
            )
            fields.append(
                [
                    null if value is None else self._field(encode(value), force)
                    for value in values_of(column, self.ctypes[at])
                ]
            )
        if not fields:
            return [b"\n"] * num_rows
        join = self.options.separator.join
        return [(join(row) + "\n").encode() for row in zip(*fields, strict=True)]

    def finish(self) -> list[bytes]:
        return []
