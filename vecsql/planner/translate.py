"""DuckDB SQL of bound expressions, for the rules and for DML."""

from __future__ import annotations

from sqlglot import exp

from vecsql.planner.bind import bare_columns
from vecsql.planner.coerce import plain_sql
from vecsql.planner.emitters import output_sql
from vecsql.types.base import ColumnType

__all__ = ["expression_sql", "scalar_sql"]


def expression_sql(node: exp.Expression, scope: object = None) -> str:
    """DuckDB SQL of a bound expression over one table whose columns are named c<attnum>, with parameters $n."""
    return bare_columns(plain_sql(node))


def scalar_sql(node: exp.Expression, ctype: ColumnType) -> str:
    """The same in the form in which a result of type `ctype` leaves DuckDB."""
    return bare_columns(output_sql(node.meta["sql"], ctype, node.meta.get("scale")))
