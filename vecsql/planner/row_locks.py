"""SELECT ... FOR UPDATE and its kin: which tables' rows are locked, and the query that finds them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from sqlglot import exp

from vecsql import types
from vecsql.catalog.model import Catalog
from vecsql.errors import (
    Error,
    FeatureNotSupported,
    GroupingError,
    InvalidName,
    UndefinedColumn,
    UndefinedTable,
)
from vecsql.planner.bind import bind_select
from vecsql.planner.coerce import position_of
from vecsql.planner.plan import LockedTable, LockRows, ResultColumn, ScalarExpr, SelectPlan
from vecsql.planner.scope import ParamTypes, Scope
from vecsql.types.base import ColumnType

ROWID = "__rowid"
_NOT_WITH = (("group", "GROUP BY"), ("distinct", "DISTINCT"), ("having", "HAVING"))


def plan_locking(
    select: exp.Select, catalog: Catalog, search_path: Sequence[str], params: ParamTypes
) -> tuple[SelectPlan, tuple[ResultColumn, ...]]:
    """Plan a SELECT with locking clauses. Rows are locked in the query's order, and LIMIT counts the locked ones."""
    from vecsql.planner.planner import plan_query

    clauses = select.args["locks"]
    _check_shape(select, clauses[0].meta["strength"])
    query = select.copy()
    for part in ("locks", "limit", "offset"):
        query.set(part, None)
    tables = dict(_locked(select, query, clauses, catalog, search_path, params))
    if not tables:
        return plan_query(_without_locks(select), catalog, search_path, params)
    visible = len(bind_select(query.copy(), catalog, search_path, params).columns)
    for alias in tables:
        query.append(
            "expressions",
            exp.Column(this=exp.to_identifier(ROWID, quoted=True), table=exp.to_identifier(alias, quoted=True)),
        )  # fmt: skip
    try:
        plan, columns = plan_query(query, catalog, search_path, params)
    except GroupingError:
        raise _not_allowed(clauses[0].meta["strength"], "aggregate functions") from None
    limit, offset = (
        _count(select.args.get(part), catalog, search_path, params) for part in ("limit", "offset")
    )
    return LockRows(plan, columns[:visible], tuple(tables.values()), limit, offset), columns[
        :visible
    ]


def plan_nested(
    select: exp.Select,
    scope: Scope,
    catalog: Catalog,
    search_path: Sequence[str],
    params: ParamTypes,
) -> LockRows | None:
    """The plan of a locking sub-select, which runs once, before the query that it is part of; its columns are named
    o1, o2 ... None when there is nothing to lock."""
    try:
        plan, _ = plan_locking(select.copy(), catalog, search_path, params)
    except (UndefinedColumn, UndefinedTable):
        if scope.ctes or (scope.parent is not None and scope.parent.all_ranges()):
            strength = select.args["locks"][0].meta["strength"]
            raise FeatureNotSupported(
                f"FOR {strength} in a sub-select that refers to the outer query is not supported"
            ) from None
        raise
    return plan if isinstance(plan, LockRows) else None


def _without_locks(select: exp.Select) -> exp.Select:
    plain = select.copy()
    plain.set("locks", None)
    return plain


def _count(
    clause: exp.Expression | None,
    catalog: Catalog,
    search_path: Sequence[str],
    params: ParamTypes,
) -> ScalarExpr | None:
    from vecsql.planner.planner import plan_scalar

    if clause is None:
        return None
    if clause.meta.get("with_ties"):
        raise FeatureNotSupported("FETCH FIRST WITH TIES is not supported")
    return plan_scalar(
        clause.expression.copy(), ColumnType(types.INT8), catalog, search_path, params
    )


def _not_allowed(strength: str, what: str) -> Error:
    return FeatureNotSupported(f"FOR {strength} is not allowed with {what}")


def _check_shape(select: exp.Select, strength: str) -> None:
    for part, words in _NOT_WITH:
        if select.args.get(part):
            raise _not_allowed(strength, f"{words} clause")
    if any(item.find(exp.Window) for item in select.expressions):
        raise _not_allowed(strength, "window functions")


def _locked(
    select: exp.Select,
    query: exp.Select,
    clauses: Sequence[exp.Lock],
    catalog: Catalog,
    search_path: Sequence[str],
    params: ParamTypes,
) -> Iterator[tuple[str, LockedTable]]:
    """The tables to lock with the names that the query has for them."""
    bound = query.copy()
    try:
        bind_select(bound, catalog, search_path, params)
    except GroupingError:
        raise _not_allowed(clauses[0].meta["strength"], "aggregate functions") from None
    items = {_name(item): (item, nullable) for item, nullable in from_items(bound)}
    for clause in clauses:
        _check_names(clause, items.keys())
    for name, (item, nullable) in items.items():
        wanted = [c for c in clauses if not c.expressions or name in _names(c)]
        if not wanted:
            continue
        strength = wanted[0].meta["strength"]
        explicit = bool(wanted[0].expressions)
        oid = item.meta.get("table_oid")
        if oid is None:
            _check_unlocked(item, strength, explicit)
            continue
        if nullable:
            raise FeatureNotSupported(
                f"FOR {strength} cannot be applied to the nullable side of an outer join"
            )
        policies = {c.meta["wait"] for c in wanted}
        if "LockWaitSkip" in policies and not strength.endswith("UPDATE"):
            raise FeatureNotSupported(f"SKIP LOCKED with FOR {strength} is not supported")
        yield name, LockedTable(oid, "LockWaitError" in policies, "LockWaitSkip" in policies)


def _check_unlocked(item: exp.Expression, strength: str, explicit: bool) -> None:
    """What is no table: WITH queries and functions are left alone unless they are named."""
    if isinstance(item, exp.Table) and not item.meta.get("view"):
        if "system" in item.meta:
            raise FeatureNotSupported(f"FOR {strength} of system relations is not supported")
        kind = "WITH query" if isinstance(item.this, exp.Identifier) else "function"
        if explicit:
            raise FeatureNotSupported(f"FOR {strength} cannot be applied to a {kind}")
        return
    raise FeatureNotSupported(f"FOR {strength} of views and sub-selects is not supported")


def _names(clause: exp.Lock) -> list[str]:
    return [table.name for table in clause.expressions]


def _check_names(clause: exp.Lock, known: object) -> None:
    for table in clause.expressions:
        strength, position = clause.meta["strength"], position_of(table)
        if table.args.get("db"):
            raise InvalidName(
                f"FOR {strength} must specify unqualified relation names", position=position
            )
        if table.name not in known:  # type: ignore[operator]
            raise UndefinedTable(
                f'relation "{table.name}" in FOR {strength} clause not found in FROM clause',
                position=position,
            )


def _name(item: exp.Expression) -> str:
    return str(item.alias_or_name)


def from_items(select: exp.Select) -> list[tuple[exp.Expression, bool]]:
    """The FROM items, each with whether an outer join may leave it without a row."""
    from_ = select.args.get("from_")
    if from_ is None:
        return []
    found = _with_joins(from_.this)
    for join in select.args.get("joins") or ():
        found = _joined(found, join)
    return found


def _with_joins(item: exp.Expression) -> list[tuple[exp.Expression, bool]]:
    found = [(item, False)]
    for join in item.args.get("joins") or ():
        found = _joined(found, join)
    return found


def _joined(
    left: list[tuple[exp.Expression, bool]], join: exp.Join
) -> list[tuple[exp.Expression, bool]]:
    side = str(join.args.get("side") or "").upper()
    right = _with_joins(join.this)
    if side in ("RIGHT", "FULL"):
        left = [(item, True) for item, _ in left]
    if side in ("LEFT", "FULL"):
        right = [(item, True) for item, _ in right]
    return list(chain(left, right))
