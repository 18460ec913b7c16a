"""Checks the expressions of a table definition (DEFAULT, CHECK, GENERATED) when it is made."""

from __future__ import annotations

from vecsql.catalog.model import Catalog, Column, Table
from vecsql.errors import DatatypeMismatch, Error, FeatureNotSupported, InvalidObjectDefinition
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.keys import columns_in
from vecsql.executor.defaults import plan_default
from vecsql.planner.ddl import nodes
from vecsql.planner.dml.casts import assignment
from vecsql.planner.dml.rows import bind_row_expression


def _moved(error: Error, start: int) -> Error:
    """The error of an expression, with its position made one of the statement."""
    if error.position is not None:
        error.position += start
    return error


def check_default(catalog: Catalog, column: Column, start: int) -> None:
    """Bind a DEFAULT that begins at the offset `start` of the statement."""
    assert column.default is not None
    try:
        plan_default(column.default, column.type, column.name, catalog)
    except DatatypeMismatch as error:
        error.message = error.message.replace("but expression", "but default expression")
        error.args = (error.message,)
        raise _moved(error, start) from None
    except Error as error:
        raise _moved(error, start) from None


def check_constraint_expression(draft: Draft, oid: int, spec: nodes.ConstraintSpec) -> None:
    """Bind a CHECK expression: columns must exist, the result must be boolean."""
    table = draft.tables[oid]
    try:
        bound = bind_row_expression(table, spec.expression, draft.catalog())
    except Error as error:
        raise _moved(error, spec.expression_start) from None
    if bound.type.type.name not in ("bool", "unknown"):
        raise DatatypeMismatch(
            f"argument of CHECK must be type boolean, not type {bound.type}",
            position=spec.expression_start + 1,
        )


def _check_generated(draft: Draft, table: Table, column: Column, start: int) -> None:
    assert column.generated is not None
    for name in columns_in(table, column.generated):
        other = table.column(name)
        if other is not None and other.generated is not None:
            raise InvalidObjectDefinition(
                f'cannot use generated column "{name}" in column generation expression',
                detail="A generated column cannot reference another generated column.",
            )
    try:
        bound = bind_row_expression(table, column.generated, draft.catalog())
    except Error as error:
        raise _moved(error, start) from None
    if bound.volatile:
        raise InvalidObjectDefinition("generation expression is not immutable")
    if assignment(bound.type, column.type) is None:
        raise DatatypeMismatch(
            f'column "{column.name}" is of type {column.type} but default expression is of type {bound.type}',
            hint="You will need to rewrite or cast the expression.",
        )


def check_column_expressions(draft: Draft, oid: int, spec: nodes.ColumnSpec) -> None:
    """Bind the DEFAULT, CHECK and GENERATED expressions of one column definition."""
    table = draft.tables[oid]
    column = table.column(spec.name)
    assert column is not None
    for item in spec.constraints:
        if item.kind == "default":
            if columns_in(table, item.expression):
                _refuse_columns(draft, table, item)
            check_default(draft.catalog(), column, item.expression_start)
        elif item.kind == "generated":
            _check_generated(draft, table, column, item.expression_start)
        elif item.kind == "check":
            check_constraint_expression(draft, oid, item)


def _refuse_columns(draft: Draft, table: Table, item: nodes.ConstraintSpec) -> None:
    raise FeatureNotSupported(
        "cannot use column reference in DEFAULT expression", position=item.expression_start + 1
    )


def check_table_expressions(draft: Draft, oid: int, statement: nodes.CreateTable) -> None:
    """Bind every expression of a new table. Raises what PostgreSQL raises, with positions."""
    for spec in statement.columns:
        check_column_expressions(draft, oid, spec)
    for constraint in statement.constraints:
        if constraint.kind == "check":
            check_constraint_expression(draft, oid, constraint)
