"""CREATE TABLE AS and CREATE VIEW: relations made from a query."""

from __future__ import annotations

from vecsql.errors import FeatureNotSupported
from vecsql.executor.context import ExecContext
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan


def create_table_as(statement: nodes.CreateTableAs, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE TABLE AS."""
    raise FeatureNotSupported("CREATE TABLE AS is not supported")


def create_view(statement: nodes.CreateView, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE VIEW."""
    raise FeatureNotSupported("CREATE VIEW is not supported")
