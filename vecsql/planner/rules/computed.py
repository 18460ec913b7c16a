"""Finds SELECTs without FROM whose expressions Python evaluates: SELECT 1, version(), now(), nextval('s'), $1 + 1."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlglot import exp

from vecsql.catalog.functions import Function, load
from vecsql.catalog.model import Catalog
from vecsql.errors import DivisionByZero, NumericValueOutOfRange
from vecsql.planner.coerce import effective
from vecsql.planner.dml.casts import assignment
from vecsql.planner.dml.scalars import Scope, compile_scalar, current_value, next_value
from vecsql.planner.plan import Computed, Output, ResultColumn
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import strip
from vecsql.planner.rules.shape import TableQuery, is_own_column
from vecsql.planner.scope import ParamTypes
from vecsql.types import INT8, numeric
from vecsql.types.base import ColumnType
from vecsql.types.numeric import EXACT

Run = Callable[[Any, Sequence[Any]], Any]  # (ExecContext, parameters) -> value or None

INTEGERS = {"int2": 15, "int4": 31, "int8": 63}  # bits of the largest value
STRINGS = ("text", "varchar", "name", "unknown")
READABLE = (*INTEGERS, "numeric", "float8", "bool", "text", "varchar", "uuid")
PLAIN = (*INTEGERS, "float8", "bool", "oid", *STRINGS)  # the same Python values everywhere

# Volatile functions that only look at the session.
QUICK = frozenset(("current_schema", "current_schemas", "pg_backend_pid", "current_setting", "set_config"))  # fmt: skip

_OBJECT = re.compile(r"CAST\((\d+) AS BIGINT\)")


class NotComputed(Exception):
    """The expression needs DuckDB."""


@dataclass(slots=True)
class _Work:
    """One SELECT list, or an item of one, being compiled."""

    catalog: Catalog
    query: TableQuery | None = None  # whose columns may be read
    reads: list[tuple[int, ColumnType]] = field(default_factory=list)
    stateful: bool = False
    writes: bool = False


def computed(
    node: exp.Expression, columns: Sequence[ResultColumn], compiler: Compiler
) -> Computed | None:
    """A SELECT list alone, as one row of values."""
    if not isinstance(node, exp.Select) or len(node.expressions) != len(columns):
        return None
    if any(value for key, value in node.args.items() if key not in ("expressions", "kind")):
        return None
    work = _Work(compiler.catalog)
    try:
        items = tuple(_compile(item.unalias(), work) for item in node.expressions)
    except NotComputed:
        return None
    return Computed(tuple(columns), items, work.stateful, work.writes)


def computed_output(
    node: exp.Expression, column: ResultColumn, query: TableQuery, compiler: Compiler
) -> Output | None:
    """An item of a SELECT list over few rows of one table, computed row by row; None where that needs DuckDB."""
    work = _Work(compiler.catalog, query)
    try:
        run = _compile(node, work)
    except NotComputed:
        return None
    if work.stateful or work.writes:
        return None
    return Output(column, "computed", run=run, reads=tuple(work.reads))


def _compile(node: exp.Expression, work: _Work) -> Run:
    """The value of a bound expression in its type after conversion."""
    node = strip(node)
    compile_node = _COMPILERS.get(type(node))
    if compile_node is None or "ctype" not in node.meta:
        raise NotComputed
    return compile_node(node, work)


def _constant(value: Any) -> Run:
    return lambda ctx, params: value


def _literal(node: exp.Literal, work: _Work) -> Run:
    ctype = effective(node)
    if "value" in node.meta:
        return _constant(node.meta["value"])
    if not node.is_string:
        return _converted(_constant(node.meta["ctype"].type.from_text(node.this, -1)), node.meta["ctype"], ctype)  # fmt: skip
    if ctype.type.name not in STRINGS or ctype.typmod >= 0:
        raise NotComputed
    return _constant(node.this)


def _boolean(node: exp.Boolean, work: _Work) -> Run:
    return _constant(bool(node.this))


def _null(node: exp.Null, work: _Work) -> Run:
    return _constant(None)


def _parameter(node: exp.Parameter, work: _Work) -> Run:
    index = int(node.this.name) - 1
    own: ColumnType = node.meta["ctype"]
    if own.typmod >= 0:
        raise NotComputed
    return _converted(lambda ctx, params: params[index], own, effective(node))


def _column(node: exp.Column, work: _Work) -> Run:
    """A column of the row, whose values stand past the parameters, from the end."""
    if work.query is None or not is_own_column(node, work.query):
        raise NotComputed
    own: ColumnType = node.meta["ctype"]
    if own.type.name not in READABLE:
        raise NotComputed
    column = (node.meta["attnum"], own)
    if column not in work.reads:
        work.reads.append(column)
    at = -1 - work.reads.index(column)
    return _converted(lambda ctx, params: params[at], own, effective(node))


def _cast(node: exp.Cast, work: _Work) -> Run:
    _own_type(node)
    return _converted(_compile(node.this, work), effective(strip(node.this)), node.meta["ctype"])


def _own_type(node: exp.Expression) -> ColumnType:
    """The type of a node's own value, where it has not been converted since."""
    if "cast_to" in node.meta:
        raise NotComputed
    ctype: ColumnType = node.meta["ctype"]
    return ctype


def _converted(run: Run, source: ColumnType, target: ColumnType) -> Run:
    """The value under a cast that is the same explicitly and in an assignment, whatever the settings."""
    if source.type.oid == target.type.oid and target.typmod in (-1, source.typmod):
        return run
    if not _casts_plainly(source.type.name, target.type.name, target.typmod):
        raise NotComputed
    cast = assignment(source, target)
    if cast is None:
        raise NotComputed

    def convert(ctx: Any, params: Sequence[Any]) -> Any:
        value = run(ctx, params)
        return None if value is None else cast(value)

    return convert


def _casts_plainly(source: str, target: str, typmod: int) -> bool:
    if typmod >= 0:
        return target == "numeric" and source in (*INTEGERS, "numeric")
    if target in ("text", "varchar"):
        return source in (*INTEGERS, *STRINGS, "bool", "numeric", "uuid", "oid")
    if source in INTEGERS:
        return target in (*INTEGERS, "numeric", "float8")
    return source in ("numeric", "float8") and target in INTEGERS


def _negative(node: exp.Neg, work: _Work) -> Run:
    return _integers(_own_type(node), operator.neg, [node.this], work)


def _quotient(a: int, b: int) -> int:
    if b == 0:
        raise DivisionByZero("division by zero")
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _remainder(a: int, b: int) -> int:
    return a - _quotient(a, b) * b


_ARITHMETIC: dict[type, Callable[[int, int], int]] = {
    exp.Add: operator.add,
    exp.Sub: operator.sub,
    exp.Mul: operator.mul,
    exp.Div: _quotient,
    exp.Mod: _remainder,
}


def _arithmetic(node: exp.Binary, work: _Work) -> Run:
    if _own_type(node).type.name == "numeric":
        return _decimals(node, work)
    return _integers(_own_type(node), _ARITHMETIC[type(node)], [node.this, node.expression], work)


def _integers(
    result: ColumnType, compute: Callable[..., int], operands: list[exp.Expression], work: _Work
) -> Run:
    """Arithmetic over integers, in range."""
    types = [effective(strip(item)) for item in operands]
    if any(ctype.type.name not in INTEGERS for ctype in (result, *types)):
        raise NotComputed
    runs = [_compile(item, work) for item in operands]
    name, limit = result.type.sql_name, 1 << INTEGERS[result.type.name]

    def run(ctx: Any, params: Sequence[Any]) -> int | None:
        values = [run(ctx, params) for run in runs]
        if None in values:
            return None
        found = compute(*values)
        if not -limit <= found < limit:
            raise NumericValueOutOfRange(f"{name} out of range")
        return found

    return run


_UNTRAPPED = EXACT.copy()  # infinity - infinity is NaN
_UNTRAPPED.clear_traps()
_EXACT: dict[type, Callable[[Decimal, Decimal], Decimal]] = {
    exp.Add: _UNTRAPPED.add,
    exp.Sub: _UNTRAPPED.subtract,
    exp.Mul: _UNTRAPPED.multiply,
}


def _decimals(node: exp.Binary, work: _Work) -> Run:
    """Arithmetic over numeric whose result has all digits: what PostgreSQL rounds is left to DuckDB."""
    compute = _EXACT.get(type(node))
    sides = [node.this, node.expression]
    if compute is None or any(effective(strip(s)).type.name != "numeric" for s in sides):
        raise NotComputed
    left, right = (_compile(side, work) for side in sides)

    def run(ctx: Any, params: Sequence[Any]) -> Decimal | None:
        a, b = left(ctx, params), right(ctx, params)
        if a is None or b is None:
            return None
        return numeric.from_text(str(compute(a, b)))

    return run


def _concatenation(node: exp.DPipe, work: _Work) -> Run:
    _own_type(node)
    sides = [node.this, node.expression]
    if any(effective(strip(side)).type.name not in ("text", "varchar") for side in sides):
        raise NotComputed
    left, right = (_compile(side, work) for side in sides)

    def run(ctx: Any, params: Sequence[Any]) -> str | None:
        a, b = left(ctx, params), right(ctx, params)
        return None if a is None or b is None else a + b

    return run


def _call(node: exp.Anonymous, work: _Work) -> Run:
    result = _own_type(node)
    name = str(node.this).lower()
    if node.meta.get("aggregate") or node.meta.get("set"):
        raise NotComputed
    if name in ("nextval", "currval"):
        return _sequence_call(node, name, work)
    if not node.expressions:
        known = compile_scalar(node, None, Scope(work.catalog, (), ParamTypes()))
        if known is not None and known.type.type.oid == result.type.oid:
            return known.run
    function = _overload(node, name, result)
    if function is None:
        raise NotComputed
    return _function_call(function, [_compile(item, work) for item in node.expressions], work)


def _sequence_call(node: exp.Anonymous, name: str, work: _Work) -> Run:
    """nextval and currval of a literal, whose object was looked up when it was bound."""
    found = [_OBJECT.fullmatch(item.meta.get("sql", "")) for item in node.expressions]
    if len(found) != 1 or found[0] is None or node.meta["ctype"].type is not INT8:
        raise NotComputed
    oid = int(found[0][1])
    if oid not in work.catalog.sequences:
        raise NotComputed
    if name == "currval":
        return current_value(oid)
    work.writes = True
    return next_value(oid)


def _overload(node: exp.Anonymous, name: str, result: ColumnType) -> Function | None:
    """The catalog function that the binder chose, if Python can call it as it is."""
    types = [effective(strip(item)).type for item in node.expressions]
    if any(t.name not in PLAIN for t in types):
        return None
    for function in load().get(name, ()):
        same = (
            function.how == "udf"
            and function.body is not None
            and function.kind == "scalar"
            and not function.variadic
            and function.arg_types == tuple(types)
            and function.result_type is result.type
            and node.meta["sql"].startswith(f"{function.duckdb}(")
        )
        if same and (not function.volatile or name in QUICK):
            return function
    return None


def _function_call(function: Function, arguments: list[Run], work: _Work) -> Run:
    body, strict, stateful = function.body, function.strict, function.stateful
    assert body is not None
    work.stateful |= stateful

    def run(ctx: Any, params: Sequence[Any]) -> Any:
        values = [argument(ctx, params) for argument in arguments]
        if strict and None in values:
            return None
        return body(ctx.system_state, *values) if stateful else body(*values)

    return run


_COMPILERS: dict[type, Callable[[Any, _Work], Run]] = {
    exp.Literal: _literal,
    exp.Boolean: _boolean,
    exp.Null: _null,
    exp.Parameter: _parameter,
    exp.Cast: _cast,
    exp.Column: _column,
    exp.Neg: _negative,
    exp.DPipe: _concatenation,
    exp.Anonymous: _call,
    **dict.fromkeys(_ARITHMETIC, _arithmetic),
}
