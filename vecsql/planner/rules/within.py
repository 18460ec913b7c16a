"""Range search: conditions that only the nearest rows meet, such as embedding <-> $1 < 0.5 or 1 - (embedding <=> $1) > 0.8."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlglot import exp

from vecsql.planner.plan import Within
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import strip
from vecsql.planner.rules.distance import Distance, Transform, transform_of
from vecsql.planner.rules.lookups import COMPARISONS, FLIPPED
from vecsql.planner.rules.shape import TableQuery, scalar, shown
from vecsql.types import FLOAT8
from vecsql.types.base import ColumnType


def split_within(
    terms: Sequence[exp.Expression], query: TableQuery, order: Distance, compiler: Compiler
) -> tuple[Within | None, list[exp.Expression]]:
    """The first of the terms that bounds the distance of the order, and the other terms."""
    for i, term in enumerate(terms):
        found = _within(strip(term), query, order, compiler)
        if found is not None:
            return found, [*terms[:i], *terms[i + 1 :]]
    return None, list(terms)


def _within(
    term: exp.Expression, query: TableQuery, order: Distance, compiler: Compiler
) -> Within | None:
    op = COMPARISONS.get(type(term))
    if op is None or op in ("=", "<>") or isinstance(term.expression, (exp.Any, exp.All)):
        return None
    for side, sign, value in ((term.this, op, term.expression), (term.expression, FLIPPED[op], term.this)):  # fmt: skip
        found = transform_of(side, query)
        if found is None or not found[0].same(order):
            continue
        if not _is_prefix(sign, found[1], order):
            return None
        bound = scalar(value, compiler, ColumnType(FLOAT8))
        return Within(sign, bound, found[1], f"({shown(term)})") if bound is not None else None
    return None


def _is_prefix(op: str, transform: Transform | None, order: Distance) -> bool:
    """Whether the condition is true of the nearest rows and false of the others. Those at distance NaN, which come last,
    meet one that falls; the executor knows where they are for cosine distances of vectors."""
    if transform is None:
        return op in ("<", "<=")
    low, high = (float(transform(np.float64(value))) for value in (0.0, 1.0))
    if high > low:
        return op in ("<", "<=")
    known = order.metric != "cosine" or order.ctype.type.name == "vector"
    return high < low and op in (">", ">=") and known
