"""Evaluates ScalarExprs: what a statement needs to know once, such as LIMIT, the query vector or a key."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from vecsql.errors import CardinalityViolation, InvalidRowCountInLimit, InvalidRowCountInOffset
from vecsql.executor import memo
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.mask_cache import CACHE
from vecsql.executor.operators import execute_plan
from vecsql.planner.plan import Const, Param, ScalarExpr

BYTES_PER_VALUE = 100  # of a cached Python value


def evaluate(expr: ScalarExpr, ctx: ExecContext, params: Sequence[Any]) -> Any:
    """The value of `expr` as a Python value of its type; None for NULL."""
    operand = expr.operand
    if type(operand) is Param:
        return params[operand.index - 1]
    if type(operand) is Const:
        return operand.value
    if expr.is_list:
        return listed(expr, ctx, params)
    if expr.plan is not None:
        return _sub_select(expr, ctx, params)
    from vecsql.executor.relational import evaluate_scalar  # DuckDB loads only where it is needed

    return evaluate_scalar(expr, ctx, params)


def _sub_select(expr: ScalarExpr, ctx: ExecContext, params: Sequence[Any]) -> Any:
    rows = first_column(execute_plan(expr.plan, ctx, params))
    if len(rows) > 1:
        raise CardinalityViolation("more than one row returned by a subquery used as an expression")
    return rows[0] if rows else None


class Values(list[Any]):
    """The values of a sub-select. Known by identity, so that what depends on them can be cached."""

    __slots__ = ()

    def __hash__(self) -> int:  # type: ignore[override]
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def listed(expr: ScalarExpr, ctx: ExecContext, params: Sequence[Any]) -> list[Any]:
    """The values of a sub-select: the same object again while nothing that it reads has changed."""
    key = memo.key_of(expr.plan, ctx, params)
    found: Values | None = CACHE.get(key) if key is not None else None
    if found is not None:
        return found
    values = first_column(execute_plan(expr.plan, ctx, params))
    if key is None:
        return values
    found = Values(values)
    CACHE.put(key, found, BYTES_PER_VALUE * (len(found) + 1))
    return found


def first_column(result: Result) -> list[Any]:
    """The first column of a result as Python values."""
    from vecsql.types.arrow import from_arrow

    assert result.columns is not None
    ctype = result.columns[0].type
    values: list[Any] = []
    for chunk in result.chunks:
        column = chunk.columns[0]
        if isinstance(column, np.ndarray):
            column = column.tolist()
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
