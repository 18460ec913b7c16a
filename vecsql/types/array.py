"""Arrays of any scalar type: text form `{1,NULL,"a b"}` and the binary form, one or more dimensions.

A value is a list (nested for more dimensions) with None for NULL.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from vecsql.errors import (
    DatatypeMismatch,
    InvalidBinaryRepresentation,
    InvalidTextRepresentation,
    ProgramLimitExceeded,
)
from vecsql.types.base import SqlType

MAX_DIMENSIONS = 6
_SPACE = " \t\n\r\f\v"
_NEEDS_QUOTES = re.compile(r'[{}",\\ \t\n\r\f\v]|^$|^null$', re.IGNORECASE)
_ESCAPED = re.compile(r'["\\]')
_BOUNDS = re.compile(r"\[([-+]?\d+)(?::([-+]?\d+))?\]", re.ASCII)
_HEADER = struct.Struct("!iiI")
_DIMENSION = struct.Struct("!ii")
_LENGTH = struct.Struct("!i")


def shape_of(value: list[Any]) -> tuple[int, ...]:
    """Dimensions of a nested list; () when empty. Raises 22P02 if it is ragged."""
    if not value:
        return ()
    inner = [shape_of(v) if isinstance(v, list) else None for v in value]
    if any(shape != inner[0] for shape in inner):
        raise InvalidTextRepresentation(
            "malformed array literal",
            detail="Multidimensional arrays must have sub-arrays with matching dimensions.",
        )
    if inner[0] is None:
        return (len(value),)
    return (len(value), *inner[0]) if inner[0] else ()


def flatten(value: list[Any]) -> Iterator[Any]:
    """The elements of a nested list in storage order."""
    for item in value:
        if isinstance(item, list):
            yield from flatten(item)
        else:
            yield item


def _quote(text: str) -> str:
    if _NEEDS_QUOTES.search(text):
        return '"' + _ESCAPED.sub(r"\\\g<0>", text) + '"'
    return text


def array_to_text(value: list[Any], element_to_text: Callable[[Any], str]) -> str:
    """PostgreSQL's array_out."""
    parts = []
    for item in value:
        if item is None:
            parts.append("NULL")
        elif isinstance(item, list):
            parts.append(array_to_text(item, element_to_text))
        else:
            parts.append(_quote(element_to_text(item)))
    return "{" + ",".join(parts) + "}"


class _Parser:
    """Recursive descent over one array literal (PostgreSQL's ReadArrayStr)."""

    def __init__(self, text: str, decode: Callable[[str], Any]) -> None:
        self.text = text
        self.decode = decode
        self.pos = 0

    def error(self, detail: str) -> InvalidTextRepresentation:
        return InvalidTextRepresentation(f'malformed array literal: "{self.text}"', detail=detail)

    def skip_space(self) -> None:
        text, pos = self.text, self.pos
        while pos < len(text) and text[pos] in _SPACE:
            pos += 1
        self.pos = pos

    def peek(self) -> str:
        if self.pos >= len(self.text):
            raise self.error("Unexpected end of input.")
        return self.text[self.pos]

    def parse(self) -> list[Any]:
        self.skip_space()
        bounds = self.read_bounds()
        if self.text[self.pos : self.pos + 1] != "{":
            raise self.error(
                'Array contents must start with "{".'
                if bounds
                else 'Array value must start with "{" or dimension information.'
            )
        value = self.read_list(1)
        self.skip_space()
        if self.pos < len(self.text):
            raise self.error("Junk after closing right brace.")
        return value if self.check_shape(value, bounds) else []

    def read_bounds(self) -> list[int]:
        sizes = []
        while match := _BOUNDS.match(self.text, self.pos):
            low, high = (1, int(match[1])) if match[2] is None else (int(match[1]), int(match[2]))
            sizes.append(high - low + 1)
            self.pos = match.end()
            self.skip_space()
        if sizes:
            if self.text[self.pos : self.pos + 1] != "=":
                raise self.error('Missing "=" after array dimensions.')
            self.pos += 1
            self.skip_space()
        return sizes

    def check_shape(self, value: list[Any], bounds: list[int]) -> bool:
        """Whether the array has elements; {{},{}} has none."""
        try:
            shape = shape_of(value)
        except InvalidTextRepresentation as error:
            raise self.error(error.detail or "") from None
        if bounds and list(shape) != bounds:
            raise self.error("Specified array dimensions do not match array contents.")
        return bool(shape)

    def read_list(self, depth: int) -> list[Any]:
        if depth > MAX_DIMENSIONS:
            raise ProgramLimitExceeded(
                f"number of array dimensions exceeds the maximum allowed ({MAX_DIMENSIONS})"
            )
        self.pos += 1
        items: list[Any] = []
        self.skip_space()
        if self.peek() == "}":
            self.pos += 1
            return items
        while True:
            quoted = self.peek() == '"'
            items.append(self.read_item(depth))
            self.skip_space()
            char = self.peek()
            self.pos += 1
            if char == "}":
                return items
            if char != ",":
                raise self.error(self.unexpected('"' if quoted else char))
            self.skip_space()

    def read_item(self, depth: int) -> Any:
        char = self.peek()
        if char == "{":
            return self.read_list(depth + 1)
        if char == '"':
            return self.decode(self.read_quoted())
        if char in "},":
            raise self.error(f'Unexpected "{char}" character.')
        return self.read_bare()

    def unexpected(self, char: str) -> str:
        if char in '{"':
            return (
                "Incorrectly quoted array element." if char == '"' else 'Unexpected "{" character.'
            )
        return "Unexpected array element."

    def read_quoted(self) -> str:
        self.pos += 1
        out = []
        while (char := self.peek()) != '"':
            if char == "\\":
                self.pos += 1
                char = self.peek()
            out.append(char)
            self.pos += 1
        self.pos += 1
        return "".join(out)

    def read_bare(self) -> Any:
        start = self.pos
        out: list[str] = []
        kept = 0
        escaped = False
        while (char := self.peek()) not in ",}":
            if char in '"{':
                raise self.error(self.unexpected(char))
            if char == "\\":
                escaped = True
                self.pos += 1
                char = self.peek()
                kept = len(out) + 1
            elif char not in _SPACE:
                kept = len(out) + 1
            out.append(char)
            self.pos += 1
        if not escaped and self.text[start : self.pos].strip(_SPACE).lower() == "null":
            return None
        return self.decode("".join(out[:kept]))


def array_from_text(text: str, decode: Callable[[str], Any]) -> list[Any]:
    """PostgreSQL's array_in; `decode` turns an element's text into its value."""
    return _Parser(text, decode).parse()


def array_to_binary(value: list[Any], element: SqlType, lower_bound: int = 1) -> bytes:
    """PostgreSQL's array_send."""
    shape = shape_of(value)
    items = list(flatten(value)) if shape else []
    parts = [_HEADER.pack(len(shape), int(any(i is None for i in items)), element.oid)]
    parts += [_DIMENSION.pack(size, lower_bound) for size in shape]
    for item in items:
        if item is None:
            parts.append(b"\xff\xff\xff\xff")
        else:
            data = element.to_binary(item)
            parts += (_LENGTH.pack(len(data)), data)
    return b"".join(parts)


def array_from_binary(data: bytes, typmod: int, element: SqlType) -> list[Any]:
    """PostgreSQL's array_recv; lower bounds are read and dropped."""
    try:
        ndim, _, element_oid = _HEADER.unpack_from(data)
        if not 0 <= ndim <= MAX_DIMENSIONS:
            raise InvalidBinaryRepresentation(f"invalid number of dimensions: {ndim}")
        if element_oid != element.oid:
            raise DatatypeMismatch(
                f"binary data has array element type {element_oid} (unknown) "
                f"instead of expected {element.oid} ({element.sql_name})"
            )
        pos = _HEADER.size
        shape = [_DIMENSION.unpack_from(data, pos + 8 * i)[0] for i in range(ndim)]
        return _read_items(data, pos + 8 * ndim, shape, typmod, element)
    except struct.error:
        raise InvalidBinaryRepresentation("insufficient data left in message") from None


def _read_items(
    data: bytes, pos: int, shape: list[int], typmod: int, element: SqlType
) -> list[Any]:
    count = 1 if shape else 0
    for size in shape:
        count *= size
    if count < 0 or count > len(data):
        raise InvalidBinaryRepresentation("insufficient data left in message")
    items: list[Any] = []
    for _ in range(count):
        length = _LENGTH.unpack_from(data, pos)[0]
        pos += 4
        if length < 0:
            items.append(None)
            continue
        if pos + length > len(data):
            raise InvalidBinaryRepresentation("insufficient data left in message")
        items.append(element.from_binary(data[pos : pos + length], typmod))
        pos += length
    for size in reversed(shape[1:]):
        items = [items[i : i + size] for i in range(0, len(items), size)]
    return items


def _map(value: list[Any], function: Callable[[Any], Any]) -> list[Any]:
    return [
        None if v is None else _map(v, function) if isinstance(v, list) else function(v)
        for v in value
    ]


def array_of(element: SqlType) -> SqlType:
    """The array type of a scalar type. Storage holds one dimension; the codecs take more."""

    def from_text(text: str, typmod: int = -1) -> list[Any]:
        return array_from_text(text, lambda t: element.from_text(t, typmod))

    return SqlType(
        oid=element.array_oid,
        name=f"_{element.name}",
        sql_name=f"{element.sql_name}[]",
        category="A",
        size=-1,
        array_oid=0,
        to_text=lambda value: array_to_text(value, element.to_text),
        from_text=from_text,
        to_binary=lambda value: array_to_binary(value, element),
        from_binary=lambda data, typmod: array_from_binary(data, typmod, element),
        coerce=lambda value, typmod: _map(value, lambda v: element.coerce(v, typmod)),
        arrow=lambda typmod: pa.list_(element.arrow(typmod)),
        duckdb=lambda typmod: f"{element.duckdb(typmod)}[]",
        format_typmod=element.format_typmod,
        parse_typmod=element.parse_typmod,
        element=element,
        aliases=tuple(f"{alias}[]" for alias in element.aliases),
    )
