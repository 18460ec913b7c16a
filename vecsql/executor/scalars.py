"""Evaluates ScalarExprs: what a statement needs to know once, such as LIMIT, the query vector or a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vecsql.errors import CardinalityViolation, InvalidRowCountInLimit, InvalidRowCountInOffset
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.operators import execute_plan
from vecsql.planner.plan import Const, Param, ScalarExpr


def evaluate(expr: ScalarExpr, ctx: ExecContext, params: Sequence[Any]) -> Any:
    """The value of `expr` as a Python value of its type; None for NULL."""
    operand = expr.operand
    if type(operand) is Param:
        return params[operand.index - 1]
    if type(operand) is Const:
        return operand.value
    if expr.plan is not None:
        return _sub_select(expr, ctx, params)
    from vecsql.executor.relational import evaluate_scalar  # DuckDB loads only where it is needed

    return evaluate_scalar(expr, ctx, params)


def _sub_select(expr: ScalarExpr, ctx: ExecContext, params: Sequence[Any]) -> Any:
    rows = first_column(execute_plan(expr.plan, ctx, params))
    if len(rows) > 1:
        raise CardinalityViolation("more than one row returned by a subquery used as an expression")
    return rows[0] if rows else None


def first_column(result: Result) -> list[Any]:
    """The first column of a result as Python values."""
    from vecsql.types.arrow import from_arrow

    assert result.columns is not None
    ctype = result.columns[0].type
    values: list[Any] = []
    for chunk in result.chunks:
        column = chunk.columns[0]
        values.extend(column if isinstance(column, list) else from_arrow(column, ctype))
    return values


def row_count(
    limit: ScalarExpr | None, offset: ScalarExpr | None, ctx: ExecContext, params: Sequence[Any]
) -> tuple[int | None, int]:
    """LIMIT (None: all rows) and OFFSET, checked as PostgreSQL does."""
    skip = evaluate(offset, ctx, params) if offset is not None else None
    count = evaluate(limit, ctx, params) if limit is not None else None
    if count is not None and count < 0:
        raise InvalidRowCountInLimit("LIMIT must not be negative")
    if skip is not None and skip < 0:
        raise InvalidRowCountInOffset("OFFSET must not be negative")
    return (None if count is None else int(count)), int(skip or 0)
