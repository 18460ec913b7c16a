"""Rules that turn bound queries, or blocks of them, into direct operators that never enter DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from vecsql.planner.plan import (
    Computed,
    KeyLookup,
    LateralTopK,
    NearestPerGroup,
    Relational,
    ResultColumn,
    RowCount,
    RowScan,
    SelectPlan,
    VectorTopK,
    Widening,
)
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.computed import computed
from vecsql.planner.rules.distinct_on import nearest_per_group
from vecsql.planner.rules.key_blocks import replace_keyed
from vecsql.planner.rules.key_lookup import key_lookup
from vecsql.planner.rules.laterals import replace_laterals
from vecsql.planner.rules.scans import row_count, row_scan
from vecsql.planner.rules.topk import replace_blocks, vector_topk
from vecsql.planner.rules.widening import BLOCK, Driver, drive_by_distance

__all__ = ["Compiler", "Rewrite", "direct_plan", "rewrite"]

DirectPlan = VectorTopK | NearestPerGroup | KeyLookup | RowScan | RowCount | Computed


def direct_plan(
    query: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> DirectPlan | None:
    """A plan for the whole bound query that needs no DuckDB, if one of the rules has one. `query` is not changed.

    Where none does, rewrite() moves the vector searches within it out of DuckDB.
    """
    for rule in (vector_topk, nearest_per_group, key_lookup, row_scan, row_count, computed):
        plan = rule(query, columns, compiler)
        if plan is not None:
            return plan
    return None


@dataclass(frozen=True, slots=True)
class Rewrite:
    """What rewrite() took out of a query: the blocks that run first, by relation name."""

    blocks: dict[str, VectorTopK | LateralTopK | KeyLookup | RowScan]
    driver: Driver | None

    def finish(self, relational: Relational) -> SelectPlan:
        """The plan of the query whose DuckDB part is `relational` (made with `blocks` as its topk)."""
        if self.driver is None:
            return relational
        driver = self.driver
        return Widening(
            relational, BLOCK, driver.limit, driver.offset, driver.reduced, driver.reducers
        )


def rewrite(root: exp.Expression, compiler: Compiler) -> Rewrite:
    """Let the top-k blocks within a bound query, and the table that a join is ordered by, read relations of the
    nearest rows, and tables read by a unique key relations of its rows. Changes `root` in place; if there are blocks it must be bound again."""
    blocks: dict[str, VectorTopK | LateralTopK | KeyLookup | RowScan] = {}
    blocks.update(replace_laterals(root, compiler))
    joined = bool(blocks)  # rows of its outer table are found by rowid, which a driver has not
    blocks.update(replace_blocks(root, compiler))
    driver = drive_by_distance(root, compiler) if not joined else None
    if driver is not None:
        blocks[BLOCK] = driver.block
    blocks.update(replace_keyed(root, compiler))
    return Rewrite(blocks, driver)
