"""jsonb_path_match() for the paths that clients send: a member of the root compared with a variable or a literal."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from vecsql.errors import FeatureNotSupported, UndefinedObject
from vecsql.executor.duck_functions.jsons import Number, load
from vecsql.executor.duck_functions.registry import duck

_PATH = re.compile(
    r"""\s*(?:lax\s+)?\$(?P<steps>(?:\s*\.\s*(?:\w+|"[^"\\]*"))+)\s*(?P<compare>==|!=|<>|<=|>=|<|>)\s*"""
    r"""(?:\$(?P<variable>\w+)|(?P<literal>"[^"\\]*"|-?\d+(?:\.\d+)?|true|false|null))\s*\Z"""
)
_STEP = re.compile(r"""\.\s*(?:(\w+)|"([^"\\]*)")""")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq, "!=": operator.ne, "<>": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip


@duck("vs_jsonb_path_match(VARCHAR, VARCHAR, VARCHAR) -> BOOLEAN")
def jsonb_path_match(target: str, path: str, variables: str) -> bool | None:
    """In lax mode: arrays are unwrapped, a missing member compares as nothing, NULL for values of different types."""
    match = _PATH.match(path)
    if match is None:
        raise FeatureNotSupported(f'the jsonpath "{path}" is not supported')
    other = _operand(match, load(variables))
    items = [load(target)]
    for word, quoted in _STEP.findall(match["steps"]):
        items = [
            i[word or quoted]
            for i in _unwrapped(items)
            if isinstance(i, dict) and (word or quoted) in i
        ]
    results = [
        _compared(a, b, match["compare"]) for a in _unwrapped(items) for b in _unwrapped([other])
    ]
    if True in results:
        return True
    return None if None in results else False


def _operand(match: re.Match[str], variables: Any) -> Any:
    if match["variable"] is None:
        return load(match["literal"])
    if match["variable"] not in variables:
        raise UndefinedObject(f'could not find jsonpath variable "{match["variable"]}"')
    return variables[match["variable"]]


def _unwrapped(items: list[Any]) -> list[Any]:
    return [x for item in items for x in (item if isinstance(item, list) else [item])]


def _compared(left: Any, right: Any, compare: str) -> bool | None:
    if (left is None) != (right is None):
        return compare in ("!=", "<>")
    if left is None:
        return compare in ("==", "<=", ">=")
    if isinstance(left, (dict, list)) or type(left) is not type(right):
        return None
    if isinstance(left, Number):
        return _COMPARE[compare](Decimal(left), Decimal(right))
    return _COMPARE[compare](left, right)
