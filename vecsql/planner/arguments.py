"""Arguments of function calls in named notation: f(1, sample => 200)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.errors import SyntaxError, UndefinedFunction
from vecsql.planner.coerce import position_of

Parameters = Sequence[
    tuple[str, str | None]
]  # (name, SQL of the default, None where there is none)


def positional_arguments(
    given: Sequence[exp.Expression], parameters: Parameters
) -> list[exp.Expression] | None:
    """The arguments in the order of the parameters, with defaults; None if they do not fit them."""
    names = [name for name, _ in parameters]
    found: dict[str, exp.Expression] = {}
    by_name = False
    for number, arg in enumerate(given):
        if isinstance(arg, exp.Kwarg):
            by_name = True
            name, value = arg.this.name, arg.expression
        elif by_name:
            raise SyntaxError(
                "positional argument cannot follow named argument", position=position_of(arg)
            )
        elif number < len(names):
            name, value = names[number], arg
        else:
            return None
        if name in found and isinstance(arg, exp.Kwarg):
            _check_unique(given, arg)
        if name in found or name not in names:
            return None
        found[name] = value
    if any(default is None and name not in found for name, default in parameters):
        return None
    return [found.get(name) or _constant(default or "") for name, default in parameters]


def _check_unique(given: Sequence[exp.Expression], arg: exp.Kwarg) -> None:
    name = arg.this.name
    if sum(isinstance(other, exp.Kwarg) and other.this.name == name for other in given) > 1:
        raise SyntaxError(f'argument name "{name}" used more than once', position=position_of(arg))


def _constant(sql: str) -> exp.Expression:
    return exp.Null() if sql == "NULL" else exp.Literal.number(sql)


def undefined_function(call: exp.Expression, shown: str) -> UndefinedFunction:
    """The error for a call, `shown` with its argument types, that fits no function."""
    schema = f"{call.meta['schema']}." if call.meta.get("schema") else ""
    return UndefinedFunction(
        f"function {schema}{shown} does not exist",
        hint="No function matches the given name and argument types. You might need to add explicit type casts.",
        position=position_of(call),
    )
