"""The catalog as msgpack: objects as maps by field name, types as (oid, typmod). Unknown fields are ignored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, TypeVar

import msgspec

from vecsql import errors
from vecsql.catalog.model import (
    Catalog,
    Column,
    Constraint,
    Extension,
    Index,
    IndexColumn,
    Reference,
    Schema,
    Sequence,
    Table,
    View,
)
from vecsql.types.base import ColumnType, by_oid

Plain = dict[str, Any]
T = TypeVar("T")


def encode(catalog: Catalog) -> bytes:
    return msgspec.msgpack.encode(_plain(catalog))


def decode(data: bytes) -> Catalog:
    plain = msgspec.msgpack.decode(data)
    comments = {(oid, attnum): text for (oid, attnum), text in plain.pop("comments", [])}
    mappings = {name: _by_oid(plain.pop(name, []), make) for name, make in _MAKERS.items()}
    return _make(Catalog, plain, comments=comments, **mappings)


def _plain(value: Any) -> Any:
    if isinstance(value, ColumnType):
        return [value.type.oid, value.typmod]
    if is_dataclass(value):
        return {f.name: _plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return [[_plain(k), _plain(v)] for k, v in value.items()]
    if isinstance(value, tuple):
        return [_plain(v) for v in value]
    return value


def _by_oid(pairs: list[tuple[int, Plain]], make: Callable[[Plain], Any]) -> dict[int, Any]:
    return {oid: make(plain) for oid, plain in pairs}


def _make(kind: Callable[..., T], plain: Plain, **ready: Any) -> T:
    """An object from its plain form; lists become tuples, `ready` fields are taken as they are."""
    known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
    values = {k: _frozen(v) for k, v in plain.items() if k in known}
    return kind(**{**values, **ready})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(v) for v in value) if isinstance(value, list) else value


def _type(plain: list[int]) -> ColumnType:
    found = by_oid(plain[0])
    if found is None:
        raise errors.DataCorrupted(f"the catalog uses a type with unknown oid {plain[0]}")
    return ColumnType(found, plain[1])


def _column(plain: Plain) -> Column:
    return _make(Column, plain, type=_type(plain["type"]))


def _constraint(plain: Plain) -> Constraint:
    reference = plain.get("reference")
    return _make(Constraint, plain, reference=_make(Reference, reference) if reference else None)


def _table(plain: Plain) -> Table:
    return _make(
        Table,
        plain,
        columns=tuple(_column(c) for c in plain["columns"]),
        constraints=tuple(_constraint(c) for c in plain["constraints"]),
    )


def _index(plain: Plain) -> Index:
    return _make(Index, plain, columns=tuple(_make(IndexColumn, c) for c in plain["columns"]))


def _view(plain: Plain) -> View:
    return _make(View, plain, columns=tuple((name, _type(t)) for name, t in plain["columns"]))


def _sequence(plain: Plain) -> Sequence:
    return _make(Sequence, plain, type=_type(plain["type"]))


_MAKERS: dict[str, Callable[[Plain], Any]] = {
    "schemas": lambda plain: _make(Schema, plain),
    "tables": _table,
    "views": _view,
    "indexes": _index,
    "sequences": _sequence,
    "extensions": lambda plain: _make(Extension, plain),
}
