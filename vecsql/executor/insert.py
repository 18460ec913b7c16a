"""INSERT: rows from VALUES or from a query, defaults, constraints, ON CONFLICT, RETURNING."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from vecsql.types.arrow import to_arrow

from vecsql.errors import FeatureNotSupported
from vecsql.executor.constraints import Columns, check_rows
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.defaults import cell_value, default_cell
from vecsql.executor.operators import operator
from vecsql.executor.returning import returning_result
from vecsql.planner.dml.nodes import Insert


@operator(Insert)
def insert(plan: Insert, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """Run an INSERT."""
    if plan.query is not None:
        raise FeatureNotSupported("INSERT ... SELECT is not supported")
    columns = _values(plan, ctx, params)
    check_rows(plan.table, columns, ctx)
    if plan.conflict is not None:
        raise FeatureNotSupported("ON CONFLICT is not supported")
    ctx.txn.insert(plan.table.oid, columns)
    return returning_result(
        plan.returning, columns, len(plan.rows), f"INSERT 0 {len(plan.rows)}", ctx, params
    )


def _values(plan: Insert, ctx: ExecContext, params: Sequence[Any]) -> Columns:
    """The new rows, a column at a time over all rows of VALUES."""
    catalog = ctx.txn.snapshot().catalog
    at = {attnum: i for i, attnum in enumerate(plan.targets)}
    values: dict[int, list[Any]] = {c.attnum: [] for c in plan.table.columns}
    defaults = {c.attnum: default_cell(c, catalog) for c in plan.table.columns}
    for row in plan.rows:
        for column in plan.table.columns:
            position = at.get(column.attnum)
            cell = row[position] if position is not None else None
            if cell is None:
                cell = defaults[column.attnum]
            values[column.attnum].append(cell_value(cell, column.type, ctx, params))
    return {c.attnum: _array(values[c.attnum], c.type) for c in plan.table.columns}


def _array(values: list[Any], ctype: Any) -> pa.Array:
    return to_arrow(values, ctype)
