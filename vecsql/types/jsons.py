"""json (text kept as written) and jsonb (normalised text as PostgreSQL prints it). Values are str."""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import pyarrow as pa

from vecsql.errors import (
    InvalidBinaryRepresentation,
    InvalidTextRepresentation,
    UntranslatableCharacter,
)
from vecsql.types import numeric
from vecsql.types.base import SqlType
from vecsql.types.define import define
from vecsql.types.json_errors import context, find_problem
from vecsql.types.strings import check_text, decode_utf8

_SPACE = " \t\n\r"
_NULL_ESCAPE = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


class _Number(str):
    """A JSON number kept as its source text."""

    __slots__ = ()


def _reject_constant(name: str) -> Any:
    raise ValueError(name)


def _sorted_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Last duplicate wins; keys by length, then bytes: jsonb's storage order."""
    keyed = {key.encode("utf-8", "surrogatepass"): (key, value) for key, value in pairs}
    return dict(keyed[key] for key in sorted(keyed, key=lambda k: (len(k), k)))


_DECODER = json.JSONDecoder(
    parse_float=_Number,
    parse_int=_Number,
    parse_constant=_reject_constant,
    object_pairs_hook=_sorted_object,
)


def _parse(text: str) -> Any:
    try:
        start = len(text) - len(text.lstrip(_SPACE))
        value, end = _DECODER.raw_decode(text, start)
        if text[end:].strip(_SPACE):
            raise ValueError("trailing text")
    except (ValueError, RecursionError):
        raise _invalid(text) from None
    return value


def _invalid(text: str) -> InvalidTextRepresentation:
    problem = find_problem(text)
    if problem is None:
        return InvalidTextRepresentation("invalid input syntax for type json")
    return InvalidTextRepresentation(
        "invalid input syntax for type json",
        detail=problem.detail,
        where=context(text, problem.end),
    )


def json_from_text(text: str, typmod: int = -1) -> str:
    _parse(check_text(text))
    return text


def jsonb_from_text(text: str, typmod: int = -1) -> str:
    value = _parse(check_text(text))
    if "\\u0000" in text and _NULL_ESCAPE.search(text):
        raise UntranslatableCharacter(
            "unsupported Unicode escape sequence", detail="\\u0000 cannot be converted to text."
        )
    return print_jsonb(value)


def print_jsonb(value: Any) -> str:
    """A parsed JSON value as jsonb prints it."""
    if isinstance(value, _Number):
        return numeric.to_text(numeric.from_text(value))
    if isinstance(value, str):
        return _print_string(value)
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{_print_string(k)}: {print_jsonb(v)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, list):
        return "[" + ", ".join(map(print_jsonb, value)) + "]"
    return {True: "true", False: "false", None: "null"}[value]


def _print_string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def dumps(value: Any) -> str:
    """Python dicts, lists, numbers ... as JSON text (for parameters given as objects)."""
    return json.dumps(value, ensure_ascii=False, default=_default, allow_nan=False)


def _default(value: Any) -> Any:
    return _Number(value) if isinstance(value, Decimal) else str(value)


def json_coerce(value: Any, typmod: int = -1) -> str:
    return value if isinstance(value, str) else dumps(value)


def jsonb_coerce(value: Any, typmod: int = -1) -> str:
    return value if isinstance(value, str) else jsonb_from_text(dumps(value))


def jsonb_to_binary(value: str) -> bytes:
    return b"\x01" + value.encode()


def jsonb_from_binary(data: bytes, typmod: int = -1) -> str:
    if data[:1] != b"\x01":
        version = data[0] if data else 0
        raise InvalidBinaryRepresentation(f"unsupported jsonb version number {version}")
    return jsonb_from_text(decode_utf8(data[1:]))


JSON = define(
    SqlType(
        oid=114,
        name="json",
        sql_name="json",
        category="U",
        size=-1,
        array_oid=199,
        to_text=str,
        from_text=json_from_text,
        to_binary=str.encode,
        from_binary=lambda data, typmod: json_from_text(decode_utf8(data)),
        coerce=json_coerce,
        arrow=lambda typmod: pa.string(),
        duckdb=lambda typmod: "VARCHAR",
    )
)
JSONB = define(
    SqlType(
        oid=3802,
        name="jsonb",
        sql_name="jsonb",
        category="U",
        size=-1,
        array_oid=3807,
        to_text=str,
        from_text=jsonb_from_text,
        to_binary=jsonb_to_binary,
        from_binary=jsonb_from_binary,
        coerce=jsonb_coerce,
        arrow=lambda typmod: pa.string(),
        duckdb=lambda typmod: "VARCHAR",
    )
)
