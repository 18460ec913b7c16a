"""Sub-selects in WHERE that look a column up in a list of values: IN (SELECT ...), = ANY (SELECT ...), and EXISTS whose
sub-select refers to the table by one equality."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from vecsql.planner.rules.constants import strip
from vecsql.planner.rules.shape import TableQuery, columns_of, conjuncts, is_closed, is_own_column

ROWID = "__rowid"

_PLAIN = {"expressions", "from_", "joins", "where", "distinct", "kind"}


@dataclass(frozen=True, slots=True)
class Membership:
    """`column` is among the values of `select`, a query of one column that refers to nothing outside it."""

    column: exp.Expression
    select: exp.Expression
    within: exp.Expression  # the part of the condition whose columns are the sub-select's
    exists: bool  # it is EXISTS: never NULL


def membership_of(node: exp.Expression, query: TableQuery) -> Membership | None:
    """The condition as a membership, if it is one."""
    if isinstance(node, exp.In):
        source = node.args.get("query")
        return _listed(node.this, source, query) if source is not None else None
    if isinstance(node, exp.EQ) and type(node.expression) is exp.Any:
        source = strip(node.expression.this)
        return _listed(node.this, source, query) if isinstance(source, exp.Subquery) else None
    if isinstance(node, exp.Exists) and not is_closed(node):
        return _existing(node, query)
    return None


def _listed(left: exp.Expression, source: exp.Expression, query: TableQuery) -> Membership | None:
    select = source.this
    if isinstance(strip(left), exp.Tuple) or not isinstance(select, exp.Query):
        return None
    if select.args.get("locks") or not is_closed(source) or names_cte(source, query.select):
        return None
    return Membership(left, select, source, exists=False)


def _existing(node: exp.Exists, query: TableQuery) -> Membership | None:
    """EXISTS (SELECT ... FROM other WHERE other.x = own.y AND ...) as own.y IN (SELECT other.x ...)."""
    select = node.this
    if not isinstance(select, exp.Select) or names_cte(node, query.select):
        return None
    if any(value for key, value in select.args.items() if key not in _PLAIN):
        return None
    where = select.args.get("where")
    terms = conjuncts(where.this) if where is not None else []
    for term in terms:
        pair = _own_and_other(term, select, query)
        if pair is None:
            continue
        rest = [other.copy() for other in terms if other is not term]
        values = exp.Select(expressions=[pair[1].copy()], kind=None)
        values.set("from_", select.args["from_"].copy() if select.args.get("from_") else None)
        values.set("joins", [join.copy() for join in select.args.get("joins") or ()])
        if rest:
            values.set("where", exp.Where(this=exp.and_(*rest, copy=False)))
        return Membership(pair[0], values, select, exists=True) if is_closed(values) else None
    return None


def _own_and_other(
    term: exp.Expression, select: exp.Select, query: TableQuery
) -> tuple[exp.Expression, exp.Expression] | None:
    """The sides of `own column = expression over the sub-select's tables`."""
    if not isinstance(term, exp.EQ) or isinstance(term.expression, (exp.Any, exp.All)):
        return None
    inner = {source.alias_or_name for source in _sources(select)}
    sides = strip(term.this), strip(term.expression)
    for own, other in (sides, sides[::-1]):
        if not is_own_column(own, query) or own.meta.get("relation") in inner:
            continue
        columns = list(columns_of(other))
        if columns and all(column.meta.get("relation") in inner for column in columns):
            return own, other
    return None


def _sources(select: exp.Select) -> list[exp.Expression]:
    from_ = select.args.get("from_")
    items = [from_.this] if from_ is not None else []
    return items + [join.this for join in select.args.get("joins") or ()]


def names_cte(node: exp.Expression, select: exp.Expression) -> bool:
    """Whether something in `node` reads a WITH query of `select` or of what encloses it."""
    named: set[str] = set()
    scope: exp.Expression | None = select
    while scope is not None:
        clause = scope.args.get("with_")
        named.update(cte.alias for cte in clause.expressions) if clause is not None else None
        scope = scope.parent
    return bool(named) and any(table.name in named for table in node.find_all(exp.Table))


def rows_of(term: exp.Expression, query: TableQuery) -> exp.Select:
    """SELECT rowid FROM the table WHERE term."""
    relation = exp.to_identifier(query.source.alias_or_name, quoted=True)
    rowid = exp.Column(this=exp.to_identifier(ROWID, quoted=True), table=relation)
    rowid.meta["relation"] = query.source.alias_or_name
    source = query.source.copy()
    source.meta.pop("topk", None)
    source.meta["by_rows"] = True
    select = exp.Select(expressions=[rowid])
    select.set("from_", exp.From(this=source))
    select.set("where", exp.Where(this=term.copy()))
    return select
