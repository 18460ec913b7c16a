"""Evaluates SELECTs without FROM in Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vecsql.catalog.functions import SystemState
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.duck import runtime_of
from vecsql.executor.operators import operator
from vecsql.planner.plan import Chunk, Computed


@operator(Computed)
def run_computed(plan: Computed, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """One row."""
    if plan.stateful:
        _update_state(ctx)
    values = [[run(ctx, params)] for run in plan.items]
    return Result(plan.columns, iter((Chunk(1, values),)), "SELECT 1")


def _update_state(ctx: ExecContext) -> None:
    """Bring what the catalog's functions see up to date with the session."""
    catalog = ctx.txn.snapshot().catalog
    if ctx.system_state is None:
        ctx.system_state = SystemState(catalog)
    ctx.system_state.catalog = catalog
    ctx.system_state.runtime = runtime_of(ctx)
