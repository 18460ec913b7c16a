"""Entry to the executor: runs a prepared statement with the operator of its plan's class.

A module with operators registers them with `@operators.operator(PlanClass)` and is imported below.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vecsql.errors import FeatureNotSupported
from vecsql.executor import key_lookup, vector_topk  # noqa: F401  they register their operators
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.operators import OPERATORS
from vecsql.planner.statement import PreparedStatement


def execute(prepared: PreparedStatement, ctx: ExecContext, params: Sequence[Any] = ()) -> Result:
    """Run a prepared statement. `params` are decoded Python values, None for NULL."""
    return execute_plan(prepared.plan, ctx, params)


def execute_plan(plan: Any, ctx: ExecContext, params: Sequence[Any] = ()) -> Result:
    """Run a plan that has no PreparedStatement of its own: a sub-select, the query of INSERT ... SELECT."""
    run = OPERATORS.get(type(plan))
    if run is None:
        raise FeatureNotSupported(f"{type(plan).__name__} is not supported")
    return run(plan, ctx, params)
