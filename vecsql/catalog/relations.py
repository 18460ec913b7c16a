"""The names, OIDs and columns of the system relations, read from sql/: what the binder binds them by."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import vecsql.types  # noqa: F401  (registers the types)
from vecsql.catalog import sql_files
from vecsql.catalog.model import INFORMATION_SCHEMA_OID, PG_CATALOG_OID
from vecsql.types.base import ColumnType, SqlType, by_name

DECLARATIONS = ("pg_catalog/tables.sql", "pg_catalog/views.sql", "information_schema/views.sql")
SCHEMA_OIDS = {"pg_catalog": PG_CATALOG_OID, "information_schema": INFORMATION_SCHEMA_OID}

# Types of catalog columns that vecsql has no codec for, and what stands for them.
STAND_INS = {
    "pg_lsn": "text",
    "pg_ndistinct": "text",
    "pg_dependencies": "text",
    "pg_mcv_list": "text",
    "pg_statistic[]": "text[]",
}
_DECLARATION = re.compile(r"CREATE (TABLE|VIEW) (\w+)\.(\w+) \( -- (\d+)\n(.*?)\n\);", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SystemRelation:
    """One relation of pg_catalog or information_schema. Its Arrow columns have the names given here."""

    oid: int
    schema: str
    name: str
    kind: str  # pg_class.relkind: 'r' or 'v'
    columns: tuple[tuple[str, ColumnType], ...]

    @property
    def qualified(self) -> str:
        return f"{self.schema}.{self.name}"

    @property
    def schema_oid(self) -> int:
        return SCHEMA_OIDS[self.schema]


def _type_named(name: str) -> SqlType:
    found = by_name(STAND_INS.get(name, name))
    if found is None:
        raise LookupError(f"no type stands for {name}")
    return found


def _declared(text: str) -> Iterator[SystemRelation]:
    for kind, schema, name, oid, body in _DECLARATION.findall(text):
        pairs = (column.split(" ", 1) for column in " ".join(body.split()).split(", "))
        columns = tuple((column, ColumnType(_type_named(declared))) for column, declared in pairs)
        yield SystemRelation(int(oid), schema, name, "r" if kind == "TABLE" else "v", columns)


RELATIONS: dict[str, SystemRelation] = {
    relation.qualified: relation
    for file in DECLARATIONS
    for relation in _declared(sql_files.read(file))
}
BY_OID: dict[int, SystemRelation] = {relation.oid: relation for relation in RELATIONS.values()}
