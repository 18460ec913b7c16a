"""Result columns as Python values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vecsql.executor.context import Result
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.types.rows import values_of


def chunk_rows(chunk: Chunk, columns: tuple[ResultColumn, ...]) -> Iterator[tuple[Any, ...]]:
    """A chunk row by row."""
    if not columns:
        return iter([()] * chunk.num_rows)
    by_column = [values_of(c, d.type) for c, d in zip(chunk.columns, columns, strict=True)]
    return zip(*by_column, strict=True)


def first_row(result: Result) -> list[Any]:
    """The first row of a result, which is then exhausted."""
    assert result.columns is not None
    rows = [row for chunk in result.chunks for row in chunk_rows(chunk, result.columns)]
    return list(rows[0])
