"""Makes Filters of WHERE clauses over one table. What has one value per execution is told apart and evaluated first,
sub-selects too: a condition on their values is then one on the table's own columns."""

from __future__ import annotations

import re
from collections.abc import Sequence

from sqlglot import exp

from vecsql.catalog.functions import volatile_in
from vecsql.catalog.model import Catalog, Table
from vecsql.planner.plan import Filter, FilterTerm, Param, ScalarExpr
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import ctype_of, operand, strip
from vecsql.planner.rules.distance_tests import mark_distances
from vecsql.planner.rules.filters import Predicate, compile_predicate, conjunction
from vecsql.planner.rules.json_members import with_members
from vecsql.planner.rules.shape import (
    NotDirect,
    TableQuery,
    columns_of,
    is_closed,
    is_own_column,
    shown,
)
from vecsql.planner.rules.subselects import Membership, membership_of, names_cte, rows_of

VOLATILE = frozenset(
    ("random", "clock_timestamp", "timeofday", "gen_random_uuid", "uuid_generate_v4", "uuidv4", "uuidv7", "nextval",
     "setval", "currval", "lastval", "pg_sleep", "random_normal")
)  # fmt: skip

MARKS = ("late", "members", "rows", "distance")  # in the meta of nodes, of one compilation

_VARYING = re.compile(
    r"\b(?:getvariable|random|setseed|\w*uuid\w*|now|today|current_\w+|get_current_\w+)\("
)


def table_filter(
    terms: Sequence[exp.Expression], query: TableQuery, compiler: Compiler
) -> Filter | None:
    """Terms of a WHERE clause, joined by AND, as a Filter. Raises NotDirect when they depend on rows of others."""
    if not terms:
        return None
    scalars: list[ScalarExpr] = []
    attnums: set[int] = set()
    found = [_term(term, query, compiler, scalars, attnums) for term in terms]
    slow = [term for term, predicate in zip(terms, found, strict=True) if predicate is None]
    quick = [predicate for predicate in found if predicate is not None]
    sql = [compiler.filter_sql(term) for term in terms]
    params = {int(p.this.name) for term in terms for p in term.find_all(exp.Parameter)}
    outer = {number for term in terms for number in _outer_params(term)}

    def text() -> str:
        return _conjunction([shown(term) for term in terms])

    missing = any(query.table.column_at(attnum).missing is not None for attnum in attnums)
    steady = all(is_deterministic(compiler.filter_sql(term)) for term in slow)
    return Filter(
        key=_conjunction(sql) + (f" for {text()}" if outer else ""),
        terms=tuple(
            FilterTerm("" if outer or term.find(exp.Query) else own, predicate)
            for term, own, predicate in zip(terms, sql, found, strict=True)
        ),
        attnums=tuple(sorted(attnums)),
        quick=conjunction(quick) if quick else None,
        params=(*sorted(params | outer), *(-i for i in range(len(scalars)))),
        cacheable=not missing and steady,
        show=text,
        scalars=tuple(scalars),
        indexed=_indexed(query.table, compiler.catalog),
    )


def _term(
    term: exp.Expression,
    query: TableQuery,
    compiler: Compiler,
    scalars: list[ScalarExpr],
    attnums: set[int],
) -> Predicate | None:
    """Compile one term, note the columns it reads, and put what has one value per execution into `scalars`."""
    count = len(scalars)
    _late_constants(term, query, compiler, scalars)
    mark_distances(term, query)
    columns = [column for column in columns_of(term) if not _in_late(column)]
    own = all(is_own_column(column, query) for column in columns)
    predicate = compile_predicate([with_members(term)]) if own else None
    if predicate is None:
        del scalars[count:]
        _unmark(term)
        if term.find(exp.Query):
            return _by_rows(term, query, compiler, scalars)
        if not own or _outer_params(term):
            raise NotDirect
    attnums.update(column.meta["attnum"] for column in columns)
    return predicate


def _by_rows(
    term: exp.Expression, query: TableQuery, compiler: Compiler, scalars: list[ScalarExpr]
) -> Predicate:
    """A term with sub-selects that nothing else can do as a set of rows: DuckDB finds them all, once."""
    if "by_rows" in query.source.meta:  # this is the query that finds them
        raise NotDirect
    select = rows_of(term, query)
    if not is_closed(select) or names_cte(term, query.select) or _is_volatile(term):
        raise NotDirect
    strip(term).meta["rows"] = Param(-len(scalars))
    scalars.append(compiler.members(select))
    predicate = compile_predicate([term])
    assert predicate is not None
    return predicate


def _outer_params(term: exp.Expression) -> set[int]:
    """The parameters that stand for columns of an outer query."""
    return {c.meta["outer"].index for c in columns_of(term) if "outer" in c.meta}


def _unmark(term: exp.Expression) -> None:
    for node in term.walk():
        for mark in MARKS:
            node.meta.pop(mark, None)


def _conjunction(terms: Sequence[str]) -> str:
    return " AND ".join(f"({term})" for term in terms)


def is_deterministic(sql: str) -> bool:
    """Whether DuckDB SQL over one row gives the same for the same row, parameters and TimeZone."""
    return _VARYING.search(sql) is None and not volatile_in(sql)


def _indexed(table: Table, catalog: Catalog) -> frozenset[int]:
    """Columns that are the first of a scalar index."""
    return frozenset(
        index.columns[0].attnum
        for index in catalog.indexes_of(table.oid)
        if not index.is_vector and index.columns[0].attnum > 0
    )


def _late_constants(
    node: exp.Expression, query: TableQuery, compiler: Compiler, scalars: list[ScalarExpr]
) -> None:
    """Mark the largest expressions that have one value per execution, now() - interval '1 day' or a sub-select, with
    the place of that value: past the statement's parameters, counted from the end."""
    node = strip(node)
    for mark in MARKS:
        node.meta.pop(mark, None)
    ctype = ctype_of(node)
    if operand(node) is not None or isinstance(node, (exp.Column, exp.Literal, exp.DataType)):
        return
    member = membership_of(node, query)
    if member is not None and not _is_volatile(member.select):
        _mark_members(node, member, query, compiler, scalars)
        return
    if (
        ctype is not None
        and not isinstance(node, exp.In)
        and is_closed(node)
        and not _is_volatile(node)
        and not names_cte(node, query.select)
    ):
        node.meta["late"] = Param(-len(scalars))
        scalars.append(compiler.scalar(node, ctype))
        return
    for child in node.iter_expressions():
        _late_constants(child, query, compiler, scalars)


def _mark_members(
    node: exp.Expression,
    member: Membership,
    query: TableQuery,
    compiler: Compiler,
    scalars: list[ScalarExpr],
) -> None:
    """The values of a sub-select that `node` looks a column up in: they are a list, evaluated first."""
    node.meta["members"] = Param(-len(scalars)), member.column
    member.within.meta["late"] = Param(-len(scalars))
    found = compiler.members(member.select)
    scalars.append(found)
    node.meta["member_type"] = found.type
    if not member.exists:
        _late_constants(member.column, query, compiler, scalars)


def _in_late(node: exp.Expression) -> bool:
    parent: exp.Expression | None = node
    while parent is not None:
        if "late" in parent.meta or "outer" in parent.meta:
            return True
        parent = parent.parent
    return False


def _is_volatile(node: exp.Expression) -> bool:
    return any(call.name.lower() in VOLATILE for call in node.find_all(exp.Anonymous))
