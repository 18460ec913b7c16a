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
from vecsql.index import flat
from vecsql.planner.plan import Output, VectorTopK
from vecsql.storage.interface import TableVersion
from vecsql.types.arrow import from_arrow
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
            type_name = output.column.type.type.name
            columns.append(hits.values(version, output.attnum, type_name))
        elif kind == "distance":
            columns.append(_nullable(output, hits, hits.distances))
        elif kind == "computed":
            columns.append(_computed(output, version, hits, ctx, params))
        elif kind == "rowid":
            columns.append(hits.rowids())
        elif kind == "rank":
            columns.append(np.arange(len(hits.positions), dtype=np.int64))
        else:
            assert output.value is not None
            columns.append([evaluate(output.value, ctx, params)] * len(hits.positions))
    return columns


def _computed(
    output: Output, version: TableVersion, hits: Hits, ctx: ExecContext, params: Sequence[Any]
) -> list[Any]:
    """The values of an expression, row by row."""
    run, count = output.run, len(hits.positions)
    assert run is not None
    if not output.reads:
        return [run(ctx, params) for _ in range(count)]
    given = list(params)
    columns = [_python(hits, version, *column) for column in reversed(output.reads)]
    return [run(ctx, [*given, *row]) for row in zip(*columns, strict=True)]


def _python(hits: Hits, version: TableVersion, attnum: int, ctype: ColumnType) -> list[Any]:
    if not hits.owners:
        return []
    return from_arrow(hits.gather(version, attnum), ctype)


def topk_columns(
    plan: VectorTopK, version: TableVersion, hits: Hits, ctx: ExecContext, params: Sequence[Any]
) -> list[Any]:
    """Output columns of a vector top-k: those of output_columns() and distances to queries of their own."""
    columns = output_columns(plan.outputs, version, hits, ctx, params)
    for number, output in enumerate(plan.outputs):
        if output.kind == "distance" and output.value is not None:
            query = evaluate(output.value, ctx, params)
            if query is None:
                columns[number] = pa.nulls(len(hits.positions), pa.float64())
            elif not np.array_equal(query, evaluate(plan.query, ctx, params)):
                columns[number] = _distances_to(query, plan, output, hits)
    return columns


def _distances_to(
    query: npt.NDArray[np.float32], plan: VectorTopK, output: Output, hits: Hits
) -> pa.Array:
    """Distances of the rows found to another query than they were found with."""
    values = np.empty(len(hits.positions), np.float64)
    null = np.zeros(len(hits.positions), np.bool_)
    for number, owner in enumerate(hits.owners):
        mine = np.flatnonzero(hits.parts == number) if hits.parts is not None else slice(None)
        vectors, valid = owner.part.derived(plan.attnum, plan.steps)
        positions = hits.positions[mine]
        values[mine] = flat.distances(vectors, query, plan.metric, positions)
        if valid is not None:
            null[mine] = ~valid[positions]
    return pa.array(values if output.transform is None else output.transform(values), mask=null)


def _nullable(
    output: Output, hits: Hits, distances: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64] | pa.Array:
    """The output of these distances, NULL at the end where the rows' vectors are."""
    values = distances if output.transform is None else output.transform(distances)
    if not hits.nulls:
        return values
    null = np.zeros(len(values), np.bool_)
    null[len(values) - hits.nulls :] = True
    return pa.array(values, mask=null)
