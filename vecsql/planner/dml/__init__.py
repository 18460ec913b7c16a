"""DML: plans of INSERT, UPDATE and DELETE from the AST that planner.parse makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from vecsql.catalog.model import Catalog
from vecsql.planner.dml.insert import plan_insert
from vecsql.planner.dml.nodes import Delete, DmlPlan, Insert, Update
from vecsql.planner.dml.scalars import Scope
from vecsql.planner.dml.update import plan_delete, plan_update
from vecsql.planner.plan import ResultColumn
from vecsql.planner.scope import ParamTypes

_PLANNERS: dict[type, Callable[[Any, Scope], DmlPlan]] = {
    exp.Insert: plan_insert,
    exp.Update: plan_update,
    exp.Delete: plan_delete,
}


def plan_dml(
    ast: exp.Expression, catalog: Catalog, search_path: Sequence[str], params: ParamTypes
) -> tuple[DmlPlan, tuple[ResultColumn, ...] | None]:
    """Plan an INSERT, UPDATE or DELETE; also gives the columns of its RETURNING, None without one."""
    scope = Scope(catalog, tuple(search_path), params)
    plan = _PLANNERS[type(ast)](ast, scope)
    return plan, plan.returning.columns if plan.returning else None


__all__ = ["Delete", "DmlPlan", "Insert", "Update", "plan_dml"]
