"""Reads constants and parameters out of a bound AST."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlglot import exp

from vecsql.planner.plan import Const, Operand, Param
from vecsql.types import BOOL
from vecsql.types.base import ColumnType


def ctype_of(node: exp.Expression) -> ColumnType | None:
    """The type the binder gave the expression, if it did."""
    found = node.meta.get("ctype")
    if found is None and isinstance(node, exp.Boolean):
        return ColumnType(BOOL)
    return found if isinstance(found, ColumnType) else None


def strip(node: exp.Expression) -> exp.Expression:
    """The expression without parentheses around it."""
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def constant_of(node: exp.Expression, ctype: ColumnType | None = None) -> Operand | None:
    """operand(), or the place in the parameters where the value of an expression ('late') or of a column of an outer
    query ('outer') is put."""
    meta = strip(node).meta
    late = meta.get("late") or meta.get("outer")
    return late if isinstance(late, Param) else operand(node, ctype)


def operand(node: exp.Expression, ctype: ColumnType | None = None) -> Operand | None:
    """`node` as a constant or parameter of type `ctype` (its own bound type by default); None if it is neither.

    A cast counts where it only says which type a literal or a parameter has.
    """
    node = strip(node)
    ctype = ctype or ctype_of(node)
    if isinstance(node, exp.Null):
        return Const(None)
    if isinstance(node, exp.Boolean):
        return Const(bool(node.this)) if ctype is None or ctype.type.name == "bool" else None
    if isinstance(node, exp.Cast) and type(node) is exp.Cast:
        return _cast(node, ctype)
    if isinstance(node, exp.Array):
        return _array(node, ctype)
    if ctype is None:
        return None
    if isinstance(node, exp.Parameter):
        own = ctype_of(node)
        same = own is None or own.type.oid == ctype.type.oid
        return Param(int(node.this.name)) if same else None
    if isinstance(node, exp.Neg):
        inner = operand(node.this, ctype)
        number = inner.value if isinstance(inner, Const) else None
        return Const(-number) if isinstance(number, (int, float, Decimal)) else None
    if isinstance(node, exp.Literal):
        return _literal(node, ctype)
    return None


def _array(node: exp.Array, ctype: ColumnType | None) -> Const | None:
    """ARRAY[...] of literals."""
    own = ctype_of(node)
    if own is None or own.type.element is None or (ctype is not None and ctype != own):
        return None
    element = ColumnType(own.type.element)
    items = [operand(item, element) for item in node.expressions]
    if any(not isinstance(item, Const) or isinstance(item.value, list) for item in items):
        return None
    return Const([item.value for item in items if isinstance(item, Const)])


def _cast(node: exp.Cast, ctype: ColumnType | None) -> Operand | None:
    target = ctype_of(node)
    if target is None or (ctype is not None and ctype.type.oid != target.type.oid):
        return None
    written = node.meta.get("cast_from")  # the cast's own type, where it was converted further
    if written is not None and written.type.oid != target.type.oid:
        return None
    inner = strip(node.this)
    own = ctype_of(inner)
    if isinstance(inner, exp.Literal) and inner.is_string:
        return _literal(inner, target)
    if own is not None and own.type.oid == target.type.oid and target.typmod in (-1, own.typmod):
        return operand(inner, target)
    return None


def _literal(node: exp.Literal, ctype: ColumnType) -> Const | None:
    if node.is_string:
        return Const(ctype.type.from_text(node.this, ctype.typmod))
    read = _NUMBERS.get(ctype.type.name)
    try:
        return Const(read(node.this)) if read else None
    except (ValueError, ArithmeticError):
        return None


def _whole(text: str) -> int:
    return int(text)


_NUMBERS: dict[str, Any] = {
    "int2": _whole,
    "int4": _whole,
    "int8": _whole,
    "numeric": Decimal,
    "float4": float,
    "float8": float,
}
