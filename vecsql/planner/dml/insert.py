"""Plans INSERT: VALUES cell by cell without DuckDB where possible, everything else as a query."""

from __future__ import annotations

from sqlglot import exp

from vecsql.catalog.model import Column, Table
from vecsql.errors import GeneratedAlways, SyntaxError
from vecsql.planner.dml import binding
from vecsql.planner.dml.casts import mismatch
from vecsql.planner.dml.conflict import plan_conflict
from vecsql.planner.dml.nodes import Cell, Insert, Row
from vecsql.planner.dml.returning import plan_returning
from vecsql.planner.dml.scalars import (
    Scope,
    casted,
    compile_scalar,
    is_volatile,
    position_of,
    start_of,
)
from vecsql.planner.dml.targets import find_table, insert_targets


def plan_insert(node: exp.Insert, scope: Scope) -> Insert:
    """The plan of an INSERT statement."""
    target = node.this
    listed = target.expressions if isinstance(target, exp.Schema) else []
    table_node = target.this if listed else target
    table = find_table(scope.catalog, scope.search_path, table_node)
    alias = table_node.alias or table.name
    columns = insert_targets(table, listed) if listed else table.columns
    overriding = node.meta.get("overriding", "")
    conflict = node.args.get("conflict")
    returning = node.args.get("returning")
    rows: tuple[Row, ...] = ()
    query = None
    source = node.expression
    if source is None:
        columns, rows = (), ((),)
    elif _is_cells(source, node):
        columns = _fitting(columns, source.expressions, listed)
        rows = tuple(_row(table, columns, row, scope, overriding) for row in source.expressions)
    else:
        _type_unknowns(source, columns)
        query = binding.plan_query(_with_ctes(source, node), scope)
        columns = _query_columns(columns, query.columns, source, listed)
        for column, given in zip(columns, query.columns, strict=True):
            check_insertable(table, column, overriding)
            if binding.assignable(given.type, column.type) is None:
                raise mismatch(
                    column.name, given.type, column.type, _item_position(source, column, columns)
                )
    return Insert(
        table,
        tuple(c.attnum for c in columns),
        rows,
        query.plan if query else None,
        plan_conflict(table, alias, conflict, scope) if conflict is not None else None,
        plan_returning(table, alias, returning.expressions, scope, xmax=True)
        if returning is not None
        else None,
        overriding,
    )


def _is_cells(source: exp.Expression, node: exp.Insert) -> bool:
    """VALUES without anything that needs a query around it."""
    plain = isinstance(source, exp.Values) and not node.args.get("with_")
    return plain and not any(source.args.get(k) for k in ("order", "limit", "offset", "with_"))


def _with_ctes(source: exp.Expression, node: exp.Insert) -> exp.Expression:
    ctes = node.args.get("with_")
    if ctes is None:
        return source
    if source.args.get("with_"):
        inner = source.args["with_"].expressions
        ctes = exp.With(
            expressions=[*ctes.expressions, *inner], recursive=ctes.args.get("recursive")
        )
    source.set("with_", ctes)
    return source


def _fitting(
    columns: tuple[Column, ...], rows: list[exp.Expression], listed: list[exp.Expression]
) -> tuple[Column, ...]:
    """The target columns the rows fill; fewer expressions than columns are fine only without a column list."""
    width = len(_items(rows[0]))
    for row in rows:
        if len(_items(row)) != width:
            raise SyntaxError(
                "VALUES lists must all be the same length", position=position_of(_items(row)[0])
            )
    items = _items(rows[0])
    return _width_checked(columns, width, listed, items)


def _width_checked(
    columns: tuple[Column, ...],
    width: int,
    listed: list[exp.Expression],
    items: list[exp.Expression],
) -> tuple[Column, ...]:
    if width > len(columns):
        at = start_of(items[len(columns)]) if len(items) > len(columns) else None
        raise SyntaxError("INSERT has more expressions than target columns", position=at)
    if listed and width < len(columns):
        raise SyntaxError(
            "INSERT has more target columns than expressions", position=position_of(listed[width])
        )
    return columns[:width]


def _items(row: exp.Expression) -> list[exp.Expression]:
    return list(row.expressions) if isinstance(row, exp.Tuple) else [row]


def _row(
    table: Table, columns: tuple[Column, ...], row: exp.Expression, scope: Scope, overriding: str
) -> Row:
    cells = []
    for item, column in zip(_items(row), columns, strict=True):
        cell = plan_cell(item, column, scope)
        cells.append(_generated_checked(table, column, cell, overriding))
    return tuple(cells)


def _generated_checked(
    table: Table, column: Column, cell: Cell | None, overriding: str
) -> Cell | None:
    """Values for GENERATED ALWAYS columns are refused, or ignored under OVERRIDING USER VALUE."""
    if cell is None:
        return None
    check_insertable(table, column, overriding)
    return None if overriding == "user" and column.identity else cell


def check_insertable(table: Table, column: Column, overriding: str) -> None:
    """Raise GeneratedAlways for a value given to a generated column."""
    message = f'cannot insert a non-DEFAULT value into column "{column.name}"'
    if column.generated is not None:
        raise GeneratedAlways(message, detail=f'Column "{column.name}" is a generated column.')
    if column.identity == "a" and not overriding:
        raise GeneratedAlways(
            message,
            detail=f'Column "{column.name}" is an identity column defined as GENERATED ALWAYS.',
            hint="Use OVERRIDING SYSTEM VALUE to override.",
        )


def plan_cell(item: exp.Expression, column: Column, scope: Scope) -> Cell | None:
    """One value for a column: None for DEFAULT, else compiled or left to DuckDB, cast to the column's type."""
    if isinstance(item, exp.Var) and item.name.upper() == "DEFAULT":
        return None
    position = start_of(item)
    volatile = is_volatile(item)
    compiled = compile_scalar(item, column.type, scope)
    if compiled is not None:
        done = casted(compiled, column.type, position)
        if done is None:
            raise mismatch(column.name, compiled.type, column.type, position)
        return Cell(done.run, None, position, volatile)
    expr = binding.plan_scalar(item, column.type, scope)
    if binding.assignable(expr.type, column.type) is None:
        raise mismatch(column.name, expr.type, column.type, position)
    return Cell(None, expr, position, volatile)


def _type_unknowns(source: exp.Expression, columns: tuple[Column, ...]) -> None:
    """Untyped literals and parameters in the select list take the types of the columns they fill."""
    if not isinstance(source, exp.Select) or any(i.is_star for i in source.expressions):
        return
    items = [
        binding.assignment_source(item, column.type)
        for item, column in zip(source.expressions, columns, strict=False)
    ]
    source.set("expressions", items + source.expressions[len(items) :])


def _item_position(
    source: exp.Expression, column: Column, columns: tuple[Column, ...]
) -> int | None:
    items = source.expressions if isinstance(source, exp.Select) else []
    at = columns.index(column)
    return start_of(items[at]) if at < len(items) else None


def _query_columns(
    columns: tuple[Column, ...],
    given: tuple[object, ...],
    source: exp.Expression,
    listed: list[exp.Expression],
) -> tuple[Column, ...]:
    items = list(source.expressions) if isinstance(source, exp.Select) else []
    return _width_checked(columns, len(given), listed, items)
