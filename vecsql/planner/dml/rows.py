"""Binds expressions over the columns of one table: CHECK constraints, generated columns, USING."""

from __future__ import annotations

from dataclasses import dataclass

from vecsql.catalog.model import Catalog, Table
from vecsql.errors import FeatureNotSupported
from vecsql.types.base import ColumnType


@dataclass(frozen=True, slots=True)
class RowExpression:
    """`sql` is DuckDB SQL over columns c<attnum>."""

    sql: str
    type: ColumnType
    attnums: tuple[int, ...]
    volatile: bool = False


def bind_row_expression(table: Table, text: str, catalog: Catalog) -> RowExpression:
    """Bind an expression. Raises UndefinedColumn and friends with positions in `text`."""
    raise FeatureNotSupported("expressions over rows are not supported")
