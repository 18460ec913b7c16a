"""Expressions evaluated over a batch of rows that is not (yet) stored: CHECK, generated columns, USING."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.catalog.model import Catalog, Column, Table
from vecsql.executor.columns import cast_column, joined
from vecsql.executor.context import ExecContext
from vecsql.planner.dml.nodes import UpdateExcluded
from vecsql.planner.dml.rows import ROWS, RowExpression, RowQuery, bind_row_expression
from vecsql.planner.rules.filters import Env
from vecsql.types.base import ColumnType

Columns = Mapping[int, pa.Array]


def run_rows(
    query: RowQuery, columns: Mapping[str, pa.Array], ctx: ExecContext, params: Sequence[Any] = ()
) -> list[pa.Array]:
    """The result columns of a query over the given rows."""
    from vecsql.executor.duck import session_of  # DuckDB loads only where it is needed
    from vecsql.executor.relational import run_relational

    duck = session_of(ctx)
    duck.register(ROWS, pa.table(dict(columns)), None)
    try:
        chunks = list(run_relational(query.plan, ctx, params).chunks)
    finally:
        duck.unregister(ROWS)
    return [joined([c.columns[i] for c in chunks], k.type) for i, k in enumerate(query.columns)]


def named(columns: Columns, prefix: str = "c") -> dict[str, pa.Array]:
    return {f"{prefix}{attnum}": array for attnum, array in columns.items()}


class _CatalogKey:
    """A table definition under a catalog as a cache key."""

    def __init__(self, table: Table, catalog: Catalog) -> None:
        self.table = table
        self.catalog = catalog

    def __hash__(self) -> int:
        return hash((self.table.oid, self.catalog.version))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, _CatalogKey)
            and other.catalog is self.catalog
            and other.table is self.table
        )


@lru_cache(maxsize=1024)
def _bound(text: str, key: _CatalogKey) -> RowExpression:
    return bind_row_expression(key.table, text, key.catalog)


def evaluate_rows(
    table: Table, columns: Columns, expression: str, ctx: ExecContext
) -> tuple[pa.Array, ColumnType]:
    """The value of an expression for each row, and its type."""
    bound = _bound(expression, _CatalogKey(table, ctx.txn.snapshot().catalog))
    return run_rows(bound.query, named(columns), ctx)[0], bound.type


def violations(table: Table, columns: Columns, expression: str, ctx: ExecContext) -> int | None:
    """Position of the first row for which a CHECK expression is false, or None."""
    bound = _bound(expression, _CatalogKey(table, ctx.txn.snapshot().catalog))
    values = _compiled(bound, columns)
    if values is None:
        values = run_rows(bound.query, named(columns), ctx)[0]
    if isinstance(values, pa.Scalar):
        return 0 if values.as_py() is False else None
    return None if values.false_count == 0 else pc.index(values, False).as_py()


def _compiled(bound: RowExpression, columns: Columns) -> pa.Array | pa.Scalar | None:
    """The value of a condition without DuckDB, if it is simple enough."""
    if bound.predicate is None:
        return None
    try:
        return bound.predicate.root(Env(lambda attnum: columns[attnum], ()))
    except pa.ArrowException:
        return None


def generate(table: Table, column: Column, columns: Columns, ctx: ExecContext) -> pa.Array:
    """The values of a GENERATED column for the given rows."""
    assert column.generated is not None
    values, kind = evaluate_rows(table, columns, column.generated, ctx)
    return cast_column(values, kind, column.type)


def update_excluded(
    update: UpdateExcluded,
    table: Table,
    old: Columns,
    excluded: Columns,
    ctx: ExecContext,
    params: Sequence[Any],
) -> tuple[dict[int, pa.Array], npt.NDArray[np.int64]]:
    """DO UPDATE SET over pairs of existing and excluded rows: the new rows that WHERE lets through, and which."""
    assert update.query is not None
    results = run_rows(update.query, {**named(old), **named(excluded, "x")}, ctx, params)
    new = dict(old)
    for attnum, array, column in zip(update.attnums, results, update.query.columns, strict=False):
        new[attnum] = cast_column(array, column.type, table.column_at(attnum).type)
    if not update.has_where:
        return new, np.arange(len(results[0]))
    mask = pc.fill_null(results[-1], False)
    return {a: c.filter(mask) for a, c in new.items()}, np.flatnonzero(
        mask.to_numpy(zero_copy_only=False)
    )
