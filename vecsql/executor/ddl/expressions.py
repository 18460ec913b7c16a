"""Checks the expressions of a table definition (DEFAULT, CHECK, GENERATED) when it is made."""

from __future__ import annotations

from vecsql.executor.ddl.draft import Draft
from vecsql.planner.ddl import nodes


def check_table_expressions(draft: Draft, table_oid: int, statement: nodes.CreateTable) -> None:
    """Bind every expression of a new table. Raises what PostgreSQL raises, with positions."""
