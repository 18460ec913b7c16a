"""Plans RETURNING lists."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.catalog.model import Table
from vecsql.errors import FeatureNotSupported
from vecsql.planner.dml.nodes import Returning
from vecsql.planner.dml.scalars import Scope
from vecsql.planner.dml.targets import plain_columns


def plan_returning(
    table: Table, alias: str, items: Sequence[exp.Expression], scope: Scope
) -> Returning:
    """RETURNING over the new (of DELETE: the old) rows of the target."""
    columns = plain_columns(table, alias, items)
    if columns is not None:
        return Returning(columns, tuple(c.attnum for c in columns))
    raise FeatureNotSupported("expressions in RETURNING are not supported")
