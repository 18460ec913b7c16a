"""COPY's text format: one line per row, backslash escapes, \\N for NULL."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from vecsql.protocol.copy_format import CopyOptions, bad_format, line_context
from vecsql.protocol.copy_lines import END_MARKER, LineDecoder
from vecsql.types.base import ColumnType
from vecsql.types.formatting import TextFormat
from vecsql.types.rows import values_of
from vecsql.types.strings import decode_utf8

_ESCAPE = re.compile(r"\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_NAMED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_SPECIAL = {
    "\b": "\\b",
    "\f": "\\f",
    "\n": "\\n",
    "\r": "\\r",
    "\t": "\\t",
    "\v": "\\v",
    "\\": "\\\\",
}


def unescape(field: str) -> str:
    """Undo backslash escapes; octal and hexadecimal ones are bytes of UTF-8."""

    def replace(match: re.Match[str]) -> bytes:
        octal, hexadecimal, char = match.groups()
        if octal or hexadecimal:
            return bytes([int(octal, 8) & 0xFF if octal else int(hexadecimal, 16)])
        return _NAMED.get(char, char).encode()

    parts, end = [], 0
    for match in _ESCAPE.finditer(field):
        parts += (field[end : match.start()].encode(), replace(match))
        end = match.end()
    return decode_utf8(b"".join(parts) + field[end:].encode())


def _continues(line: str) -> bool:
    """Whether the line ends in an escaped newline: an odd number of backslashes."""
    return line.endswith("\\") and (len(line) - len(line.rstrip("\\"))) % 2 == 1


class TextDecoder(LineDecoder):
    _returns = None  # whether lines end in CR LF, known after the first

    def complete(self, data: bytes) -> int:
        end = data.rfind(b"\n")
        while end > 0 and data[end - 1 : end] == b"\\":
            slashes = end - len(data[:end].rstrip(b"\\"))
            if slashes % 2 == 0:
                break
            end = data.rfind(b"\n", 0, end)
        return end + 1

    def split(self, text: str) -> tuple[list[list[str | None]], list[int]]:
        lines = text.split("\n")
        if lines[-1] == "":
            lines.pop()
        if "\r" in text:
            lines = self._strip_returns(lines)
        records: list[list[str | None]] = []
        numbers: list[int] = []
        separator = self.options.separator
        at = 0
        while at < len(lines):
            line, first = lines[at], self.line
            at += 1
            self.line += 1
            while _continues(line) and at < len(lines):
                line += "\n" + lines[at]
                at += 1
                self.line += 1
            if line == END_MARKER:
                self.ended = True
                break
            if "\\" in line:
                records.append(self._fields(line))
            else:
                records.append(self._plain_fields(line.split(separator)))
            numbers.append(first)
        return records, numbers

    def _strip_returns(self, lines: list[str]) -> list[str]:
        if self._returns is None:
            self._returns = lines[0].endswith("\r")
        if self._returns:
            lines = [line.removesuffix("\r") for line in lines]
        for number, line in enumerate(lines):
            if "\r" in line:
                error = bad_format(
                    "literal carriage return found in data",
                    line_context(self.options, self.line + number),
                )
                error.hint = 'Use "\\r" to represent carriage return.'
                raise error
        return lines

    def _plain_fields(self, fields: list[str]) -> list[str | None]:
        null = self.options.null_text
        if null in fields:
            return [None if field == null else field for field in fields]
        return list(fields)

    def _fields(self, line: str) -> list[str | None]:
        null, separator = self.options.null_text, self.options.separator
        fields: list[str | None] = []
        parts = line.split(separator)
        at = 0
        while at < len(parts):
            field = parts[at]
            at += 1
            while _continues(field) and at < len(parts):
                field += separator + parts[at]
                at += 1
            fields.append(None if field == null else unescape(field) if "\\" in field else field)
        return fields


class TextEncoder:
    """Rows as lines."""

    def __init__(
        self, options: CopyOptions, ctypes: Sequence[ColumnType], style: TextFormat
    ) -> None:
        self.options = options
        self.ctypes = ctypes
        self.encoders = [style.encoder(ctype.type) for ctype in ctypes]
        special = dict(_SPECIAL)
        special.setdefault(options.separator, "\\" + options.separator)
        self._escapes = str.maketrans(special)

    def start(self) -> list[bytes]:
        if not self.options.header:
            return []
        names = (name.translate(self._escapes) for name in self.options.columns)
        return [(self.options.separator.join(names) + "\n").encode()]

    def rows(self, num_rows: int, columns: Sequence[Any]) -> list[bytes]:
        fields = [
            self._texts(column, ctype, encode)
            for column, ctype, encode in zip(columns, self.ctypes, self.encoders, strict=True)
        ]
        join = self.options.separator.join
        if not fields:
            return [b"\n"] * num_rows
        return [(join(row) + "\n").encode() for row in zip(*fields, strict=True)]

    def _texts(self, column: Any, ctype: ColumnType, encode: Any) -> list[str]:
        null, escapes = self.options.null_text, self._escapes
        return [
            null if value is None else encode(value).translate(escapes)
            for value in values_of(column, ctype)
        ]

    def finish(self) -> list[bytes]:
        return []
