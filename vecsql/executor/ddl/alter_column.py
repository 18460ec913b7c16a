"""ALTER TABLE ... ALTER COLUMN: type, default, NOT NULL, identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from vecsql.catalog.model import Column, Table
from vecsql.errors import (
    DatatypeMismatch,
    FeatureNotSupported,
    InvalidTableDefinition,
    ObjectNotInPrerequisiteState,
    SyntaxError,
    UndefinedColumn,
)
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.columns import ColumnBuilder, NewColumn, resolve_type
from vecsql.executor.ddl.dependencies import views_on
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.expressions import check_default
from vecsql.executor.ddl.keys import columns_in, index_uses
from vecsql.executor.ddl.objects import restart
from vecsql.executor.ddl.references import check_type_change
from vecsql.executor.ddl.rewrite import check_no_nulls, converted, replace_rows, stored_columns
from vecsql.executor.ddl.sequences import altered_sequence
from vecsql.executor.rowwise import evaluate_rows
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.scanner import tokenize
from vecsql.planner.dml.casts import assignment
from vecsql.types.base import ColumnType


def _column(draft: Draft, oid: int, name: str) -> tuple[Table, Column]:
    table = draft.tables[oid]
    column = table.column(name)
    if column is None:
        raise UndefinedColumn(f'column "{name}" of relation "{table.name}" does not exist')
    return table, column


def set_default(action: nodes.SetDefault, draft: Draft, oid: int, ctx: ExecContext) -> None:
    """SET DEFAULT and DROP DEFAULT."""
    table, column = _column(draft, oid, action.name)
    if column.identity:
        raise SyntaxError(
            f'column "{column.name}" of relation "{table.name}" is an identity column',
            hint=None
            if action.expression
            else "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.",
        )
    if column.generated is not None:
        raise SyntaxError(
            f'column "{column.name}" of relation "{table.name}" is a generated column',
            hint=f"Use ALTER TABLE ... ALTER COLUMN ... {'SET' if action.expression else 'DROP'} EXPRESSION instead.",
        )
    changed = replace(column, default=action.expression)
    if action.expression is not None:
        check_default(draft.catalog(), changed, action.expression_start)
    draft.put_column(oid, changed)


def set_not_null(action: nodes.SetNotNull, draft: Draft, oid: int, ctx: ExecContext) -> None:
    """SET NOT NULL and DROP NOT NULL."""
    table, column = _column(draft, oid, action.name)
    if action.not_null:
        check_no_nulls(ctx, table, column)
    elif table.primary_key and column.attnum in table.primary_key.attnums:
        raise InvalidTableDefinition(f'column "{column.name}" is in a primary key')
    elif column.identity:
        raise SyntaxError(
            f'column "{column.name}" of relation "{table.name}" is an identity column'
        )
    draft.put_column(oid, replace(column, not_null=action.not_null))


def set_identity(action: nodes.SetIdentity, draft: Draft, oid: int, ctx: ExecContext) -> None:
    """ADD GENERATED, SET GENERATED and DROP IDENTITY."""
    table, column = _column(draft, oid, action.name)
    if action.action == "add":
        _add_identity(action, draft, table, column)
        return
    if not column.identity:
        message = f'column "{column.name}" of relation "{table.name}" is not an identity column'
        if not action.if_exists:
            raise ObjectNotInPrerequisiteState(message)
        ctx.notify(Notice("NOTICE", message + ", skipping"))
        return
    if action.action == "drop":
        del draft.sequences[column.sequence_oid]
        draft.put_column(oid, replace(column, identity="", sequence_oid=0))
        return
    if action.always is not None:
        draft.put_column(oid, replace(column, identity="a" if action.always else "d"))
    if action.sequence is not None:
        sequence = altered_sequence(draft.sequences[column.sequence_oid], action.sequence)
        draft.put(sequence)
        restart(ctx, sequence, action.sequence.restart)


def _add_identity(action: nodes.SetIdentity, draft: Draft, table: Table, column: Column) -> None:
    where = f'column "{column.name}" of relation "{table.name}"'
    if column.identity:
        raise ObjectNotInPrerequisiteState(f"{where} is already an identity column")
    if column.default is not None:
        raise ObjectNotInPrerequisiteState(f"{where} already has a default value")
    if not column.not_null:
        raise ObjectNotInPrerequisiteState(
            f"{where} must be declared NOT NULL before identity can be added"
        )
    builder = ColumnBuilder(draft, draft.schemas[table.schema_oid], table.name, table.oid)
    new = NewColumn(column, None, ())
    builder.own_sequence(
        new, action.sequence or nodes.SequenceOptions(), "a" if action.always else "d"
    )
    draft.put_column(table.oid, new.column)


def drop_expression(action: nodes.DropExpression, draft: Draft, oid: int, ctx: ExecContext) -> None:
    """DROP EXPRESSION: the stored values stay."""
    table, column = _column(draft, oid, action.name)
    if column.generated is None:
        message = f'column "{column.name}" of relation "{table.name}" is not a generated column'
        if not action.if_exists:
            raise ObjectNotInPrerequisiteState(message)
        ctx.notify(Notice("NOTICE", message + ", skipping"))
        return
    draft.put_column(oid, replace(column, generated=None))


def alter_type(action: nodes.AlterColumnType, draft: Draft, oid: int, ctx: ExecContext) -> None:
    """ALTER COLUMN TYPE: a rewrite of the table, unless the stored form stays the same."""
    table, column = _column(draft, oid, action.name)
    target = resolve_type(action.type)
    _check_alterable(draft, table, column)
    _check_ungenerated(table, column)
    check_type_change(draft, table, column.attnum)
    changed = replace(column, type=target, missing=None)
    if column.default is not None and not column.sequence_oid:
        _check_default(draft, changed)
    if action.using is None and _only_widens(column.type, target):
        draft.put_column(oid, replace(changed, missing=column.missing))
        return
    columns = stored_columns(ctx, table)
    columns[column.attnum] = _converted(action, table, column, target, columns, ctx)
    draft.put_column(oid, changed)
    replace_rows(draft, ctx, oid, columns)


def _check_alterable(draft: Draft, table: Table, column: Column) -> None:
    for view in views_on(draft, table.oid, column.attnum):
        raise FeatureNotSupported(
            "cannot alter type of a column used by a view or rule",
            detail=f'rule _RETURN on view {view.name} depends on column "{column.name}"',
        )
    for index in draft.indexes_of(table.oid):
        if index.is_vector and index_uses(index, table, column):
            raise FeatureNotSupported(
                f'cannot alter type of column "{column.name}" while the vector index "{index.name}" exists',
                hint="Drop the index and create it again afterwards.",
            )


def _check_ungenerated(table: Table, column: Column) -> None:
    for other in table.columns:
        if other.generated is not None and column.name in columns_in(table, other.generated):
            raise FeatureNotSupported(
                "cannot alter type of a column used by a generated column",
                detail=f'Column "{column.name}" is used by generated column "{other.name}".',
            )


def _check_default(draft: Draft, column: Column) -> None:
    try:
        check_default(draft.catalog(), column, 0)
    except DatatypeMismatch:
        raise DatatypeMismatch(
            f'default for column "{column.name}" cannot be cast automatically to type {column.type}'
        ) from None


def _only_widens(old: ColumnType, new: ColumnType) -> bool:
    """Whether every stored value is right under the new type as it is."""
    if old == new:
        return True
    strings = ("text", "varchar")
    if old.type.name in strings and new.type.name in strings:
        return new.typmod < 0 or 0 <= old.typmod <= new.typmod
    return False


def _converted(
    action: nodes.AlterColumnType,
    table: Table,
    column: Column,
    target: ColumnType,
    columns: dict[int, Any],
    ctx: ExecContext,
) -> Any:
    cast = assignment(column.type, target)
    if action.using is None:
        if cast is None:
            raise DatatypeMismatch(
                f'column "{column.name}" cannot be cast automatically to type {target}',
                hint=f'You might need to specify "USING {column.name}::{target}".',
            )
        return converted(columns[column.attnum], column.type, target, cast)
    explicit = _explicit(action.using, column, target)
    if explicit is not None:
        return converted(columns[column.attnum], column.type, target, explicit)
    array, kind = evaluate_rows(table, columns, action.using, ctx)
    cast = assignment(kind, target)
    if cast is None:
        raise DatatypeMismatch(
            f'result of USING clause for column "{column.name}" cannot be cast automatically to type {target}',
            hint="You might need to add an explicit cast.",
        )
    return converted(array, kind, target, cast)


def _explicit(using: str, column: Column, target: ColumnType) -> Callable[[Any], Any] | None:
    """USING column::type of the same type, done here: from text by the type's input function."""
    tokens = tokenize(using)
    if tokens[0].value != column.name or tokens[1].value != "::":
        return None
    if column.type.type.name in ("text", "varchar", "bpchar"):
        from_text, typmod = target.type.from_text, target.typmod
        return lambda value: from_text(value, typmod)
    return assignment(column.type, target)
