"""Builds the output columns of direct operators for the few rows of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.executor.context import ExecContext
from vecsql.executor.hits import Hits
from vecsql.executor.scalars import evaluate
from vecsql.planner.plan import Output
from vecsql.storage.interface import TableVersion
from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType


def output_columns(
    outputs: Sequence[Output],
    version: TableVersion,
    hits: Hits,
    ctx: ExecContext,
    params: Sequence[Any],
) -> list[Any]:
    """One column per output, each an Arrow array, a numpy array or a list, as Chunk allows."""
    columns: list[Any] = []
    for output in outputs:
        kind = output.kind
        if kind == "column":
            columns.append(hits.gather(version, output.attnum))
        elif kind == "distance":
            columns.append(_distances(output, hits))
        elif kind == "rank":
            columns.append(np.arange(len(hits.positions), dtype=np.int64))
        else:
            assert output.value is not None
            columns.append([evaluate(output.value, ctx, params)] * len(hits.positions))
    return columns


def _distances(output: Output, hits: Hits) -> npt.NDArray[np.float64] | pa.Array:
    values = hits.distances if output.transform is None else output.transform(hits.distances)
    if not hits.nulls:
        return values
    null = np.zeros(len(values), np.bool_)
    null[len(values) - hits.nulls :] = True
    return pa.array(values, mask=null)


def as_arrow(column: Any, ctype: ColumnType) -> pa.Array:
    """A Chunk's column as an Arrow array."""
    if isinstance(column, pa.Array):
        return column
    if isinstance(column, np.ndarray):
        return pa.array(column)
    return to_arrow(column, ctype)
