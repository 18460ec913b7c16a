"""Looking up and making names of relations, constraints and schemas, with PostgreSQL's errors."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from vecsql.catalog.model import Index, Relation, Schema, Table, View
from vecsql.catalog.model import Sequence as CatalogSequence
from vecsql.errors import InsufficientPrivilege, InvalidSchemaName, UndefinedTable, WrongObjectType
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.draft import Draft
from vecsql.planner.ddl.nodes import DdlPlan, QName
from vecsql.planner.ddl.scanner import RESERVED

MAX_NAME = 63
SYSTEM_SCHEMAS = ("pg_catalog", "information_schema", "pg_toast")

_KIND_NAMES: dict[type, tuple[str, str]] = {
    Table: ("table", "a table"),
    View: ("view", "a view"),
    Index: ("index", "an index"),
    CatalogSequence: ("sequence", "a sequence"),
}


def kind_of(relation: Relation) -> str:
    """'table', 'view', 'index' or 'sequence'."""
    return _KIND_NAMES[type(relation)][0]


def schema_named(draft: Draft, name: str, position: int | None = None) -> Schema:
    """The schema, which must exist. Raises InvalidSchemaName."""
    found = next((s for s in draft.schemas.values() if s.name == name), None)
    if found is None:
        raise InvalidSchemaName(f'schema "{name}" does not exist', position=position)
    return found


def creation_schema(draft: Draft, search_path: Sequence[str], name: QName) -> Schema:
    """Where a new relation goes: its explicit schema or the first existing one of the search path."""
    if name.schema in SYSTEM_SCHEMAS:
        raise InsufficientPrivilege(
            f'permission denied to create "{name}"',
            detail="System catalog modifications are currently disallowed.",
        )
    if name.schema is not None:
        return schema_named(draft, name.schema, name.position)
    for candidate in search_path:
        found = next((s for s in draft.schemas.values() if s.name == candidate), None)
        if found is not None:
            return found
    raise InvalidSchemaName(
        "no schema has been selected to create in", position=name.position or None
    )


def lookup(draft: Draft, search_path: Sequence[str], name: QName) -> Relation | None:
    """The relation a name means, or None."""
    for candidate in (name.schema,) if name.schema else search_path:
        schema = next((s for s in draft.schemas.values() if s.name == candidate), None)
        found = draft.find(schema.oid, name.name) if schema else None
        if found is not None:
            return found
    return None


def table_named(
    draft: Draft,
    search_path: Sequence[str],
    name: QName,
    *,
    kind: str = "relation",
    position: bool = False,
) -> Table:
    """The table, which must exist and be a table. `kind` is how the error calls what is missing."""
    found = lookup(draft, search_path, name)
    at = name.position if position else None
    if found is None:
        raise UndefinedTable(f'{kind} "{name}" does not exist', position=at)
    if not isinstance(found, Table):
        raise WrongObjectType(f'"{name.name}" is not a table', position=at)
    return found


def _truncated(first: str, second: str, label: str) -> str:
    """first_second_label, shortened to 63 bytes by cutting the longer of the first two parts."""
    room = MAX_NAME - len(label.encode()) - (1 if label else 0) - (1 if second else 0)
    a, b = first.encode(), second.encode()
    while len(a) + len(b) > room:
        if len(a) > len(b):
            a = a[:-1]
        else:
            b = b[:-1]
    parts = (a.decode(errors="ignore"), b.decode(errors="ignore"), label)
    return "_".join(p for p in parts if p)


def choose_name(taken: Collection[str], first: str, second: str, label: str) -> str:
    """A free name as PostgreSQL makes it: items_name_key, items_name_key1 ..."""
    number = 0
    while (name := _truncated(first, second, label + (str(number) if number else ""))) in taken:
        number += 1
    return name


def quoted(name: str) -> str:
    """An identifier as PostgreSQL prints it: in double quotes where it would be read otherwise."""
    plain = name.replace("_", "a")
    if (
        plain.isascii()
        and plain.isalnum()
        and plain == plain.lower()
        and not plain[0].isdigit()
        and name not in RESERVED
    ):
        return name
    return '"' + name.replace('"', '""') + '"'


def found_or_notice(
    draft: Draft, plan: DdlPlan, name: QName, if_exists: bool, ctx: ExecContext
) -> Relation | None:
    """The relation that ALTER names; None, with a notice, when it is missing and IF EXISTS is given."""
    relation = lookup(draft, plan.search_path, name)
    if relation is None:
        message = f'relation "{name}" does not exist'
        if not if_exists:
            raise UndefinedTable(message)
        ctx.notify(Notice("NOTICE", message + ", skipping"))
    return relation
