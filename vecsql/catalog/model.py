"""The catalog as immutable objects; a DDL statement makes the next Catalog from the current one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from vecsql.types.base import ColumnType

PUBLIC_OID = 2200
PG_CATALOG_OID = 11
INFORMATION_SCHEMA_OID = 13000
FIRST_USER_OID = 16500


@dataclass(frozen=True, slots=True)
class Column:
    """A table column. `attnum` never changes and is what storage files columns under; names may change."""

    attnum: int  # 1-based
    name: str
    type: ColumnType
    not_null: bool = False
    default: str | None = (
        None  # SQL text of the expression, e.g. now(), nextval('items_id_seq'::regclass)
    )
    identity: Literal["", "a", "d"] = ""  # GENERATED ALWAYS / BY DEFAULT AS IDENTITY
    generated: str | None = None  # SQL text of GENERATED ALWAYS AS (...) STORED
    sequence_oid: int = 0  # sequence owned by this column (serial, identity), or 0
    missing: str | None = (
        None  # text form of the value that rows older than ADD COLUMN ... DEFAULT have
    )


@dataclass(frozen=True, slots=True)
class Reference:
    """What a FOREIGN KEY refers to, and what happens to its rows; actions as pg_constraint names them."""

    table_oid: int
    attnums: tuple[int, ...]  # in the order of the constraint's own columns
    on_update: str = "a"  # a NO ACTION, r RESTRICT, c CASCADE, n SET NULL, d SET DEFAULT
    on_delete: str = "a"
    deferrable: bool = False
    deferred: bool = False  # INITIALLY DEFERRED


@dataclass(frozen=True, slots=True)
class Constraint:
    """PRIMARY KEY ('p'), UNIQUE ('u'), CHECK ('c') or FOREIGN KEY ('f'). NOT NULL is a property of the column."""

    oid: int
    name: str
    kind: Literal["p", "u", "c", "f"]
    attnums: tuple[int, ...]
    index_oid: int = 0  # of the unique index behind p and u, and of the referenced key of f
    expression: str | None = None  # SQL text of a CHECK
    reference: Reference | None = None  # of a FOREIGN KEY


@dataclass(frozen=True, slots=True)
class IndexColumn:
    attnum: int  # 0 for an expression
    opclass: str  # vector_cosine_ops, int8_ops, ...
    expression: str | None = None
    descending: bool = False
    nulls_first: bool = False
    source: int = 0  # of a vector index: the column that the expression is about, or attnum
    steps: tuple[
        tuple[str | int, ...], ...
    ] = ()  # what the expression does to it: vecsql.index.derive


@dataclass(frozen=True, slots=True)
class Index:
    """An index of any method; vector methods ('hnsw', 'ivfflat', 'vecsql') have one column."""

    oid: int
    name: str
    table_oid: int
    method: str  # btree, hash, gin, hnsw ...
    columns: tuple[IndexColumn, ...]
    unique: bool = False
    primary: bool = False
    constraint: bool = False  # made by a PRIMARY KEY or UNIQUE constraint
    options: tuple[tuple[str, str], ...] = ()  # WITH (m = 16, ...), in the order written
    predicate: str | None = None  # WHERE of a partial index, SQL text
    scope: tuple[
        tuple[int, str, str, int, int], ...
    ] = ()  # the predicate compiled (vecsql.storage.scope);
    # empty where it cannot be: the index then has all rows
    include: tuple[int, ...] = ()
    nulls_not_distinct: bool = False

    @property
    def is_vector(self) -> bool:
        return self.method in ("hnsw", "ivfflat", "vecsql")


@dataclass(frozen=True, slots=True)
class Table:
    oid: int
    schema_oid: int
    name: str
    columns: tuple[
        Column, ...
    ]  # live columns in attnum order; attnums of dropped ones are not reused
    constraints: tuple[Constraint, ...] = ()
    next_attnum: int = 1
    options: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    def column_at(self, attnum: int) -> Column:
        return next(c for c in self.columns if c.attnum == attnum)

    @property
    def primary_key(self) -> Constraint | None:
        return next((c for c in self.constraints if c.kind == "p"), None)


@dataclass(frozen=True, slots=True)
class View:
    oid: int
    schema_oid: int
    name: str
    query: str  # SQL text as stored, schema-qualified where it matters
    columns: tuple[tuple[str, ColumnType], ...]
    depends: tuple[tuple[int, int], ...] = ()  # (relation oid, attnum or 0) that the query reads


@dataclass(frozen=True, slots=True)
class Sequence:
    """The definition; the current value is not transactional and lives in storage."""

    oid: int
    schema_oid: int
    name: str
    type: ColumnType
    start: int = 1
    increment: int = 1
    min_value: int = 1
    max_value: int = 2**63 - 1
    cycle: bool = False
    owner_table_oid: int = 0
    owner_attnum: int = 0


@dataclass(frozen=True, slots=True)
class Schema:
    oid: int
    name: str


@dataclass(frozen=True, slots=True)
class Extension:
    oid: int
    name: str
    version: str


Relation = Table | View | Index | Sequence


@dataclass(frozen=True, slots=True)
class Catalog:
    """All definitions of one database at one version. Mappings are by oid and are never mutated."""

    version: int = 0
    next_oid: int = FIRST_USER_OID
    schemas: Mapping[int, Schema] = field(
        default_factory=lambda: {PUBLIC_OID: Schema(PUBLIC_OID, "public")}
    )
    tables: Mapping[int, Table] = field(default_factory=dict)
    views: Mapping[int, View] = field(default_factory=dict)
    indexes: Mapping[int, Index] = field(default_factory=dict)
    sequences: Mapping[int, Sequence] = field(default_factory=dict)
    extensions: Mapping[int, Extension] = field(default_factory=dict)
    comments: Mapping[tuple[int, int], str] = field(
        default_factory=dict
    )  # (object oid, attnum or 0)

    def schema_named(self, name: str) -> Schema | None:
        return next((s for s in self.schemas.values() if s.name == name), None)

    def declared_recall(self, index_oid: int) -> float | None:
        """The recall that the options of an index, else those of its table, ask of searches."""
        index = self.indexes[index_oid]
        for options in (index.options, self.tables[index.table_oid].options):
            if (found := dict(options).get("recall")) is not None:
                return float(found)
        return None

    def indexes_of(self, table_oid: int) -> tuple[Index, ...]:
        return tuple(i for i in self.indexes.values() if i.table_oid == table_oid)

    def evolve(self, **changes: object) -> Catalog:
        """The next version with some mappings replaced."""
        return replace(self, version=self.version + 1, **changes)  # type: ignore[arg-type]
