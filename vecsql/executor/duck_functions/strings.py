"""Text functions where PostgreSQL and DuckDB differ."""

from __future__ import annotations

import base64
import functools
import re

from vecsql.errors import (
    FeatureNotSupported,
    InvalidParameterValue,
    InvalidRegularExpression,
    SubstringError,
)
from vecsql.executor.duck_functions.registry import duck


@functools.lru_cache(1024)
def regex(pattern: str, flags: str = "") -> re.Pattern[str]:
    """A PostgreSQL ARE as a Python pattern: the same but for word boundaries, classes and flags."""
    options = re.DOTALL
    for flag in flags:
        if flag == "i":
            options |= re.IGNORECASE
        elif flag in ("n", "m"):
            options = (options & ~re.DOTALL) | re.MULTILINE
        elif flag == "x":
            options |= re.VERBOSE
        elif flag not in ("g", "c", "s"):
            raise InvalidParameterValue(f'invalid regular expression option: "{flag}"')
    text = (
        pattern.replace(r"\m", r"\b(?=\w)")
        .replace(r"\M", r"\b(?<=\w)")
        .replace(r"\y", r"\b")
        .replace(r"\Y", r"\B")
    )
    for name, inside in (("alpha", "a-zA-Z"), ("digit", "0-9"), ("alnum", "a-zA-Z0-9"), ("space", r"\s"),
                         ("upper", "A-Z"), ("lower", "a-z"), ("punct", r"!-/:-@\[-`{-~")):  # fmt: skip
        text = text.replace(f"[:{name}:]", inside)
    try:
        return re.compile(text, options)
    except re.error as error:
        raise InvalidRegularExpression(f"invalid regular expression: {error}") from None


@duck("vs_regexp_replace(VARCHAR, VARCHAR, VARCHAR, VARCHAR) -> VARCHAR")
def regexp_replace(text: str, pattern: str, replacement: str, flags: str) -> str:
    template = re.sub(
        r"\\(\d|&|\\)|\\",
        lambda m: {"&": r"\g<0>", "\\": r"\\"}.get(m[1] or "", rf"\g<{m[1]}>" if m[1] else r"\\"),
        replacement,
    )
    return regex(pattern, flags).sub(template, text, count=0 if "g" in flags else 1)


def _groups(match: re.Match[str]) -> list[str | None]:
    return list(match.groups()) if match.re.groups else [match[0]]


@duck("vs_regexp_match(VARCHAR, VARCHAR, VARCHAR) -> VARCHAR[]")
def regexp_match(text: str, pattern: str, flags: str) -> list[str | None] | None:
    found = regex(pattern, flags).search(text)
    return _groups(found) if found else None


@duck("vs_regexp_matches(VARCHAR, VARCHAR, VARCHAR) -> VARCHAR[][]")
def regexp_matches(text: str, pattern: str, flags: str) -> list[list[str | None]]:
    found = [_groups(m) for m in regex(pattern, flags).finditer(text)]
    return found if "g" in flags else found[:1]


@duck("vs_regexp_substring(VARCHAR, VARCHAR) -> VARCHAR")
def regexp_substring(text: str, pattern: str) -> str | None:
    found = regex(pattern).search(text)
    return None if found is None else found[1 if found.re.groups else 0]


@duck("vs_similar(VARCHAR, VARCHAR, VARCHAR) -> BOOLEAN")
def similar(text: str, pattern: str, escape: str) -> bool:
    out, i = [], 0
    while i < len(pattern):
        c = pattern[i]
        if escape and c == escape and i + 1 < len(pattern):
            i += 1
            out.append(re.escape(pattern[i]))
        else:
            out.append({"%": ".*", "_": "."}.get(c, re.escape(c) if c in ".^$\\" else c))
        i += 1
    return regex(f"^(?:{''.join(out)})$".replace("$", r"\Z")).match(text) is not None


@duck("vs_substr(VARCHAR, INTEGER) -> VARCHAR")
def substr(text: str, start: int) -> str:
    return text[max(start - 1, 0) :]


@duck("vs_substr_for(VARCHAR, INTEGER, INTEGER) -> VARCHAR")
def substr_for(text: str, start: int, count: int) -> str:
    if count < 0:
        raise SubstringError("negative substring length not allowed")
    return text[max(start - 1, 0) : max(start - 1 + count, 0)]


@duck("vs_overlay(VARCHAR, VARCHAR, INTEGER, INTEGER) -> VARCHAR")
def overlay(text: str, new: str, start: int, count: int) -> str:
    return text[: start - 1] + new + text[start - 1 + count :]


def _capital(letter: str) -> str:
    """A letter whose capital is several letters stays as it is, as towupper() leaves it."""
    capital = letter.upper()
    return capital if len(capital) == 1 else letter


@duck("vs_initcap(VARCHAR) -> VARCHAR")
def initcap(text: str) -> str:
    return re.sub(r"[^\W_]+", lambda m: _capital(m[0][0]) + m[0][1:].lower(), text)


def _fill(text: str, size: int, fill: str) -> str:
    missing = size - len(text)
    return (fill * (missing // len(fill) + 1))[:missing] if missing > 0 and fill else ""


@duck("vs_lpad(VARCHAR, INTEGER, VARCHAR) -> VARCHAR")
def lpad(text: str, size: int, fill: str) -> str:
    return (
        (_fill(text, size, fill) + text)[: max(size, 0)]
        if len(text) < size
        else text[: max(size, 0)]
    )


@duck("vs_rpad(VARCHAR, INTEGER, VARCHAR) -> VARCHAR")
def rpad(text: str, size: int, fill: str) -> str:
    return (text + _fill(text, size, fill))[: max(size, 0)]


@duck("vs_split_part(VARCHAR, VARCHAR, INTEGER) -> VARCHAR")
def split_part(text: str, separator: str, field: int) -> str:
    if field == 0:
        raise InvalidParameterValue("field position must not be zero")
    parts = text.split(separator) if separator else [text]
    index = field - 1 if field > 0 else len(parts) + field
    return parts[index] if 0 <= index < len(parts) else ""


@duck("vs_string_to_array(VARCHAR, VARCHAR) -> VARCHAR[]", nulls=True)
def string_to_array(text: str | None, separator: str | None) -> list[str] | None:
    if text is None:
        return None
    if text == "":
        return []
    if separator is None:
        return list(text)
    return text.split(separator) if separator else [text]


@duck("vs_quote_literal(VARCHAR) -> VARCHAR")
def quote_literal(text: str) -> str:
    quoted = "'" + text.replace("'", "''") + "'"
    return "E" + quoted.replace("\\", "\\\\") if "\\" in text else quoted


_FORMAT = re.compile(r"%(?:(\d+)\$)?(-)?(\d+|\*)?(.)?", re.DOTALL)


@duck("vs_format(VARCHAR, VARCHAR[]) -> VARCHAR", nulls=True)
def format_text(template: str | None, args: list[str | None]) -> str | None:
    if template is None:
        return None
    from vecsql.catalog.identifiers import quote_identifier as quote_identifier

    taken = 0

    def one(match: re.Match[str]) -> str:
        nonlocal taken
        number, left, width, kind = match.groups()
        if kind == "%":
            return "%"
        if kind is None or kind not in "sIL":
            raise InvalidParameterValue(
                "unterminated format() type specifier"
                if kind is None
                else f'unrecognized format() type specifier "{kind}"',
                hint='For a single "%" use "%%".',
            )
        index = int(number) - 1 if number else taken
        taken = index + 1
        if index >= len(args):
            raise InvalidParameterValue("too few arguments for format()")
        value = args[index]
        if kind == "s":
            shown = value or ""
        elif kind == "L":
            shown = "NULL" if value is None else quote_literal(value).strip()
        elif value is None:
            raise InvalidParameterValue("null values cannot be formatted as an SQL identifier")
        else:
            shown = quote_identifier(value)
        size = int(width) if width and width != "*" else 0
        return shown.ljust(size) if left else shown.rjust(size)

    return _FORMAT.sub(one, template)


@duck("vs_encode(BLOB, VARCHAR) -> VARCHAR")
def encode(data: bytes, form: str) -> str:
    if form == "hex":
        return data.hex()
    if form == "base64":
        return re.sub("(.{76})(?=.)", r"\1\n", base64.b64encode(data).decode())
    if form == "escape":
        return "".join("\\\\" if b == 92 else chr(b) if 0 < b < 128 else f"\\{b:03o}" for b in data)
    raise InvalidParameterValue(f'unrecognized encoding: "{form}"')


@duck("vs_decode(VARCHAR, VARCHAR) -> BLOB")
def decode(text: str, form: str) -> bytes:
    if form == "hex":
        return bytes.fromhex(text)
    if form == "base64":
        return base64.b64decode(text)
    raise FeatureNotSupported(f"decode() with format {form} is not supported")


def _fits(kind: str, pad: bool):  # type: ignore[no-untyped-def]
    from vecsql.errors import StringDataRightTruncation

    def call(text: str, size: int) -> str:
        if len(text) > size and text[size:].strip(" "):
            raise StringDataRightTruncation(f"value too long for type {kind}({size})")
        return text[:size].ljust(size) if pad else text[:size]

    return call


duck("vs_varchar_fit(VARCHAR, INTEGER) -> VARCHAR")(_fits("character varying", False))
duck("vs_bpchar_fit(VARCHAR, INTEGER) -> VARCHAR")(_fits("character", True))


@duck("vs_num_nonnulls(VARCHAR[]) -> INTEGER", nulls=True)
def count_known(values: list[str | None]) -> int:
    return sum(v is not None for v in values)


@duck("vs_record_out(VARCHAR[]) -> VARCHAR", nulls=True)
def print_record(fields: list[str | None]) -> str:
    """A row value as PostgreSQL prints it: (1,"a b",)."""
    shown = []
    for field in fields:
        if field is None:
            shown.append("")
        elif field == "" or re.search(r'[",()\\\s]', field):
            shown.append('"' + field.replace("\\", "\\\\").replace('"', '""') + '"')
        else:
            shown.append(field)
    return "(" + ",".join(shown) + ")"
