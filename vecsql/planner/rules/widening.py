"""ORDER BY distance LIMIT k over joins, or with sub-selects in WHERE: the nearest rows first, more where too few remain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from vecsql.planner.plan import ScalarExpr, VectorTopK
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.distance import Distance, distance_of
from vecsql.planner.rules.semi_joins import semi_joins
from vecsql.planner.rules.shape import (
    NotDirect,
    TableQuery,
    columns_of,
    conjuncts,
    is_own_column,
    order_target,
    row_limit,
)
from vecsql.planner.rules.topk import (
    Block,
    block_outputs,
    block_plan,
    expands,
    replace_distances,
)

BLOCK = "topk_0"

_ARGS = {"expressions", "from_", "joins", "where", "order", "limit", "offset", "with_", "kind"}


@dataclass(frozen=True, slots=True)
class Driver:
    """The table that a query's order comes from, as a block read through relation BLOCK."""

    block: VectorTopK
    limit: ScalarExpr
    offset: ScalarExpr | None
    reduced: VectorTopK | None  # the block with what the joins say about its rows
    reducers: frozenset[int]  # tables that are read whole for that


def drive_by_distance(root: exp.Expression, compiler: Compiler) -> Driver | None:
    """Make the query at the top (changed in place) read its nearest rows through a block; None where it is no
    ORDER BY distance LIMIT k over inner joins."""
    query = _driving_query(root, compiler)
    if query is None:
        return None
    order = query.select.args["order"].expressions
    distance = distance_of(order_target(order[0].this, query.select), query)
    limit = row_limit(query, "limit", compiler)
    offset = row_limit(query, "offset", compiler)
    if distance is None or limit is None:
        return None
    if offset is None and query.select.args.get("offset") is not None:
        return None
    try:
        block = _plan(query, distance, (), compiler)
    except NotDirect:
        return None
    reduced, reducers = _reduced(query, distance, compiler)
    replace_distances(Block(query, distance, ()))
    query.source.meta["topk"] = BLOCK
    return Driver(block, limit, offset, reduced, reducers)


def _reduced(
    query: TableQuery, distance: Distance, compiler: Compiler
) -> tuple[VectorTopK | None, frozenset[int]]:
    joins = semi_joins(query)
    if joins is None:
        return None, frozenset()
    try:
        block = _plan(query, distance, joins.terms, compiler)
    except NotDirect:
        return None, frozenset()
    return block, frozenset() if joins.is_filtered else joins.oids


def _driving_query(root: exp.Expression, compiler: Compiler) -> TableQuery | None:
    if not isinstance(root, exp.Select) or any(v for k, v in root.args.items() if k not in _ARGS):
        return None
    order, limit = root.args.get("order"), root.args.get("limit")
    if order is None or limit is None or len(order.expressions) != 1:
        return None
    first = order.expressions[0]
    if first.args.get("desc") or first.args.get("nulls_first"):
        return None
    if any(expands(item) for item in root.expressions):
        return None
    for source in _row_sources(root):
        table = compiler.catalog.tables.get(source.meta.get("table_oid", 0))
        if table is None or source.args.get("sample") or source.args.get("joins"):
            continue
        query = TableQuery(root, table, source)
        if distance_of(order_target(first.this, root), query) is not None:
            return query
    return None


def _row_sources(select: exp.Select) -> list[exp.Table]:
    """Tables in FROM that every result row has a row of."""
    from_ = select.args.get("from_")
    if from_ is None:
        return []
    joins = select.args.get("joins") or []
    sources = [from_.this]
    sides = [join.args.get("side") for join in joins]
    if any(side in ("RIGHT", "FULL") for side in sides):
        return []
    if not any(sides):
        sources += [join.this for join in joins]
    return [source for source in sources if isinstance(source, exp.Table)]


def _plan(
    query: TableQuery, distance: Distance, more: Sequence[exp.Expression], compiler: Compiler
) -> VectorTopK:
    """The block, filtered by the terms of WHERE that read nothing but its own rows, and by more."""
    own = [term for term in conjuncts(query.where) if _is_own(term, query)]
    block = Block(query, distance, ())
    everything = [column for column in columns_of(query.select) if is_own_column(column, query)]
    plan = block_plan(block, block_outputs(everything), compiler, [*own, *more])
    return replace(plan, offset=None)  # the query's own OFFSET comes after the join


def _is_own(term: exp.Expression, query: TableQuery) -> bool:
    return term.find(exp.Query) is None and all(
        is_own_column(column, query) for column in columns_of(term)
    )
