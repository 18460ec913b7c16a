"""The seam to the query planner: sub-queries and expressions that DML leaves to DuckDB."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from vecsql.errors import FeatureNotSupported
from vecsql.planner.dml.casts import assignment
from vecsql.planner.dml.scalars import Scope
from vecsql.planner.plan import ResultColumn, ScalarExpr, SelectPlan
from vecsql.types.base import ColumnType


@dataclass(frozen=True, slots=True)
class PlannedQuery:
    plan: SelectPlan
    columns: tuple[ResultColumn, ...]


def plan_query(node: exp.Expression, scope: Scope) -> PlannedQuery:
    """Bind and plan a query with the statement's parameters."""
    raise FeatureNotSupported("queries inside data modification are not supported")


def plan_scalar(node: exp.Expression, target: ColumnType, scope: Scope) -> ScalarExpr:
    """Bind and plan an expression without columns."""
    raise FeatureNotSupported("this expression is not supported")


def assignable(source: ColumnType, target: ColumnType) -> object:
    """The assignment cast between two types, or None."""
    return assignment(source, target)


def assignment_source(node: exp.Expression, target: ColumnType) -> exp.Expression:
    """The expression as a select item whose unknown literals and parameters take the column's type."""
    return node
