"""DDL operators: one function per kind of statement, each returning its command tag."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from vecsql.executor.context import ExecContext, Result
from vecsql.executor.ddl.tables import create_table
from vecsql.executor.operators import operator
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan

_RUN: dict[type, Callable[[Any, DdlPlan, ExecContext], str]] = {
    nodes.CreateTable: create_table,
    nodes.NoOp: lambda statement, plan, ctx: statement.tag,
}


@operator(DdlPlan)
def execute_ddl(plan: DdlPlan, ctx: ExecContext, params: Sequence[Any] = ()) -> Result:
    """Run a DDL statement inside the transaction."""
    tag = _RUN[type(plan.statement)](plan.statement, plan, ctx)
    return Result(None, iter(()), tag)
