"""Finds look-ups by a unique key."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.catalog.model import Catalog, Index
from vecsql.planner.plan import KeyLookup, KeySet, ResultColumn, ScalarExpr
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import ctype_of, operand, strip
from vecsql.planner.rules.filters import FAMILIES
from vecsql.planner.rules.outputs import direct_outputs
from vecsql.planner.rules.shape import (
    NotDirect,
    TableQuery,
    conjuncts,
    is_closed,
    is_own_column,
    scalar,
    shown,
    table_query,
)
from vecsql.planner.rules.table_filters import table_filter
from vecsql.types.base import ColumnType

INTEGERS = frozenset(("int2", "int4", "int8"))


def key_lookup(
    node: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> KeyLookup | None:
    """WHERE key = value AND ... over a unique index, with simple outputs."""
    query = table_query(node, compiler.catalog)
    if query is None or query.where is None or not _keeps_one_row(query):
        return None
    terms = conjuncts(query.where)
    values = _equalities(terms, query)
    for index in compiler.catalog.indexes_of(query.table.oid):
        attnums = [column.attnum for column in index.columns]
        if not _usable(index) or not all(attnum in values for attnum in attnums):
            continue
        try:
            used = [values[attnum] for attnum in attnums]
            rest = [term for term in terms if all(term is not own for own, _, _ in used)]
            key = [_key_value(value, ctype, compiler) for _, value, ctype in used]
            return KeyLookup(
                table=query.table,
                index_oid=index.oid,
                key=tuple(key),
                filter=table_filter(rest, query, compiler),
                outputs=direct_outputs(query, columns, compiler, few_rows=True),
                key_sql=" AND ".join(f"({shown(term)})" for term, _, _ in used),
            )
        except NotDirect:
            continue
    return None


def constant_key(
    terms: Sequence[exp.Expression], query: TableQuery, catalog: Catalog
) -> tuple[int, tuple[ScalarExpr, ...], str] | None:
    """A unique index, the constants or parameters that the terms equate its columns with, and the terms' text."""
    values = _equalities(terms, query)
    for index in catalog.indexes_of(query.table.oid):
        attnums = [column.attnum for column in index.columns]
        if not _usable(index) or not all(attnum in values for attnum in attnums):
            continue
        used = [values[attnum] for attnum in attnums]
        key = [_constant(value, ctype) for _, value, ctype in used]
        if None not in key:
            text = " AND ".join(f"({shown(term)})" for term, _, _ in used)
            return index.oid, tuple(k for k in key if k is not None), text
    return None


def key_set(
    terms: Sequence[exp.Expression], query: TableQuery, catalog: Catalog
) -> tuple[exp.Expression, KeySet] | None:
    """The term that wants the one column of a unique index among some constants or parameters, and those."""
    indexes = {
        index.columns[0].attnum: index.oid
        for index in catalog.indexes_of(query.table.oid)
        if _usable(index) and len(index.columns) == 1
    }
    for term in terms:
        column = strip(term.this) if isinstance(term, (exp.In, exp.EQ)) else None
        if column is None or not is_own_column(column, query):
            continue
        index_oid, ctype = indexes.get(column.meta["attnum"]), ctype_of(column)
        if index_oid is None or ctype is None or FAMILIES.get(ctype.type.name) == "float":
            continue
        found = _members(term, ctype)
        if found is not None:
            return term, KeySet(index_oid, found, is_array=isinstance(term, exp.EQ))
    return None


def _members(term: exp.Expression, column: ColumnType) -> tuple[ScalarExpr, ...] | None:
    """What IN or = ANY compares the column with; None where that is not just constants."""
    if isinstance(term, exp.EQ):
        if type(term.expression) is not exp.Any:
            return None
        items = strip(term.expression.this)
        array = ctype_of(items)
        if array is None or array.type.element is None:
            return None
        constant = operand(items, array)
        same = _comparable(column, ColumnType(array.type.element))
        return (ScalarExpr(array, constant),) if constant is not None and same else None
    if term.args.get("query") is not None or not term.expressions:
        return None
    values = [strip(item) for item in term.expressions]
    if not all(own is None or _comparable(column, own) for own in map(ctype_of, values)):
        return None
    found = [_constant(value, column) for value in values]
    return tuple(f for f in found if f is not None) if None not in found else None


def _constant(value: exp.Expression, column: ColumnType) -> ScalarExpr | None:
    own = ctype_of(value) or column
    constant = operand(value, own)
    return ScalarExpr(own, constant) if constant is not None else None


def _usable(index: Index) -> bool:
    return (
        index.unique
        and index.predicate is None
        and not index.is_vector
        and all(c.attnum > 0 for c in index.columns)
    )


def _keeps_one_row(query: TableQuery) -> bool:
    """Whether ORDER BY, LIMIT and OFFSET can be left out for a single row."""
    args = query.select.args
    if args.get("offset") is not None:
        return False
    limit = args.get("limit")
    if limit is None:
        return True
    count = limit.expression
    return isinstance(count, exp.Literal) and count.this.isdigit() and int(count.this) > 0


Equality = tuple[
    exp.Expression, exp.Expression, ColumnType
]  # the term, the value, the column's type


def _equalities(terms: Sequence[exp.Expression], query: TableQuery) -> dict[int, Equality]:
    """attnum -> (term, value, type) for each column = value among the terms."""
    found: dict[int, Equality] = {}
    for term in terms:
        if not isinstance(term, exp.EQ):
            continue
        sides = strip(term.this), strip(term.expression)
        for column, value in (sides, sides[::-1]):
            ctype, own = ctype_of(column), ctype_of(value)
            if (
                is_own_column(column, query)
                and ctype is not None
                and not isinstance(value, (exp.Any, exp.All))
                and is_closed(value)
                and (own is None or _comparable(ctype, own))
            ):
                found.setdefault(column.meta["attnum"], (term, value, ctype))
                break
    return found


def _comparable(column: ColumnType, value: ColumnType) -> bool:
    """Whether equality of the Python values is equality in SQL."""
    names = {column.type.name, value.type.name}
    if column.type.name not in FAMILIES:  # char(n) pads, intervals have many forms of one value
        return False
    if names <= INTEGERS or len(names) == 1:
        return True
    return FAMILIES[column.type.name] == "text" == FAMILIES.get(value.type.name)


def _key_value(value: exp.Expression, column: ColumnType, compiler: Compiler) -> ScalarExpr:
    constant = _constant(value, column)
    if constant is not None:
        return constant
    found = scalar(value, compiler, ctype_of(value) or column)
    if found is None:
        raise NotDirect
    return found
