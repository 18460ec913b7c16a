"""Result columns as Python values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.executor.context import Result
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.types.arrow import from_arrow


def column_values(column: Any, described: ResultColumn) -> list[Any]:
    """A chunk's column as a list of Python values, None for NULL."""
    if isinstance(column, list):
        return column
    if isinstance(column, np.ndarray):
        return list(column) if column.ndim > 1 else column.tolist()
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    return from_arrow(column, described.type)


def chunk_rows(chunk: Chunk, columns: tuple[ResultColumn, ...]) -> Iterator[tuple[Any, ...]]:
    """A chunk row by row."""
    if not columns:
        return iter([()] * chunk.num_rows)
    by_column = [column_values(c, d) for c, d in zip(chunk.columns, columns, strict=True)]
    return zip(*by_column, strict=True)


def first_row(result: Result) -> list[Any]:
    """The first row of a result, which is then exhausted."""
    assert result.columns is not None
    rows = [row for chunk in result.chunks for row in chunk_rows(chunk, result.columns)]
    return list(rows[0])
