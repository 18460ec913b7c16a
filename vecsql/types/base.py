"""The SqlType record and the registry that every layer looks types up in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa


@dataclass(frozen=True, slots=True, eq=False)
class SqlType:
    """One SQL type and its four codecs.

    A value is a plain Python object (bool, int, float, Decimal, str, bytes, date, time, datetime, Interval,
    uuid.UUID, list for arrays, 1-D float32 numpy array for vector); SQL NULL never reaches a codec.
    Text codecs work on str, binary codecs on bytes, both without length prefix. `typmod` is PostgreSQL's (-1: none).

    to_text(value) -> str            as PostgreSQL prints it with DateStyle ISO, TimeZone UTC
    from_text(str, typmod) -> value  raises InvalidTextRepresentation and friends with PostgreSQL's text
    to_binary(value) -> bytes
    from_binary(bytes, typmod) -> value
    coerce(value, typmod) -> value   applies the typmod (length, precision and scale, dimensions)
    arrow(typmod) -> pa.DataType     how a column of it is stored
    duckdb(typmod) -> str            the DuckDB type its Arrow column appears as / is cast to
    """

    oid: int
    name: str  # pg_type.typname, e.g. int4
    sql_name: str  # as format_type prints it, e.g. integer
    category: str  # pg_type.typcategory
    size: int  # pg_type.typlen; -1 is varlena
    array_oid: int
    to_text: Callable[[Any], str]
    from_text: Callable[[str, int], Any]
    to_binary: Callable[[Any], bytes]
    from_binary: Callable[[bytes, int], Any]
    coerce: Callable[[Any, int], Any]
    arrow: Callable[[int], pa.DataType]
    duckdb: Callable[[int], str]
    format_typmod: Callable[[int], str] = field(default=lambda typmod: "")  # '(10,2)' for numeric
    parse_typmod: Callable[[list[int]], int] | None = None  # None: the type takes no modifier
    element: SqlType | None = None  # for arrays
    preferred: bool = False  # pg_type.typispreferred
    aliases: tuple[
        str, ...
    ] = ()  # further names the parser accepts, e.g. 'integer', 'int', 'serial4'


@dataclass(frozen=True, slots=True)
class ColumnType:
    """A type with its modifier: what a column, a parameter or a result column has."""

    type: SqlType
    typmod: int = -1

    def __str__(self) -> str:
        """As format_type() prints it: numeric(10,2), vector(384), character varying(20)[]."""
        if self.type.element is not None and self.type.sql_name.endswith("[]"):
            return f"{self.type.element.sql_name}{self.type.element.format_typmod(self.typmod)}[]"
        if self.type.sql_name.startswith(("timestamp", "time ")) and self.typmod >= 0:
            head, _, tail = self.type.sql_name.partition(" ")
            return f"{head}{self.type.format_typmod(self.typmod)} {tail}"
        return f"{self.type.sql_name}{self.type.format_typmod(self.typmod)}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ColumnType) and (self.type.oid, self.typmod) == (
            other.type.oid,
            other.typmod,
        )

    def __hash__(self) -> int:
        return hash((self.type.oid, self.typmod))

    @property
    def arrow(self) -> pa.DataType:
        return self.type.arrow(self.typmod)

    @property
    def duckdb(self) -> str:
        return self.type.duckdb(self.typmod)


_by_oid: dict[int, SqlType] = {}
_by_name: dict[str, SqlType] = {}


def register(sql_type: SqlType) -> SqlType:
    """Add a type to the registry; its oid and all its names become known. Returns it."""
    _by_oid[sql_type.oid] = sql_type
    for name in (sql_type.name, sql_type.sql_name, *sql_type.aliases):
        _by_name[name] = sql_type
    return sql_type


def by_oid(oid: int) -> SqlType | None:
    return _by_oid.get(oid)


def by_name(name: str) -> SqlType | None:
    """Look up 'int4', 'integer', '_int4', 'integer[]', 'vector' ... (lower case, no modifier)."""
    found = _by_name.get(name)
    if found is None and name.endswith("[]"):
        element = _by_name.get(name[:-2])
        found = _by_oid.get(element.array_oid) if element else None
    return found


def all_types() -> tuple[SqlType, ...]:
    return tuple(_by_oid.values())
