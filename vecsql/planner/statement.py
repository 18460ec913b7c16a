"""A statement on its way: parsed (from text) and prepared (bound and planned)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlglot import exp

from vecsql.planner.plan import ResultColumn
from vecsql.types.base import ColumnType

Kind = Literal["query", "insert", "update", "delete", "ddl", "utility", "empty"]


@dataclass(frozen=True, slots=True)
class ParsedStatement:
    """One statement of what the client sent. Exactly one of `ast` and `utility` is set, unless it is empty.

    `text` is the source text of this statement, `offset` where it starts in the message (characters).
    """

    kind: Kind
    text: str
    offset: int = 0
    ast: exp.Expression | None = None
    utility: Any = (
        None  # one of the dataclasses of planner.utility (Begin, Commit, Set, Show, Copy, ...)
    )
    tree: dict[str, Any] | None = None  # DDL: libpg_query's tree


@dataclass(frozen=True, slots=True)
class PreparedStatement:
    """Bound and planned against one catalog version; cached by (text, parameter types, catalog version)."""

    parsed: ParsedStatement
    plan: Any  # a SelectPlan, a DML plan, a DDL action, or the utility dataclass
    param_types: tuple[ColumnType, ...]
    columns: tuple[ResultColumn, ...] | None  # None: returns no rows (NoData)
    read_only: bool = False  # allowed in a READ ONLY transaction
    inline: bool = False  # expected to take well under a millisecond: may run on the event loop
    pure: bool = False  # reads nothing but tables (planner.purity): needs no transaction
