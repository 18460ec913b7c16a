"""The table of Python functions that DuckDB SQL made by the planner calls (names start with vs_)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from vecsql.errors import Error


@dataclass(frozen=True, slots=True)
class DuckFunction:
    """`arrow` functions get and give Arrow arrays; others are called row by row and never see NULL unless `nulls`."""

    name: str
    args: tuple[str, ...]
    result: str
    body: Callable[..., Any]
    arrow: bool = False
    nulls: bool = False
    volatile: bool = False


FUNCTIONS: dict[str, DuckFunction] = {}
_F = TypeVar("_F", bound=Callable[..., Any])


def duck(
    signature: str, *, arrow: bool = False, nulls: bool = False, volatile: bool = False
) -> Callable[[_F], _F]:
    """Declare a function by its DuckDB signature: 'vs_name(VARCHAR, BIGINT) -> VARCHAR'."""
    head, _, result = signature.partition(" -> ")
    name, _, args = head.removesuffix(")").partition("(")

    def declare(body: _F) -> _F:
        types = tuple(a.strip() for a in args.split(",") if a.strip())
        FUNCTIONS[name] = DuckFunction(name, types, result, body, arrow, nulls, volatile)
        return body

    return declare


def encoded(error: Error) -> ValueError:
    """An error in the form that survives the way through DuckDB: see errors.from_duckdb()."""
    return ValueError(
        f"PG:{error.sqlstate}:{type(error).__name__}:{error.message}\x01{error.detail or ''}\x02"
    )


def guarded(function: DuckFunction) -> Callable[..., Any]:
    """The body with NULL in giving NULL out and vecsql errors encoded. DuckDB looks at the number of parameters."""
    body, nulls = function.body, function.nulls

    def call(*args: Any) -> Any:
        if not nulls and any(arg is None for arg in args):
            return None
        try:
            return body(*args)
        except Error as error:
            raise encoded(error) from None

    return (
        lambda: call(),
        lambda a: call(a),
        lambda a, b: call(a, b),
        lambda a, b, c: call(a, b, c),
        lambda a, b, c, d: call(a, b, c, d),
    )[len(function.args)]
