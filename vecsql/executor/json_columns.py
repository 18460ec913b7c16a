"""Computes members of json documents as Arrow columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as pa

from vecsql.executor.duck_functions.jsons import MISSING, Number, as_text, load, member, path_member
from vecsql.planner.rules.json_members import JsonMember

_ARROW = {
    "int2": pa.int16(), "int4": pa.int32(), "int8": pa.int64(), "float8": pa.float64(), "bool": pa.bool_(),
}  # fmt: skip


def extract(documents: pa.Array, wanted: JsonMember) -> pa.Array:
    """The member of each document: text, a number or a truth value; NULL where it is missing or null.

    Raises pa.ArrowInvalid for text that is no such number: DuckDB knows the error.
    """
    read = _READERS.get(wanted.kind, _text)
    found = [None if text is None else read(text, wanted) for text in documents.to_pylist()]
    if wanted.kind == "exists":
        return pa.array(found, pa.bool_())
    texts = pa.array(found, pa.string())
    kind = _ARROW.get(wanted.kind)
    return texts if kind is None else texts.cast(kind)


def _value(text: str, wanted: JsonMember) -> Any:
    """The member of one document, or MISSING. Most documents without it have no such key in their text."""
    first = json.dumps(wanted.path[0], ensure_ascii=False)
    if not wanted.indexes and first not in text:
        return MISSING
    value = load(text)
    if wanted.indexes:
        return path_member(value, list(wanted.path))
    for key in wanted.path:
        value = member(value, key)
    return value


def _text(text: str, wanted: JsonMember) -> str | None:
    return as_text(_value(text, wanted))


def _canonical(text: str, wanted: JsonMember) -> str | None:
    value = _value(text, wanted)
    return None if value is MISSING else canonical(value)


def canonical(value: Any) -> str:
    """A text that equal json scalars have in common; '{' for objects, '[' for arrays."""
    if isinstance(value, Number):
        number = Decimal(value)
        return format(number.normalize(), "f") if number else "0"
    if isinstance(value, (dict, list)):
        return "{" if isinstance(value, dict) else "["
    return json.dumps(value)


def _exists(text: str, wanted: JsonMember) -> bool:
    """Whether a key of an object, or a string in an array, or the string itself, is the one wanted."""
    (key,) = wanted.path
    value = load(text)
    if isinstance(value, (dict, list)):
        return any(type(item) is str and item == key for item in value)
    return type(value) is str and value == key


def conditions(text: str) -> list[tuple[tuple[str, ...], str]] | None:
    """What `document @> text` asks: the paths of all scalars in it with their canonical values; None where it asks more
    than that."""
    value = load(text)
    found: list[tuple[tuple[str, ...], str]] = []
    complete = isinstance(value, dict) and _collect(value, (), found)
    return found if complete else None


def _collect(value: Any, path: tuple[str, ...], found: list[tuple[tuple[str, ...], str]]) -> bool:
    if isinstance(value, dict):
        inner = [_collect(item, (*path, key), found) for key, item in value.items()]
        return bool(inner) and all(inner)
    if isinstance(value, list):
        return False
    found.append((path, canonical(value)))
    return True


_READERS: dict[str, Callable[[str, JsonMember], Any]] = {"value": _canonical, "exists": _exists}
