"""Compiles WHERE clauses over one table into vectorised Arrow evaluation with SQL's three-valued logic.

What it does not know makes compile_predicate() return None, and DuckDB evaluates the clause instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sqlglot import exp

from vecsql.planner.plan import Const, Operand, Param
from vecsql.planner.rules import arrays
from vecsql.planner.rules.constants import constant_of, ctype_of, strip
from vecsql.planner.rules.lookups import (
    COMPARISONS,
    FLIPPED,
    INTEGERS,
    TEXTS,
    JsonTest,
    Tree,
    joined,
    lookup_of,
    tree_of,
)
from vecsql.planner.rules.shape import ROWID_ATTNUM
from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType

Datum = Any  # a pyarrow Array or Scalar
MinMax = Callable[[int], tuple[Any, Any] | None]

LISTED = frozenset(("date", "timestamp", "timestamptz", "bool", "time"))

# Types that compare with each other without DuckDB's help.
FAMILIES = {
    "int2": "number", "int4": "number", "int8": "number", "numeric": "number",
    "float4": "float", "float8": "float", "text": "text", "varchar": "text", "name": "text",
    "date": "date", "timestamp": "timestamp", "timestamptz": "timestamptz", "time": "time",
    "uuid": "uuid", "bool": "bool",
}  # fmt: skip


@dataclass(slots=True)
class Env:
    """What one evaluation works on."""

    columns: Callable[[int], pa.Array]
    params: Sequence[Any]


Eval = Callable[[Env], Datum]


class Unsupported(Exception):
    """The clause needs DuckDB."""


@dataclass(frozen=True, slots=True)
class Zone:
    """A condition that no row of a part meets when the part's smallest and largest value say so."""

    attnum: int
    op: str  # '<', '<=', '=', '>=', '>'
    operand: Operand

    def excludes(self, low: Any, high: Any, params: Sequence[Any]) -> bool:
        value = (
            params[self.operand.index - 1]
            if isinstance(self.operand, Param)
            else self.operand.value
        )
        if value is None:
            return True
        try:
            if self.op == "=":
                return bool(value < low or value > high)
            if self.op == "<":
                return bool(low >= value)
            if self.op == "<=":
                return bool(low > value)
            if self.op == ">":
                return bool(high <= value)
            return bool(high < value)
        except (TypeError, ArithmeticError):  # special values: infinity, numeric NaN
            return False


@dataclass(frozen=True, slots=True)
class Predicate:
    """A compiled WHERE clause: `root` for Arrow alone, `tree` with its look-ups told apart."""

    root: Eval
    zones: tuple[Zone, ...]
    tree: Tree

    def excludes(self, min_max: MinMax, params: Sequence[Any]) -> bool:
        """Whether a part's zone map shows that no row of it passes."""
        for zone in self.zones:
            try:
                bounds = min_max(zone.attnum)
            except KeyError:  # a column younger than the part
                continue
            if bounds is not None and zone.excludes(*bounds, params):
                return True
        return False

    def evaluate(
        self, columns: Callable[[int], pa.Array], params: Sequence[Any], num_rows: int
    ) -> npt.NDArray[np.bool_]:
        """(num_rows,) bool: the clause is true. Raises pa.ArrowException on overflow and the like."""
        return truth_of(self.root(Env(columns, params)), num_rows)


def truth_of(result: Datum, num_rows: int) -> npt.NDArray[np.bool_]:
    """(num_rows,) bool: where a boolean Arrow array, or scalar, is true."""
    if isinstance(result, pa.Scalar):
        return np.full(num_rows, bool(result.as_py()))
    if result.null_count:
        result = result.fill_null(False)
    mask: npt.NDArray[np.bool_] = result.to_numpy(zero_copy_only=False)
    return mask


def compile_predicate(terms: Sequence[exp.Expression]) -> Predicate | None:
    """Compile bound boolean expressions that AND joins; None when some part of them needs DuckDB."""
    try:
        root = _chain([_boolean(term) for term in terms], pc.and_kleene)
        tree = tree_of(terms, _boolean)
    except Unsupported:
        return None
    return Predicate(root, tuple(zone for term in terms for zone in _zones(term)), tree)


def conjunction(predicates: Sequence[Predicate]) -> Predicate:
    """All of them."""
    if len(predicates) == 1:
        return predicates[0]
    root = _chain([predicate.root for predicate in predicates], pc.and_kleene)
    zones = tuple(zone for predicate in predicates for zone in predicate.zones)
    return Predicate(root, zones, joined(True, [predicate.tree for predicate in predicates]))


def _boolean(node: exp.Expression) -> Eval:
    node = strip(node)
    if "rows" in node.meta:
        return _listed(node.meta["rows"], lambda env: env.columns(ROWID_ATTNUM), exists=True)
    if "members" in node.meta:
        return _members(node)
    if "distance" in node.meta:
        return _not_by_arrow
    compiler = _BOOLEAN.get(type(node))
    if compiler is not None:
        return compiler(node)
    ctype = ctype_of(node)
    if ctype is not None and ctype.type.name == "bool":
        return _value(node)
    raise Unsupported


def _value(node: exp.Expression) -> Eval:
    """A column, constant, parameter, or + - * over numbers."""
    node = strip(node)
    ctype = ctype_of(node)
    if isinstance(node, exp.Column):
        return _column(node, ctype)
    constant = constant_of(node)
    if constant is not None and ctype is not None:
        return _constant(constant, ctype)
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        return _arithmetic(node)
    raise Unsupported


def _column(node: exp.Column, ctype: ColumnType | None) -> Eval:
    attnum = node.meta.get("attnum")
    if attnum is None or attnum <= 0 or ctype is None:
        raise Unsupported
    if ctype.type.name == "numeric" and ctype.typmod < 0:
        raise Unsupported  # stored as text
    return lambda env: env.columns(attnum)


def _constant(constant: Operand, ctype: ColumnType) -> Eval:
    if isinstance(constant, Const):
        scalar = _scalar(constant.value, ctype)
        return lambda env: scalar
    index = constant.index - 1
    return lambda env: _scalar(env.params[index], ctype)


def _scalar(value: Any, ctype: ColumnType) -> Datum:
    if ctype.type.name == "numeric" and value is not None:
        if not value.is_finite():
            raise pa.ArrowInvalid("no decimal for a special value")
        return pa.scalar(value)
    return to_arrow([value], ctype)[0]


_ARITHMETIC: dict[type, Callable[[Datum, Datum], Datum]] = {
    exp.Add: pc.add_checked,
    exp.Sub: pc.subtract_checked,
    exp.Mul: pc.multiply_checked,
}


def _arithmetic(node: exp.Binary) -> Eval:
    if _family(node.this) != "number" or _family(node.expression) != "number":
        raise Unsupported
    left, right, compute = _value(node.this), _value(node.expression), _ARITHMETIC[type(node)]
    return lambda env: compute(left(env), right(env))


def _family(node: exp.Expression) -> str:
    ctype = ctype_of(strip(node))
    family = FAMILIES.get(ctype.type.name) if ctype is not None else None
    if family is None:
        raise Unsupported
    return family


_COMPUTE: dict[type, Callable[[Datum, Datum], Datum]] = {
    exp.EQ: pc.equal,
    exp.NEQ: pc.not_equal,
    exp.LT: pc.less,
    exp.LTE: pc.less_equal,
    exp.GT: pc.greater,
    exp.GTE: pc.greater_equal,
}


def _comparison(node: exp.Binary) -> Eval:
    if isinstance(node.expression, exp.Any):
        return _any(node)
    return _compare(node.this, node.expression, type(node))


def _compare(left: exp.Expression, right: exp.Expression, kind: type) -> Eval:
    families = {_family(left), _family(right)}
    lhs, rhs = _value(left), _value(right)
    if families <= {"float", "number"} and "float" in families:
        compute = _FLOAT_COMPARISONS[kind]
        return lambda env: compute(_as_float(lhs(env)), _as_float(rhs(env)))
    if len(families) > 1:
        raise Unsupported
    plain = _COMPUTE[kind]
    return lambda env: plain(lhs(env), rhs(env))


def _as_float(value: Datum) -> Datum:
    return value if pa.types.is_float64(value.type) else pc.cast(value, pa.float64())


def _float_equal(a: Datum, b: Datum) -> Datum:
    return pc.or_kleene(pc.equal(a, b), pc.and_kleene(pc.is_nan(a), pc.is_nan(b)))


def _float_less(a: Datum, b: Datum) -> Datum:
    """PostgreSQL's order of floats: NaN equals NaN and is above every number."""
    return pc.or_kleene(pc.less(a, b), pc.and_kleene(pc.is_nan(b), pc.invert(pc.is_nan(a))))


_FLOAT_COMPARISONS: dict[type, Callable[[Datum, Datum], Datum]] = {
    exp.EQ: _float_equal,
    exp.NEQ: lambda a, b: pc.invert(_float_equal(a, b)),
    exp.LT: _float_less,
    exp.LTE: lambda a, b: pc.invert(_float_less(b, a)),
    exp.GT: lambda a, b: _float_less(b, a),
    exp.GTE: lambda a, b: pc.invert(_float_less(a, b)),
}


def _between(node: exp.Between) -> Eval:
    if node.args.get("symmetric"):
        raise Unsupported
    low = _compare(node.this, node.args["low"], exp.GTE)
    high = _compare(node.this, node.args["high"], exp.LTE)
    return lambda env: pc.and_kleene(low(env), high(env))


def _in(node: exp.In) -> Eval:
    if node.args.get("query") is not None or not node.expressions:
        raise Unsupported
    family = _family(node.this)
    if family in ("float", "number") or len(node.expressions) < 4:
        terms = [_compare(node.this, item, exp.EQ) for item in node.expressions]
        return _chain(terms, pc.or_kleene)
    ctype = ctype_of(strip(node.this))
    assert ctype is not None
    items = []
    for item in node.expressions:
        constant = constant_of(item, ctype) if _family(item) == family else None
        if constant is None:
            raise Unsupported
        items.append(constant)
    value = _value(node.this)

    def evaluate(env: Env) -> Datum:
        values = [env.params[i.index - 1] if isinstance(i, Param) else i.value for i in items]
        return _is_in(value(env), values, ctype)

    return evaluate


def _is_in(column: Datum, values: Sequence[Any], ctype: ColumnType) -> Datum:
    """value = ANY(values): NULL where the value is, and instead of false where `values` has a NULL."""
    known = [v for v in values if v is not None]
    if not values:
        return pa.scalar(False)
    found = pc.is_in(column, value_set=to_arrow(known, ctype).cast(column.type))
    if len(known) < len(values):
        found = pc.if_else(found, True, pa.scalar(None, pa.bool_()))
    return pc.if_else(pc.is_valid(column), found, pa.scalar(None, pa.bool_()))


def _members(node: exp.Expression) -> Eval:
    """A column among the values of a sub-select, which are a list by now."""
    place, column = node.meta["members"]
    own, other = ctype_of(strip(column)), node.meta["member_type"]
    if own is None or not comparable(own.type.name, other.type.name):
        raise Unsupported
    return _listed(place, _value(column), exists=isinstance(node, exp.Exists))


def comparable(one: str, other: str) -> bool:
    """Whether values of the two types are equal where their Arrow values, as texts or 64-bit integers, are."""
    return {one, other} <= INTEGERS or {one, other} <= TEXTS or (one == other and one in LISTED)


def _listed(place: Param, value: Eval, *, exists: bool) -> Eval:
    def evaluate(env: Env) -> Datum:
        values, column = env.params[place.index - 1], value(env)
        known = [v for v in values if v is not None]
        if pa.types.is_integer(column.type):
            found = pc.is_in(column.cast(pa.int64()), value_set=pa.array(known, pa.int64()))
        else:
            found = pc.is_in(column, value_set=pa.array(known, column.type))
        if exists or not values:
            return found
        if len(known) < len(values):
            found = pc.if_else(found, True, pa.scalar(None, pa.bool_()))
        return pc.if_else(pc.is_valid(column), found, pa.scalar(None, pa.bool_()))

    return evaluate


def _any(node: exp.Binary) -> Eval:
    """column = ANY($1) and column = ANY('{...}')."""
    items = strip(node.expression.this)
    ctype, array = ctype_of(strip(node.this)), ctype_of(items)
    if isinstance(node, exp.EQ) and isinstance(items, exp.Column):
        return _in_array(node.this, items)
    if not isinstance(node, exp.EQ) or ctype is None or array is None or array.type.element is None:
        raise Unsupported
    element = ColumnType(array.type.element)
    if FAMILIES.get(element.type.name) != _family(node.this) or _family(node.this) == "float":
        raise Unsupported
    constant = constant_of(items)
    if constant is None or element.type.name == "numeric":
        raise Unsupported
    value = _value(node.this)

    def evaluate(env: Env) -> Datum:
        items = env.params[constant.index - 1] if isinstance(constant, Param) else constant.value
        if items is None:
            return pa.scalar(None, pa.bool_())
        if any(isinstance(item, list) for item in items):
            raise pa.ArrowNotImplementedError("nested array")
        return _is_in(value(env), items, element)

    return evaluate


def _in_array(item: exp.Expression, column: exp.Column) -> Eval:
    """constant = ANY (column)."""
    constant, array = constant_of(item), ctype_of(column)
    own = ctype_of(strip(item))
    if constant is None or array is None or array.type.element is None or own is None:
        raise Unsupported
    element = ColumnType(array.type.element)
    if element.type.name not in ARRAY_ELEMENTS or not comparable(own.type.name, element.type.name):
        raise Unsupported
    value = _value(column)

    def evaluate(env: Env) -> Datum:
        item = env.params[constant.index - 1] if isinstance(constant, Param) else constant.value
        return (
            pa.scalar(None, pa.bool_()) if item is None else arrays.has(value(env), item, element)
        )

    return evaluate


def _like(node: exp.Like | exp.ILike) -> Eval:
    constant = constant_of(node.expression)
    if constant is None or _family(node.this) != "text":
        raise Unsupported
    value, fold = _value(node.this), isinstance(node, exp.ILike)

    def evaluate(env: Env) -> Datum:
        pattern = env.params[constant.index - 1] if isinstance(constant, Param) else constant.value
        text = value(env)
        if pattern is None:
            return pa.scalar(None, pa.bool_())
        if pattern.endswith("\\"):
            raise pa.ArrowInvalid("LIKE pattern must not end with escape character")
        if fold:
            text, pattern = pc.utf8_lower(text), pattern.lower()
        return pc.match_like(text, pattern)

    return evaluate


def _is(node: exp.Is) -> Eval:
    target = strip(node.expression)
    if isinstance(target, exp.Null):
        value = _value(node.this)
        return lambda env: pc.is_null(value(env))
    if isinstance(target, exp.Boolean):
        inner, wanted = _boolean(node.this), bool(target.this)
        return lambda env: pc.fill_null(pc.equal(inner(env), wanted), False)
    raise Unsupported


def _not(node: exp.Not) -> Eval:
    inner = _boolean(node.this)
    return lambda env: pc.invert(inner(env))


def _connector(node: exp.Connector) -> Eval:
    terms = [_boolean(term) for term in node.flatten()]
    return _chain(terms, pc.and_kleene if isinstance(node, exp.And) else pc.or_kleene)


def _chain(terms: list[Eval], combine: Callable[[Datum, Datum], Datum]) -> Eval:
    def evaluate(env: Env) -> Datum:
        result = terms[0](env)
        for term in terms[1:]:
            result = combine(result, term(env))
        return result

    return evaluate


def _constant_boolean(node: exp.Boolean) -> Eval:
    scalar = pa.scalar(bool(node.this))
    return lambda env: scalar


_ARRAY_TESTS = {"@>": arrays.contains, "&&": arrays.overlaps}
ARRAY_ELEMENTS = frozenset(
    ("int2", "int4", "int8", "text", "varchar", "uuid", "date", "timestamptz", "bool")
)


def _array_test(node: exp.Binary) -> Eval:
    """array @> constant and array && constant; of documents the look-up of a part does it, or DuckDB."""
    if isinstance(lookup_of(node), JsonTest):
        return _not_by_arrow
    if node.args.get("operator") not in _ARRAY_TESTS or node.this is None:
        raise Unsupported
    column, items = strip(node.this), strip(node.expression)
    array = ctype_of(column)
    if not isinstance(column, exp.Column) or array is None or array.type.element is None:
        raise Unsupported
    if array.type.element.name not in ARRAY_ELEMENTS:
        raise Unsupported
    constant, value = constant_of(items, array), _value(column)
    if constant is None:
        raise Unsupported
    test = _ARRAY_TESTS[node.args["operator"]]
    element = ColumnType(array.type.element)

    def evaluate(env: Env) -> Datum:
        items = env.params[constant.index - 1] if isinstance(constant, Param) else constant.value
        if items is None:
            return pa.scalar(None, pa.bool_())
        return test(value(env), items, element)

    return evaluate


def _not_by_arrow(env: Env) -> Datum:
    raise pa.ArrowNotImplementedError("documents and distances")


_BOOLEAN: dict[type, Callable[[Any], Eval]] = {
    **dict.fromkeys(_COMPUTE, _comparison),
    exp.And: _connector,
    exp.Or: _connector,
    exp.Not: _not,
    exp.Between: _between,
    exp.In: _in,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Is: _is,
    exp.Boolean: _constant_boolean,
    exp.Operator: _array_test,
}


def _zones(ast: exp.Expression) -> list[Zone]:
    """The zone checks among the terms that AND joins."""
    ast = strip(ast)
    if isinstance(ast, exp.And):
        return [zone for term in ast.flatten() for zone in _zones(term)]
    if isinstance(ast, exp.Between) and not ast.args.get("symmetric"):
        low = _zone(ast.this, ">=", ast.args["low"])
        return low + _zone(ast.this, "<=", ast.args["high"])
    op = COMPARISONS.get(type(ast))
    if op is None or op == "<>" or isinstance(ast.expression, exp.Any):
        return []
    return _zone(ast.this, op, ast.expression) or _zone(ast.expression, FLIPPED[op], ast.this)


def _zone(column: exp.Expression, op: str, value: exp.Expression) -> list[Zone]:
    column = strip(column)
    constant = constant_of(value)
    if not isinstance(column, exp.Column) or constant is None:
        return []
    return [Zone(column.meta["attnum"], op, constant)]
