"""Says what is wrong with a text that is not JSON, in the words of PostgreSQL's parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"[ \t\n\r]*(?:(?P<mark>[{}\[\],:])|(?P<string>\")"
    r"|(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![\w.+-]))"
    r"|(?P<word>(?:true|false|null)(?!\w))|(?P<bad>[\w.+-]+|.))",
    re.DOTALL,
)
_SHOWN_BEFORE = 50  # characters of the line that the context shows before the error


@dataclass(frozen=True, slots=True)
class Problem:
    detail: str
    end: int  # where the offending token ends


class _Found(Exception):
    def __init__(self, detail: str, end: int) -> None:
        self.problem = Problem(detail, end)


Token = tuple[str, str, int]  # kind, text, end


def _string_end(text: str, start: int) -> int:
    """End of the string literal at `start`."""
    at = start + 1
    while at < len(text):
        char = text[at]
        if char == '"':
            return at + 1
        if char < " ":
            raise _Found(f"Character with value 0x{ord(char):02x} must be escaped.", at)
        if char == "\\":
            at = _escape_end(text, at)
        else:
            at += 1
    raise _Found(f'Token "{text[start:]}" is invalid.', len(text))


def _escape_end(text: str, at: int) -> int:
    char = text[at + 1 : at + 2]
    if char == "u":
        if not re.match(r"[0-9a-fA-F]{4}", text[at + 2 :], re.ASCII):
            raise _Found('"\\u" must be followed by four hexadecimal digits.', at + 2)
        return at + 6
    if char and char not in '"\\/bfnrt':
        raise _Found(f'Escape sequence "\\{char}" is invalid.', at + 2)
    return at + 2


def _tokens(text: str) -> Iterator[Token]:
    pos = 0
    while match := _TOKEN.match(text, pos):
        kind = match.lastgroup or ""
        start, pos = match.start(kind), match.end()
        if kind == "string":
            pos = _string_end(text, start)
        elif kind == "bad":
            raise _Found(f'Token "{match[kind]}" is invalid.', pos)
        yield kind, text[start:pos], pos
    while True:
        yield "end", "", len(text)


class _Grammar:
    def __init__(self, text: str) -> None:
        self.tokens = _tokens(text)
        self.token = next(self.tokens)

    def advance(self) -> None:
        self.token = next(self.tokens)

    def expected(self, what: str) -> _Found:
        kind, shown, end = self.token
        if kind == "end":
            return _Found("The input string ended unexpectedly.", end)
        return _Found(f'Expected {what}, but found "{shown}".', end)

    def document(self) -> None:
        self.value("JSON value")
        if self.token[0] != "end":
            raise self.expected("end of input")

    def value(self, what: str) -> None:
        kind, mark, _ = self.token
        if mark == "{" and kind == "mark":
            self.object()
        elif mark == "[" and kind == "mark":
            self.array()
        elif kind in ("string", "number", "word"):
            self.advance()
        else:
            raise self.expected(what)

    def array(self) -> None:
        self.advance()
        if self.token[1] == "]":
            return self.advance()
        self.value('array element or "]"')
        while self.token[1] == ",":
            self.advance()
            self.value("JSON value")
        if self.token[1] != "]":
            raise self.expected('"," or "]"')
        return self.advance()

    def object(self) -> None:
        self.advance()
        if self.token[1] == "}":
            return self.advance()
        self.pair('string or "}"')
        while self.token[1] == ",":
            self.advance()
            self.pair("string")
        if self.token[1] != "}":
            raise self.expected('"," or "}"')
        return self.advance()

    def pair(self, what: str) -> None:
        if self.token[0] != "string":
            raise self.expected(what)
        self.advance()
        if self.token[1] != ":":
            raise self.expected('":"')
        self.advance()
        self.value("JSON value")


def find_problem(text: str) -> Problem | None:
    """The first problem of a text; None if it is JSON."""
    try:
        _Grammar(text).document()
    except _Found as found:
        return found.problem
    except RecursionError:
        return Problem("The input is nested too deeply.", len(text))
    return None


def context(text: str, end: int) -> str:
    """JSON data, line 1: {"a"..."""
    start = text.rfind("\n", 0, end) + 1
    line = text.count("\n", 0, end) + 1
    prefix = ""
    if end - start > _SHOWN_BEFORE:
        start, prefix = end - _SHOWN_BEFORE, "..."
    suffix = "..." if end < len(text) and text[end] not in "\r\n" else ""
    return f"JSON data, line {line}: {prefix}{text[start:end]}{suffix}"
