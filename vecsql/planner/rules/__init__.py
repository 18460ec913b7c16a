"""Rules that turn bound queries, or blocks of them, into direct operators that never enter DuckDB."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.planner.plan import KeyLookup, ResultColumn, RowScan, VectorTopK
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.key_lookup import key_lookup, row_scan
from vecsql.planner.rules.topk import topk_block, vector_topk
from vecsql.planner.rules.widening import Driver, driving_block

__all__ = ["Compiler", "Driver", "direct_plan", "driving_block", "topk_block"]

DirectPlan = VectorTopK | KeyLookup | RowScan


def direct_plan(
    query: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> DirectPlan | None:
    """A plan for the whole bound query that needs no DuckDB, if one of the rules has one. `query` is not changed.

    Where none does, topk_block() and driving_block() still move the vector searches within it out of DuckDB.
    """
    for rule in (vector_topk, key_lookup, row_scan):
        plan = rule(query, columns, compiler)
        if plan is not None:
            return plan
    return None
