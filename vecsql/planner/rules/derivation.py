"""Expressions over one vector column that its rows can be put through step by step: what an expression index is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from vecsql.planner.plan import Const
from vecsql.planner.rules.constants import ctype_of, operand, strip
from vecsql.types import BIT, INT4
from vecsql.types.base import ColumnType

Step = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Derivation:
    """A column with the steps that an expression takes from it (vecsql.index.derive), and the type it ends at."""

    attnum: int
    steps: tuple[Step, ...]
    ctype: ColumnType

    def then(self, step: Step | None, ctype: ColumnType) -> Derivation:
        steps = self.steps if step is None else (*self.steps, step)
        return Derivation(self.attnum, steps, ctype)


def derivation_of(
    node: exp.Expression, is_column: Callable[[exp.Expression], bool]
) -> Derivation | None:
    """A bound expression as a Derivation, if it is one over a column with dimensions for which is_column() holds."""
    node = strip(node)
    if isinstance(node, exp.Column):
        ctype = ctype_of(node)
        cast = node.meta.get("implicit")
        plain = cast is None or (ctype is not None and cast.type.oid == ctype.type.oid)
        if ctype is None or not plain or ctype.typmod <= 0 or not is_column(node):
            return None
        return Derivation(node.meta["attnum"], (), ctype)
    if type(node) is exp.Cast:
        return _cast(node, is_column)
    if isinstance(node, exp.Anonymous) and "schema" not in node.meta:
        return _call(node, is_column)
    return None


def _cast(node: exp.Cast, is_column: Callable[[exp.Expression], bool]) -> Derivation | None:
    target, inner = ctype_of(node), derivation_of(node.this, is_column)
    if target is None or inner is None or node.meta.get("cast_to") not in (None, target):
        return None
    source, name = inner.ctype, target.type.name
    dims = source.typmod
    if name == "bit" and source.type.name == "bit":
        size = target.typmod if target.typmod > 0 else dims
        return inner.then(None if size == dims else ("bit", size), ColumnType(BIT, size))
    if target.typmod not in (-1, dims):
        return None  # an error, which is DuckDB's to raise
    if name == source.type.name and name in ("vector", "halfvec"):
        return inner
    if (source.type.name, name) in (("vector", "halfvec"), ("halfvec", "vector")):
        return inner.then((name,), ColumnType(target.type, dims))
    return None


def _call(node: exp.Anonymous, is_column: Callable[[exp.Expression], bool]) -> Derivation | None:
    name, args = node.name.lower(), node.expressions
    inner = derivation_of(args[0], is_column) if args else None
    if inner is None or inner.ctype.type.name not in ("vector", "halfvec"):
        return None
    if name == "binary_quantize" and len(args) == 1:
        return inner.then((name,), ColumnType(BIT, inner.ctype.typmod))
    if name == "l2_normalize" and len(args) == 1:
        return inner.then((name,), inner.ctype)
    if name == "subvector" and len(args) == 3:
        start, count = (operand(arg, ColumnType(INT4)) for arg in args[1:])
        if isinstance(start, Const) and isinstance(count, Const):
            return _subvector(inner, start.value, count.value)
    return None


def _subvector(inner: Derivation, start: int | None, count: int | None) -> Derivation | None:
    """Elements `start` (from 1) and following, as many of `count` as there are."""
    if start is None or count is None:
        return None
    end = min(start + count, inner.ctype.typmod + 1)
    start = max(start, 1)
    if count < 1 or end <= start:
        return None
    step = ("subvector", start, end - start)
    return inner.then(step, ColumnType(inner.ctype.type, end - start))
