"""Partial indexes: their predicate in the form that storage evaluates, and whether a query's WHERE implies it."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from vecsql.catalog.model import Table
from vecsql.planner.plan import Const, Operand, Param
from vecsql.planner.rules.constants import ctype_of, strip
from vecsql.planner.rules.lookups import Bounds, Nulls, lookup_of
from vecsql.types.base import ColumnType

ScopeTerm = tuple[int, str, str, int, int]
Needs = tuple[tuple[int, Any], ...]  # parameters (1-based) with the values that they must have

_ORDERED: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_PYTHON: dict[str, type] = {"int2": int, "int4": int, "int8": int, "text": str, "varchar": str}


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a condition says of a column: `column op value`, or 'null', 'not null', 'true', 'false'."""

    attnum: int
    op: str
    value: Operand | None = None


@dataclass(frozen=True, slots=True)
class Opaque:
    """A condition that is only compared as text."""

    text: str


def facts_of(terms: Sequence[exp.Expression]) -> list[Fact | Opaque]:
    """What the bound terms of a conjunction over one table say."""
    return [fact for term in terms for fact in _facts(strip(term))]


def _facts(term: exp.Expression) -> list[Fact | Opaque]:
    if _is_bool(term):
        return [Fact(term.meta["attnum"], "true")]
    if isinstance(term, exp.Not) and _is_bool(strip(term.this)):
        return [Fact(strip(term.this).meta["attnum"], "false")]
    found = lookup_of(term)
    if isinstance(found, Bounds):
        return [Fact(found.attnum, op, value) for op, value in found.bounds]
    if isinstance(found, Nulls):
        return [Fact(found.attnum, "null" if found.is_null else "not null")]
    return [Opaque(text_of(term))]


def _is_bool(node: exp.Expression) -> bool:
    ctype = ctype_of(node)
    return isinstance(node, exp.Column) and ctype is not None and ctype.type.name == "bool"


def text_of(node: exp.Expression) -> str:
    """A bound expression as text that does not tell what its table is called."""
    plain = strip(node).copy()
    for column in plain.find_all(exp.Column):
        column.set("table", None)
    for paren in list(plain.find_all(exp.Paren)):
        if paren is not plain and paren.parent is not None:
            paren.replace(paren.this)
    text: str = plain.sql(dialect="postgres")
    return text


def scope_of(facts: Sequence[Fact | Opaque], table: Table) -> tuple[ScopeTerm, ...]:
    """The facts as storage evaluates them; empty where it cannot, and the index then has all rows."""
    terms = []
    for fact in facts:
        term = _scope_term(fact, table)
        if term is None:
            return ()
        terms.append(term)
    return tuple(terms)


def _scope_term(fact: Fact | Opaque, table: Table) -> ScopeTerm | None:
    if isinstance(fact, Opaque):
        return None
    ctype: ColumnType = table.column_at(fact.attnum).type
    where = (ctype.type.oid, ctype.typmod)
    if fact.value is None:
        return (fact.attnum, fact.op, "", *where)
    wanted = _PYTHON.get(ctype.type.name)
    if not isinstance(fact.value, Const) or type(fact.value.value) is not wanted:
        return None
    return (fact.attnum, fact.op, str(fact.value.value), *where)


def implied(wanted: Sequence[Fact | Opaque], given: Sequence[Fact | Opaque]) -> Needs | None:
    """Whether rows that meet all `given` meet all `wanted`: what parameters must be for it, None if they may not."""
    needs: list[tuple[int, Any]] = []
    for fact in wanted:
        found = _implied(fact, given)
        if found is None:
            return None
        needs += found
    return tuple(needs)


def _implied(wanted: Fact | Opaque, given: Sequence[Fact | Opaque]) -> Needs | None:
    if wanted in given:
        return ()
    if isinstance(wanted, Opaque):
        return None
    facts = [f for f in given if isinstance(f, Fact) and f.attnum == wanted.attnum]
    if wanted.op == "not null":
        return () if any(f.op != "null" for f in facts) else None
    if not isinstance(wanted.value, Const) or wanted.op not in _ORDERED:
        return None
    if any(_stronger(f, wanted.op, wanted.value.value) for f in facts):
        return ()
    for fact in facts:
        if fact.op == wanted.op and isinstance(fact.value, Param):
            return ((fact.value.index, wanted.value.value),)
    return None


def _stronger(fact: Fact, op: str, bound: Any) -> bool:
    """Whether `column fact` tells that `column op bound`."""
    if not isinstance(fact.value, Const) or fact.value.value is None:
        return False
    value = fact.value.value
    try:
        if fact.op == "=":
            return _ORDERED[op](value, bound)
        if op[0] != fact.op[0] or op == "=":
            return False
        strict = op in ("<", ">") and fact.op in ("<=", ">=")
        return _ORDERED[op[0] if strict else op[0] + "="](value, bound)
    except TypeError:
        return False
