"""Recognises WHERE key = value over a unique index, so that UPDATE and DELETE of one row need no query."""

from __future__ import annotations

from sqlglot import exp

from vecsql.catalog.model import Column, Table
from vecsql.planner.dml.nodes import Cell, KeyAccess
from vecsql.planner.dml.scalars import Scalar, Scope, compile_scalar
from vecsql.types.base import ColumnType

_EXACT = (
    "int2",
    "int4",
    "int8",
    "text",
    "varchar",
    "uuid",
    "date",
    "bool",
    "timestamp",
    "timestamptz",
)
_INTEGERS = ("int2", "int4", "int8")
_STRINGS = ("text", "varchar")


def key_access(
    table: Table, alias: str, where: exp.Expression | None, scope: Scope
) -> KeyAccess | None:
    """The key look-up that a WHERE clause amounts to: equality with constants on all columns of a unique index."""
    if where is None:
        return None
    values: dict[int, Cell] = {}
    for term in _terms(where.this):
        pair = _equality(term, table, alias, scope)
        if pair is None or pair[0] in values:
            return None
        values[pair[0]] = pair[1]
    for index in scope.catalog.indexes_of(table.oid):
        attnums = [c.attnum for c in index.columns]
        if index.unique and index.predicate is None and set(attnums) == values.keys():
            return KeyAccess(index.oid, tuple(values[a] for a in attnums))
    return None


def _terms(node: exp.Expression) -> list[exp.Expression]:
    if isinstance(node, exp.And):
        return _terms(node.this) + _terms(node.expression)
    if isinstance(node, exp.Paren):
        return _terms(node.this)
    return [node]


def _equality(
    node: exp.Expression, table: Table, alias: str, scope: Scope
) -> tuple[int, Cell] | None:
    if not isinstance(node, exp.EQ):
        return None
    for left, right in ((node.this, node.expression), (node.expression, node.this)):
        if isinstance(left, exp.Column) and left.table in ("", alias) and not left.args.get("db"):
            column = table.column(left.name)
            if column is None or column.type.type.name not in _EXACT:
                return None
            value = _comparable(compile_scalar(right, ColumnType(column.type.type), scope), column)
            return (column.attnum, value) if value else None
    return None


def _comparable(scalar: Scalar | None, column: Column) -> Cell | None:
    """The value, if comparing it with the column needs no cast that changes it."""
    if scalar is None:
        return None
    one, other = scalar.type.type.name, column.type.type.name
    same = one == other or {one, other} <= set(_INTEGERS) or {one, other} <= set(_STRINGS)
    return Cell(scalar.run) if same else None
