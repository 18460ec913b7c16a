"""Finds queries that only read rows of one table: filtered, in the order of plain columns, cut by LIMIT, or counted."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from sqlglot import exp

from vecsql.planner.plan import Filter, OrderKey, ResultColumn, RowCount, RowScan
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import ctype_of, strip
from vecsql.planner.rules.key_lookup import key_set
from vecsql.planner.rules.outputs import direct_outputs
from vecsql.planner.rules.shape import (
    NotDirect,
    TableQuery,
    conjuncts,
    is_own_column,
    order_target,
    row_limit,
    table_query,
)
from vecsql.planner.rules.table_filters import table_filter
from vecsql.types.base import ColumnType

# Types whose Arrow values sort as PostgreSQL sorts them, with the C collation for text.
SORTABLE = frozenset(
    ("int2", "int4", "int8", "float4", "float8", "text", "varchar", "date", "timestamp", "timestamptz", "bool",
     "uuid")
)  # fmt: skip


def order_keys(items: Sequence[exp.Expression], query: TableQuery) -> tuple[OrderKey, ...] | None:
    """ORDER BY items as columns of the query's table; None if one is anything else."""
    keys = []
    for item in items:
        column = order_target(item.this, query.select)
        ctype = ctype_of(column)
        if not is_own_column(column, query) or ctype is None or not _sorts(ctype):
            return None
        descending, nulls_first = bool(item.args.get("desc")), bool(item.args.get("nulls_first"))
        keys.append(OrderKey(column.meta["attnum"], descending, nulls_first))
    return tuple(keys)


def _sorts(ctype: ColumnType) -> bool:
    return ctype.type.name in SORTABLE or pa.types.is_decimal(ctype.arrow)


def row_scan(
    node: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> RowScan | None:
    """SELECT columns FROM table [WHERE ...] [ORDER BY columns] [LIMIT n] [OFFSET o]."""
    query = table_query(node, compiler.catalog)
    if query is None:
        return None
    args = query.select.args
    order = args.get("order")
    keys = order_keys(order.expressions, query) if order is not None else ()
    limits = [row_limit(query, clause, compiler) for clause in ("limit", "offset")]
    absent = [args.get(clause) is None for clause in ("limit", "offset")]
    if keys is None or any(
        found is None and not none for found, none in zip(limits, absent, strict=True)
    ):
        return None
    several = key_set(conjuncts(query.where), query, compiler.catalog)
    try:
        return RowScan(
            table=query.table,
            limit=limits[0],
            offset=limits[1],
            filter=_filter(query, compiler, needed=several is None and (bool(keys) or absent[0])),
            outputs=direct_outputs(query, columns, compiler, few_rows=several is not None),
            order=keys,
            keys=several[1] if several is not None else None,
        )
    except NotDirect:
        return None


def _filter(query: TableQuery, compiler: Compiler, *, needed: bool) -> Filter | None:
    """The WHERE clause. Where all passing rows are `needed`, DuckDB had better run what it has to filter."""
    where = table_filter(conjuncts(query.where), query, compiler)
    if needed and where is not None and where.slow:
        raise NotDirect
    return where


def row_count(
    node: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> RowCount | None:
    """SELECT count(*) FROM table [WHERE ...], or count() of a column without NULLs."""
    query = table_query(node, compiler.catalog)
    if query is None or any(query.select.args.get(key) for key in ("order", "limit", "offset")):
        return None
    items = query.select.expressions
    if len(items) != 1 or not _counts_rows(strip(items[0].unalias()), query):
        return None
    try:
        return RowCount(query.table, _filter(query, compiler, needed=True), tuple(columns))
    except NotDirect:
        return None


def _counts_rows(node: exp.Expression, query: TableQuery) -> bool:
    if not isinstance(node, exp.Anonymous) or str(node.this).lower() != "count":
        return False
    if len(node.expressions) != 1 or node.args.get("order") or node.meta.get("schema"):
        return False
    counted = strip(node.expressions[0])
    if is_own_column(counted, query):
        return query.table.column_at(counted.meta["attnum"]).not_null
    return isinstance(counted, exp.Star)
