"""The plan of an EXPLAIN statement: what to explain and how."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vecsql.errors import FeatureNotSupported, InvalidParameterValue, SyntaxError
from vecsql.planner.plan import ResultColumn
from vecsql.planner.statement import PreparedStatement
from vecsql.types import JSON, TEXT
from vecsql.types.base import ColumnType

Format = Literal["text", "json"]

_IGNORED = frozenset(
    ("buffers", "verbose", "wal", "settings", "memory", "generic_plan", "serialize")
)


@dataclass(frozen=True, slots=True)
class ExplainPlan:
    """EXPLAIN of a prepared statement."""

    statement: PreparedStatement
    analyze: bool = False
    costs: bool = True
    timing: bool = True
    summary: bool = False
    format: Format = "text"

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        ctype = ColumnType(JSON if self.format == "json" else TEXT)
        return (ResultColumn("QUERY PLAN", ctype),)


def explain_plan(
    statement: PreparedStatement, options: Sequence[tuple[str, str | None]]
) -> ExplainPlan:
    """Read the options of EXPLAIN (ANALYZE, FORMAT JSON, ...), with PostgreSQL's errors for unknown ones."""
    flags = {"analyze": False, "costs": True, "timing": True}
    summary: bool | None = None
    output: Format = "text"
    for name, value in options:
        key = name.lower()
        if key == "format":
            output = _format(value)
        elif key == "summary":
            summary = _flag(key, value)
        elif key in flags:
            flags[key] = _flag(key, value)
        elif key not in _IGNORED:
            raise SyntaxError(f'unrecognized EXPLAIN option "{name}"')
    if summary is None:
        summary = flags["analyze"]
    return ExplainPlan(statement, summary=summary, format=output, **flags)


def _flag(name: str, value: str | None) -> bool:
    if value is None or value.lower() in ("true", "on", "1"):
        return True
    if value.lower() in ("false", "off", "0"):
        return False
    raise SyntaxError(f"{name} requires a Boolean value")


def _format(value: str | None) -> Format:
    known: dict[str, Format] = {"text": "text", "json": "json"}
    name = (value or "").lower()
    if name in ("xml", "yaml"):
        raise FeatureNotSupported(f"EXPLAIN format {name.upper()} is not supported")
    if name not in known:
        raise InvalidParameterValue(
            f'unrecognized value for EXPLAIN option "format": "{value or ""}"'
        )
    return known[name]
