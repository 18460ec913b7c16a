"""Output lists that direct operators can make: columns, distances with arithmetic, constants."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.planner.plan import Output, ResultColumn, ScalarExpr
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.computed import computed_output
from vecsql.planner.rules.constants import operand, strip
from vecsql.planner.rules.distance import Distance, transform_of
from vecsql.planner.rules.shape import NotDirect, TableQuery, is_own_column, is_rowid


def direct_outputs(
    query: TableQuery,
    columns: Sequence[ResultColumn],
    compiler: Compiler,
    order: Distance | None = None,
    *,
    few_rows: bool = False,
) -> tuple[Output, ...]:
    """The SELECT list as outputs; raises NotDirect when an item needs DuckDB. Of `few_rows` Python computes what it can.

    `order` is the distance that the rows are ordered by; distances to other queries are computed for the rows found.
    """
    items = query.select.expressions
    if len(items) != len(columns):
        raise NotDirect
    return tuple(
        _output(item.unalias(), column, query, compiler, order, few_rows)
        for item, column in zip(items, columns, strict=True)
    )


def _output(
    node: exp.Expression,
    column: ResultColumn,
    query: TableQuery,
    compiler: Compiler,
    order: Distance | None,
    few_rows: bool,
) -> Output:
    node = strip(node)
    if is_own_column(node, query):
        return Output(column, "column", attnum=node.meta["attnum"])
    if is_rowid(node, query):
        return Output(column, "rowid")
    constant = operand(node, column.type)
    if constant is not None:
        return Output(column, "const", value=ScalarExpr(column.type, constant))
    found = transform_of(node, query) if order is not None else None
    if found is None or column.type.type.name != "float8":
        computed = computed_output(node, column, query, compiler) if few_rows else None
        if computed is None:
            raise NotDirect
        return computed
    distance, transform = found
    assert order is not None
    if distance.same(order):
        return Output(column, "distance", transform=transform)
    same = distance.attnum == order.attnum and distance.steps == order.steps
    if not same or distance.metric != order.metric:
        raise NotDirect
    value = distance.value(compiler)
    if value is None:
        raise NotDirect
    return Output(column, "distance", transform=transform, value=value)
