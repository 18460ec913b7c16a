"""Portals: statements bound to parameters by Bind, and cursors by DECLARE; both share one name space."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from vecsql.errors import DuplicateCursor, InvalidCursorName, ObjectNotInPrerequisiteState
from vecsql.executor.context import Result
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.planner.statement import PreparedStatement
from vecsql.session.rows import RowReader, ScrollReader
from vecsql.session.statements import Statement


@dataclass(slots=True)
class Portal:
    """What Bind made. `result` and `rows` come with the first Execute."""

    name: str
    statement: Statement
    prepared: PreparedStatement | None
    params: Sequence[Any]
    formats: tuple[int, ...] = ()
    result: Result | None = None
    rows: RowReader | None = None
    hold: bool = False

    def close(self) -> None:
        if self.rows is not None:
            self.rows.close()


class Cursor:
    """A DECLAREd cursor. Position 0 is before the first row, n on the n-th; a plain cursor only moves forward."""

    def __init__(self, name: str, text: str, result: Result, *, scroll: bool, hold: bool) -> None:
        assert result.columns is not None
        self.name = name
        self.text = text
        self.columns: tuple[ResultColumn, ...] = result.columns
        self.scroll = scroll
        self.hold = hold
        self.created = datetime.now(UTC)
        self._position = 0
        # WITH HOLD outlives the transaction: its rows are read now
        self._reader = RowReader(
            iter(list(result.chunks)) if hold and not scroll else result.chunks
        )
        self._kept: ScrollReader | None = ScrollReader(result.chunks) if scroll else None

    def close(self) -> None:
        self._reader.close()

    def fetch(self, direction: str, count: int | None) -> tuple[list[Chunk], int]:
        """The rows of FETCH, in its order, and how many they are."""
        if self._kept is None:
            chunks = self._fetch_forward(direction, count)
        else:
            chunks = self._fetch_scroll(self._kept, direction, count)
        return chunks, sum(chunk.num_rows for chunk in chunks)

    def _fetch_forward(self, direction: str, count: int | None) -> list[Chunk]:
        if direction in ("absolute", "relative") and count is not None:
            ahead = count - self._position if direction == "absolute" else count
            if ahead <= 0:
                raise _forward_only()
            skipped = sum(c.num_rows for c in self._reader.take(ahead - 1))
            self._position += skipped
            count = 1
        elif direction != "forward" or (count is not None and count <= 0):
            raise _forward_only()
        chunks = list(self._reader.take(count))
        self._position += sum(c.num_rows for c in chunks)
        return chunks

    def _fetch_scroll(self, kept: ScrollReader, direction: str, count: int | None) -> list[Chunk]:
        total = kept.num_rows
        at = self._position
        if direction in ("absolute", "relative"):
            offset = count or 0
            target = at + offset
            if direction == "absolute":
                target = offset if offset >= 0 else total + 1 + offset
            self._position = min(max(target, 0), total + 1)
            return kept.rows(self._position - 1, self._position) if self._position >= 1 else []
        if count is not None and count < 0:
            direction, count = ("backward" if direction == "forward" else "forward"), -count
        if count == 0:
            return kept.rows(at - 1, at) if at >= 1 else []
        if direction == "forward":
            stop = total + 1 if count is None else min(at + count, total + 1)
            self._position = stop
            return kept.rows(at, min(stop, total))
        target = 0 if count is None else max(at - count, 0)
        self._position = target
        return kept.backward(max(target, 1) - 1, at - 1) if at > 1 else []


def _forward_only() -> ObjectNotInPrerequisiteState:
    return ObjectNotInPrerequisiteState(
        "cursor can only scan forward",
        hint="Declare it with SCROLL option to enable backward scan.",
    )


class PortalStore:
    """Portals and cursors by name; the unnamed portal is ''."""

    def __init__(self) -> None:
        self._portals: dict[str, Portal | Cursor] = {}

    def add(self, portal: Portal | Cursor) -> None:
        old = self._portals.get(portal.name)
        if old is not None:
            if portal.name:
                raise DuplicateCursor(f'cursor "{portal.name}" already exists')
            old.close()
        self._portals[portal.name] = portal

    def get(self, name: str) -> Portal | Cursor:
        portal = self._portals.get(name)
        if portal is None:
            raise InvalidCursorName(f'portal "{name}" does not exist')
        return portal

    def find(self, name: str) -> Portal | Cursor | None:
        return self._portals.get(name)

    def cursor(self, name: str) -> Cursor:
        portal = self._portals.get(name)
        if not isinstance(portal, Cursor):
            raise InvalidCursorName(f'cursor "{name}" does not exist')
        return portal

    def drop(self, name: str) -> None:
        portal = self._portals.pop(name, None)
        if portal is not None:
            portal.close()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._portals)

    def cursors(self) -> Iterator[Cursor]:
        return (p for p in list(self._portals.values()) if isinstance(p, Cursor))

    def end_transaction(self, committed: bool) -> None:
        """All go but WITH HOLD cursors of a committed transaction, which keep their rows."""
        if not self._portals:
            return
        kept: dict[str, Portal | Cursor] = {}
        for name, portal in self._portals.items():
            if portal.hold and committed:
                kept[name] = portal
            else:
                portal.close()
        self._portals = kept

    def clear(self) -> None:
        for portal in self._portals.values():
            portal.close()
        self._portals = {}
