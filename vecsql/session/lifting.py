"""Literals of a statement's text as parameters, so that texts that differ in literals alone share one plan.

What is lifted is what cannot mean anything else than a value: strings after an operator, a comma or a parenthesis, and
numbers that something is compared with or that follow LIMIT and OFFSET. Whether the plan with parameters is the same
is for the caller to find out; a text with anything unusual in it is left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from vecsql.types import INT4, INT8, NUMERIC

_TOKEN = re.compile(
    r"""(?P<string>'(?:[^']|'')*') | (?P<number>\d+(?:\.\d+)?(?![\w.])) | (?P<word>[^\W\d]\w*)
      | (?P<quoted>"(?:[^"]|"")*") | (?P<operator>[-+*/<>=~!@\#%^&|`?]+) | (?P<space>\s+) | (?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
_COMPARISONS = frozenset(("=", "<", ">", "<=", ">=", "<>", "!="))
_COUNTS = frozenset(("limit", "offset"))
# Comments, parameters and dollar quotes, escapes, several statements; literals that are read when a statement is planned.
_UNUSUAL = re.compile(r"--|/\*|[$\\;\0]|'\s*(?:now|today|tomorrow|yesterday)\b", re.IGNORECASE)

MAX_LITERALS = 64


@dataclass(frozen=True, slots=True)
class Lifted:
    """A text with $1, $2 ... for literals; a string's type is for the statement to tell (0), its value is its text."""

    text: str
    oids: tuple[int, ...]
    values: tuple[str | int | Decimal, ...]


def lift(sql: str) -> Lifted | None:
    """The text without its literals; None if there are none to lift or something speaks against it."""
    if "'" not in sql and not any(map(str.isdigit, sql)):
        return None
    sql = sql.rstrip().removesuffix(";")
    if _UNUSUAL.search(sql):
        return None
    parts: list[str] = []
    oids: list[int] = []
    values: list[str | int | Decimal] = []
    strings: dict[
        str, str
    ] = {}  # equal strings are one parameter: a query vector may be written twice
    before = ("", "")
    for match in _TOKEN.finditer(sql):
        kind, token = match.lastgroup or "", match[0]
        if kind == "space":
            parts.append(token)
            continue
        found = _literal(kind, token, before)
        if found is None:
            parts.append(token)
        elif token in strings:
            parts.append(strings[token])
        else:
            oids.append(found[0])
            values.append(found[1])
            parts.append(f"${len(values)}")
            if kind == "string":
                strings[token] = parts[-1]
        before = (kind, token)
    if not values or len(values) > MAX_LITERALS:
        return None
    return Lifted("".join(parts), tuple(oids), tuple(values))


def _literal(
    kind: str, token: str, before: tuple[str, str]
) -> tuple[int, str | int | Decimal] | None:
    """Type and value of a token that is lifted."""
    if kind == "string":
        if before[0] == "operator" or before[1] in ("(", ","):
            return 0, token[1:-1].replace("''", "'")
        return None
    if kind != "number":
        return None
    if before[1] not in _COMPARISONS and not (before[0] == "word" and before[1].lower() in _COUNTS):
        return None
    if "." in token:
        return NUMERIC.oid, Decimal(token)
    value = int(token)
    if value.bit_length() > 63:
        return None
    return (INT4.oid if value.bit_length() < 32 else INT8.oid), value
