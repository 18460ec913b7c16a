"""RETURNING: the result of a data-modifying statement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from vecsql.executor.constraints import Columns
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.rowwise import named, run_rows
from vecsql.planner.dml.nodes import Returning
from vecsql.planner.plan import Chunk


def returning_result(
    returning: Returning | None,
    columns: Columns,
    others: Sequence[pa.Array],
    rows: int,
    tag: str,
    ctx: ExecContext,
    params: Sequence[Any],
) -> Result:
    """The Result of a statement that changed the given rows (attnum -> array); `others` are columns read of a join."""
    if returning is None:
        return Result(None, iter(()), tag)
    if rows == 0:
        return Result(returning.columns, iter(()), tag)
    if returning.attnums is not None:
        found = [columns[a] for a in returning.attnums]
    else:
        assert returning.query is not None
        extra = {f"f{i}": array for i, array in enumerate(others, 1)}
        found = run_rows(returning.query, {**named(columns), **extra}, ctx, params)
    return Result(returning.columns, iter((Chunk(rows, found),)), tag)
