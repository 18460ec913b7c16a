"""The table of operators: which function runs which class of plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

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
