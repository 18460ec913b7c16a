"""CREATE TABLE AS and CREATE VIEW: relations made from a query."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.catalog.model import Column, Table, View
from vecsql.errors import (
    DuplicateColumn,
    DuplicateTable,
    Error,
    FeatureNotSupported,
    InvalidTableDefinition,
    SyntaxError,
    WrongObjectType,
)
from vecsql.executor.columns import cast_column, joined
from vecsql.executor.context import ExecContext
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import creation_schema
from vecsql.executor.ddl.reloptions import check_table_options
from vecsql.executor.ddl.tables import exists_notice
from vecsql.executor.operators import execute_plan
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan
from vecsql.planner.parse import parse
from vecsql.planner.plan import ResultColumn, SelectPlan
from vecsql.planner.planner import plan_query
from vecsql.planner.scope import ParamTypes
from vecsql.types.base import ColumnType, by_name


def create_table_as(statement: nodes.CreateTableAs, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE TABLE AS and SELECT INTO."""
    draft = Draft(ctx)
    schema = creation_schema(draft, plan.search_path, statement.name)
    name = statement.name.name
    if draft.find(schema.oid, name) is not None:
        if statement.if_not_exists:
            exists_notice(ctx, name)
            return "CREATE TABLE AS"
        raise DuplicateTable(f'relation "{name}" already exists')
    check_table_options(statement.options)
    ast, query, columns = _planned(statement.query, statement.query_start, plan, draft)
    del ast
    names = _names(columns, statement.column_names)
    kinds = [_storable(c.type) for c in columns]
    oid = draft.new_oid()
    made = tuple(Column(i, n, t) for i, (n, t) in enumerate(zip(names, kinds, strict=True), 1))
    draft.put(
        Table(oid, schema.oid, name, made, next_attnum=len(made) + 1, options=statement.options)
    )
    rows = 0
    arrays = {}
    if statement.with_data:
        result = execute_plan(query, ctx, ())
        chunks = list(result.chunks)
        rows = sum(c.num_rows for c in chunks)
        for at, column in enumerate(made):
            array = joined([c.columns[at] for c in chunks], columns[at].type)
            arrays[column.attnum] = cast_column(array, columns[at].type, column.type)
    draft.publish()
    if rows:
        ctx.txn.insert(oid, arrays)
    return f"SELECT {rows}" if statement.with_data else "CREATE TABLE AS"


def _planned(
    query: str, start: int, plan: DdlPlan, draft: Draft
) -> tuple[exp.Expression, SelectPlan, tuple[ResultColumn, ...]]:
    """The query of a CREATE ... AS, bound and planned; errors get positions of the whole statement."""
    try:
        parsed = parse(query)[0]
        if parsed.kind != "query" or parsed.ast is None:
            raise FeatureNotSupported("only a query can follow AS")
        ast = parsed.ast
        params = ParamTypes()
        planned, columns = plan_query(ast, draft.base, plan.search_path, params)
    except Error as error:
        if error.position is not None:
            error.position += start
        raise
    if params.seen:
        raise FeatureNotSupported("parameters are not supported here")
    return ast, planned, columns


def _storable(ctype: ColumnType) -> ColumnType:
    """The type a column made from a query column has; an untyped literal is text."""
    text = by_name("text")
    if ctype.type.name == "unknown" and text is not None:
        return ColumnType(text)
    if ctype.type.name in ("record", "void"):
        raise InvalidTableDefinition(f"column has pseudo-type {ctype.type.name}")
    return ctype


def _names(columns: Sequence[ResultColumn], given: tuple[str, ...]) -> list[str]:
    if len(given) > len(columns):
        raise SyntaxError("too many column names were specified")
    names = [*given, *(c.name for c in columns[len(given) :])]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise DuplicateColumn(f'column "{name}" specified more than once')
    return names


def create_view(statement: nodes.CreateView, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE [OR REPLACE] VIEW."""
    draft = Draft(ctx)
    schema = creation_schema(draft, plan.search_path, statement.name)
    name = statement.name.name
    existing = draft.find(schema.oid, name)
    if existing is not None and not statement.replace:
        raise DuplicateTable(f'relation "{name}" already exists')
    if existing is not None and not isinstance(existing, View):
        raise WrongObjectType(f'"{name}" is not a view')
    ast, _, columns = _planned(statement.query, statement.query_start, plan, draft)
    names = _names(columns, statement.column_names)
    made = tuple((n, _storable(c.type)) for n, c in zip(names, columns, strict=True))
    if existing is not None:
        _check_replaceable(existing, made)
    oid = existing.oid if existing is not None else draft.new_oid()
    depends = _depends(ast, draft, plan.search_path)
    draft.put(View(oid, schema.oid, name, statement.query, made, depends))
    draft.publish()
    return "CREATE VIEW"


def _check_replaceable(old: View, new: Sequence[tuple[str, ColumnType]]) -> None:
    if len(new) < len(old.columns):
        raise InvalidTableDefinition("cannot drop columns from view")
    for (old_name, old_type), (new_name, new_type) in zip(old.columns, new, strict=False):
        if old_name != new_name:
            raise InvalidTableDefinition(
                f'cannot change name of view column "{old_name}" to "{new_name}"',
                hint="Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.",
            )
        if old_type != new_type:
            raise InvalidTableDefinition(
                f'cannot change data type of view column "{old_name}" from {old_type} to {new_type}'
            )


def _depends(
    ast: exp.Expression, draft: Draft, search_path: Sequence[str]
) -> tuple[tuple[int, int], ...]:
    """The relations and columns a bound query reads."""
    found: set[tuple[int, int]] = set()
    ctes = {cte.alias for cte in ast.find_all(exp.CTE)}
    for node in ast.find_all(exp.Table):
        oid = node.meta.get("table_oid") or _view_oid(node, draft, search_path, ctes)
        if oid:
            found.add((oid, 0))
    direct = {oid for oid, _ in found if oid in draft.tables}
    for column in ast.find_all(exp.Column):
        oid, attnum = column.meta.get("table_oid", 0), column.meta.get("attnum", 0)
        if oid in direct and attnum > 0:
            found.add((oid, attnum))
    return tuple(sorted(found))


def _view_oid(
    node: exp.Table, draft: Draft, search_path: Sequence[str], ctes: set[str]
) -> int | None:
    schema_name = node.text("db")
    if node.name in ctes and not schema_name:
        return None
    for candidate in (schema_name,) if schema_name else search_path:
        schema = next((s for s in draft.schemas.values() if s.name == candidate), None)
        relation = draft.find(schema.oid, node.name) if schema else None
        if isinstance(relation, (View, Table)):
            return relation.oid
    return None
