"""ALTER TABLE: columns and constraints; and RENAME and SET SCHEMA of relations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vecsql.catalog.model import Column, Index, Table
from vecsql.errors import (
    DuplicateColumn,
    Error,
    FeatureNotSupported,
    UndefinedColumn,
    WrongObjectType,
)
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.alter_column import (
    alter_type,
    drop_expression,
    set_default,
    set_identity,
    set_not_null,
)
from vecsql.executor.ddl.alter_constraint import add_table_constraint, drop_constraint
from vecsql.executor.ddl.columns import ColumnBuilder
from vecsql.executor.ddl.dependencies import cascade_notice, refuse, shown, view_closure
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.keys import index_uses
from vecsql.executor.ddl.names import found_or_notice, lookup, table_named
from vecsql.executor.ddl.references import drop_references, references_to, shown_constraint
from vecsql.executor.ddl.reloptions import changed, check_index_options, check_table_options
from vecsql.executor.ddl.rewrite import (
    contains_nulls,
    default_values,
    is_volatile,
    replace_rows,
    row_count,
    stored_columns,
)
from vecsql.executor.rowwise import generate
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan
from vecsql.types.arrow import to_arrow


def alter_table(statement: nodes.AlterTable, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run ALTER TABLE: its actions one after the other."""
    draft = Draft(ctx)
    draft.search_path = plan.search_path
    if lookup(draft, plan.search_path, statement.name) is None and statement.if_exists:
        ctx.notify(Notice("NOTICE", f'relation "{statement.name}" does not exist, skipping'))
        return "ALTER TABLE"
    oid = table_named(draft, plan.search_path, statement.name).oid
    for action in statement.actions:
        try:
            _ACTIONS[type(action)](action, draft, oid, ctx)
        except Error as error:
            if type(action) is not nodes.AddColumn:
                error.position = None  # PostgreSQL has lost it by then
            raise
        draft.publish()
    return "ALTER TABLE"


def _add_column(action: nodes.AddColumn, draft: Draft, oid: int, ctx: ExecContext) -> None:
    table = draft.tables[oid]
    name = action.column.name
    if table.column(name) is not None:
        message = f'column "{name}" of relation "{table.name}" already exists'
        if not action.if_not_exists:
            raise DuplicateColumn(message)
        ctx.notify(Notice("NOTICE", message + ", skipping", "42701"))
        return
    builder = ColumnBuilder(draft, draft.schemas[table.schema_oid], table.name, oid)
    new = builder.build(action.column, table.next_attnum)
    primary = any(c.kind == "primary" for c in new.constraints)
    column = replace(new.column, not_null=new.column.not_null or primary)
    draft.put(replace(table, columns=(*table.columns, column), next_attnum=table.next_attnum + 1))
    _fill(draft, table, column, ctx)
    draft.publish()
    for spec in new.constraints:
        add_table_constraint(nodes.AddConstraint(spec), draft, oid, ctx)


def _fill(draft: Draft, before: Table, column: Column, ctx: ExecContext) -> None:
    """Give existing rows the new column's value: as `missing` where all get the same one, else by a rewrite."""
    rows = row_count(ctx, before.oid)
    if column.generated is not None or column.sequence_oid or is_volatile(column.default or ""):
        columns = stored_columns(ctx, before)
        if column.generated is not None:
            columns[column.attnum] = generate(draft.tables[before.oid], column, columns, ctx)
        else:
            draft.publish()  # makes a new sequence known to storage
            values = default_values(draft, column, ctx, rows)
            columns[column.attnum] = to_arrow(values, column.type)
        if column.not_null and columns[column.attnum].null_count:
            raise contains_nulls(before, column)
        replace_rows(draft, ctx, before.oid, columns)
        return
    value = default_values(draft, column, ctx, 1)[0] if column.default else None
    if value is None:
        if column.not_null and rows:
            raise contains_nulls(before, column)
        return
    draft.put_column(before.oid, replace(column, missing=column.type.type.to_text(value)))


def _drop_column(action: nodes.DropColumn, draft: Draft, oid: int, ctx: ExecContext) -> None:
    table = draft.tables[oid]
    column = table.column(action.name)
    if column is None:
        message = f'column "{action.name}" of relation "{table.name}" does not exist'
        if not action.if_exists:
            raise UndefinedColumn(message)
        ctx.notify(Notice("NOTICE", message + ", skipping"))
        return
    if len(table.columns) == 1 and row_count(ctx, oid):
        raise FeatureNotSupported("rows of tables without columns are not supported")
    views = view_closure(draft, oid, column.attnum)
    references = references_to(draft, oid, attnum=column.attnum)
    others = [(t, c) for t, c in references if t.oid != oid]
    if (views or others) and not action.cascade:
        what = f"column {column.name} of {shown(draft, table)}"
        lines = [f"{shown_constraint(draft, t, c)} depends on {what}" for t, c in others]
        raise refuse(what, [why for _, why in views] + lines)
    dropped = drop_references(draft, references, (oid,))
    cascade_notice(ctx, [shown(draft, view) for view, _ in views] + dropped)
    for view, _ in views:
        del draft.views[view.oid]
    _forget_column(draft, draft.tables[oid], column)


def _forget_column(draft: Draft, table: Table, column: Column) -> None:
    """Take a column out, with the indexes, constraints, sequences and comments that are about it."""
    attnum = column.attnum
    for index in draft.indexes_of(table.oid):
        if index_uses(index, table, column):
            del draft.indexes[index.oid]
            draft.forget_comments(index.oid)
    for sequence in list(draft.sequences.values()):
        if (sequence.owner_table_oid, sequence.owner_attnum) == (table.oid, attnum):
            del draft.sequences[sequence.oid]
    draft.forget_comments(table.oid, attnum)
    draft.put(
        replace(
            table,
            columns=tuple(c for c in table.columns if c.attnum != attnum),
            constraints=tuple(c for c in table.constraints if attnum not in c.attnums),
        )
    )


def _set_options(action: nodes.SetOptions, draft: Draft, oid: int, ctx: ExecContext) -> None:
    table = draft.tables[oid]
    options = changed(table.options, action)
    if not action.reset:
        check_table_options(action.options)
    draft.put(replace(table, options=options))


def alter_index(statement: nodes.AlterIndex, plan: DdlPlan, ctx: ExecContext) -> str:
    """ALTER INDEX ... SET (...) and RESET (...): what is built stays as it is."""
    draft = Draft(ctx)
    index = found_or_notice(draft, plan, statement.name, statement.if_exists, ctx)
    if index is None:
        return "ALTER INDEX"
    if not isinstance(index, Index):
        raise WrongObjectType(f'"{index.name}" is not an index')
    options = changed(index.options, statement.action)
    if not statement.action.reset:
        check_index_options(index.method, statement.action.options)
    draft.put(replace(index, options=options))
    draft.publish()
    return "ALTER INDEX"


def _no_action(action: nodes.NoAction, draft: Draft, oid: int, ctx: ExecContext) -> None:
    """Accepted without effect."""
    if action.warning:
        ctx.notify(Notice("WARNING", action.warning, "01000"))


_ACTIONS: dict[type, Callable[[Any, Draft, int, ExecContext], None]] = {
    nodes.AddColumn: _add_column,
    nodes.DropColumn: _drop_column,
    nodes.AlterColumnType: alter_type,
    nodes.SetDefault: set_default,
    nodes.SetNotNull: set_not_null,
    nodes.SetIdentity: set_identity,
    nodes.DropExpression: drop_expression,
    nodes.AddConstraint: add_table_constraint,
    nodes.DropConstraint: drop_constraint,
    nodes.SetOptions: _set_options,
    nodes.NoAction: _no_action,
}
