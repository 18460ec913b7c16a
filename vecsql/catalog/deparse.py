"""Expressions and queries printed as PostgreSQL's ruleutils prints them: DEFAULT, CHECK, index predicates, views."""

from __future__ import annotations

from vecsql.catalog.model import Table
from vecsql.types.base import ColumnType


def expression_text(
    source: str, table: Table, *, pretty: bool = False, target: ColumnType | None = None
) -> str:
    """The expression as pg_get_expr() prints it; `target` is the column type that a default is for."""
    return source


def query_text(source: str) -> str:
    """A view's query as pg_get_viewdef() prints it."""
    return f" {source.strip().rstrip(';')};"
