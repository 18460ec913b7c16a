"""The seam to the query planner: sub-queries and expressions that DML leaves to DuckDB."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from vecsql.planner.bind_query import QueryBinder
from vecsql.planner.coerce import effective
from vecsql.planner.convert.types import TypeName
from vecsql.planner.dml.casts import assignment
from vecsql.planner.dml.scalars import Scope
from vecsql.planner.plan import ResultColumn, ScalarExpr, SelectPlan
from vecsql.planner.scope import Scope as NameScope
from vecsql.planner.translate import scalar_sql
from vecsql.types.base import ColumnType


@dataclass(frozen=True, slots=True)
class PlannedQuery:
    plan: SelectPlan
    columns: tuple[ResultColumn, ...]


def plan_query(node: exp.Expression, scope: Scope) -> PlannedQuery:
    """Bind and plan a query with the statement's parameters."""
    from vecsql.planner.planner import plan_query as plan  # it plans DML with this module

    return PlannedQuery(*plan(node, scope.catalog, scope.search_path, scope.params))


def plan_scalar(node: exp.Expression, target: ColumnType, scope: Scope) -> ScalarExpr:
    """Bind and plan an expression without columns."""
    if any(node.find_all(exp.Select)):
        planned = plan_query(exp.Select(expressions=[assignment_source(node, target)]), scope)
        return ScalarExpr(planned.columns[0].type, None, plan=planned.plan)
    binder = QueryBinder(scope.catalog, scope.search_path, scope.params)
    bound = binder.bind(assignment_source(node, target), NameScope())
    kind = effective(bound)
    return ScalarExpr(kind, None, scalar_sql(bound, kind))


def assignable(source: ColumnType, target: ColumnType) -> object:
    """The assignment cast between two types, or None."""
    return assignment(source, target)


def assignment_source(node: exp.Expression, target: ColumnType) -> exp.Expression:
    """The expression as a select item whose unknown literals and parameters take the column's type."""
    inner = node.this if isinstance(node, exp.Alias) else node
    unknown = isinstance(inner, (exp.Null, exp.Parameter)) or (
        isinstance(inner, exp.Literal) and inner.is_string
    )
    return cast_to(inner, target) if unknown else node


def cast_to(node: exp.Expression, target: ColumnType) -> exp.Cast:
    """CAST(node AS type) with a type name that needs no look-up."""
    to = exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=target.type.name)
    to.meta["type_name"] = TypeName(("pg_catalog", target.type.name), (), 0, -1)
    cast = exp.Cast(this=node, to=to)
    cast.meta.update(node.meta)
    return cast
