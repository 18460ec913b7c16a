"""Reading and rewriting the rows of a table whose definition changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa

from vecsql.catalog.model import Column, Table
from vecsql.errors import CheckViolation, NotNullViolation
from vecsql.executor.context import ExecContext
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.defaults import cell_value, default_cell, plan_default
from vecsql.executor.rowwise import violations
from vecsql.planner.ddl.scanner import tokenize
from vecsql.planner.dml.scalars import VOLATILE
from vecsql.storage.columns import single
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType

Columns = dict[int, pa.Array]


def stored_columns(ctx: ExecContext, table: Table) -> Columns:
    """All live rows of a table (as this transaction sees it): attnum -> array."""
    version = ctx.txn.snapshot().table(table.oid)
    found = version.arrow([c.attnum for c in table.columns])
    return {c.attnum: single(found[f"c{c.attnum}"]) for c in table.columns}


def row_count(ctx: ExecContext, oid: int) -> int:
    return ctx.txn.snapshot().table(oid).num_rows


def replace_rows(draft: Draft, ctx: ExecContext, table_oid: int, columns: Columns) -> None:
    """Publish the draft with these rows in place of the table's old ones."""
    ctx.txn.truncate(table_oid)
    draft.publish()
    if columns and len(next(iter(columns.values()))):
        ctx.txn.insert(table_oid, columns)


def is_volatile(expression: str) -> bool:
    """Whether each row needs a value of its own."""
    return any(t.kind == "word" and t.value in VOLATILE for t in tokenize(expression))


def default_values(draft: Draft, column: Column, ctx: ExecContext, rows: int) -> list[Any]:
    """The values a column added to `rows` rows gets."""
    cell = default_cell(column, draft.catalog())
    if column.default is not None and not column.sequence_oid:
        cell = plan_default(column.default, column.type, column.name, draft.catalog())
        if not is_volatile(column.default):
            return [cell_value(cell, column.type, ctx, ())] * rows
    return [cell_value(cell, column.type, ctx, ()) for _ in range(rows)]


def converted(
    array: pa.Array, source: ColumnType, target: ColumnType, cast: Callable[[Any], Any]
) -> pa.Array:
    """A column under a cast, value by value."""
    return to_arrow([None if v is None else cast(v) for v in from_arrow(array, source)], target)


def check_no_nulls(ctx: ExecContext, table: Table, column: Column) -> None:
    """SET NOT NULL over existing rows."""
    if stored_columns(ctx, table)[column.attnum].null_count:
        raise contains_nulls(table, column)


def contains_nulls(table: Table, column: Column) -> NotNullViolation:
    return NotNullViolation(
        f'column "{column.name}" of relation "{table.name}" contains null values',
        table_name=table.name,
        column_name=column.name,
    )


def check_rows_satisfy(
    ctx: ExecContext, table: Table, columns: Columns, checks: Sequence[tuple[str, str]]
) -> None:
    """New CHECK constraints (name, expression) over existing rows."""
    for name, expression in checks:
        if violations(table, columns, expression, ctx) is not None:
            raise CheckViolation(
                f'check constraint "{name}" of relation "{table.name}" is violated by some row',
                table_name=table.name,
                constraint_name=name,
            )
