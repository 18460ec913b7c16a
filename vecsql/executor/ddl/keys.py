"""PRIMARY KEY, UNIQUE and CHECK constraints of a table being made or altered."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from itertools import pairwise

from vecsql.catalog.model import Column, Constraint, Index, IndexColumn, Table
from vecsql.errors import (
    DuplicateColumn,
    DuplicateObject,
    DuplicateTable,
    FeatureNotSupported,
    InvalidTableDefinition,
    UndefinedColumn,
    UndefinedObject,
)
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import choose_name
from vecsql.executor.ddl.opclasses import default_opclass
from vecsql.executor.ddl.references import add_foreign_key
from vecsql.planner.ddl.nodes import ConstraintSpec
from vecsql.planner.ddl.scanner import tokenize


def add_constraint(draft: Draft, table_oid: int, spec: ConstraintSpec) -> None:
    """Add a written constraint to a table of the draft (existing rows are checked by the caller)."""
    if spec.kind == "not_null":
        column = draft.tables[table_oid].column(spec.columns[0])
        if column is None:
            raise _no_column(draft.tables[table_oid], spec.columns[0], spec)
        draft.put_column(table_oid, replace(column, not_null=True))
    elif spec.kind == "check":
        _add_check(draft, table_oid, spec)
    elif spec.kind in ("primary", "unique"):
        _add_key(draft, table_oid, spec)
    elif spec.kind == "foreign":
        add_foreign_key(draft, table_oid, spec)
    else:
        raise FeatureNotSupported(f"{spec.kind} constraints are not supported here")


def _no_column(table: Table, name: str, spec: ConstraintSpec) -> UndefinedColumn:
    if spec.kind in ("primary", "unique"):
        return UndefinedColumn(
            f'column "{name}" named in key does not exist', position=spec.position
        )
    return UndefinedColumn(f'column "{name}" of relation "{table.name}" does not exist')


def constraint_names(table: Table) -> set[str]:
    return {c.name for c in table.constraints}


def columns_in(table: Table, expression: str) -> list[str]:
    """The columns an expression over one table mentions, in the order of their first mention."""
    tokens = tokenize(expression)
    names = {c.name for c in table.columns}
    found: dict[str, None] = {}
    for token, after in pairwise(tokens):
        if (
            token.kind in ("word", "quoted")
            and token.value in names
            and after.value not in ("(", ".")
        ):
            found[token.value] = None
    return list(found)


def index_uses(index: Index, table: Table, column: Column) -> bool:
    """Whether an index is about the column: as a key, included, or within an expression or the predicate."""
    if column.attnum in (*(c.attnum for c in index.columns), *index.include):
        return True
    texts = [c.expression for c in index.columns] + [index.predicate]
    return any(column.name in columns_in(table, text) for text in texts if text is not None)


def _add_check(draft: Draft, table_oid: int, spec: ConstraintSpec) -> None:
    table = draft.tables[table_oid]
    columns = columns_in(table, spec.expression)
    name = _constraint_name(
        table, spec, table.name, columns[0] if len(columns) == 1 else "", "check", constraint_names(table)
    )  # fmt: skip
    attnums = tuple(c.attnum for n in columns if (c := table.column(n)) is not None)
    draft.add_constraint(
        table_oid, Constraint(draft.new_oid(), name, "c", attnums, expression=spec.expression)
    )


def _constraint_name(
    table: Table, spec: ConstraintSpec, first: str, second: str, label: str, taken: Collection[str]
) -> str:
    if spec.name is None:
        return choose_name(taken, first, second, label)
    if spec.name in constraint_names(table):
        raise DuplicateObject(
            f'constraint "{spec.name}" for relation "{table.name}" already exists'
        )
    return spec.name


def _add_key(draft: Draft, table_oid: int, spec: ConstraintSpec) -> None:
    table = draft.tables[table_oid]
    primary = spec.kind == "primary"
    if primary and table.primary_key is not None:
        raise InvalidTableDefinition(
            f'multiple primary keys for table "{table.name}" are not allowed',
            position=spec.position,
        )
    if spec.using_index is not None:
        _adopt_index(draft, table, spec)
        return
    attnums = _key_attnums(table, spec)
    include = tuple(_attnum(table, name, spec) for name in spec.include)
    taken = set(draft.relations(table.schema_oid)) | constraint_names(table)
    if spec.name is not None and draft.find(table.schema_oid, spec.name) is not None:
        raise DuplicateTable(f'relation "{spec.name}" already exists')
    label = ("", "pkey") if primary else ("_".join(spec.columns), "key")
    name = _constraint_name(table, spec, table.name, *label, taken)
    columns = tuple(
        IndexColumn(a, default_opclass("btree", table.column_at(a).type.type)) for a in attnums
    )
    index = Index(
        draft.new_oid(), name, table_oid, "btree", columns, unique=True, primary=primary, constraint=True,
        include=include, nulls_not_distinct=spec.nulls_not_distinct,
    )  # fmt: skip
    _register(draft, table_oid, spec, index, attnums)


def _register(
    draft: Draft, table_oid: int, spec: ConstraintSpec, index: Index, attnums: tuple[int, ...]
) -> None:
    """Put the index and its constraint; the columns of a primary key become NOT NULL."""
    draft.put(index)
    kind = "p" if spec.kind == "primary" else "u"
    constraint = Constraint(draft.new_oid(), index.name, kind, attnums, index_oid=index.oid)  # type: ignore[arg-type]
    if kind == "p":
        for attnum in attnums:
            column = draft.tables[table_oid].column_at(attnum)
            draft.put_column(table_oid, replace(column, not_null=True))
    draft.add_constraint(table_oid, constraint)


def _adopt_index(draft: Draft, table: Table, spec: ConstraintSpec) -> None:
    """ADD CONSTRAINT ... USING INDEX."""
    index = next((i for i in draft.indexes_of(table.oid) if i.name == spec.using_index), None)
    if index is None:
        raise UndefinedObject(f'index "{spec.using_index}" does not exist', position=spec.position)
    if not index.unique or index.predicate or any(c.attnum == 0 for c in index.columns):
        raise InvalidTableDefinition(
            f'"{index.name}" is not a unique index', position=spec.position
        )
    index = replace(
        index, name=spec.name or index.name, primary=spec.kind == "primary", constraint=True
    )
    _register(draft, table.oid, spec, index, tuple(c.attnum for c in index.columns))


def _attnum(table: Table, name: str, spec: ConstraintSpec) -> int:
    column = table.column(name)
    if column is None:
        raise _no_column(table, name, spec)
    return column.attnum


def _key_attnums(table: Table, spec: ConstraintSpec) -> tuple[int, ...]:
    attnums = tuple(_attnum(table, name, spec) for name in spec.columns)
    if len(set(attnums)) < len(attnums):
        twice = next(n for i, n in enumerate(spec.columns) if n in spec.columns[:i])
        what = "primary key" if spec.kind == "primary" else "unique"
        raise DuplicateColumn(
            f'column "{twice}" appears twice in {what} constraint', position=spec.position
        )
    return attnums
