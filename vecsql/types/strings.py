"""text, varchar(n), char(n), name, "char" and the pseudo-types that look like text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyarrow as pa

from vecsql.errors import CharacterNotInRepertoire, InvalidParameterValue, StringDataRightTruncation
from vecsql.types.base import SqlType
from vecsql.types.define import define

_HEADER = (
    4  # a length modifier is stored with the size of a varlena header added, as PostgreSQL does
)
NAME_LENGTH = 63


def check_text(value: str) -> str:
    if "\0" in value:
        raise CharacterNotInRepertoire('invalid byte sequence for encoding "UTF8": 0x00')
    return value


def _text_from_text(text: str, typmod: int = -1) -> str:
    return check_text(text)


def decode_utf8(data: bytes) -> str:
    """UTF-8 bytes from a client as str; raises 22021 for invalid bytes and NUL."""
    try:
        return check_text(str(data, "utf-8"))
    except UnicodeDecodeError as error:
        wrong = " ".join(f"0x{byte:02x}" for byte in data[error.start : error.end])
        raise CharacterNotInRepertoire(
            f'invalid byte sequence for encoding "UTF8": {wrong}'
        ) from None


def _limit(value: str, length: int, sql_name: str) -> str:
    """Cut trailing spaces beyond `length`; anything else there is an error."""
    if len(value) <= length:
        return value
    if value[length:].strip(" "):
        raise StringDataRightTruncation(f"value too long for type {sql_name}({length})")
    return value[:length]


def _varchar(value: Any, typmod: int = -1) -> str:
    text = str(value)
    return text if typmod < 0 else _limit(text, typmod - _HEADER, "character varying")


def _bpchar(value: Any, typmod: int = -1) -> str:
    text = str(value)
    if typmod < 0:
        return text
    length = typmod - _HEADER
    return _limit(text, length, "character").ljust(length)


def _length_typmod(sql_name: str) -> Callable[[list[int]], int]:
    def parse(modifiers: list[int]) -> int:
        if len(modifiers) != 1:
            raise InvalidParameterValue("invalid type modifier")
        if modifiers[0] < 1:
            raise InvalidParameterValue(f"length for type {sql_name} must be at least 1")
        if modifiers[0] > 10485760:
            raise InvalidParameterValue(f"length for type {sql_name} cannot exceed 10485760")
        return modifiers[0] + _HEADER

    return parse


def _format_length(typmod: int) -> str:
    return "" if typmod < 0 else f"({typmod - _HEADER})"


def _string_type(
    oid: int,
    name: str,
    sql_name: str,
    array_oid: int,
    *,
    category: str = "S",
    size: int = -1,
    coerce: Callable[[Any, int], str] = lambda value, typmod: str(value),
    to_binary: Callable[[str], bytes] = str.encode,
    sized: str = "",
    preferred: bool = False,
    aliases: tuple[str, ...] = (),
) -> SqlType:
    return define(
        SqlType(
            oid=oid,
            name=name,
            sql_name=sql_name,
            category=category,
            size=size,
            array_oid=array_oid,
            to_text=str,
            from_text=lambda text, typmod: coerce(check_text(text), typmod),
            to_binary=to_binary,
            from_binary=lambda data, typmod: coerce(decode_utf8(data), typmod),
            coerce=coerce,
            arrow=lambda typmod: pa.string(),
            duckdb=lambda typmod: "VARCHAR",
            format_typmod=_format_length if sized else lambda typmod: "",
            parse_typmod=_length_typmod(sized) if sized else None,
            preferred=preferred,
            aliases=aliases,
        )
    )


def _char_coerce(value: Any, typmod: int = -1) -> str:
    return str(value)[:1].rstrip("\0")


def _char_to_binary(value: str) -> bytes:
    """One byte: zero for the empty "char"."""
    return value.encode() or b"\0"


def _name_coerce(value: Any, typmod: int = -1) -> str:
    return str(value).encode()[:NAME_LENGTH].decode(errors="ignore")


TEXT = _string_type(25, "text", "text", 1009, preferred=True)
VARCHAR = _string_type(1043, "varchar", "character varying", 1015, coerce=_varchar, sized="varchar")
# Before bpchar: in SQL the name char means bpchar, only "char" in quotes this one.
CHAR = _string_type(18, "char", '"char"', 1002, category="Z", size=1, coerce=_char_coerce,
                    to_binary=_char_to_binary)  # fmt: skip
BPCHAR = _string_type(
    1042, "bpchar", "character", 1014, coerce=_bpchar, sized="char", aliases=("char",)
)
NAME = _string_type(19, "name", "name", 1003, size=64, coerce=_name_coerce)
UNKNOWN = _string_type(705, "unknown", "unknown", 0, category="X", size=-2)
CSTRING = _string_type(2275, "cstring", "cstring", 1263, category="P", size=-2)
JSONPATH = _string_type(
    4072, "jsonpath", "jsonpath", 4073, category="U",
    to_binary=lambda value: b"\x01" + value.encode(),
)  # fmt: skip
XML = _string_type(142, "xml", "xml", 143, category="U")
REFCURSOR = _string_type(1790, "refcursor", "refcursor", 2201, category="U")
VOID = _string_type(2278, "void", "void", 0, category="P", size=4)
RECORD = _string_type(2249, "record", "record", 2287, category="P")
ANYARRAY = _string_type(2277, "anyarray", "anyarray", 0, category="P")
ANYELEMENT = _string_type(2283, "anyelement", "anyelement", 0, category="P")
PG_NODE_TREE = _string_type(194, "pg_node_tree", "pg_node_tree", 0, category="Z")
INET = _string_type(869, "inet", "inet", 1041, category="I")
ACLITEM = _string_type(1033, "aclitem", "aclitem", 1034, category="U")
