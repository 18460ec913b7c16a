"""Which plans read nothing but tables: no functions of the session or its transaction, nothing that DuckDB computes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vecsql.planner.plan import Filter, KeyLookup, Output, RowCount, RowScan, ScalarExpr, VectorTopK


def reads_only_tables(plan: Any) -> bool:
    """Whether a snapshot is all that the plan needs, so that it can run without a transaction."""
    scalars: tuple[ScalarExpr | None, ...]
    if isinstance(plan, VectorTopK):
        scalars = (plan.query, plan.limit, plan.offset)
    elif isinstance(plan, KeyLookup):
        scalars = plan.key
    elif isinstance(plan, RowScan):
        scalars = (plan.limit, plan.offset, *(plan.keys.values if plan.keys else ()))
    elif isinstance(plan, RowCount):
        return _filter_given(plan.filter)
    else:
        return False
    return _given(scalars) and _filter_given(plan.filter) and all(map(_plain, plan.outputs))


def _given(scalars: Iterable[ScalarExpr | None]) -> bool:
    """Constants and parameters all."""
    return all(scalar is None or scalar.operand is not None for scalar in scalars)


def _filter_given(where: Filter | None) -> bool:
    return where is None or (not where.slow and _given(where.scalars))


def _plain(output: Output) -> bool:
    return output.kind != "computed" and _given((output.value,))
