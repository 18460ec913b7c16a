"""Conditions that inner joins put on one table: its column is among the values that the other tables, with their own
conditions, have in the column it is joined to."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from vecsql.planner.coerce import builtin, set_bound
from vecsql.planner.rules.constants import strip
from vecsql.planner.rules.shape import (
    TableQuery,
    columns_of,
    conjuncts,
    is_closed,
    is_own_column,
    shown,
)


@dataclass(frozen=True, slots=True)
class SemiJoins:
    """`terms` hold for every row of the table that is in the join. They come from tables `oids`, read whole where not
    `is_filtered`."""

    terms: tuple[exp.Expression, ...]
    oids: frozenset[int]
    is_filtered: bool


def semi_joins(query: TableQuery) -> SemiJoins | None:
    """What the joins of `query` say about the rows of its table; None if nothing is known."""
    sources = _inner_sources(query.select)
    if sources is None:
        return None
    terms = _conditions(query.select)
    own = query.source.alias_or_name
    found: list[exp.Expression] = []
    oids: set[int] = set()
    filtered = True
    for term in terms:
        pair = _pair(term, query, own)
        if pair is None:
            continue
        names = _connected(_relations(pair[1]), terms, own)
        tables = [sources[name] for name in names if name in sources]
        rest = [
            t for t in terms if _relations(t) and _relations(t) <= names and not t.find(exp.Query)
        ]
        if len(tables) != len(names) or not all(is_closed(table) for table in tables):
            continue
        found.append(_membership(pair[0], pair[1], tables, rest))
        oids.update(table.meta.get("table_oid", 0) for table in tables)
        filtered = filtered and any(len(_relations(t)) == 1 for t in rest)
    if not found or 0 in oids:
        return None
    return SemiJoins(tuple(found), frozenset(oids), filtered)


def _inner_sources(select: exp.Select) -> dict[str, exp.Table] | None:
    """The tables in FROM by the name they go by, where all joins are inner ones with ON."""
    from_ = select.args.get("from_")
    items = [from_.this] if from_ is not None else []
    for join in select.args.get("joins") or ():
        if any(join.args.get(key) for key in ("side", "using", "method")):
            return None
        items.append(join.this)
    if any(item.args.get("joins") or item.args.get("sample") for item in items):
        return None
    return {item.alias_or_name: item for item in items if isinstance(item, exp.Table)}


def _conditions(select: exp.Select) -> list[exp.Expression]:
    where = select.args.get("where")
    terms = conjuncts(where.this) if where is not None else []
    for join in select.args.get("joins") or ():
        terms += conjuncts(join.args.get("on"))
    return terms


def _relations(node: exp.Expression) -> set[str]:
    return {str(column.meta.get("relation", "")) for column in columns_of(node)}


def _pair(
    term: exp.Expression, query: TableQuery, own: str
) -> tuple[exp.Expression, exp.Expression] | None:
    """The sides of `own column = expression over other tables`."""
    if not isinstance(term, exp.EQ) or isinstance(term.expression, (exp.Any, exp.All)):
        return None
    sides = strip(term.this), strip(term.expression)
    for column, other in (sides, sides[::-1]):
        relations = _relations(other)
        if is_own_column(column, query) and relations and own not in relations:
            return (column, other) if other.find(exp.Query) is None else None
    return None


def _connected(names: set[str], terms: list[exp.Expression], own: str) -> set[str]:
    """The relations that conditions without the own table join to these."""
    while True:
        more = set(names)
        for term in terms:
            relations = _relations(term)
            if own not in relations and relations & names and term.find(exp.Query) is None:
                more |= relations
        if more == names:
            return names
        names = more


def _membership(
    column: exp.Expression,
    value: exp.Expression,
    tables: list[exp.Table],
    terms: list[exp.Expression],
) -> exp.In:
    """column IN (SELECT value FROM tables WHERE terms)."""
    select = exp.Select(expressions=[value.copy()])
    first, *others = [table.copy() for table in tables]
    select.set("from_", exp.From(this=first))
    select.set("joins", [exp.Join(this=table) for table in others])
    if terms:
        select.set("where", exp.Where(this=exp.and_(*[t.copy() for t in terms], copy=False)))
    node = exp.In(this=column.copy(), query=exp.Subquery(this=select))
    set_bound(node, builtin("bool"), shown(node))
    return node
