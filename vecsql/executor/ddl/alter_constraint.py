"""ALTER TABLE ... ADD and DROP CONSTRAINT."""

from __future__ import annotations

from dataclasses import replace

from vecsql.catalog.model import Constraint
from vecsql.errors import UndefinedObject
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.dependencies import cascade_notice, refuse
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.expressions import check_constraint_expression
from vecsql.executor.ddl.keys import add_constraint
from vecsql.executor.ddl.references import (
    check_existing,
    drop_references,
    references_to,
    shown_constraint,
)
from vecsql.executor.ddl.rewrite import check_no_nulls, check_rows_satisfy, stored_columns
from vecsql.planner.ddl import nodes


def add_table_constraint(
    action: nodes.AddConstraint, draft: Draft, oid: int, ctx: ExecContext
) -> None:
    """ADD CONSTRAINT: existing rows must satisfy it (storage checks unique ones)."""
    spec = action.constraint
    before = draft.tables[oid]
    add_constraint(draft, oid, spec)
    if spec.kind == "foreign":
        draft.publish()
        check_existing(draft, oid, draft.tables[oid].constraints[-1], ctx)
        return
    table = draft.tables[oid]
    for old, new in zip(before.columns, table.columns, strict=True):
        if new.not_null and not old.not_null:
            check_no_nulls(ctx, before, old)
    if spec.kind == "check":
        check_constraint_expression(draft, oid, spec)
        added = table.constraints[-1]
        columns = stored_columns(ctx, before)
        check_rows_satisfy(ctx, table, columns, [(added.name, spec.expression)])


def drop_constraint(action: nodes.DropConstraint, draft: Draft, oid: int, ctx: ExecContext) -> None:
    """DROP CONSTRAINT, with the index behind it."""
    table = draft.tables[oid]
    constraint = next((c for c in table.constraints if c.name == action.name), None)
    if constraint is None:
        if _drop_not_null(action, draft, oid):
            return
        message = f'constraint "{action.name}" of relation "{table.name}" does not exist'
        if not action.if_exists:
            raise UndefinedObject(message)
        ctx.notify(Notice("NOTICE", message + ", skipping"))
        return
    _drop_dependents(action, draft, oid, constraint, ctx)
    table = draft.tables[oid]
    draft.put(
        replace(table, constraints=tuple(c for c in table.constraints if c.oid != constraint.oid))
    )
    if constraint.kind in ("p", "u"):
        draft.indexes.pop(constraint.index_oid, None)
    draft.forget_comments(constraint.oid)


def _drop_dependents(
    action: nodes.DropConstraint, draft: Draft, oid: int, constraint: Constraint, ctx: ExecContext
) -> None:
    """The foreign keys that need the constraint's index go with it, or prevent it."""
    if constraint.kind not in ("p", "u"):
        return
    found = references_to(draft, oid, index_oid=constraint.index_oid)
    if found and not action.cascade:
        what = shown_constraint(draft, draft.tables[oid], constraint)
        index = f"index {draft.indexes[constraint.index_oid].name}"
        raise refuse(
            what, [f"{shown_constraint(draft, t, c)} depends on {index}" for t, c in found]
        )
    cascade_notice(ctx, drop_references(draft, found))


def _drop_not_null(action: nodes.DropConstraint, draft: Draft, oid: int) -> bool:
    """The constraint PostgreSQL 18 calls table_column_not_null."""
    table = draft.tables[oid]
    for column in table.columns:
        if column.not_null and action.name == f"{table.name}_{column.name}_not_null":
            draft.put_column(oid, replace(column, not_null=False))
            return True
    return False
