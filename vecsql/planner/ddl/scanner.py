"""Tokens of a DDL statement and a cursor over them that raises PostgreSQL's syntax errors with positions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from vecsql.errors import SyntaxError

TokenKind = Literal["word", "quoted", "string", "number", "param", "op", "end"]

_TOKEN = re.compile(
    r"""(?P<space>\s+|--[^\n]*)
      | (?P<comment>/\*)
      | (?P<estring>[eE]'(?:[^'\\]|\\.|'')*')
      | (?P<string>'(?:[^']|'')*')
      | (?P<quoted>"(?:[^"]|"")+")
      | (?P<dollar>\$(?P<tag>[A-Za-z_\x80-\U0010ffff]\w*)?\$)
      | (?P<param>\$\d+)
      | (?P<number>0[xX][0-9a-fA-F]+|(?:\d[\d_]*(?:\.(?!\.)[\d_]*)?|\.\d+)(?:[eE][+-]?\d+)?)
      | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$]*)
      | (?P<op>::|:=|\.\.|[(),;.\[\]:]|[-+*/<>=~!@\#%^&|`?]+)""",
    re.VERBOSE | re.DOTALL,
)

# PostgreSQL's fully reserved words: none of them is a column or table name unquoted.
RESERVED = frozenset([
    "all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric", "both",
    "case", "cast", "check", "collate", "column", "constraint", "create", "current_catalog",
    "current_date", "current_role", "current_time", "current_timestamp", "current_user",
    "default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false",
    "fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially",
    "intersect", "into", "lateral", "leading", "limit", "localtime", "localtimestamp", "not",
    "null", "offset", "on", "only", "or", "order", "placing", "primary", "references",
    "returning", "select", "session_user", "some", "symmetric", "system_user", "table", "then",
    "to", "trailing", "true", "union", "unique", "user", "using", "variadic", "when", "where",
    "window", "with",
])  # fmt: skip

_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


@dataclass(frozen=True, slots=True)
class Token:
    """`value` is folded or unescaped; `start` and `end` are offsets into the statement."""

    kind: TokenKind
    value: str
    start: int
    end: int


def _unescape(body: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match[1]
        if code[0] in "xu" and len(code) > 1:
            return chr(int(code[1:], 16))
        return _ESCAPES.get(code, code)

    return re.sub(
        r"\\(x[0-9a-fA-F]{1,2}|u[0-9a-fA-F]{4}|.)", one, body.replace("''", "'"), flags=re.DOTALL
    )


def _comment_end(text: str, start: int) -> int:
    """Offset after a block comment, which may nest."""
    depth, at = 0, start
    for match in re.finditer(r"/\*|\*/", text[start:]):
        depth += 1 if match[0] == "/*" else -1
        at = start + match.end()
        if depth == 0:
            return at
    raise SyntaxError("unterminated /* comment", position=start + 1)


def tokenize(text: str) -> list[Token]:
    """Split a statement into tokens, ending with one of kind 'end'."""
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            kind = {"'": "quoted string", '"': "quoted identifier"}.get(text[at])
            if kind:
                raise SyntaxError(f'unterminated {kind} at or near "{text[at:]}"', position=at + 1)
            raise SyntaxError(f'syntax error at or near "{text[at]}"', position=at + 1)
        at = _add(tokens, match, text)
    while tokens and tokens[-1].value == ";" and tokens[-1].kind == "op":
        tokens.pop()
    tokens.append(Token("end", "", len(text), len(text)))
    return tokens


def _add(tokens: list[Token], match: re.Match[str], text: str) -> int:
    """Append the token that `match` found; returns the offset after it."""
    kind, start, end, source = match.lastgroup, match.start(), match.end(), match[0]
    if kind == "tag":
        kind = "dollar"
    if kind == "space":
        return end
    if kind == "comment":
        return _comment_end(text, start)
    if kind == "dollar":
        close = text.find(source, end)
        if close < 0:
            raise SyntaxError("unterminated dollar-quoted string", position=start + 1)
        tokens.append(Token("string", text[end:close], start, close + len(source)))
        return close + len(source)
    if kind == "estring":
        token = Token("string", _unescape(source[2:-1]), start, end)
    elif kind == "string":
        token = Token("string", source[1:-1].replace("''", "'"), start, end)
    elif kind == "quoted":
        token = Token("quoted", source[1:-1].replace('""', '"'), start, end)
    elif kind == "word":
        token = Token("word", source.lower(), start, end)
    else:
        token = Token(kind, source, start, end)  # type: ignore[arg-type]
    tokens.append(token)
    return end


class Cursor:
    """A position in a token list, with the few moves a recursive-descent parser needs."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = tokenize(text)
        self.at = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def error(self, token: Token | None = None) -> SyntaxError:
        """The syntax error at a token (the current one)."""
        token = token or self.token
        if token.kind == "end":
            return SyntaxError("syntax error at end of input", position=len(self.text) + 1)
        source = self.text[token.start : token.end]
        return SyntaxError(f'syntax error at or near "{source}"', position=token.start + 1)

    def peek(self, *words: str) -> bool:
        """True if the next tokens are these (unquoted) words or operators."""
        tokens = self.tokens[self.at : self.at + len(words)]
        return len(tokens) == len(words) and all(
            t.value == w and t.kind in ("word", "op") for t, w in zip(tokens, words, strict=True)
        )

    def accept(self, *words: str) -> bool:
        if self.peek(*words):
            self.at += len(words)
            return True
        return False

    def accept_any(self, *words: str) -> str | None:
        """Take one of the words, whichever comes."""
        for word in words:
            if self.accept(word):
                return word
        return None

    def expect(self, *words: str) -> None:
        for word in words:
            if not self.accept(word):
                raise self.error()

    def next(self) -> Token:
        token = self.token
        if token.kind != "end":
            self.at += 1
        return token

    def identifier(self) -> str:
        """A column, table or constraint name."""
        token = self.token
        if token.kind == "quoted" or (token.kind == "word" and token.value not in RESERVED):
            self.at += 1
            return token.value[:63]
        raise self.error()

    def label(self) -> str:
        """Any word, reserved or not (option names)."""
        if self.token.kind not in ("word", "quoted"):
            raise self.error()
        return self.next().value

    def string(self) -> str:
        if self.token.kind != "string":
            raise self.error()
        return self.next().value

    def integer(self) -> int:
        sign = -1 if self.accept("-") else 1
        if self.token.kind != "number" or not self.token.value.isdigit():
            raise self.error()
        return sign * int(self.next().value)

    def names(self) -> tuple[str, ...]:
        """'(' name, ... ')'."""
        self.expect("(")
        found = [self.identifier()]
        while self.accept(","):
            found.append(self.identifier())
        self.expect(")")
        return tuple(found)

    def source(self, start: int) -> str:
        """The text from the offset `start` to the end of the token before this one."""
        return self.text[start : self.tokens[self.at - 1].end]

    def balanced(self) -> str:
        """The text between '(' here and its ')'."""
        self.expect("(")
        start, depth = self.token.start, 1
        while depth:
            token = self.next()
            if token.kind == "end":
                raise self.error(token)
            if token.kind == "op" and token.value in "()":
                depth += 1 if token.value == "(" else -1
        text = self.text[start : self.tokens[self.at - 1].start].strip()
        if not text:
            raise self.error(self.tokens[self.at - 1])
        return text

    def expression(self, stops: frozenset[str]) -> str:
        """The text of an expression: up to ',' or an unmatched ')' or one of the words `stops`."""
        start, depth, first = self.token.start, 0, self.at
        while self.token.kind != "end":
            token = self.token
            if token.kind == "op":
                if token.value in ("(", "["):
                    depth += 1
                elif token.value in (")", "]"):
                    if depth == 0:
                        break
                    depth -= 1
                elif token.value == "," and depth == 0:
                    break
            elif depth == 0 and token.kind == "word" and self.at > first and token.value in stops:
                break
            self.at += 1
        if self.at == first:
            raise self.error()
        return self.source(start)

    def rest(self) -> str:
        """The remaining text."""
        start = self.token.start
        self.at = len(self.tokens) - 1
        return self.text[start : self.tokens[self.at - 1].end]

    def finish(self) -> None:
        if self.token.kind != "end":
            raise self.error()
