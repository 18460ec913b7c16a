"""Prepared statements of a session, from Parse messages and from SQL PREPARE alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from vecsql.catalog.model import Catalog
from vecsql.errors import (
    DuplicatePreparedStatement,
    FeatureNotSupported,
    InvalidSqlStatementName,
)
from vecsql.planner.plan import ResultColumn
from vecsql.planner.statement import ParsedStatement, PreparedStatement


@dataclass(slots=True)
class Statement:
    """A named statement and its newest plan. `prepared` is None for an empty query string."""

    name: str
    text: str
    parsed: ParsedStatement | None
    param_oids: tuple[int, ...]  # as given; 0: inferred
    prepared: PreparedStatement | None
    catalog: Catalog  # what `prepared` was planned against
    search_path: tuple[str, ...]
    from_sql: bool = False
    slow: bool = False  # its last run took long, whatever the plan promised
    descriptions: dict[Any, bytes] = field(default_factory=dict)  # RowDescription by formats
    prepared_at: datetime = field(default_factory=lambda: datetime.now(UTC))


class StatementStore:
    """The session's statements by name; the unnamed one is ''."""

    def __init__(self) -> None:
        self._statements: dict[str, Statement] = {}

    def add(self, statement: Statement) -> None:
        """Only the unnamed statement may be replaced."""
        if statement.name and statement.name in self._statements:
            raise DuplicatePreparedStatement(
                f'prepared statement "{statement.name}" already exists'
            )
        self._statements[statement.name] = statement

    def get(self, name: str) -> Statement:
        statement = self._statements.get(name)
        if statement is None:
            if not name:
                raise InvalidSqlStatementName("unnamed prepared statement does not exist")
            raise InvalidSqlStatementName(f'prepared statement "{name}" does not exist')
        return statement

    def find(self, name: str) -> Statement | None:
        return self._statements.get(name)

    def drop(self, name: str) -> None:
        """Close of the protocol: a name that is not there is no error."""
        self._statements.pop(name, None)

    def clear(self) -> None:
        self._statements.clear()

    def named(self) -> list[Statement]:
        return [s for s in self._statements.values() if s.name]


def require_same_columns(
    before: Sequence[ResultColumn] | None, after: Sequence[ResultColumn] | None
) -> None:
    """A statement planned anew must give what its clients were told: names aside, the same types."""
    if _types(before) != _types(after):
        raise FeatureNotSupported("cached plan must not change result type")


def _types(columns: Sequence[ResultColumn] | None) -> list[tuple[str, object]] | None:
    return None if columns is None else [(c.name, c.type) for c in columns]
