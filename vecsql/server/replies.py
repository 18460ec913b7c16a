"""Replies that need more than one protocol message builder: descriptions of rows and parameters, parameters' values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vecsql.errors import CharacterNotInRepertoire, ProtocolViolation
from vecsql.planner.plan import ResultColumn
from vecsql.protocol import encode
from vecsql.protocol.events import Bind
from vecsql.session.statements import Statement
from vecsql.types.base import ColumnType


def expand_formats(formats: Sequence[int], count: int) -> tuple[int, ...]:
    """One format code per column: as sent, one for all, or text."""
    if not formats:
        return (0,) * count
    if len(formats) == 1:
        return (formats[0],) * count
    if len(formats) != count:
        raise ProtocolViolation(
            f"bind message has {len(formats)} result formats but query has {count} columns"
        )
    return tuple(formats)


def row_description(columns: Sequence[ResultColumn], formats: Sequence[int]) -> bytes:
    """RowDescription; `formats` has one code per column."""
    return encode.row_description(
        (c.name, c.table_oid, c.attnum, c.type.type.oid, c.type.type.size, c.type.typmod, f)
        for c, f in zip(columns, formats, strict=True)
    )


def describe(statement: Statement, formats: tuple[int, ...]) -> bytes:
    """RowDescription or NoData of a planned statement, made once per set of formats."""
    found = statement.descriptions.get(formats)
    if found is None:
        prepared = statement.prepared
        if prepared is None or prepared.columns is None:
            found = encode.NO_DATA
        else:
            columns = prepared.columns
            found = row_description(columns, expand_formats(formats, len(columns)))
        statement.descriptions[formats] = found
    return found


Decoder = Callable[
    [ColumnType, str], Any
]  # text input, which may depend on settings and the catalog


def decode_params(bind: Bind, statement: Statement, from_text: Decoder) -> list[Any]:
    """The values of Bind as Python values of the statement's parameter types."""
    prepared = statement.prepared
    types: Sequence[ColumnType] = () if prepared is None else prepared.param_types
    values, formats = bind.params, bind.param_formats
    if len(formats) > 1 and len(formats) != len(values):
        raise ProtocolViolation(
            f"bind message has {len(formats)} parameter formats but {len(values)} parameters"
        )
    if len(values) != len(types):
        raise ProtocolViolation(
            f"bind message supplies {len(values)} parameters, but prepared statement "
            f'"{bind.statement}" requires {len(types)}'
        )
    if len(formats) != len(values):
        formats = (formats[0] if formats else 0,) * len(values)
    return [
        None if value is None else decode_value(value, code, ctype, from_text)
        for value, code, ctype in zip(values, formats, types, strict=True)
    ]


def decode_value(value: bytes, code: int, ctype: ColumnType, from_text: Decoder) -> Any:
    if code == 1:
        return ctype.type.from_binary(value, -1)
    if code != 0:
        raise ProtocolViolation(f"unsupported format code: {code}")
    try:
        text = value.decode()
    except UnicodeDecodeError as error:
        raise invalid_utf8(value, error) from None
    if "\0" in text:
        raise CharacterNotInRepertoire('invalid byte sequence for encoding "UTF8": 0x00')
    return from_text(ctype, text)


def invalid_utf8(data: bytes, error: UnicodeDecodeError) -> CharacterNotInRepertoire:
    shown = " ".join(f"0x{byte:02x}" for byte in data[error.start : error.start + 4])
    return CharacterNotInRepertoire(f'invalid byte sequence for encoding "UTF8": {shown}')
