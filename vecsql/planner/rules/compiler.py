"""What the rules ask of the planner that calls them."""

from __future__ import annotations

from typing import Protocol

from sqlglot import exp

from vecsql.catalog.model import Catalog
from vecsql.planner.plan import ScalarExpr, SelectPlan
from vecsql.types.base import ColumnType


class Compiler(Protocol):
    """The planner at work on one statement."""

    catalog: Catalog

    def scalar(self, node: exp.Expression, ctype: ColumnType) -> ScalarExpr:
        """Plan a bound expression without references to rows: `sql` for DuckDB, or `plan` for a sub-select."""
        ...

    def filter_sql(self, node: exp.Expression) -> str:
        """DuckDB SQL of a bound boolean expression over one table, whose columns are named c<attnum>."""
        ...

    def members(self, query: exp.Expression) -> ScalarExpr:
        """Plan a sub-select of one column that refers to nothing outside it: the list of its values."""
        ...

    def rows(self, query: exp.Expression) -> SelectPlan:
        """Plan a query that refers to nothing outside it."""
        ...

    def param_count(self) -> int:
        """How many parameters the statement has."""
        ...
