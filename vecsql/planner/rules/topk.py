"""Finds ORDER BY vector <op> query LIMIT k over one table, at the top or inside a larger query.

A block inside a larger query keeps its SELECT list; its FROM becomes a relation with the few rows of the answer, made
before the query runs. That relation's columns are named c<attnum> as those of base tables are, with two attnums past
those of any table: the distance and the rank.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from vecsql.catalog.model import Catalog, Index, Table
from vecsql.planner.plan import OrderKey, Output, ResultColumn, VectorTopK
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import ctype_of, strip
from vecsql.planner.rules.distance import SYMBOLS, Distance, distance_of
from vecsql.planner.rules.outputs import direct_outputs
from vecsql.planner.rules.partial import Fact, Needs, Opaque, facts_of, implied
from vecsql.planner.rules.scans import order_keys
from vecsql.planner.rules.shape import (
    NotDirect,
    TableQuery,
    columns_of,
    conjuncts,
    is_own_column,
    order_target,
    row_limit,
    shown,
    table_query,
    vector_indexes,
)
from vecsql.planner.rules.table_filters import table_filter
from vecsql.planner.rules.within import split_within
from vecsql.types import FLOAT8, INT8
from vecsql.types.base import ColumnType

Choices = tuple[tuple[int, Needs], ...]

DISTANCE_ATTNUM = 2001  # PostgreSQL's tables have at most 1600 columns
RANK_ATTNUM = 2002

# Functions that make several rows of one: PostgreSQL expands them before LIMIT.
SET_RETURNING = frozenset(
    ("unnest", "generate_series", "generate_subscripts", "regexp_split_to_table", "regexp_matches",
     "string_to_table", "json_array_elements", "json_array_elements_text", "jsonb_array_elements",
     "jsonb_array_elements_text", "json_each", "json_each_text", "jsonb_each", "jsonb_each_text",
     "json_object_keys", "jsonb_object_keys", "jsonb_path_query")
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """A recognised top-k query."""

    query: TableQuery
    distance: Distance
    keys: tuple[OrderKey, ...]


def find_block(node: exp.Expression, compiler: Compiler) -> Block | None:
    """The query as a top-k block: its shape, not yet its operands."""
    query = table_query(node, compiler.catalog)
    if query is None or not query.select.args.get("order"):
        return None
    first, *rest = query.select.args["order"].expressions
    if first.args.get("desc") or first.args.get("nulls_first"):
        return None
    distance = distance_of(order_target(first.this, query.select), query)
    if distance is None or any(expands(item) for item in query.select.expressions):
        return None
    keys = order_keys(rest, query)
    return Block(query, distance, keys) if keys is not None else None


def expands(node: exp.Expression) -> bool:
    """Whether an output item is an aggregate, a window or a set: those see all rows, not only the k."""
    for part in node.walk(prune=lambda n: isinstance(n, exp.Subquery)):
        if isinstance(part, (exp.Window, exp.AggFunc, exp.WithinGroup, exp.Filter)):
            return True
        if isinstance(part, exp.Anonymous) and (
            part.name.lower() in SET_RETURNING or part.meta.get("aggregate")
        ):
            return True
    return False


def vector_topk(
    node: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> VectorTopK | None:
    """A plan for the whole query, if its outputs are columns, distances and constants."""
    block = find_block(node, compiler)
    if block is None:
        return None
    try:
        outputs = direct_outputs(block.query, columns, compiler, block.distance, few_rows=True)
        return block_plan(block, outputs, compiler, conjuncts(block.query.where))
    except NotDirect:
        return None


def block_plan(
    block: Block,
    outputs: tuple[Output, ...],
    compiler: Compiler,
    terms: Sequence[exp.Expression],
) -> VectorTopK:
    """The plan of a block whose rows must meet the `terms` of WHERE. Raises NotDirect."""
    query, distance = block.query, block.distance
    limit = row_limit(query, "limit", compiler)
    operand = distance.value(compiler)
    within, terms = split_within(terms, block.query, distance, compiler)
    unlimited = query.select.args.get("limit") is None
    if operand is None or (limit is None and not (unlimited and within is not None)):
        raise NotDirect
    offset = row_limit(query, "offset", compiler)
    if offset is None and query.select.args.get("offset") is not None:
        raise NotDirect
    index_oid, choices = indexes_for(distance, query, compiler, terms)
    return VectorTopK(
        table=query.table,
        attnum=distance.attnum,
        metric=distance.metric,
        query=operand,
        limit=limit,
        offset=offset,
        filter=table_filter(terms, query, compiler),
        outputs=outputs,
        index_oid=index_oid,
        recall=compiler.catalog.declared_recall(index_oid) if index_oid else None,
        within=within,
        order=block.keys,
        order_sql=f"({column_shown(distance)} {SYMBOLS[distance.metric]} {_shown(distance)})",
        steps=distance.steps,
        choices=choices,
    )


def indexes_for(
    distance: Distance, query: TableQuery, compiler: Compiler, terms: Sequence[exp.Expression]
) -> tuple[int, Choices]:
    """The index for the distance: one whose predicate the terms imply, else one of all rows; and those that serve where
    parameters have certain values."""
    whole, choices = 0, []
    given: list[Fact | Opaque] | None = None
    for index in vector_indexes(compiler.catalog, query.table, distance.attnum):
        column = index.columns[0]
        if column.opclass != distance.opclass or column.steps != distance.steps:
            continue
        if index.predicate is None:
            whole = whole or index.oid
            continue
        given = facts_of(terms) if given is None else given
        needs = implied(_predicate_of(index, query.table, compiler.catalog), given)
        if needs is not None:
            choices.append((index.oid, needs))
    sure = next((oid for oid, needs in choices if not needs), 0)
    return sure or whole, () if sure else tuple(choices)


def index_for(distance: Distance, query: TableQuery, compiler: Compiler) -> int:
    """The index of all rows for the distance, 0 for none."""
    return indexes_for(distance, query, compiler, ())[0]


def _predicate_of(index: Index, table: Table, catalog: Catalog) -> list[Fact | Opaque]:
    """What the predicate of a partial index says."""
    from vecsql.planner.dml.rows import bind_row_expression

    assert index.predicate is not None
    return facts_of(conjuncts(bind_row_expression(table, index.predicate, catalog).node))


def column_shown(distance: Distance) -> str:
    column = distance.column
    return column.name if isinstance(column, exp.Column) else f"({shown(column)})"


def _shown(distance: Distance) -> str:
    node = strip(distance.query)
    inner = node.this if isinstance(node, exp.Cast) else node
    if isinstance(inner, exp.Literal):
        return f"'{inner.this}'::{distance.ctype.type.sql_name}"
    return f"${inner.this.name}" if isinstance(inner, exp.Parameter) else "(InitPlan 1).col1"


def replace_blocks(root: exp.Expression, compiler: Compiler) -> dict[str, VectorTopK]:
    """Let each top-k block within the bound query `root` (changed in place) read a relation of its rows; the plans
    by relation name. The table's node gets its name as meta['topk']; the query must then be bound again."""
    plans: dict[str, VectorTopK] = {}
    for select in list(root.find_all(exp.Select)):
        block = find_block(select, compiler)
        if block is None:
            continue
        items = block.query.select.expressions
        columns = [c for item in items for c in columns_of(item) if is_own_column(c, block.query)]
        try:
            terms = conjuncts(block.query.where)
            plan = block_plan(block, block_outputs(columns), compiler, terms)
        except NotDirect:
            continue
        name = f"topk_{len(plans) + 1}"
        plans[name] = plan
        read_relation(block, name)
    return plans


def read_relation(block: Block, name: str) -> None:
    """Make the block read the relation `name`, in its order."""
    select = block.query.select
    replace_distances(block)
    block.query.source.meta["topk"] = name
    rank = _column(block.query, RANK_ATTNUM, ColumnType(INT8))
    ordered = exp.Ordered(this=rank, desc=False, nulls_first=False)
    select.set("order", exp.Order(expressions=[ordered]))
    for clause in ("where", "limit", "offset"):
        select.set(clause, None)


def replace_distances(block: Block) -> None:
    """Let every use of the block's distance read its relation."""
    select = block.query.select
    clauses = [*select.expressions, select.args["order"]]
    for node in [n for clause in clauses for n in clause.find_all(exp.Operator, exp.Anonymous)]:
        found = distance_of(node, block.query)
        if found is not None and found.same(block.distance):
            node.replace(_column(block.query, DISTANCE_ATTNUM, ColumnType(FLOAT8)))


def _column(query: TableQuery, attnum: int, ctype: ColumnType) -> exp.Column:
    relation = query.source.alias_or_name
    node = exp.column(f"c{attnum}", table=relation, quoted=True)
    node.meta.update(attnum=attnum, table_oid=query.table.oid, relation=relation, ctype=ctype)
    return node


def block_outputs(columns: Iterable[exp.Column]) -> tuple[Output, ...]:
    """These columns of a block's table, the distance and the rank."""
    outputs = {
        column.meta["attnum"]: Output(_named(column.meta["attnum"], _type_of(column)), "column", column.meta["attnum"])
        for column in columns
    }  # fmt: skip
    return (
        *outputs.values(),
        Output(_named(DISTANCE_ATTNUM, ColumnType(FLOAT8)), "distance"),
        Output(_named(RANK_ATTNUM, ColumnType(INT8)), "rank"),
    )


def _named(attnum: int, ctype: ColumnType) -> ResultColumn:
    return ResultColumn(f"c{attnum}", ctype)


def _type_of(column: exp.Column) -> ColumnType:
    ctype = ctype_of(column)
    if ctype is None:
        raise NotDirect
    return ctype
