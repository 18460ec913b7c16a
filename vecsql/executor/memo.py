"""Keys under which the result of a sub-select may be kept: the plan, its parameters and the versions of what it reads."""

from __future__ import annotations

import itertools
import re
from collections.abc import Hashable, Sequence
from typing import Any

from vecsql.executor.context import ExecContext
from vecsql.planner.plan import (
    Filter,
    KeyLookup,
    Param,
    Relational,
    RowCount,
    RowScan,
    ScalarExpr,
    VectorTopK,
    Widening,
)
from vecsql.planner.rules.table_filters import is_deterministic

_numbers = itertools.count(1)
_PARAMETER = re.compile(r"\$(\d+)")


class _Reads:
    """What a plan object reads, while it lives: `tables` by oid and `params` by number; `known` is False if more."""

    __slots__ = ("known", "number", "params", "plan", "tables")

    def __init__(self, plan: Any) -> None:
        self.plan = plan  # keeps the id from being used again
        self.number = next(_numbers)
        self.tables: set[int] = set()
        self.params: set[int] = set()
        self.known = self.add(plan)

    def add(self, plan: Any) -> bool:
        """Note what a plan reads; False if its result depends on more."""
        if isinstance(plan, Relational):
            self.tables.update(oid for oid, _ in plan.scans.values())
            blocks = all(self.add(block) for block in plan.topk.values())
            return blocks and not plan.system and self._sql(plan.sql)
        if isinstance(plan, Widening):
            return self.add(plan.relational)
        if not isinstance(plan, (VectorTopK, KeyLookup, RowScan, RowCount)):
            return False
        self.tables.add(plan.table.oid)
        if any(output.kind == "computed" for output in getattr(plan, "outputs", ())):
            return False
        return self._filter(plan.filter) and all(self._scalar(e) for e in _scalars(plan))

    def _filter(self, where: Filter | None) -> bool:
        if where is None:
            return True
        self.params.update(number for number in where.params if number > 0)
        return where.cacheable and all(self._scalar(expr) for expr in where.scalars)

    def _scalar(self, expr: ScalarExpr) -> bool:
        if expr.plan is not None:
            return self.add(expr.plan)
        if isinstance(expr.operand, Param):
            self.params.add(expr.operand.index)
        return expr.operand is not None or (expr.sql is not None and self._sql(expr.sql))

    def _sql(self, sql: str) -> bool:
        self.params.update(map(int, _PARAMETER.findall(sql)))
        return is_deterministic(sql)


_known: dict[int, _Reads] = {}
_MOST_PLANS = 1000


def key_of(plan: Any, ctx: ExecContext, params: Sequence[Any]) -> Hashable | None:
    """A key that says all that the plan's result depends on; None where that is not known."""
    reads = _known.get(id(plan))
    if reads is None:
        if len(_known) >= _MOST_PLANS:
            _known.clear()
        reads = _known[id(plan)] = _Reads(plan)
    if not reads.known:
        return None
    snapshot = ctx.txn.snapshot()
    versions = tuple([snapshot.table(oid).version for oid in reads.tables])
    values = [params[number - 1] for number in reads.params]
    key = (reads.number, versions, ctx.settings.get("timezone"), *((type(v), v) for v in values))
    try:
        hash(key)
    except TypeError:  # arrays among the parameters
        return None
    return key


def _scalars(plan: Any) -> list[ScalarExpr]:
    if isinstance(plan, KeyLookup):
        return list(plan.key)
    found = [getattr(plan, name, None) for name in ("query", "limit", "offset")]
    keys = getattr(plan, "keys", None)
    return [expr for expr in found if expr is not None] + list(keys.values if keys else ())
