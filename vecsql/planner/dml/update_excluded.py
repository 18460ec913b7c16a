"""Plans the SET list of ON CONFLICT DO UPDATE."""

from __future__ import annotations

from sqlglot import exp

from vecsql.catalog.model import Table
from vecsql.errors import FeatureNotSupported
from vecsql.planner.dml.casts import assignment, mismatch
from vecsql.planner.dml.nodes import UpdateExcluded
from vecsql.planner.dml.scalars import Scope, position_of
from vecsql.planner.dml.targets import multiple_assignments, target_column


def plan_update_excluded(
    table: Table, alias: str, node: exp.OnConflict, scope: Scope
) -> UpdateExcluded:
    """DO UPDATE SET: plain `column = excluded.column` lists directly, others as a query over both rows."""
    attnums: list[int] = []
    sources: list[int] | None = [] if node.args.get("where") is None else None
    for item in node.expressions:
        column = target_column(table, item.this)
        if column.attnum in attnums:
            raise multiple_assignments(column.name, position_of(item.this))
        attnums.append(column.attnum)
        source = _excluded_column(table, item.expression)
        if source is None or sources is None:
            sources = None
            continue
        kind = table.column_at(source).type
        if assignment(kind, column.type) is None:
            raise mismatch(column.name, kind, column.type, position_of(item.expression))
        sources.append(source)
        if kind != column.type:
            sources = None
    if sources is not None:
        return UpdateExcluded(tuple(attnums), tuple(sources))
    raise FeatureNotSupported("expressions in ON CONFLICT DO UPDATE are not supported")


def _excluded_column(table: Table, node: exp.Expression) -> int | None:
    if isinstance(node, exp.Column) and node.table == "excluded":
        column = table.column(node.name)
        return column.attnum if column else None
    return None
