"""The table of operators: which function runs which class of plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from vecsql.errors import FeatureNotSupported
from vecsql.executor.context import ExecContext, Result

Operator = Callable[[Any, ExecContext, Sequence[Any]], Result]

OPERATORS: dict[type, Operator] = {}

_Op = TypeVar("_Op", bound=Callable[..., Result])


def operator(*plan_classes: type) -> Callable[[_Op], _Op]:
    """Register `run(plan, ctx, params) -> Result` as the operator of these plan classes."""

    def register(run: _Op) -> _Op:
        for plan_class in plan_classes:
            OPERATORS[plan_class] = run
        return run

    return register


def execute_plan(plan: Any, ctx: ExecContext, params: Sequence[Any] = ()) -> Result:
    """Run a plan with its operator; also one without a PreparedStatement: a sub-select, the query of an INSERT."""
    run = OPERATORS.get(type(plan))
    if run is None:
        raise FeatureNotSupported(f"{type(plan).__name__} is not supported")
    return run(plan, ctx, params)
