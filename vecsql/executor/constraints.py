"""NOT NULL and CHECK over a batch of new rows, with PostgreSQL's errors and the failing row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from vecsql.catalog.model import Column, Constraint, Table
from vecsql.errors import CheckViolation, IntegrityError, NotNullViolation
from vecsql.executor.context import ExecContext
from vecsql.executor.rowwise import violations

_SHOWN = 64  # longest value in "Failing row contains", in bytes

Columns = Mapping[int, pa.Array]


def failing_row(table: Table, columns: Columns, row: int) -> str:
    """The DETAIL that shows a row: Failing row contains (1, null, ...)."""
    return f"Failing row contains ({', '.join(_shown(c, columns[c.attnum], row) for c in table.columns)})."


def _shown(column: Column, array: pa.Array, row: int) -> str:
    from vecsql.types.arrow import from_arrow

    value: Any = from_arrow(array.slice(row, 1), column.type)[0]
    if value is None:
        return "null"
    text = column.type.type.to_text(value)
    data = text.encode()
    return text if len(data) <= _SHOWN else data[:_SHOWN].decode(errors="ignore") + "..."


def check_rows(table: Table, columns: Columns, ctx: ExecContext) -> None:
    """Raise for the first row that violates NOT NULL or a CHECK."""
    if not columns or not len(next(iter(columns.values()))):
        return
    schema = ctx.txn.snapshot().catalog.schemas[table.schema_oid].name
    _check_not_null(table, columns, schema)
    for constraint in sorted(table.constraints, key=lambda c: c.name):
        if constraint.kind == "c" and constraint.expression is not None:
            _check(table, constraint, columns, schema, ctx)


def _check(
    table: Table, constraint: Constraint, columns: Columns, schema: str, ctx: ExecContext
) -> None:
    assert constraint.expression is not None
    row = violations(table, columns, constraint.expression, ctx)
    if row is None:
        return
    raise _at_row(
        CheckViolation(
            f'new row for relation "{table.name}" violates check constraint "{constraint.name}"',
            detail=failing_row(table, columns, row),
            schema_name=schema,
            table_name=table.name,
            constraint_name=constraint.name,
        ),
        row,
    )


def _at_row(error: IntegrityError, row: int) -> IntegrityError:
    """The error, remembering which row of the batch it is about (COPY names its line)."""
    error.row = row  # type: ignore[attr-defined]
    return error


def _check_not_null(table: Table, columns: Columns, schema: str) -> None:
    first: tuple[int, Column] | None = None
    for column in table.columns:
        array = columns[column.attnum]
        if column.not_null and array.null_count:
            row = array.is_null().index(True).as_py()
            if first is None or row < first[0]:
                first = (row, column)
    if first is None:
        return
    row, column = first
    raise _at_row(
        NotNullViolation(
            f'null value in column "{column.name}" of relation "{table.name}" violates not-null constraint',
            detail=failing_row(table, columns, row),
            schema_name=schema,
            table_name=table.name,
            column_name=column.name,
        ),
        row,
    )
