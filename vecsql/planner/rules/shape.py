"""Recognises queries over the rows of one base table, where nothing is grouped, joined or made distinct."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from vecsql.catalog.model import Catalog, Index, Table
from vecsql.planner.plan import Const, Param, ScalarExpr
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import operand, strip
from vecsql.types import INT8
from vecsql.types.base import ColumnType

ROWID_ATTNUM = -100  # of the hidden column __rowid

_NEEDLESS_QUOTES = re.compile(r'"([a-z_][a-z0-9_$]*)"')

_SIMPLE_ARGS = {"expressions", "from_", "where", "order", "limit", "offset", "kind"}


@dataclass(frozen=True, slots=True)
class TableQuery:
    """SELECT ... FROM one base table [WHERE] [ORDER BY] [LIMIT] [OFFSET]."""

    select: exp.Select
    table: Table
    source: exp.Table

    @property
    def where(self) -> exp.Expression | None:
        clause = self.select.args.get("where")
        return clause.this if clause is not None else None


def table_query(node: exp.Expression, catalog: Catalog) -> TableQuery | None:
    """The query as a TableQuery, if that is all it is."""
    if not isinstance(node, exp.Select):
        return None
    if any(value for key, value in node.args.items() if key not in _SIMPLE_ARGS):
        return None
    from_ = node.args.get("from_")
    source = from_.this if from_ is not None else None
    if not isinstance(source, exp.Table) or source.args.get("sample") or source.args.get("joins"):
        return None
    table = catalog.tables.get(source.meta.get("table_oid", 0))
    return TableQuery(node, table, source) if table is not None else None


def columns_of(node: exp.Expression) -> Iterator[exp.Column]:
    found: Iterator[exp.Column] = node.find_all(exp.Column)
    return found


def is_own_column(node: exp.Expression, query: TableQuery) -> bool:
    """Whether `node` is a column of the query's own table."""
    return (
        isinstance(node, exp.Column)
        and node.meta.get("table_oid") == query.table.oid
        and node.meta.get("relation") == query.source.alias_or_name
        and node.meta.get("attnum", 0) > 0
    )


def is_rowid(node: exp.Expression, query: TableQuery) -> bool:
    """Whether `node` is the hidden column that identifies a row of the query's own table."""
    return (
        isinstance(node, exp.Column)
        and node.meta.get("table_oid") == query.table.oid
        and node.meta.get("relation") == query.source.alias_or_name
        and node.meta.get("attnum") == ROWID_ATTNUM
    )


def is_closed(node: exp.Expression) -> bool:
    """Whether nothing in the expression refers to rows outside it: it has one value per execution."""
    return all(_is_inner(column, node) for column in columns_of(node))


def _is_inner(column: exp.Column, root: exp.Expression) -> bool:
    """Whether the column belongs to a FROM clause within `root`, or names an output of a SELECT there."""
    relation = column.meta.get("relation")
    parent: exp.Expression | None = column
    while parent is not None:
        if isinstance(parent, exp.Select):
            if relation in _relations(parent):
                return True
            if relation is None and any(i.alias_or_name == column.name for i in parent.expressions):
                return True
        if parent is root:
            return False
        parent = parent.parent
    return False


def _relations(select: exp.Select) -> set[str]:
    from_ = select.args.get("from_")
    items = [join.this for join in select.args.get("joins") or ()]
    return {item.alias_or_name for item in ([from_.this] if from_ else []) + items}


def scalar(node: exp.Expression, compiler: Compiler, ctype: ColumnType) -> ScalarExpr | None:
    """A row-independent expression as a ScalarExpr of the type; None if it depends on rows."""
    constant = operand(node, ctype)
    if constant is not None:
        return ScalarExpr(ctype, constant)
    if not is_closed(node):
        return None
    return compiler.scalar(strip(node), ctype)


def row_limit(query: TableQuery, key: str, compiler: Compiler) -> ScalarExpr | None:
    """LIMIT or OFFSET as a bigint; None where it is absent or not understood."""
    clause = query.select.args.get(key)
    if clause is None:
        return None
    node = strip(clause.expression) if clause.expression is not None else None
    if node is None or clause.meta.get("with_ties") or isinstance(node, exp.Var):
        return None
    if isinstance(node, exp.Literal) and not node.is_string and node.this.lstrip("-").isdigit():
        return ScalarExpr(ColumnType(INT8), Const(int(node.this)))
    if isinstance(node, exp.Parameter):
        return ScalarExpr(ColumnType(INT8), Param(int(node.this.name)))
    return scalar(node, compiler, ColumnType(INT8))


def order_target(node: exp.Expression, select: exp.Select) -> exp.Expression:
    """What an ORDER BY item stands for: ordinals and aliases name items of the SELECT list."""
    node = strip(node)
    items = select.expressions
    if isinstance(node, exp.Literal) and not node.is_string and node.this.isdigit():
        number = int(node.this)
        return items[number - 1].unalias() if 0 < number <= len(items) else node
    if isinstance(node, exp.Column) and "attnum" not in node.meta and not node.table:
        named = [item for item in items if item.alias_or_name == node.name]
        return named[0].unalias() if len(named) == 1 else node
    return node


def shown(node: exp.Expression) -> str:
    """A bound expression as EXPLAIN prints it."""
    return _NEEDLESS_QUOTES.sub(r"\1", node.sql(dialect="postgres"))


class NotDirect(Exception):
    """The query needs DuckDB."""


def conjuncts(node: exp.Expression | None) -> list[exp.Expression]:
    """The terms that AND joins."""
    if node is None:
        return []
    node = strip(node)
    if isinstance(node, exp.And):
        return [*conjuncts(node.this), *conjuncts(node.expression)]
    return [node]


def vector_indexes(catalog: Catalog, table: Table, attnum: int) -> list[Index]:
    """Vector indexes on the column, on expressions over it, and on some of its rows."""
    return [
        index
        for index in catalog.indexes_of(table.oid)
        if index.is_vector and attnum in (index.columns[0].attnum, index.columns[0].source)
    ]
