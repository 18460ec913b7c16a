"""Plans UPDATE and DELETE: a query that finds the rowids, or a key look-up without DuckDB."""

from __future__ import annotations

from sqlglot import exp

from vecsql.catalog.model import Column, Table
from vecsql.errors import GeneratedAlways, SyntaxError
from vecsql.planner.dml import binding
from vecsql.planner.dml.access import key_access
from vecsql.planner.dml.casts import assignment, mismatch
from vecsql.planner.dml.insert import plan_cell
from vecsql.planner.dml.nodes import Cell, Delete, Update
from vecsql.planner.dml.returning import extract_others, plan_returning
from vecsql.planner.dml.scalars import Scope, compile_scalar, position_of, start_of
from vecsql.planner.dml.targets import find_table, multiple_assignments, target_column
from vecsql.types.base import ColumnType

ROWID = "__rowid"


def plan_update(node: exp.Update, scope: Scope) -> Update:
    """The plan of an UPDATE statement."""
    table = find_table(scope.catalog, scope.search_path, node.this)
    alias = node.this.alias or table.name
    cells: list[tuple[int, Cell | None]] = []
    computed: list[tuple[Column, exp.Expression]] = []
    for column, value in _assignments(table, node.expressions):
        if _is_constant(value, column, scope):
            cells.append((column.attnum, plan_cell(value, column, scope)))
        else:
            computed.append((column, value))
    sources = node.args.get("from_")
    joined = [] if sources is None else [sources.this]
    returning = node.args.get("returning")
    items = returning.expressions if returning is not None else []
    others = extract_others(table, alias, items) if joined else []
    query = None
    access = None
    if not computed and not joined and not node.args.get("with_"):
        access = key_access(table, alias, node.args.get("where"), scope)
    types: tuple[ColumnType, ...] = ()
    if access is None:
        values = [binding.assignment_source(v, c.type) for c, v in computed]
        query = binding.plan_query(_row_query(node, alias, [*values, *others], joined), scope)
        types = tuple(c.type for c in query.columns[1 : 1 + len(computed)])
        for (column, value), kind in zip(computed, types, strict=True):
            if assignment(kind, column.type) is None:
                raise mismatch(column.name, kind, column.type, start_of(value))
    read = query.columns[1 + len(computed) :] if query else ()
    return Update(
        table,
        tuple(cells),
        tuple(c.attnum for c, _ in computed),
        types,
        query.plan if query else None,
        access,
        plan_returning(table, alias, items, scope, read) if returning is not None else None,
    )


def plan_delete(node: exp.Delete, scope: Scope) -> Delete:
    """The plan of a DELETE statement."""
    table = find_table(scope.catalog, scope.search_path, node.this)
    alias = node.this.alias or table.name
    joined = node.args.get("using") or []
    returning = node.args.get("returning")
    items = returning.expressions if returning is not None else []
    others = extract_others(table, alias, items) if joined else []
    access, query = None, None
    if not joined and not node.args.get("with_"):
        access = key_access(table, alias, node.args.get("where"), scope)
    if access is None:
        query = binding.plan_query(_row_query(node, alias, others, joined), scope)
    read = query.columns[1:] if query else ()
    return Delete(
        table,
        query.plan if query else None,
        access,
        plan_returning(table, alias, items, scope, read) if returning is not None else None,
    )


def _row_query(
    node: exp.Expression, alias: str, values: list[exp.Expression], joined: list[exp.Expression]
) -> exp.Select:
    """SELECT rowid, new values FROM target, other tables WHERE ... of an UPDATE or DELETE."""
    rowid = exp.Column(
        this=exp.Identifier(this=ROWID, quoted=True), table=exp.Identifier(this=alias, quoted=True)
    )
    select = exp.Select(expressions=[rowid, *values], from_=exp.From(this=node.this))
    if joined:
        select.set("joins", [exp.Join(this=item) for item in joined])
    if node.args.get("where") is not None:
        select.set("where", node.args["where"])
    if node.args.get("with_") is not None:
        select.set("with_", node.args["with_"])
    return select


def _assignments(table: Table, items: list[exp.Expression]) -> list[tuple[Column, exp.Expression]]:
    """The SET list as (column, value) pairs; (a, b) = (SELECT ...) becomes one scalar sub-select per column."""
    found: list[tuple[Column, exp.Expression]] = []
    for item in items:
        if isinstance(item.this, exp.Tuple):
            pairs = _from_subquery(item)
        else:
            pairs = [(item.this, item.expression)]
        for target, value in pairs:
            column = target_column(table, target)
            if any(column is other for other, _ in found):
                raise multiple_assignments(column.name, None)
            _check_assignable(column, value)
            found.append((column, value))
    return found


def _from_subquery(item: exp.Expression) -> list[tuple[exp.Expression, exp.Expression]]:
    targets = item.this.expressions
    source = item.expression
    select = source.this if isinstance(source, exp.Subquery) else source
    if not isinstance(select, exp.Select) or len(select.expressions) != len(targets):
        raise SyntaxError(
            "number of columns does not match number of values", position=position_of(item)
        )
    pairs = []
    for at, target in enumerate(targets):
        single = select.copy()
        single.set("expressions", [single.expressions[at]])
        pairs.append((target, exp.Subquery(this=single)))
    return pairs


def _is_default(value: exp.Expression) -> bool:
    return isinstance(value, exp.Var) and value.name.upper() == "DEFAULT"


def _check_assignable(column: Column, value: exp.Expression) -> None:
    if _is_default(value):
        return
    message = f'column "{column.name}" can only be updated to DEFAULT'
    if column.generated is not None:
        raise GeneratedAlways(message, detail=f'Column "{column.name}" is a generated column.')
    if column.identity == "a":
        raise GeneratedAlways(
            message,
            detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.',
        )


def _is_constant(value: exp.Expression, column: Column, scope: Scope) -> bool:
    return _is_default(value) or compile_scalar(value, column.type, scope) is not None
