"""FOREIGN KEY constraints of tables being made, altered and dropped."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from vecsql.catalog.model import Constraint, Index, Reference, Table
from vecsql.errors import (
    DatatypeMismatch,
    DuplicateObject,
    FeatureNotSupported,
    InvalidForeignKey,
    UndefinedColumn,
    UndefinedObject,
)
from vecsql.executor.context import ExecContext
from vecsql.executor.ddl.dependencies import shown
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import choose_name, table_named
from vecsql.executor.ddl.rewrite import stored_columns
from vecsql.executor.foreign_keys import missing_key, reference_violation
from vecsql.executor.reference_keys import comparable, keys_of
from vecsql.planner.ddl.nodes import ConstraintSpec, ReferenceSpec


def add_foreign_key(draft: Draft, table_oid: int, spec: ConstraintSpec) -> None:
    """Add a FOREIGN KEY to a table of the draft (existing rows are checked by the caller)."""
    assert spec.reference is not None
    table = draft.tables[table_oid]
    target = table_named(draft, draft.search_path, spec.reference.table)
    attnums = _attnums(table, spec.columns)
    referenced, index = _referenced_key(draft, target, spec.reference)
    if len(attnums) != len(referenced):
        raise InvalidForeignKey(
            "number of referencing and referenced columns for foreign key disagree"
        )
    taken = {c.name for c in table.constraints}
    if spec.name in taken:
        raise DuplicateObject(
            f'constraint "{spec.name}" for relation "{table.name}" already exists'
        )
    name = spec.name or choose_name(taken, table.name, "_".join(spec.columns), "fkey")
    _check_types(name, table, attnums, target, referenced)
    written = spec.reference
    reference = Reference(
        target.oid, referenced, written.on_update, written.on_delete, written.deferrable, written.deferred
    )  # fmt: skip
    constraint = Constraint(draft.new_oid(), name, "f", attnums, index.oid, reference=reference)
    draft.add_constraint(table_oid, constraint)


def lock_referenced(draft: Draft, table_oid: int, ctx: ExecContext) -> None:
    """Wait until nobody removes rows unaware of the new foreign keys of a table (published already)."""
    for constraint in draft.tables[table_oid].constraints:
        if constraint.reference is not None:
            ctx.txn.lock_table(constraint.reference.table_oid)


def check_existing(draft: Draft, table_oid: int, constraint: Constraint, ctx: ExecContext) -> None:
    """Check the rows a table has against a foreign key just published."""
    lock_referenced(draft, table_oid, ctx)
    table = draft.tables[table_oid]
    columns = stored_columns(ctx, table)
    found = keys_of([columns[a] for a in constraint.attnums], table, constraint.attnums, True)
    keys = [key for key in dict.fromkeys(found) if key is not None]
    if (key := missing_key(table, constraint, keys, ctx)) is not None:
        raise reference_violation(table, constraint, key, ctx)


def references_to(
    draft: Draft, oid: int, *, attnum: int | None = None, index_oid: int | None = None
) -> list[tuple[Table, Constraint]]:
    """The foreign keys that refer to a table, to a column of it, or need a unique index."""
    return [
        (table, constraint)
        for table in draft.tables.values()
        for constraint in table.constraints
        if constraint.reference is not None
        and constraint.reference.table_oid == oid
        and (attnum is None or attnum in constraint.reference.attnums)
        and (index_oid is None or constraint.index_oid == index_oid)
    ]


def shown_constraint(draft: Draft, table: Table, constraint: Constraint) -> str:
    return f"constraint {constraint.name} on {shown(draft, table)}"


def drop_references(
    draft: Draft, found: Collection[tuple[Table, Constraint]], unmentioned: Collection[int] = ()
) -> list[str]:
    """Take foreign keys out; gives how notices call them (not those of the tables `unmentioned`)."""
    names = []
    for table, constraint in found:
        current = draft.tables[table.oid]
        left = tuple(c for c in current.constraints if c.oid != constraint.oid)
        draft.put(replace(current, constraints=left))
        draft.forget_comments(constraint.oid)
        if table.oid not in unmentioned:
            names.append(shown_constraint(draft, table, constraint))
    return names


def check_type_change(draft: Draft, table: Table, attnum: int) -> None:
    """Columns of foreign keys keep their types for now."""
    own = any(c.kind == "f" and attnum in c.attnums for c in table.constraints)
    if own or references_to(draft, table.oid, attnum=attnum):
        name = table.column_at(attnum).name
        raise FeatureNotSupported(
            f'changing the type of column "{name}" of a foreign key is not supported',
            hint="Drop the constraint, change the type, and add the constraint again.",
        )


def _attnums(table: Table, names: Collection[str]) -> tuple[int, ...]:
    found = []
    for name in names:
        column = table.column(name)
        if column is None:
            raise UndefinedColumn(
                f'column "{name}" referenced in foreign key constraint does not exist'
            )
        found.append(column.attnum)
    return tuple(found)


def _referenced_key(
    draft: Draft, target: Table, written: ReferenceSpec
) -> tuple[tuple[int, ...], Index]:
    """The referenced columns and the unique index over them."""
    if not written.columns:
        key = target.primary_key
        if key is None:
            raise UndefinedObject(f'there is no primary key for referenced table "{target.name}"')
        return key.attnums, draft.indexes[key.index_oid]
    attnums = _attnums(target, written.columns)
    for index in sorted(draft.indexes_of(target.oid), key=lambda i: not i.primary):
        columns = [c.attnum for c in index.columns]
        plain = index.unique and not index.predicate and 0 not in columns
        if plain and sorted(columns) == sorted(attnums):
            return attnums, index
    raise InvalidForeignKey(
        f'there is no unique constraint matching given keys for referenced table "{target.name}"'
    )


def _check_types(
    name: str, table: Table, attnums: tuple[int, ...], target: Table, referenced: tuple[int, ...]
) -> None:
    for own, theirs in zip(attnums, referenced, strict=True):
        left, right = table.column_at(own), target.column_at(theirs)
        if comparable(left.type.type, right.type.type):
            continue
        if left.type.type.oid == right.type.type.oid:
            raise FeatureNotSupported(
                f"foreign keys over columns of type {left.type.type.sql_name} are not supported"
            )
        raise DatatypeMismatch(
            f'foreign key constraint "{name}" cannot be implemented',
            detail=f'Key columns "{left.name}" of the referencing table and "{right.name}" of the referenced '
            f"table are of incompatible types: {left.type.type.sql_name} and {right.type.type.sql_name}.",
        )
