"""Look-up of relations and types by (qualified) name, as regclass and regtype literals do it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vecsql import errors
from vecsql.catalog.identifiers import quote_identifier, split_identifier
from vecsql.catalog.model import Catalog, Index, Relation, Table, View
from vecsql.catalog.model import Sequence as SequenceDefinition
from vecsql.catalog.relations import BY_OID, RELATIONS, SCHEMA_OIDS
from vecsql.types.base import SqlType, by_name

SearchPath = Sequence[str]
DEFAULT_PATH: SearchPath = ("public",)
_MODIFIER = re.compile(r"\s*\(\s*(-?\d+(?:\s*,\s*-?\d+)*)\s*\)")


def schema_name(catalog: Catalog, schema_oid: int) -> str:
    for name, oid in SCHEMA_OIDS.items():
        if oid == schema_oid:
            return name
    return catalog.schemas[schema_oid].name


def schema_oid(catalog: Catalog, name: str) -> int | None:
    if name in SCHEMA_OIDS:
        return SCHEMA_OIDS[name]
    schema = catalog.schema_named(name)
    return schema.oid if schema else None


def relation_by_oid(catalog: Catalog, oid: int) -> Relation | None:
    """A table, view, index or sequence of the database (not one of the system catalog)."""
    for mapping in (catalog.tables, catalog.indexes, catalog.views, catalog.sequences):
        if oid in mapping:
            found: Relation = mapping[oid]
            return found
    return None


def column_names(catalog: Catalog, oid: int) -> tuple[str, ...]:
    """The columns of a table, view or system relation; none for other relations."""
    if oid in BY_OID:
        return tuple(name for name, _ in BY_OID[oid].columns)
    if oid in catalog.views:
        return tuple(name for name, _ in catalog.views[oid].columns)
    table = catalog.tables.get(oid)
    return tuple(column.name for column in table.columns) if table else ()


def schema_of(catalog: Catalog, found: Relation) -> int:
    """The OID of the relation's schema; an index is in its table's."""
    if isinstance(found, Index):
        return catalog.tables[found.table_oid].schema_oid
    return found.schema_oid


def relation_oid(catalog: Catalog, text: str, path: SearchPath = DEFAULT_PATH) -> int | None:
    """The OID of the relation that `text` names as a regclass literal would, or None."""
    if text.strip().isdigit():
        return int(text)
    parts = split_identifier(text)[-2:]
    if len(parts) == 2:
        return _find(catalog, parts[0], parts[1])
    for schema in ("pg_catalog", *(s for s in path if s != "pg_catalog")):
        found = _find(catalog, schema, parts[0])
        if found is not None:
            return found
    return None


def _find(catalog: Catalog, schema: str, name: str) -> int | None:
    system = RELATIONS.get(f"{schema}.{name}")
    if system is not None:
        return system.oid
    wanted = schema_oid(catalog, schema)
    candidates: tuple[Relation, ...] = (
        *catalog.tables.values(), *catalog.views.values(),
        *catalog.sequences.values(), *catalog.indexes.values(),
    )  # fmt: skip
    for candidate in candidates:
        if candidate.name == name and schema_of(catalog, candidate) == wanted:
            return candidate.oid
    return None


def regclass_in(catalog: Catalog, text: str, path: SearchPath = DEFAULT_PATH) -> int:
    """'items'::regclass; UndefinedTable if there is no such relation."""
    if text == "-":
        return 0
    oid = relation_oid(catalog, text, path)
    if oid is None:
        raise errors.UndefinedTable(f'relation "{".".join(split_identifier(text))}" does not exist')
    return oid


def is_visible(catalog: Catalog, oid: int, path: SearchPath = DEFAULT_PATH) -> bool | None:
    """pg_table_is_visible(): found under its bare name by the search path; None if it does not exist."""
    system = BY_OID.get(oid)
    if system is not None:
        return system.schema == "pg_catalog" or system.schema in path
    found = relation_by_oid(catalog, oid)
    if found is None:
        return None
    return relation_oid(catalog, quote_identifier(found.name), path) == oid


def qualified_name(catalog: Catalog, oid: int) -> str | None:
    """schema.name, each quoted if it must be; None if there is no such relation."""
    if oid in BY_OID:
        return BY_OID[oid].qualified
    found = relation_by_oid(catalog, oid)
    if found is None:
        return None
    schema = schema_name(catalog, schema_of(catalog, found))
    return f"{quote_identifier(schema)}.{quote_identifier(found.name)}"


def regclass_out(catalog: Catalog, oid: int, path: SearchPath = DEFAULT_PATH) -> str:
    """As a regclass prints: the name, qualified if the search path does not find it; the number if unknown."""
    if oid == 0:
        return "-"
    if not is_visible(catalog, oid, path):
        return qualified_name(catalog, oid) or str(oid)
    found = BY_OID.get(oid) or relation_by_oid(catalog, oid)
    return quote_identifier(found.name) if found else str(oid)


def type_named(text: str) -> tuple[SqlType, int] | None:
    """The type and modifier that `text` names as a regtype literal would: 'int4', 'numeric(10,2)', 'public.vector[]'."""
    match = _MODIFIER.search(text)
    modifiers = [int(n) for n in match.group(1).split(",")] if match else []
    bare = _MODIFIER.sub("", text, count=1) if match else text
    arrays = bare.rstrip().endswith("]")
    base = re.sub(r"(\s*\[\s*\d*\s*\])+\s*\Z", "", bare)
    name = " ".join(base.split())
    if '"' in name or "." in name:
        name = _unqualified_type(name)
    found = by_name(name if '"' in name else name.lower())
    if arrays and found is not None:
        found = by_name(f"{found.name}[]")
    if found is None:
        return None
    typmod = (found.element or found).parse_typmod
    return found, typmod(modifiers) if modifiers and typmod else -1


def _unqualified_type(name: str) -> str:
    """The registry's name of a quoted or qualified type; '' for one of another schema."""
    if name == '"char"':
        return name
    *schema, last = split_identifier(name)
    if schema and schema[-1] not in ("pg_catalog", "public"):
        return ""
    return '"char"' if last == "char" else last


def kind_of(found: Relation) -> str:
    """pg_class.relkind."""
    if isinstance(found, Table):
        return "r"
    if isinstance(found, View):
        return "v"
    return "S" if isinstance(found, SequenceDefinition) else "i"
