"""Binds expressions over rows at hand: CHECK, generated columns, USING, RETURNING, ON CONFLICT DO UPDATE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from vecsql.catalog.model import Catalog, Table
from vecsql.errors import FeatureNotSupported
from vecsql.planner.dml.scalars import Scope, is_volatile
from vecsql.planner.parse import expression
from vecsql.planner.plan import ResultColumn
from vecsql.planner.scope import ParamTypes
from vecsql.types.base import ColumnType

ROWS = "vs_rows"  # the relation that the SQL reads


@dataclass(frozen=True, slots=True)
class RowSource:
    """A set of columns that expressions see under an alias; in DuckDB they are `prefix` + attnum."""

    alias: str
    table: Table
    prefix: str = "c"


@dataclass(frozen=True, slots=True)
class RowQuery:
    """DuckDB SQL over the relation vs_rows, giving one row for each of its rows, in order."""

    sql: str
    columns: tuple[ResultColumn, ...]


@dataclass(frozen=True, slots=True)
class RowExpression:
    """One bound expression over the columns of a table."""

    query: RowQuery
    type: ColumnType
    volatile: bool = False


def bind_rows(
    sources: Sequence[RowSource],
    nodes: Sequence[exp.Expression],
    targets: Sequence[ColumnType | None],
    scope: Scope,
) -> RowQuery:
    """Bind expressions over `sources`; unknown literals and untyped parameters take the types `targets`."""
    raise FeatureNotSupported("expressions over rows are not supported")


def bind_row_expression(table: Table, text: str, catalog: Catalog) -> RowExpression:
    """Bind an expression over a table's columns. Raises UndefinedColumn and friends with positions in `text`."""
    schemas = tuple(s.name for s in catalog.schemas.values())
    node = expression(text)
    scope = Scope(catalog, ("public", *schemas), ParamTypes())
    query = bind_rows([RowSource(table.name, table)], [node], [None], scope)
    return RowExpression(query, query.columns[0].type, is_volatile(node))
