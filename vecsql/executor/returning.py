"""RETURNING: the result of a data-modifying statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vecsql.catalog.model import Table
from vecsql.executor.constraints import Columns
from vecsql.executor.context import ExecContext, Result
from vecsql.planner.dml.nodes import Returning
from vecsql.planner.plan import Chunk


def returning_result(
    returning: Returning | None,
    table: Table,
    columns: Columns,
    rows: int,
    tag: str,
    ctx: ExecContext,
    params: Sequence[Any],
) -> Result:
    """The Result of a statement that changed the given rows (attnum -> array)."""
    if returning is None:
        return Result(None, iter(()), tag)
    assert returning.attnums is not None
    chunk = Chunk(rows, [columns[a] for a in returning.attnums])
    return Result(returning.columns, iter((chunk,)), tag)
