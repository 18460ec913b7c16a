"""Entry to the executor: runs a prepared statement with the operator of its plan's class.

A module with operators registers them with `@operators.operator(PlanClass)` and is imported below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vecsql.executor import (  # noqa: F401  they register their operators
    change,
    computed,
    ddl,
    distinct_on,
    explain,
    insert,
    key_lookup,
    lateral_topk,
    relational,
    row_locks,
    row_scan,
    vector_topk,
    widening,
)
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.operators import execute_plan, operator
from vecsql.planner.plan import Relational
from vecsql.planner.statement import PreparedStatement

__all__ = ["execute", "execute_plan"]


@operator(Relational)
def _relational(plan: Relational, ctx: ExecContext, params: Sequence[Any]) -> Result:
    from vecsql.executor.relational import run_relational  # DuckDB loads only where it is needed

    return run_relational(plan, ctx, params)


def execute(prepared: PreparedStatement, ctx: ExecContext, params: Sequence[Any] = ()) -> Result:
    """Run a prepared statement. `params` are decoded Python values, None for NULL."""
    return execute_plan(prepared.plan, ctx, params)
