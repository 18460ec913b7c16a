"""Members of json documents as columns: meta->>'lang' is a text column that a part computes once, and filters then
compare, search and index as any other. Such a column has a number of its own, above those of all real columns."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from sqlglot import exp

from vecsql.planner.plan import Const
from vecsql.planner.rules.constants import ctype_of, operand, strip
from vecsql.types import BOOL, FLOAT8, INT2, INT4, INT8, TEXT, by_oid
from vecsql.types.base import ColumnType, SqlType

FIRST_NUMBER = 100_000

_CASTS: dict[str, SqlType] = {
    kind.name: kind for kind in (TEXT, INT2, INT4, INT8, FLOAT8, BOOL)
}  # fmt: skip
_TEXT_ARRAY = by_oid(TEXT.array_oid)


@dataclass(frozen=True, slots=True)
class JsonMember:
    """A member of the documents of a column. `kind` is the type that its text is cast to, 'value' for its value in a
    form that is equal where values are, or 'exists'. `indexes` tells whether steps of the path may index arrays."""

    attnum: int
    path: tuple[str, ...]
    kind: str
    indexes: bool = False


_numbers: dict[JsonMember, int] = {}
_members: dict[int, JsonMember] = {}
_next = itertools.count(FIRST_NUMBER)


def number_of(member: JsonMember) -> int:
    """The number under which the member is a column."""
    found = _numbers.get(member)
    if found is None:
        found = _numbers[member] = next(_next)
        _members[found] = member
    return found


def member_at(number: int) -> JsonMember:
    return _members[number]


def with_members(term: exp.Expression) -> exp.Expression:
    """The condition with members of json documents as columns; the term itself where there are none."""
    if not any(node.args.get("operator") in ("->>", "#>>") for node in term.find_all(exp.Operator)):
        return term
    return term.copy().transform(_replaced, copy=False)


def _replaced(node: exp.Expression) -> exp.Expression:
    if type(node) is exp.Cast:
        inner, ctype = strip(node.this), ctype_of(node)
        kind = ctype.type.name if ctype is not None and ctype.typmod < 0 else ""
        found = _access(inner) if kind in _CASTS else None
        return _column(*found, _CASTS[kind]) if found is not None else node
    found = _access(node)
    return _column(*found, TEXT) if found is not None else node


_Access = tuple[exp.Column, tuple[str, ...], bool]


def _access(node: exp.Expression) -> _Access | None:
    """The column and the path of ->> and #>> with constant keys."""
    if not isinstance(node, exp.Operator) or node.this is None:
        return None
    symbol = node.args["operator"]
    if symbol == "#>>":
        column, path = strip(node.this), operand(node.expression, ColumnType(_TEXT_ARRAY)) if _TEXT_ARRAY else None  # fmt: skip
        steps = path.value if isinstance(path, Const) else None
        if not is_document(column) or not steps or any(type(step) is not str for step in steps):
            return None
        return column, tuple(steps), True
    if symbol != "->>":
        return None
    keys: list[str] = []
    while isinstance(node, exp.Operator) and node.args["operator"] in ("->", "->>"):
        key = operand(node.expression)
        if not isinstance(key, Const) or type(key.value) is not str:
            return None
        keys.insert(0, key.value)
        node = strip(node.this)
    return (node, tuple(keys), False) if is_document(node) else None


def is_document(node: exp.Expression) -> bool:
    """Whether the node is a column of type json or jsonb."""
    ctype = ctype_of(node)
    named = isinstance(node, exp.Column) and node.meta.get("attnum", 0) > 0
    return named and ctype is not None and ctype.type.name in ("json", "jsonb")


def _column(column: exp.Column, path: tuple[str, ...], indexes: bool, kind: SqlType) -> exp.Column:
    found = column.copy()
    member = JsonMember(column.meta["attnum"], path, kind.name, indexes)
    found.meta.update(attnum=number_of(member), ctype=ColumnType(kind))
    return found
