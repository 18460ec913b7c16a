"""Compiles expressions without columns (VALUES cells, SET values, DEFAULTs) to Python closures.

What is compiled here never enters DuckDB: constants, parameters, casts of them, arrays, nextval(), now() and a few
more. `compile_scalar` returns None for everything else.
"""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlglot import exp

from vecsql import types
from vecsql.catalog.model import Catalog, Table, View
from vecsql.catalog.model import Sequence as CatalogSequence
from vecsql.errors import Error, ObjectNotInPrerequisiteState, UndefinedTable, WrongObjectType
from vecsql.planner.dml.casts import assignment
from vecsql.planner.scope import ParamTypes
from vecsql.types.base import ColumnType, by_name
from vecsql.types.datetimes import at_zone

Run = Callable[[Any, Sequence[Any]], Any]  # (ExecContext, parameters) -> value or None


@dataclass(frozen=True, slots=True)
class Scalar:
    """A compiled expression and the type of its value."""

    type: ColumnType
    run: Run


@dataclass(frozen=True, slots=True)
class Scope:
    """Where names and parameters of an expression are looked up."""

    catalog: Catalog
    search_path: tuple[str, ...]
    params: ParamTypes


def position_of(node: exp.Expression) -> int | None:
    """1-based position of an expression in the statement."""
    found = node.meta.get("pos", -1)
    return found + 1 if found >= 0 else None


def start_of(node: exp.Expression) -> int | None:
    """1-based position where the text of an expression starts: what type mismatches point at."""
    found = [p for part in node.walk() if (p := part.meta.get("pos", -1)) >= 0]
    return min(found) + 1 if found else None


def compile_scalar(node: exp.Expression, target: ColumnType | None, scope: Scope) -> Scalar | None:
    """Compile `node`; an unknown literal or untyped parameter takes the type `target`.

    Raises the error of a bad literal with its position. The value is not yet cast to `target` otherwise.
    """
    compiler = _COMPILERS.get(type(node))
    return compiler(node, target, scope) if compiler else None


def constant(ctype: ColumnType, value: Any) -> Scalar:
    return Scalar(ctype, lambda ctx, params: value)


def _literal(node: exp.Literal, target: ColumnType | None, scope: Scope) -> Scalar:
    if not node.is_string:
        return _number(str(node.this))
    if target is None:
        return constant(ColumnType(types.UNKNOWN), node.this)
    try:
        return constant(ColumnType(target.type), target.type.from_text(node.this, -1))
    except Error as error:
        raise error.at(position_of(node)) from None


def _number(text: str) -> Scalar:
    plain = text.replace("_", "")
    if plain.lstrip("-").isdigit():
        value = int(plain)
        if -(2**31) <= value < 2**31:
            return constant(ColumnType(types.INT4), value)
        if -(2**63) <= value < 2**63:
            return constant(ColumnType(types.INT8), value)
    elif plain.lstrip("-")[:2].lower() in ("0x", "0o", "0b"):
        return _number(str(int(plain, 0)))
    return constant(ColumnType(types.NUMERIC), types.NUMERIC.from_text(plain, -1))


def _null(node: exp.Null, target: ColumnType | None, scope: Scope) -> Scalar:
    return constant(target or ColumnType(types.UNKNOWN), None)


def _boolean(node: exp.Boolean, target: ColumnType | None, scope: Scope) -> Scalar:
    return constant(ColumnType(types.BOOL), bool(node.this))


def _parameter(node: exp.Parameter, target: ColumnType | None, scope: Scope) -> Scalar | None:
    index = int(node.name)
    scope.params.see(index, position_of(node))
    known = scope.params.get(index)
    if known is None:
        if target is None:
            return None
        known = ColumnType(target.type)
        scope.params.set(index, known)
    return Scalar(known, _parameter_reader(index - 1))


def _parameter_reader(at: int) -> Run:
    return lambda ctx, params: params[at]


def _paren(node: exp.Paren, target: ColumnType | None, scope: Scope) -> Scalar | None:
    return compile_scalar(node.this, target, scope)


def _cast(node: exp.Cast, target: ColumnType | None, scope: Scope) -> Scalar | None:
    """CAST to a type: of an unknown literal, or where an assignment cast does the same."""
    name = node.to.meta.get("type_name")
    if name is None:
        return None
    found = by_name(name.name + "[]" * (name.array_dims > 0))
    if found is None or found.name in ("regclass", "regtype", "interval"):
        return None
    base = by_name(name.name)
    typmod = -1
    if name.typmods:
        if base is None or base.parse_typmod is None:
            return None
        typmod = base.parse_typmod(list(name.typmods))
    to = ColumnType(found, typmod)
    inner = compile_scalar(node.this, ColumnType(found), scope)
    if inner is None:
        return None
    if typmod >= 0 and found.name in ("varchar", "bpchar", "bit", "varbit"):
        return None  # explicit casts truncate where assignments raise
    return casted(inner, to, None)


def casted(inner: Scalar, to: ColumnType, position: int | None) -> Scalar | None:
    """The value under the assignment cast to `to`, or None if there is no such cast."""
    cast = assignment(inner.type, to)
    if cast is None:
        return None
    run = inner.run
    if inner.type.type is to.type and to.typmod < 0:
        return Scalar(to, run)

    def convert(ctx: Any, params: Sequence[Any]) -> Any:
        value = run(ctx, params)
        return None if value is None else cast(value)

    return Scalar(to, convert)


def _array(node: exp.Array, target: ColumnType | None, scope: Scope) -> Scalar | None:
    """ARRAY[...] of compilable elements of one type."""
    element = target.type.element if target else None
    wanted = ColumnType(element) if element else None
    items = [compile_scalar(item, wanted, scope) for item in node.expressions]
    found = [item for item in items if item is not None]
    kinds = {item.type.type for item in found}
    if not found or len(found) < len(items) or len(kinds) != 1:
        return None
    kind = kinds.pop()
    if kind.element is not None or kind.name == "unknown" or not kind.array_oid:
        return None
    array = by_name("_" + kind.name)
    if array is None:
        return None
    runs = [item.run for item in found]
    return Scalar(ColumnType(array), lambda ctx, params: [run(ctx, params) for run in runs])


def _call(node: exp.Anonymous, target: ColumnType | None, scope: Scope) -> Scalar | None:
    if node.meta.get("schema"):
        return None
    name = str(node.this).lower()
    if name in ("nextval", "currval") and len(node.expressions) == 1:
        return _sequence_call(name, node.expressions[0], scope)
    found = _FUNCTIONS.get(name)
    if found is None or node.expressions:
        return None
    type_name, run = found
    kind = by_name(type_name)
    return Scalar(ColumnType(kind), lambda ctx, params: run(ctx)) if kind else None


def _sequence_call(name: str, argument: exp.Expression, scope: Scope) -> Scalar | None:
    if isinstance(argument, exp.Cast):
        argument = argument.this
    if not isinstance(argument, exp.Literal) or not argument.is_string:
        return None
    sequence = find_sequence(scope, argument.this)
    if sequence is None:
        raise UndefinedTable(
            f'relation "{argument.this}" does not exist', position=position_of(argument)
        )
    run = next_value(sequence.oid) if name == "nextval" else current_value(sequence.oid)
    return Scalar(ColumnType(types.INT8), run)


def find_sequence(scope: Scope, text: str) -> CatalogSequence | None:
    """The sequence that the text of a regclass names."""
    from vecsql.planner.ddl.scanner import tokenize

    parts = [t.value for t in tokenize(text) if t.kind in ("word", "quoted")]
    schemas = (parts[-2],) if len(parts) > 1 else scope.search_path
    for schema_name in schemas:
        schema = scope.catalog.schema_named(schema_name)
        for sequence in scope.catalog.sequences.values():
            if schema and sequence.schema_oid == schema.oid and sequence.name == parts[-1]:
                return sequence
        others: list[Table | View] = [*scope.catalog.tables.values(), *scope.catalog.views.values()]
        if any(schema and r.schema_oid == schema.oid and r.name == parts[-1] for r in others):
            raise WrongObjectType(f'"{parts[-1]}" is not a sequence')
    return None


def next_value(oid: int) -> Run:
    """nextval() of a sequence, remembered for currval() and lastval()."""

    def run(ctx: Any, params: Sequence[Any]) -> int:
        value: int = ctx.engine.nextval(oid)
        ctx.currval[oid] = value
        ctx.last_sequence = oid
        return value

    return run


def current_value(oid: int) -> Run:
    def run(ctx: Any, params: Sequence[Any]) -> int:
        if oid not in ctx.currval:
            name = ctx.txn.snapshot().catalog.sequences[oid].name
            raise ObjectNotInPrerequisiteState(
                f'currval of sequence "{name}" is not yet defined in this session'
            )
        return int(ctx.currval[oid])

    return run


_FUNCTIONS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "now": ("timestamptz", lambda ctx: ctx.now),
    "current_timestamp": ("timestamptz", lambda ctx: ctx.now),
    "transaction_timestamp": ("timestamptz", lambda ctx: ctx.now),
    "statement_timestamp": ("timestamptz", lambda ctx: ctx.statement_time),
    "clock_timestamp": ("timestamptz", lambda ctx: datetime.now(UTC)),
    "localtimestamp": (
        "timestamp",
        lambda ctx: at_zone(ctx.now),
    ),
    "current_date": ("date", lambda ctx: at_zone(ctx.now).date()),
    "gen_random_uuid": ("uuid", lambda ctx: uuid.uuid4()),
    "uuidv4": ("uuid", lambda ctx: uuid.uuid4()),
    "random": ("float8", lambda ctx: random.random()),
    "current_user": ("name", lambda ctx: ctx.user),
    "session_user": ("name", lambda ctx: ctx.user),
    "user": ("name", lambda ctx: ctx.user),
    "current_database": ("name", lambda ctx: ctx.database),
}
VOLATILE = frozenset(
    ["clock_timestamp", "gen_random_uuid", "uuidv4", "uuidv7", "random", "nextval", "setval"]
)


def is_volatile(node: exp.Expression) -> bool:
    """Whether an expression gives another value each time."""
    return any(str(call.this).lower() in VOLATILE for call in node.find_all(exp.Anonymous))


_COMPILERS: dict[type, Callable[[Any, ColumnType | None, Scope], Scalar | None]] = {
    exp.Literal: _literal,
    exp.Null: _null,
    exp.Boolean: _boolean,
    exp.Parameter: _parameter,
    exp.Paren: _paren,
    exp.Cast: _cast,
    exp.Array: _array,
    exp.Anonymous: _call,
}
