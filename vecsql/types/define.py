"""Building blocks of type definitions: a scalar type is registered together with its array type."""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

from vecsql.errors import InvalidBinaryRepresentation, InvalidTextRepresentation
from vecsql.types.array import array_of
from vecsql.types.base import SqlType, register


def define(sql_type: SqlType) -> SqlType:
    """Register a scalar type and, if it has one, its array type; returns the scalar type."""
    register(sql_type)
    if sql_type.array_oid:
        register(array_of(sql_type))
    return sql_type


def unchanged(value: Any, typmod: int) -> Any:
    """The `coerce` of types without modifier."""
    return value


def invalid_syntax(type_name: str, text: str) -> InvalidTextRepresentation:
    """PostgreSQL's error for a literal that does not parse."""
    return InvalidTextRepresentation(f'invalid input syntax for type {type_name}: "{text}"')


def fixed_binary(layout: str) -> tuple[Callable[[Any], bytes], Callable[[bytes, int], Any]]:
    """(to_binary, from_binary) of a value that is one struct field, e.g. '!i'."""
    codec = struct.Struct(layout)

    def from_binary(data: bytes, typmod: int) -> Any:
        try:
            return codec.unpack(data)[0]
        except struct.error:
            raise wrong_length(data, codec.size) from None

    return codec.pack, from_binary


def wrong_length(data: bytes, expected: int) -> InvalidBinaryRepresentation:
    """PostgreSQL's two errors for binary values that are too short or too long."""
    if len(data) < expected:
        return InvalidBinaryRepresentation("insufficient data left in message")
    return InvalidBinaryRepresentation("incorrect binary data format")
