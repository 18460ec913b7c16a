"""Which plans read nothing but tables: no functions of the session or its transaction, nothing that DuckDB computes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from vecsql.planner.plan import Filter, KeyLookup, Output, RowCount, RowScan, ScalarExpr, VectorTopK
from vecsql.planner.statement import PreparedStatement

# What tells two plans of one class apart, besides values and the filter.
_SHAPE = ("table", "attnum", "metric", "index_oid", "order", "recall")


def reads_only_tables(plan: Any) -> bool:
    """Whether a snapshot is all that the plan needs, so that it can run without a transaction."""
    scalars: tuple[ScalarExpr | None, ...]
    if isinstance(plan, VectorTopK):
        bound = plan.within.bound if plan.within is not None else None
        scalars = (plan.query, plan.limit, plan.offset, bound)
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
    """Constants, parameters, and sub-selects that only read tables themselves."""
    return all(
        scalar is None
        or scalar.operand is not None
        or (scalar.plan is not None and reads_only_tables(scalar.plan))
        for scalar in scalars
    )


def _filter_given(where: Filter | None) -> bool:
    return where is None or (not where.slow and _given(where.scalars))


def _plain(output: Output) -> bool:
    return output.kind != "computed" and _given((output.value,))


def same_but_for_values(one: PreparedStatement, other: PreparedStatement) -> bool:
    """Whether two pure plans do the same with the same columns, if their parameters and constants are equal."""
    if not (one.pure and other.pure) or one.columns != other.columns:
        return False
    return _shape(one.plan) == _shape(other.plan)


def _shape(plan: Any) -> tuple[Any, ...]:
    keys = getattr(plan, "keys", None)
    outputs = tuple((o.kind, o.attnum) for o in getattr(plan, "outputs", ()))
    where, within = plan.filter, getattr(plan, "within", None)
    reads = where and (where.attnums, len(where.terms), where.cacheable)
    how = tuple(getattr(plan, name, None) for name in _SHAPE)
    found = keys and (keys.index_oid, keys.is_array)
    return (type(plan), how, outputs, reads, found, within and within.op)
