"""Recognises queries over the rows of one base table, where nothing is grouped, joined or made distinct."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlglot import exp

from vecsql.catalog.model import Catalog, Index, Table
from vecsql.planner.plan import Const, Filter, Param, ScalarExpr
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import operand, strip
from vecsql.planner.rules.filters import compile_predicate
from vecsql.types import INT8
from vecsql.types.base import ColumnType

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
    table = base_table(source, node, catalog)
    return TableQuery(node, table, source) if table is not None else None


def base_table(source: exp.Table, select: exp.Select, catalog: Catalog) -> Table | None:
    """The base table that a FROM item is, as its columns in the query tell; None for views, CTEs and functions."""
    for column in columns_of(select):
        if column.meta.get("relation") == source.alias_or_name:
            return catalog.tables.get(column.meta.get("table_oid", 0))
    return None


def columns_of(node: exp.Expression) -> Iterator[exp.Column]:
    return node.find_all(exp.Column)


def is_own_column(node: exp.Expression, query: TableQuery) -> bool:
    """Whether `node` is a column of the query's own table."""
    return (
        isinstance(node, exp.Column)
        and node.meta.get("table_oid") == query.table.oid
        and node.meta.get("relation") == query.source.alias_or_name
        and node.meta.get("attnum", 0) > 0
    )


def is_closed(node: exp.Expression) -> bool:
    """Whether nothing in the expression refers to rows outside it: it has one value per execution."""
    inner = {
        relation.alias_or_name
        for relation in node.find_all(exp.Table, exp.Subquery, exp.CTE, exp.Lateral)
    }
    return all(column.meta.get("relation") in inner for column in columns_of(node))


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


def table_filter(
    terms: Sequence[exp.Expression], query: TableQuery, compiler: Compiler
) -> Filter | None:
    """Terms of a WHERE clause, joined by AND, as a Filter. Raises NotDirect when they read more than the query's own
    rows."""
    if not terms:
        return None
    columns = [column for term in terms for column in columns_of(term)]
    if any(term.find(exp.Query) for term in terms) or not all(
        is_own_column(column, query) for column in columns
    ):
        raise NotDirect
    attnums = tuple(sorted({column.meta["attnum"] for column in columns}))
    params = {int(p.this.name) for term in terms for p in term.find_all(exp.Parameter)}
    predicate = compile_predicate(terms)
    return Filter(
        ast=terms[0],
        sql=" AND ".join(f"({compiler.filter_sql(term)})" for term in terms),
        attnums=attnums,
        vectorised=predicate,
        params=tuple(sorted(params)),
        cacheable=predicate is not None
        and all(query.table.column_at(attnum).missing is None for attnum in attnums),
        text=" AND ".join(f"({shown(term)})" for term in terms),
    )


def shown(node: exp.Expression) -> str:
    """A bound expression as EXPLAIN prints it."""
    return str(node.sql(dialect="postgres"))


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
    """Whole-table vector indexes on the column."""
    return [
        index
        for index in catalog.indexes_of(table.oid)
        if index.is_vector and index.predicate is None and index.columns[0].attnum == attnum
    ]
