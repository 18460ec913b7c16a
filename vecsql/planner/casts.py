"""PostgreSQL's casts: which types convert to which implicitly, on assignment or explicitly, and categories."""

from __future__ import annotations

from functools import cache

from vecsql.types.base import SqlType

INTEGERS = ("int2", "int4", "int8")
NUMBERS = (*INTEGERS, "numeric", "float4", "float8")
STRINGS = ("text", "varchar", "bpchar", "name", "char")
REGS = ("regclass", "regtype", "regproc", "regnamespace", "regrole", "regoper", "regprocedure",
        "regoperator", "regconfig", "regcollation", "regdictionary")  # fmt: skip
VECTORS = ("vector", "halfvec", "sparsevec")
MOMENTS = ("date", "timestamp", "timestamptz")

_IMPLICIT: set[tuple[str, str]] = set()
_ASSIGNMENT: set[tuple[str, str]] = set()
_EXPLICIT: set[tuple[str, str]] = set()


def _fill() -> None:
    for i, source in enumerate(NUMBERS):
        for j, target in enumerate(NUMBERS):
            (_IMPLICIT if i < j else _ASSIGNMENT).add((source, target))
    for source in INTEGERS:
        for target in ("oid", *REGS):
            _IMPLICIT.add((source, target))
    for reg in ("oid", *REGS):
        for target in ("int4", "int8"):
            _ASSIGNMENT.add((reg, target))
        _IMPLICIT.update({(reg, "oid"), ("oid", reg)})
    _IMPLICIT.update({("text", "regclass"), ("varchar", "regclass"), ("regproc", "regprocedure")})
    for source, target in (("varchar", "text"), ("bpchar", "text"), ("name", "text"), ("char", "text"),
                           ("text", "varchar"), ("bpchar", "varchar"), ("text", "bpchar"),
                           ("varchar", "bpchar")):  # fmt: skip
        _IMPLICIT.add((source, target))
    for source in STRINGS:
        for target in STRINGS:
            _ASSIGNMENT.add((source, target))
    _IMPLICIT.update({("text", "name"), ("varchar", "name"), ("bpchar", "name")})
    _IMPLICIT.update({("date", "timestamp"), ("date", "timestamptz"), ("timestamp", "timestamptz"),
                      ("time", "interval"), ("time", "timetz")})  # fmt: skip
    _ASSIGNMENT.update({("timestamp", "date"), ("timestamptz", "date"), ("timestamptz", "timestamp"),
                        ("timestamp", "time"), ("timestamptz", "time"), ("interval", "time"),
                        ("json", "jsonb"), ("jsonb", "json"), ("timetz", "time")})  # fmt: skip
    _EXPLICIT.update({("int4", "bool"), ("bool", "int4")})
    for target in ("bool", *NUMBERS):
        _EXPLICIT.add(("jsonb", target))
    _IMPLICIT.update({("vector", "_float4"), ("bit", "varbit"), ("varbit", "bit"), ("vector", "halfvec"),
                      ("vector", "sparsevec"), ("halfvec", "sparsevec")})  # fmt: skip
    _ASSIGNMENT.update({("halfvec", "vector"), ("halfvec", "_float4"), ("sparsevec", "vector"),
                        ("sparsevec", "halfvec")})  # fmt: skip
    for target in VECTORS:
        _ASSIGNMENT.update({(f"_{n}", target) for n in ("int4", "float4", "float8", "numeric")})


_fill()


@cache
def can_cast(source: str, target: str, context: str) -> bool:
    """Whether `source` (typname) converts to `target` in context 'implicit', 'assignment' or 'explicit'."""
    if source == target or source == "unknown":
        return True
    pair = (source, target)
    if pair in _IMPLICIT:
        return True
    if context == "implicit":
        return False
    if pair in _ASSIGNMENT:
        return True
    if target in STRINGS[:4]:
        return True  # every type has an output function
    if context == "assignment":
        return False
    return pair in _EXPLICIT or source in STRINGS


def convertible(source: SqlType, target: SqlType, context: str) -> bool:
    """can_cast() that also knows that arrays convert element by element."""
    if can_cast(source.name, target.name, context):
        return True
    if source.element is not None and target.element is not None:
        return convertible(source.element, target.element, context)
    return False


def is_preferred(sql_type: SqlType) -> bool:
    return sql_type.preferred or sql_type.name in (
        "text",
        "float8",
        "bool",
        "timestamptz",
        "interval",
        "oid",
    )
