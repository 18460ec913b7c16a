"""What names mean at one place of a query: ranges (FROM items), their columns, CTEs, parameters."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from vecsql.catalog.model import Catalog
from vecsql.errors import AmbiguousColumn, UndefinedColumn, UndefinedParameter, UndefinedTable
from vecsql.types.base import ColumnType, by_oid

Scale = tuple[int, int]  # (precision, scale) of a DuckDB DECIMAL


@dataclass(slots=True)
class RangeColumn:
    """A column that a FROM item offers. `sql` is how DuckDB SQL refers to it."""

    name: str
    type: ColumnType
    sql: str
    table_oid: int = 0
    attnum: int = 0
    scale: Scale | None = None  # numeric held as DECIMAL; None: as text
    hidden: bool = False  # not part of *
    relation: str = ""


@dataclass(slots=True)
class Range:
    """A FROM item under its alias. `columns` of a join with USING may be shared with other ranges."""

    alias: str
    columns: list[RangeColumn]
    table_oid: int = 0
    position: int = -1
    merged: set[str] = field(default_factory=set)  # columns that USING took out of *
    scalar: bool = False  # a function that gives one unnamed column: its alias is the column too


@dataclass(slots=True)
class OutColumn:
    """One column of a bound query."""

    name: str
    type: ColumnType
    scale: Scale | None = None
    table_oid: int = 0
    attnum: int = 0
    fields: tuple[tuple[str, ColumnType], ...] = ()  # of a row value
    unknown: bool = False  # an untyped literal: set operations and INSERT may still type it


@dataclass(slots=True)
class Cte:
    """A WITH query: the name of its relation in DuckDB SQL, and its columns."""

    relation: str
    columns: list[OutColumn]


class ParamTypes:
    """The types of $1, $2 ...: given by the client (oids; 0 means infer) or inferred from their use."""

    def __init__(self, oids: Sequence[int] = ()) -> None:
        self.types: dict[int, ColumnType] = {}
        self.seen: set[int] = set()
        self.names: tuple[Catalog, tuple[str, ...]] | None = None  # for literals of type regclass
        for i, oid in enumerate(oids, 1):
            found = by_oid(oid) if oid else None
            if found is not None and found.name != "unknown":
                self.types[i] = ColumnType(found)
        self.count = len(oids)

    def see(self, index: int, position: int | None = None) -> None:
        """A statement mentions $index."""
        if index < 1 or index > 65535:
            raise UndefinedParameter(f"there is no parameter ${index}", position=position)
        self.seen.add(index)
        self.count = max(self.count, index)

    def get(self, index: int) -> ColumnType | None:
        return self.types.get(index)

    def set(self, index: int, ctype: ColumnType) -> None:
        """Record what the use of $index says about its type; the first use decides."""
        self.types.setdefault(index, ColumnType(ctype.type))


class Scope:
    """The names visible in one SELECT; `parent` is the enclosing query's scope."""

    def __init__(self, parent: Scope | None = None) -> None:
        self.parent = parent
        self.ranges: list[Range] = []
        self.ctes: dict[str, Cte] = dict(parent.ctes) if parent else {}
        self.merged: dict[str, RangeColumn] = {}  # columns merged by USING / NATURAL
        self.windows: dict[str, exp.Window] = {}
        self.aggregates: list[exp.Expression] = []
        self.window_calls: list[exp.Expression] = []
        self.firsts: dict[str, str] = {}  # grouped values that are not themselves the key, by SQL
        self.clause = ""  # where aggregates are being met: 'WHERE', 'JOIN conditions', ...
        self.in_aggregate = False

    def star(self) -> list[tuple[int, RangeColumn]]:
        """The columns of *, each with its range's number (-1: merged by USING)."""
        out: list[tuple[int, RangeColumn]] = [(-1, c) for c in self.merged.values()]
        for number, item in enumerate(self.ranges):
            out += [
                (number, c) for c in item.columns
                if not c.hidden and c.name not in item.merged
            ]  # fmt: skip
        return out

    def find_range(self, name: str, schema: str = "") -> Range | None:
        for item in self.ranges:
            if item.alias == name:
                return item
        return self.parent.find_range(name, schema) if self.parent else None

    def find(self, name: str, position: int | None) -> tuple[RangeColumn, Scope] | None:
        """An unqualified column: in this scope, else in the enclosing ones."""
        if name in self.merged:
            return self.merged[name], self
        found = [
            c
            for item in self.ranges
            if name not in item.merged
            for c in item.columns
            if c.name == name
        ]
        if len(found) > 1:
            raise AmbiguousColumn(f'column reference "{name}" is ambiguous', position=position)
        if found:
            return found[0], self
        return self.parent.find(name, position) if self.parent else None

    def all_ranges(self) -> list[Range]:
        return self.ranges + (self.parent.all_ranges() if self.parent else [])


def undefined_column(
    name: str, table: str | None, scope: Scope, position: int | None
) -> UndefinedColumn:
    """PostgreSQL's error, with its hint when a column of a similar name is in sight."""
    shown = f"column {table}.{name} does not exist" if table else f'column "{name}" does not exist'
    hint = None
    ranges = [r for r in scope.all_ranges() if table is None or r.alias == table]
    close = [
        (r.alias, c.name)
        for r in ranges
        for c in r.columns
        if not c.hidden and difflib.SequenceMatcher(None, name, c.name).ratio() > 0.6
        and abs(len(name) - len(c.name)) < 3
    ]  # fmt: skip
    if len(close) == 1:
        hint = f'Perhaps you meant to reference the column "{close[0][0]}.{close[0][1]}".'
    elif len(close) == 2:
        a, b = (".".join(c) for c in close)
        hint = f'Perhaps you meant to reference the column "{a}" or the column "{b}".'
    return UndefinedColumn(shown, hint=hint, position=position)


def missing_from(name: str, scope: Scope, position: int | None, catalog: Catalog) -> UndefinedTable:
    """'missing FROM-clause entry', or 'invalid reference' when the table is there under another alias."""
    for item in scope.all_ranges():
        table = catalog.tables.get(item.table_oid)
        if table is not None and table.name == name and item.alias != name:
            return UndefinedTable(
                f'invalid reference to FROM-clause entry for table "{name}"',
                hint=f'Perhaps you meant to reference the table alias "{item.alias}".',
                position=position,
            )
    return UndefinedTable(f'missing FROM-clause entry for table "{name}"', position=position)
