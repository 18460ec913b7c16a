"""Plans the SET list of ON CONFLICT DO UPDATE."""

from __future__ import annotations

from sqlglot import exp

from vecsql.catalog.model import Column, Table
from vecsql.errors import DatatypeMismatch
from vecsql.planner.dml.binding import cast_to
from vecsql.planner.dml.casts import assignment, mismatch
from vecsql.planner.dml.nodes import UpdateExcluded
from vecsql.planner.dml.rows import RowSource, bind_rows
from vecsql.planner.dml.scalars import Scope, position_of
from vecsql.planner.dml.targets import multiple_assignments, target_column
from vecsql.planner.parse import expression


def plan_update_excluded(
    table: Table, alias: str, node: exp.OnConflict, scope: Scope
) -> UpdateExcluded:
    """DO UPDATE SET: plain `column = excluded.column` lists directly, others as a query over both rows."""
    targets: list[Column] = []
    for item in node.expressions:
        column = target_column(table, item.this)
        if column in targets:
            raise multiple_assignments(column.name, position_of(item.this))
        targets.append(column)
    attnums = tuple(c.attnum for c in targets)
    where = node.args.get("where")
    sources = [_excluded_column(table, item.expression) for item in node.expressions]
    same = [
        s is not None and table.column_at(s).type == c.type
        for s, c in zip(sources, targets, strict=True)
    ]
    if where is None and all(same):
        return UpdateExcluded(attnums, tuple(s for s in sources if s is not None))
    values = [_value(i.expression, c) for i, c in zip(node.expressions, targets, strict=True)]
    nodes = [*values, where.this] if where is not None else values
    wanted = [*(c.type for c in targets), *([None] if where is not None else [])]
    pair = [RowSource(alias, table), RowSource("excluded", table, "x")]
    query = bind_rows(pair, nodes, wanted, scope)
    for column, found, value in zip(targets, query.columns, values, strict=False):
        if assignment(found.type, column.type) is None:
            raise mismatch(column.name, found.type, column.type, position_of(value))
    if where is not None and query.columns[-1].type.type.name not in ("bool", "unknown"):
        raise DatatypeMismatch(
            f"argument of WHERE must be type boolean, not type {query.columns[-1].type}",
            position=position_of(where.this),
        )
    return UpdateExcluded(attnums, None, query, where is not None)


def _value(node: exp.Expression, column: Column) -> exp.Expression:
    """The value of an assignment; DEFAULT is the column's default expression."""
    if isinstance(node, exp.Var) and node.name.upper() == "DEFAULT":
        if column.default is None:
            return cast_to(exp.Null(), column.type)
        return expression(column.default)
    return node


def _excluded_column(table: Table, node: exp.Expression) -> int | None:
    if isinstance(node, exp.Column) and node.table == "excluded":
        column = table.column(node.name)
        return column.attnum if column else None
    return None
