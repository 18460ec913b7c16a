"""Function and operator look-up by PostgreSQL's rules: exact match, implicit casts, preferred types, unknowns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from vecsql.planner.casts import convertible, is_preferred
from vecsql.types.base import SqlType, by_name, by_oid

POLYMORPHIC = (
    "any",
    "anyelement",
    "anyarray",
    "anycompatible",
    "anycompatiblearray",
    "anynonarray",
    "record",
)


@dataclass(frozen=True, slots=True)
class Signature:
    """One overload. `template` is DuckDB SQL with {0}, {1} ... for the arguments; in aggregates '@' marks where
    FILTER and OVER go. `numeric` says that numeric arguments arrive as text rather than DECIMAL."""

    name: str
    args: tuple[str, ...]
    result: str
    template: str
    kind: str = "scalar"  # scalar, agg, win, set
    variadic: bool = False
    strict: bool = True


def arg_type(signature: Signature, index: int) -> str:
    """The declared type of an argument; the last one repeats in variadic functions."""
    if index >= len(signature.args):
        return signature.args[-1]
    return signature.args[index]


def _accepts(signature: Signature, count: int) -> bool:
    if signature.variadic:
        return count >= len(signature.args) - (signature.args[-1] == "any")
    return count == len(signature.args)


def _polymorphic_ok(declared: str, actual: SqlType) -> bool:
    if declared in ("any", "anyelement", "anycompatible"):
        return True
    if declared == "anynonarray":
        return actual.element is None
    if declared == "record":
        return actual.name == "record"
    return actual.element is not None or actual.name == "unknown"


def _type(name: str) -> SqlType:
    found = by_name(name)
    if found is None:
        raise LookupError(name)
    return found


def _is_exact(declared: str, actual: SqlType) -> bool:
    return declared not in POLYMORPHIC and _type(declared).oid == actual.oid


def _is_possible(declared: str, actual: SqlType) -> bool:
    if declared in POLYMORPHIC:
        return _polymorphic_ok(declared, actual)
    return convertible(actual, _type(declared), "implicit")


def select(
    candidates: Sequence[Signature], actual: Sequence[SqlType], *, operator: bool = False
) -> Signature | str | None:
    """The overload PostgreSQL would choose; None if none fits, 'ambiguous' if several are equally good."""
    usable = [c for c in candidates if _accepts(c, len(actual))]
    for candidate in usable:
        if all(_is_exact(arg_type(candidate, i), t) for i, t in enumerate(actual)):
            return candidate
    if operator and len(actual) == 2 and any(t.name == "unknown" for t in actual):
        known = actual[0] if actual[1].name == "unknown" else actual[1]
        for candidate in usable:
            if all(_is_exact(a, known) for a in candidate.args):
                return candidate
            if known.element is not None and set(candidate.args) == {"anycompatiblearray"}:
                return candidate
    usable = [
        c for c in usable
        if all(_is_possible(arg_type(c, i), t) for i, t in enumerate(actual)) and _consistent(c, actual)
    ]  # fmt: skip
    if len(usable) <= 1:
        return usable[0] if usable else None
    return _best(usable, actual)


def _consistent(candidate: Signature, actual: Sequence[SqlType]) -> bool:
    """Whether an element argument beside an array argument is no array itself: text[] || text[] joins two arrays."""
    declared = [(arg_type(candidate, i), t) for i, t in enumerate(actual)]
    if not any(d in ("anyarray", "anycompatiblearray") for d, _ in declared):
        return True
    if any(t.element is not None for d, t in declared if d in ("anyelement", "anycompatible")):
        return False
    elements = [
        t.element or t
        for d, t in declared
        if d in POLYMORPHIC and d not in ("any", "record") and t.name != "unknown"
    ]
    common = common_type(elements) if elements else None
    return not elements or (
        common is not None and all(convertible(t, common, "implicit") for t in elements)
    )


def _best(usable: list[Signature], actual: Sequence[SqlType]) -> Signature | str | None:
    usable = _most(
        usable, lambda c: sum(_is_exact(arg_type(c, i), t) for i, t in enumerate(actual))
    )
    if len(usable) == 1:
        return usable[0]
    usable = _most(
        usable,
        lambda c: sum(
            _is_exact(arg_type(c, i), t) or _prefers(arg_type(c, i), t)
            for i, t in enumerate(actual)
            if t.name != "unknown"
        ),
    )
    if len(usable) == 1:
        return usable[0]
    return _by_unknowns(usable, actual)


def _most(candidates: list[Signature], score: Callable[[Signature], int]) -> list[Signature]:
    scores = [score(c) for c in candidates]
    best = max(scores)
    return [c for c, s in zip(candidates, scores, strict=True) if s == best]


def _prefers(declared: str, actual: SqlType) -> bool:
    if declared in POLYMORPHIC:
        return False
    target = _type(declared)
    return is_preferred(target) and target.category == actual.category


def _by_unknowns(usable: list[Signature], actual: Sequence[SqlType]) -> Signature | str | None:
    unknown = [i for i, t in enumerate(actual) if t.name == "unknown"]
    if not unknown:
        return "ambiguous"
    for i in unknown:
        declared = [arg_type(c, i) for c in usable]
        categories = {"S" if d in POLYMORPHIC else _type(d).category for d in declared}
        category = "S" if "S" in categories else categories.pop() if len(categories) == 1 else None
        if category is None:
            return "ambiguous"
        usable = [
            c for c in usable
            if arg_type(c, i) in POLYMORPHIC or _type(arg_type(c, i)).category == category
        ]  # fmt: skip
        preferred = [
            c for c in usable
            if arg_type(c, i) not in POLYMORPHIC and is_preferred(_type(arg_type(c, i)))
        ]  # fmt: skip
        usable = preferred or usable
    if len(usable) == 1:
        return usable[0]
    known = {t.oid for t in actual if t.name != "unknown"}
    if len(known) == 1:
        same = by_oid(known.pop())
        assert same is not None
        filled = [same if t.name == "unknown" else t for t in actual]
        fits = [
            c for c in usable if all(_is_possible(arg_type(c, i), t) for i, t in enumerate(filled))
        ]
        if len(fits) == 1:
            return fits[0]
    return usable[0] if len({c.template for c in usable}) == 1 else "ambiguous"


def common_type(types: Sequence[SqlType]) -> SqlType | None:
    """The type of CASE, UNION, ARRAY, VALUES columns ...; None when there is none. Unknowns give text."""
    known = [t for t in types if t.name != "unknown"]
    if not known:
        return by_name("text")
    best = known[0]
    for candidate in known[1:]:
        if candidate.oid == best.oid:
            continue
        if candidate.category != best.category:
            return None
        if (
            not is_preferred(best)
            and convertible(best, candidate, "implicit")
            and not convertible(candidate, best, "implicit")
        ):
            best = candidate
    return best
