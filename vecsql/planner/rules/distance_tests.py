"""Finds comparisons of a vector distance with a constant in conditions, wherever in them they are."""

from __future__ import annotations

from sqlglot import exp

from vecsql.planner.rules.constants import constant_of, strip
from vecsql.planner.rules.distance import transform_of
from vecsql.planner.rules.lookups import COMPARISONS, FLIPPED, DistanceTest
from vecsql.planner.rules.shape import TableQuery
from vecsql.types import FLOAT8
from vecsql.types.base import ColumnType


def mark_distances(term: exp.Expression, query: TableQuery) -> None:
    """Mark such comparisons within a bound condition, whose late constants are marked already."""
    for node in list(term.find_all(*COMPARISONS)):
        found = _test(node, query)
        if found is not None:
            node.meta["distance"] = found


def _test(node: exp.Binary, query: TableQuery) -> DistanceTest | None:
    if isinstance(node.expression, (exp.Any, exp.All)):
        return None
    op = COMPARISONS[type(node)]
    for side, sign, value in ((node.this, op, node.expression), (node.expression, FLIPPED[op], node.this)):  # fmt: skip
        found = transform_of(strip(side), query)
        if found is None:
            continue
        distance, transform = found
        vector = constant_of(distance.query, ColumnType(distance.ctype.type))
        bound = constant_of(value, ColumnType(FLOAT8))
        if vector is None or bound is None:
            return None
        return DistanceTest(
            distance.attnum, distance.metric, vector, transform, sign, bound, distance.steps
        )
    return None
