"""Expressions evaluated over a batch of rows that is not (yet) stored: CHECK, generated columns, USING."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from vecsql.catalog.model import Column, Table
from vecsql.errors import FeatureNotSupported
from vecsql.executor.context import ExecContext
from vecsql.planner.dml.casts import assignment
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType

Columns = Mapping[int, pa.Array]


def evaluate_rows(
    table: Table, columns: Columns, expression: str, ctx: ExecContext
) -> tuple[pa.Array, ColumnType]:
    """The value of an expression for each row, and its type."""
    raise FeatureNotSupported("expressions over rows are not supported")


def violations(table: Table, columns: Columns, expression: str, ctx: ExecContext) -> int | None:
    """Position of the first row for which a CHECK expression is false, or None."""
    values, _ = evaluate_rows(table, columns, expression, ctx)
    at = pc.index(values, False).as_py()
    return None if at < 0 else at


def generate(table: Table, column: Column, columns: Columns, ctx: ExecContext) -> pa.Array:
    """The values of a GENERATED column for the given rows."""
    assert column.generated is not None
    values, kind = evaluate_rows(table, columns, column.generated, ctx)
    if kind == column.type:
        return values
    cast = assignment(kind, column.type)
    assert cast is not None
    done = [None if v is None else cast(v) for v in from_arrow(values, kind)]
    return to_arrow(done, column.type)
