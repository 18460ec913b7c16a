"""SELECT DISTINCT ON (columns) ... ORDER BY columns, distance: the nearest row of each group."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.planner.plan import NearestPerGroup, ResultColumn, VectorTopK
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.distance import SYMBOLS, distance_of
from vecsql.planner.rules.outputs import direct_outputs
from vecsql.planner.rules.scans import order_keys
from vecsql.planner.rules.shape import NotDirect, conjuncts, order_target, row_limit, table_query
from vecsql.planner.rules.table_filters import table_filter
from vecsql.planner.rules.topk import expands


def nearest_per_group(
    node: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> NearestPerGroup | None:
    """A plan for the whole query, if it is of that form over one table."""
    distinct = node.args.get("distinct") if isinstance(node, exp.Select) else None
    on = distinct.args.get("on") if distinct is not None else None
    if on is None or any(expands(item) for item in node.expressions):
        return None
    plain = node.copy()
    plain.set("distinct", None)
    query = table_query(plain, compiler.catalog)
    order = plain.args.get("order")
    if query is None or order is None:
        return None
    wanted = list(on.expressions) if isinstance(on, exp.Tuple) else [on]
    ordered = order.expressions
    if len(ordered) <= len(wanted):
        return None
    groups = order_keys(ordered[: len(wanted)], query)
    targets = [order_target(item, plain) for item in wanted]
    first, *rest = ordered[len(wanted) :]
    distance = distance_of(order_target(first.this, plain), query)
    keys = order_keys(rest, query)
    if groups is None or keys is None or distance is None:
        return None
    if {key.attnum for key in groups} != {t.meta.get("attnum") for t in targets}:
        return None
    if first.args.get("desc") or first.args.get("nulls_first"):
        return None
    limits = [row_limit(query, clause, compiler) for clause in ("limit", "offset")]
    absent = [plain.args.get(clause) is None for clause in ("limit", "offset")]
    operand = distance.value(compiler)
    if operand is None or any(f is None and not a for f, a in zip(limits, absent, strict=True)):
        return None
    try:
        scan = VectorTopK(
            table=query.table,
            attnum=distance.attnum,
            metric=distance.metric,
            query=operand,
            limit=None,
            offset=None,
            filter=table_filter(conjuncts(query.where), query, compiler),
            outputs=direct_outputs(query, columns, compiler, distance),
            order=keys,
            steps=distance.steps,
            order_sql=f"({distance.column.name} {SYMBOLS[distance.metric]} ...)",
        )
    except NotDirect:
        return None
    return NearestPerGroup(scan, groups, limits[0], limits[1])
