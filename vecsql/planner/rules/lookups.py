"""WHERE clauses as trees of AND and OR over conditions, with those that compare a column with constants told apart.

Such a condition needs neither Arrow nor DuckDB: the executor compares numbers, or asks a scalar index.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pyarrow.compute as pc
from sqlglot import exp

from vecsql.index.base import Metric
from vecsql.planner.plan import Operand
from vecsql.planner.rules.constants import constant_of, ctype_of, strip
from vecsql.planner.rules.json_members import is_document
from vecsql.planner.rules.shape import ROWID_ATTNUM
from vecsql.types import INT8
from vecsql.types.base import ColumnType

NUMBERS = frozenset(
    ("int2", "int4", "int8", "float4", "float8", "date", "timestamp", "timestamptz", "time")
)
TEXTS = frozenset(("text", "varchar", "name"))
INTEGERS = frozenset(("int2", "int4", "int8"))

COMPARISONS: dict[type, str] = {
    exp.EQ: "=", exp.NEQ: "<>", exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=",
}  # fmt: skip
FLIPPED = {"<": ">", "<=": ">=", "=": "=", ">=": "<=", ">": "<", "<>": "<>"}


@dataclass(frozen=True, slots=True)
class Bounds:
    """column <op> constant, several of them on one column where AND joins them."""

    attnum: int
    ctype: ColumnType
    bounds: tuple[tuple[str, Operand], ...]  # '<', '<=', '=', '<>', '>=', '>'


@dataclass(frozen=True, slots=True)
class Members:
    """column IN (constants), or column = ANY (constant array or list). `exists`: never NULL, it is false then."""

    attnum: int
    ctype: ColumnType
    values: tuple[Operand, ...]
    is_array: bool = False  # there is one value: a list
    negated: bool = False
    exists: bool = False


@dataclass(frozen=True, slots=True)
class Nulls:
    """column IS [NOT] NULL."""

    attnum: int
    is_null: bool


@dataclass(frozen=True, slots=True)
class Pattern:
    """text LIKE or ILIKE pattern."""

    attnum: int
    pattern: Operand
    fold: bool


@dataclass(frozen=True, slots=True)
class JsonTest:
    """document @> document, or document ? key."""

    attnum: int
    op: str
    value: Operand


@dataclass(frozen=True, slots=True)
class ArrayTest:
    """array @> array, array && array, or element = ANY (array) (op '= any'), for elements that look-ups know."""

    attnum: int
    op: str
    value: Operand
    element: ColumnType


@dataclass(frozen=True, slots=True)
class DistanceTest:
    """transform(column <distance> query) <op> bound; the transform takes and gives float64 arrays."""

    attnum: int
    metric: Metric
    query: Operand
    transform: Callable[[Any], Any] | None
    op: str
    bound: Operand
    steps: tuple[tuple[str | int, ...], ...] = ()  # of an expression over the column


Lookup = Bounds | Members | Nulls | Pattern | JsonTest | ArrayTest | DistanceTest


@dataclass(frozen=True, slots=True)
class Leaf:
    """One condition: as a look-up where it is one, and as Arrow evaluates it."""

    lookup: Lookup | None
    run: Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Junction:
    """Conditions joined by AND (`all`) or OR. Rows where it is true follow from the rows where its parts are true."""

    all: bool
    parts: tuple[Tree, ...]


Tree = Leaf | Junction


def tree_of(
    terms: Sequence[exp.Expression], compile_leaf: Callable[[exp.Expression], Callable[[Any], Any]]
) -> Tree:
    """The terms, joined by AND, as a tree."""
    parts = [_tree(term, compile_leaf) for term in terms]
    return joined(True, parts)


def _tree(
    node: exp.Expression, compile_leaf: Callable[[exp.Expression], Callable[[Any], Any]]
) -> Tree:
    node = strip(node)
    if isinstance(node, (exp.And, exp.Or)):
        parts = [_tree(part, compile_leaf) for part in node.flatten()]
        return joined(isinstance(node, exp.And), parts)
    return Leaf(lookup_of(node), compile_leaf(node))


def joined(conjunction: bool, parts: Sequence[Tree]) -> Tree:
    """The conditions joined by AND or OR as one."""
    if conjunction:
        parts = _merged(parts)
    return parts[0] if len(parts) == 1 else Junction(conjunction, tuple(parts))


def _merged(parts: Sequence[Tree]) -> list[Tree]:
    """The parts of an AND with the bounds of one column put together: one range of a scalar index."""
    found: list[Tree] = []
    places: dict[int, int] = {}
    for part in parts:
        lookup = part.lookup if isinstance(part, Leaf) else None
        if not isinstance(part, Leaf) or not isinstance(lookup, Bounds):
            found.append(part)
            continue
        place = places.setdefault(lookup.attnum, len(found))
        if place == len(found):
            found.append(part)
        else:
            found[place] = _both(found[place], part)
    return found


def _both(one: Any, other: Leaf) -> Leaf:
    first, second = one.run, other.run
    assert isinstance(other.lookup, Bounds)
    bounds = (*one.lookup.bounds, *other.lookup.bounds)
    lookup = Bounds(one.lookup.attnum, one.lookup.ctype, bounds)
    return Leaf(lookup, lambda env: pc.and_kleene(first(env), second(env)))


def lookup_of(node: exp.Expression) -> Lookup | None:
    """The condition as a look-up, if it is one."""
    if "rows" in node.meta:
        rowid = ColumnType(INT8)
        return Members(ROWID_ATTNUM, rowid, (node.meta["rows"],), is_array=True, exists=True)
    if "members" in node.meta:
        return _listed(node)
    if "distance" in node.meta:
        return node.meta["distance"]  # type: ignore[no-any-return]
    find = _LOOKUPS.get(type(node))
    return find(node) if find is not None else None


def _column(node: exp.Expression | None) -> tuple[int, ColumnType] | None:
    """A plain column of a type that look-ups know."""
    node = strip(node) if node is not None else None
    if not isinstance(node, exp.Column):
        return None
    attnum, ctype = node.meta.get("attnum", 0), ctype_of(node)
    if attnum <= 0 or ctype is None or not _known(ctype):
        return None
    return attnum, ctype


def _known(ctype: ColumnType) -> bool:
    name = ctype.type.name
    return name in NUMBERS or name in TEXTS or (name == "numeric" and ctype.typmod >= 0)


def _same_family(column: ColumnType, other: ColumnType | None) -> bool:
    """Whether constants of the other type compare with the column as look-ups compare them."""
    if other is None:
        return False
    a, b = column.type.name, other.type.name
    if a == b or {a, b} <= TEXTS:
        return True
    exact = INTEGERS | {"numeric"}
    if a in exact:
        return b in exact
    return a in ("float4", "float8") and b in exact | {"float4", "float8"}


def _comparison(node: exp.Binary) -> Lookup | None:
    if isinstance(node.expression, exp.Any):
        return _any(node)
    op = COMPARISONS[type(node)]
    return _bound(node.this, op, node.expression) or _bound(node.expression, FLIPPED[op], node.this)


def _bound(side: exp.Expression, op: str, value: exp.Expression) -> Bounds | None:
    column, constant = _column(side), constant_of(value)
    if column is None or constant is None or not _same_family(column[1], ctype_of(strip(value))):
        return None
    return Bounds(*column, ((op, constant),))


def _between(node: exp.Between) -> Lookup | None:
    if node.args.get("symmetric"):
        return None
    low = _bound(node.this, ">=", node.args["low"])
    high = _bound(node.this, "<=", node.args["high"])
    return Bounds(low.attnum, low.ctype, low.bounds + high.bounds) if low and high else None


def _in(node: exp.In) -> Members | None:
    column = _column(node.this)
    if column is None or node.args.get("query") is not None or not node.expressions:
        return None
    values = []
    for item in node.expressions:
        constant = constant_of(item)
        if constant is None or not _same_family(column[1], ctype_of(strip(item))):
            return None
        values.append(constant)
    return Members(*column, tuple(values))


def _listed(node: exp.Expression) -> Members | None:
    """A column among the values of a sub-select; filters.compile_predicate() has checked the types."""
    place, side = node.meta["members"]
    column, exists = _column(side), isinstance(node, exp.Exists)
    return Members(*column, (place,), is_array=True, exists=exists) if column is not None else None


def _in_array(item: exp.Expression, column: exp.Column) -> ArrayTest | None:
    """constant = ANY (column); filters.compile_predicate() has checked the types."""
    constant, array = constant_of(item), ctype_of(column)
    if constant is None or array is None or array.type.element is None:
        return None
    element = ColumnType(array.type.element)
    if element.type.name not in TEXTS | INTEGERS | {"date"} or column.meta.get("attnum", 0) <= 0:
        return None
    return ArrayTest(column.meta["attnum"], "= any", constant, element)


def _any(node: exp.Binary) -> Lookup | None:
    items = strip(node.expression.this)
    if isinstance(node, exp.EQ) and isinstance(items, exp.Column):
        return _in_array(node.this, items)
    column, array = _column(node.this), ctype_of(items)
    constant = constant_of(items)
    if not isinstance(node, exp.EQ) or column is None or constant is None or array is None:
        return None
    if array.type.element is None or not _same_family(column[1], ColumnType(array.type.element)):
        return None
    return Members(*column, (constant,), is_array=True)


def _not(node: exp.Not) -> Lookup | None:
    inner = lookup_of(strip(node.this))
    if isinstance(inner, Members) and not inner.negated:
        return replace(inner, negated=True)
    return Nulls(inner.attnum, not inner.is_null) if isinstance(inner, Nulls) else None


def _is(node: exp.Is) -> Nulls | None:
    column = strip(node.this)
    if not isinstance(strip(node.expression), exp.Null) or not isinstance(column, exp.Column):
        return None
    attnum = column.meta.get("attnum", 0)
    return Nulls(attnum, True) if attnum > 0 else None


def _like(node: exp.Like | exp.ILike) -> Pattern | None:
    column, constant = _column(node.this), constant_of(node.expression)
    if column is None or constant is None or column[1].type.name not in TEXTS:
        return None
    return Pattern(column[0], constant, isinstance(node, exp.ILike))


def _operator(node: exp.Operator) -> JsonTest | ArrayTest | None:
    op, column = node.args["operator"], strip(node.this) if node.this is not None else None
    if column is None or op not in ("@>", "&&", "?"):
        return None
    array = ctype_of(column)
    if is_document(column):
        constant = constant_of(node.expression)
        known = op != "&&" and constant is not None
        return JsonTest(column.meta["attnum"], op, constant) if known and constant else None
    if not isinstance(column, exp.Column) or column.meta.get("attnum", 0) <= 0 or array is None:
        return None
    constant = constant_of(node.expression, array)
    if array.type.element is None or constant is None or op == "?":
        return None
    element = ColumnType(array.type.element)
    if element.type.name not in TEXTS | INTEGERS | {"date"}:
        return None
    return ArrayTest(column.meta["attnum"], op, constant, element)


_LOOKUPS: dict[type, Callable[[Any], Lookup | None]] = {
    **dict.fromkeys(COMPARISONS, _comparison),
    exp.Between: _between,
    exp.In: _in,
    exp.Not: _not,
    exp.Is: _is,
    exp.Like: _like,
    exp.ILike: _like,
    exp.Operator: _operator,
}
