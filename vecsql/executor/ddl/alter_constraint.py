"""ALTER TABLE ... ADD and DROP CONSTRAINT."""

from __future__ import annotations

from dataclasses import replace

from vecsql.errors import UndefinedObject
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.expressions import check_constraint_expression
from vecsql.executor.ddl.keys import add_constraint
from vecsql.executor.ddl.rewrite import check_no_nulls, check_rows_satisfy, stored_columns
from vecsql.planner.ddl import nodes


def add_table_constraint(
    action: nodes.AddConstraint, draft: Draft, oid: int, ctx: ExecContext
) -> None:
    """ADD CONSTRAINT: existing rows must satisfy it (storage checks unique ones)."""
    spec = action.constraint
    before = draft.tables[oid]
    add_constraint(draft, oid, spec)
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
    draft.put(
        replace(table, constraints=tuple(c for c in table.constraints if c is not constraint))
    )
    draft.indexes.pop(constraint.index_oid, None)
    draft.forget_comments(constraint.oid)


def _drop_not_null(action: nodes.DropConstraint, draft: Draft, oid: int) -> bool:
    """The constraint PostgreSQL 18 calls table_column_not_null."""
    table = draft.tables[oid]
    for column in table.columns:
        if column.not_null and action.name == f"{table.name}_{column.name}_not_null":
            draft.put_column(oid, replace(column, not_null=False))
            return True
    return False
