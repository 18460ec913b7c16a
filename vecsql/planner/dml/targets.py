"""The table a DML statement changes, its target columns, and RETURNING lists of plain columns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.catalog.model import Catalog, Column, Table
from vecsql.errors import (
    DuplicateColumn,
    FeatureNotSupported,
    SyntaxError,
    UndefinedColumn,
    UndefinedTable,
)
from vecsql.planner.dml.scalars import position_of
from vecsql.planner.plan import ResultColumn


def find_table(catalog: Catalog, search_path: Sequence[str], node: exp.Table) -> Table:
    """The table that the target of a DML statement names. Raises UndefinedTable with the position."""
    name, schema_name = node.name, node.text("db")
    for candidate in (schema_name,) if schema_name else search_path:
        schema = catalog.schema_named(candidate)
        if schema is None:
            continue
        for table in catalog.tables.values():
            if table.name == name and table.schema_oid == schema.oid:
                return table
        for view in catalog.views.values():
            if view.name == name and view.schema_oid == schema.oid:
                raise FeatureNotSupported(
                    f'changing view "{name}" is not supported', position=position_of(node)
                )
    shown = f"{schema_name}.{name}" if schema_name else name
    position = position_of(node) or position_of(node.this)
    raise UndefinedTable(f'relation "{shown}" does not exist', position=position)


def target_column(table: Table, node: exp.Expression) -> Column:
    """The column an INSERT list or a SET clause names."""
    column = table.column(node.name)
    if column is None:
        raise UndefinedColumn(
            f'column "{node.name}" of relation "{table.name}" does not exist',
            position=position_of(node),
        )
    return column


def insert_targets(table: Table, nodes: Sequence[exp.Expression]) -> tuple[Column, ...]:
    """The columns of an INSERT list, each at most once."""
    found: list[Column] = []
    for node in nodes:
        column = target_column(table, node)
        if column in found:
            raise DuplicateColumn(
                f'column "{column.name}" specified more than once', position=position_of(node)
            )
        found.append(column)
    return tuple(found)


def multiple_assignments(column: str, position: int | None) -> SyntaxError:
    return SyntaxError(f'multiple assignments to same column "{column}"', position=position)


def plain_columns(
    table: Table, alias: str, items: Sequence[exp.Expression]
) -> tuple[ResultColumn, ...] | None:
    """RETURNING as columns of the target alone, or None if anything else is in it."""
    found: list[ResultColumn] = []
    for item in items:
        name, inner = (item.alias, item.this) if isinstance(item, exp.Alias) else ("", item)
        if isinstance(inner, exp.Star) or (
            isinstance(inner, exp.Column)
            and isinstance(inner.this, exp.Star)
            and inner.table == alias
        ):
            found += [result_column(table, c) for c in table.columns]
            continue
        if not isinstance(inner, exp.Column) or inner.table not in ("", alias):
            return None
        column = table.column(inner.name)
        if column is None:
            return None
        found.append(result_column(table, column, name))
    return tuple(found)


def result_column(table: Table, column: Column, name: str = "") -> ResultColumn:
    return ResultColumn(name or column.name, column.type, table.oid, column.attnum)
