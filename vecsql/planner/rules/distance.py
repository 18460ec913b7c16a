"""Recognises vector distances in expressions, and arithmetic over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlglot import exp

from vecsql.index.base import Metric
from vecsql.planner.plan import Const, ScalarExpr
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import ctype_of, operand, strip
from vecsql.planner.rules.derivation import Step, derivation_of
from vecsql.planner.rules.shape import TableQuery, is_own_column, scalar
from vecsql.types.base import ColumnType

OPERATORS: dict[str, Metric] = {
    "<->": "l2", "<#>": "ip", "<=>": "cosine", "<+>": "l1", "<~>": "hamming", "<%>": "jaccard"
}  # fmt: skip
FUNCTIONS: dict[str, Metric] = {
    "l2_distance": "l2",
    "vector_negative_inner_product": "ip",
    "halfvec_negative_inner_product": "ip",
    "sparsevec_negative_inner_product": "ip",
    "cosine_distance": "cosine",
    "l1_distance": "l1",
    "hamming_distance": "hamming",
    "jaccard_distance": "jaccard",
}
KINDS = ("vector", "halfvec", "sparsevec", "bit")  # types whose columns have distances
SYMBOLS = {metric: symbol for symbol, metric in OPERATORS.items()}

Transform = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Distance:
    """column <op> query, for a vector(d), halfvec(d), sparsevec(d) or bit(d) column of the table, or for an expression over
    one such column; `query` does not depend on the table's rows."""

    attnum: int
    metric: Metric
    column: exp.Expression
    query: exp.Expression
    ctype: ColumnType  # of the column or the expression
    steps: tuple[Step, ...] = ()  # from the column to the expression

    @property
    def opclass(self) -> str:
        """The operator class of an index that serves it."""
        return f"{self.ctype.type.name}_{self.metric}_ops"

    def same(self, other: Distance) -> bool:
        """Whether both are the same distance to the same query, as far as the text tells."""
        return (
            self.attnum == other.attnum
            and self.steps == other.steps
            and self.metric == other.metric
            and _same_query(strip(self.query), strip(other.query), ColumnType(self.ctype.type))
        )

    def value(self, compiler: Compiler) -> ScalarExpr | None:
        """The query as a value of the column's type, or as a vector that it takes too; None if it depends on rows."""
        target = ColumnType(self.ctype.type)
        node = strip(self.query)
        if target.type.name == "bit":
            quantized = _quantized(node, self.ctype.typmod)
            if quantized is not None:
                return quantized
        if target.type.name in ("halfvec", "sparsevec"):
            inner = strip(node.this) if type(node) is exp.Cast else node
            own = ctype_of(inner)
            if own is not None and own.type.name in ("vector", "halfvec"):
                constant = operand(inner, own)
                if constant is not None:
                    return ScalarExpr(own, constant)
        return scalar(node, compiler, target)


def _quantized(node: exp.Expression, bits: int) -> ScalarExpr | None:
    """binary_quantize() of a constant or a parameter as that vector: searches of bits take it as it is."""
    if type(node) is exp.Cast:
        ctype = ctype_of(node)
        if ctype is None or ctype.type.name != "bit" or ctype.typmod not in (-1, bits):
            return None
        node = strip(node.this)
    if not isinstance(node, exp.Anonymous) or node.name.lower() != "binary_quantize":
        return None
    inner = strip(node.expressions[0])
    own = ctype_of(inner)
    constant = operand(inner, own) if own is not None else None
    return ScalarExpr(own, constant) if own is not None and constant is not None else None


def _same_query(one: exp.Expression, other: exp.Expression, ctype: ColumnType) -> bool:
    a, b = operand(one, ctype), operand(other, ctype)
    if isinstance(a, Const) and isinstance(b, Const):
        return bool(np.array_equal(a.value, b.value))
    return a == b if a is not None and b is not None else one == other


def distance_of(node: exp.Expression, query: TableQuery) -> Distance | None:
    """`node` as a distance between a vector column of the query's table and something else."""
    node = strip(node)
    if isinstance(node, exp.Operator):
        metric = OPERATORS.get(node.args.get("operator", ""))
        sides = [node.this, node.expression]
    elif isinstance(node, exp.Anonymous) and "schema" not in node.meta:
        metric = FUNCTIONS.get(node.name.lower())
        sides = list(node.expressions)
    else:
        return None
    if metric is None or len(sides) != 2 or None in sides:
        return None

    def own(column: exp.Expression) -> bool:
        return is_own_column(column, query)

    for column, other in (sides, reversed(sides)):
        column = strip(column)
        found = derivation_of(column, own)
        if found is not None and found.ctype.type.name in KINDS:
            return Distance(found.attnum, metric, column, other, found.ctype, found.steps)
    return None


def transform_of(
    node: exp.Expression, query: TableQuery
) -> tuple[Distance, Transform | None] | None:
    """`node` as arithmetic with constants over one distance, and that arithmetic as a function on float64 arrays
    (None: the distance itself)."""
    node = strip(node)
    found = distance_of(node, query)
    if found is not None:
        return found, None
    if isinstance(node, exp.Neg):
        inner = transform_of(node.this, query)
        return (inner[0], _after(inner[1], np.negative)) if inner else None
    compute = _ARITHMETIC.get(type(node))
    if compute is None:
        return None
    left, right = _number(node.this), _number(node.expression)
    if (left is None) == (right is None):
        return None
    if left is not None:
        inner = transform_of(node.expression, query)
        step = _with_left(compute, left)
        if isinstance(node, exp.Div):
            return None  # division by a distance of zero is an error
    else:
        inner = transform_of(node.this, query)
        step = _with_right(compute, right)
        if isinstance(node, exp.Div) and right == 0:
            return None
    return (inner[0], _after(inner[1], step)) if inner else None


_ARITHMETIC: dict[type, Callable[[Any, Any], Any]] = {
    exp.Add: np.add,
    exp.Sub: np.subtract,
    exp.Mul: np.multiply,
    exp.Div: np.divide,
}


def _number(node: exp.Expression) -> float | None:
    node = strip(node)
    if isinstance(node, exp.Neg):
        inner = _number(node.this)
        return -inner if inner is not None else None
    if isinstance(node, exp.Literal) and not node.is_string:
        return float(node.this)
    return None


def _with_left(compute: Callable[[Any, Any], Any], left: float) -> Transform:
    return lambda values: compute(left, values)


def _with_right(compute: Callable[[Any, Any], Any], right: float | None) -> Transform:
    return lambda values: compute(values, right)


def _after(first: Transform | None, second: Transform) -> Transform:
    return second if first is None else lambda values: second(first(values))
