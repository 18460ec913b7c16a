"""COPY text and CSV input: bytes to rows of fields, exactly as PostgreSQL splits them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from vecsql.errors import BadCopyFileFormat, CharacterNotInRepertoire
from vecsql.executor.copy.options import CopyOptions

Fields = list[str | None]


@dataclass(frozen=True, slots=True)
class Line:
    """One data line (a record, in CSV): its number, counting the header, and its text without line end."""

    number: int
    text: str


def decoded(data: bytes) -> str:
    """UTF-8 input as text."""
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        bad = " ".join(f"0x{b:02x}" for b in data[error.start : error.start + 1])
        raise CharacterNotInRepertoire(
            f'invalid byte sequence for encoding "UTF8": {bad}'
        ) from None
    if "\0" in text:
        raise CharacterNotInRepertoire('invalid byte sequence for encoding "UTF8": 0x00')
    return text


def complete(data: bytes | bytearray, options: CopyOptions) -> int:
    """How many bytes of `data`, which starts at a line, are complete lines (records)."""
    end = data.rfind(b"\n") + 1
    if options.format == "text":
        while end and _odd_backslashes(data, end - 1):
            end = data.rfind(b"\n", 0, end - 1) + 1
        return end
    quote, escape = options.quote.encode(), options.escape.encode()
    if quote != escape:
        return _complete_escaped(data, quote[0], escape[0])
    while end and data.count(quote, 0, end) % 2:
        end = data.rfind(b"\n", 0, end - 1) + 1
    return end


def _odd_backslashes(data: bytes | bytearray, at: int) -> bool:
    """Whether the character at `at` is escaped."""
    count = 0
    while at - 1 - count >= 0 and data[at - 1 - count] == 0x5C:
        count += 1
    return count % 2 == 1


def _complete_escaped(data: bytes | bytearray, quote: int, escape: int) -> int:
    end, quoted, at = 0, False, 0
    while at < len(data):
        byte = data[at]
        if quoted and byte == escape:
            at += 1
        elif byte == quote:
            quoted = not quoted
        elif byte == 0x0A and not quoted:
            end = at + 1
        at += 1
    return end


def split_text(text: str, first: int) -> tuple[list[Line], bool]:
    """The lines of a COPY text block, and whether the end-of-data mark was among them."""
    parts = _logical_lines(text)
    lines: list[Line] = []
    for number, part in enumerate(parts, first):
        part = part.removesuffix("\r")
        if part == "\\.":
            return lines, True
        lines.append(Line(number, part))
    return lines, False


def _logical_lines(text: str) -> list[str]:
    """Split at newlines that no backslash escapes."""
    parts = text.split("\n")
    if parts and parts[-1] == "":
        parts.pop()
    if "\\\n" not in text:
        return parts
    joined: list[str] = []
    carry = ""
    for part in parts:
        carry += part
        if (len(carry) - len(carry.rstrip("\\"))) % 2:
            carry += "\n"
        else:
            joined.append(carry)
            carry = ""
    return joined + ([carry] if carry else [])


def split_csv(text: str, first: int, options: CopyOptions) -> list[Line]:
    """The records of a CSV block; numbers count lines, as PostgreSQL's do.

    Raises BadCopyFileFormat for a last record that does not end, with its offset as `position`.
    """
    quote, escape = options.quote, options.escape
    lines: list[Line] = []
    start, number, quoted, at = 0, first, False, 0
    length = len(text)
    current = first
    while at < length:
        char = text[at]
        if quoted and char == escape and escape != quote:
            at += 1
        elif char == quote:
            quoted = not quoted
        elif char == "\n":
            if not quoted:
                lines.append(Line(number, text[start:at].removesuffix("\r")))
                start = at + 1
                current += 1
                number = current
            else:
                current += 1
        at += 1
    if start < length:
        if quoted:
            raise BadCopyFileFormat("unterminated CSV quoted field", position=start)
        lines.append(Line(number, text[start:].removesuffix("\r")))
    return lines


_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_CONTROL = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    if code in _CONTROL:
        return _CONTROL[code]
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return code


def text_fields(line: str, options: CopyOptions) -> Fields:
    """The fields of a COPY text line."""
    parts = line.split(options.delimiter)
    if "\\" not in line:
        return [None if p == options.null else p for p in parts]
    fields: Fields = []
    carry = ""
    for part in parts:
        carry += part
        if (len(carry) - len(carry.rstrip("\\"))) % 2 and len(fields) + 1 < len(parts):
            carry += options.delimiter  # an escaped delimiter is data
            continue
        fields.append(None if carry == options.null else _ESCAPE.sub(_unescape, carry))
        carry = ""
    if carry:
        fields.append(_ESCAPE.sub(_unescape, carry))
    return fields


def csv_fields(line: str, options: CopyOptions) -> list[tuple[str, bool]]:
    """The fields of a CSV record, each with whether any part of it was quoted."""
    quote, escape, delimiter = options.quote, options.escape, options.delimiter
    fields: list[tuple[str, bool]] = []
    piece: list[str] = []
    quoted = ever = False
    at, length = 0, len(line)
    while at < length:
        char = line[at]
        if quoted:
            if char == escape and at + 1 < length and line[at + 1] in (quote, escape):
                at += 1
                piece.append(line[at])
            elif char == quote:
                quoted = False
            else:
                piece.append(char)
        elif char == delimiter:
            fields.append(("".join(piece), ever))
            piece, ever = [], False
        elif char == quote:
            quoted = ever = True
        else:
            piece.append(char)
        at += 1
    if quoted:
        raise BadCopyFileFormat("unterminated CSV quoted field")
    fields.append(("".join(piece), ever))
    return fields
