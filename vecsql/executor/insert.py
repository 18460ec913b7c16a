"""INSERT: rows from VALUES or from a query, defaults, constraints, ON CONFLICT, RETURNING."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.catalog.model import Catalog, Column, Table
from vecsql.errors import FeatureNotSupported
from vecsql.executor.columns import cast_column, encoder, joined
from vecsql.executor.conflict import insert_or_conflict
from vecsql.executor.constraints import check_rows
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.defaults import cell_value, default_cell, sequence_values
from vecsql.executor.foreign_keys import check_references
from vecsql.executor.operators import operator
from vecsql.executor.returning import returning_result
from vecsql.executor.rowwise import generate
from vecsql.planner.dml.nodes import Cell, Insert
from vecsql.planner.dml.rows import XMAX


@operator(Insert)
def insert(plan: Insert, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run an INSERT."""
    table = plan.table
    if not table.columns:
        raise FeatureNotSupported("rows of tables without columns are not supported")
    if plan.query is None:
        given = _values(plan, ctx, params)
        count = len(plan.rows)
    else:
        given, count = _selected(plan, ctx, params)
    columns = complete_rows(table, given, count, ctx)
    check_rows(table, columns, ctx)
    if plan.conflict is None:
        if count:
            ctx.txn.insert(table.oid, columns)
        if plan.returning is not None and plan.returning.query is not None:
            columns = {**columns, XMAX: pa.array(np.zeros(count, np.int64))}
    else:
        columns = insert_or_conflict(plan, columns, ctx, params)
        count = len(next(iter(columns.values())))
    if count:
        check_references(table, columns, ctx)
    return returning_result(plan.returning, columns, [], count, f"INSERT 0 {count}", ctx, params)


def _values(plan: Insert, ctx: ExecContext, params: Sequence[Any]) -> dict[int, pa.Array]:
    """The target columns over all rows of VALUES."""
    table, catalog = plan.table, ctx.txn.snapshot().catalog
    found: dict[int, pa.Array] = {}
    for at, attnum in enumerate(plan.targets):
        column = table.column_at(attnum)
        default: Cell | None = None
        values = []
        for row in plan.rows:
            cell = row[at]
            if cell is None:
                cell = default = default or default_cell(column, catalog)
            values.append(
                cell.run(ctx, params) if cell.run else cell_value(cell, column.type, ctx, params)
            )
        if column.generated is None:
            found[attnum] = encoder(column.type)(values)
    return found


def _selected(
    plan: Insert, ctx: ExecContext, params: Sequence[Any]
) -> tuple[dict[int, pa.Array], int]:
    """The target columns from the query, Arrow to Arrow."""
    from vecsql.executor.execute import execute_plan

    result = execute_plan(plan.query, ctx, params)
    assert result.columns is not None
    chunks = list(result.chunks)
    count = sum(chunk.num_rows for chunk in chunks)
    found = {}
    for at, attnum in enumerate(plan.targets):
        column = plan.table.column_at(attnum)
        kind = result.columns[at].type
        array = joined([chunk.columns[at] for chunk in chunks], kind)
        found[attnum] = cast_column(array, kind, column.type)
    if plan.overriding == "user":
        found = {a: c for a, c in found.items() if not plan.table.column_at(a).identity}
    return found, count


def complete_rows(
    table: Table, given: dict[int, pa.Array], count: int, ctx: ExecContext
) -> dict[int, pa.Array]:
    """All columns of `count` new rows: defaults, identities and generated columns added to the given ones."""
    catalog = ctx.txn.snapshot().catalog
    columns: dict[int, pa.Array] = {}
    generated: list[Column] = []
    for column in table.columns:
        array = given.get(column.attnum)
        if array is not None:
            columns[column.attnum] = array
        elif column.generated is not None:
            generated.append(column)
        else:
            columns[column.attnum] = _defaults(column, count, catalog, ctx)
    for column in generated:
        columns[column.attnum] = generate(table, column, columns, ctx)
    return {c.attnum: columns[c.attnum] for c in table.columns}


def _defaults(column: Column, count: int, catalog: Catalog, ctx: ExecContext) -> pa.Array:
    if column.default is None and not column.identity:
        return pa.nulls(count, column.type.arrow)
    if count > 1 and (numbers := sequence_values(column, count, ctx)) is not None:
        return numbers
    cell = default_cell(column, catalog)
    if cell.volatile:
        values = [cell_value(cell, column.type, ctx, ()) for _ in range(count)]
    else:
        values = [cell_value(cell, column.type, ctx, ())] * count if count else []
    return encoder(column.type)(values)
