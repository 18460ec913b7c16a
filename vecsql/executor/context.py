"""What a running statement may touch, and what it gives back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.storage.interface import Engine, Transaction

_T = TypeVar("_T")


@dataclass(slots=True)
class Notice:
    """A NoticeResponse waiting to be sent."""

    severity: str  # NOTICE, WARNING, INFO
    message: str
    sqlstate: str = "00000"
    detail: str | None = None
    hint: str | None = None


class SettingValues(Protocol):
    """A session's view of the GUCs (vecsql.settings.Settings)."""

    def get(self, name: str) -> Any: ...  # typed value; UndefinedObject if unknown

    def is_set(self, name: str) -> bool: ...

    def derived(self, make: Callable[..., _T], *arguments: Hashable) -> _T: ...

    def show(self, name: str) -> str: ...

    def set(self, name: str, value: str, *, local: bool = False) -> None: ...


@dataclass(slots=True)
class ExecContext:
    """One per session; `txn` and `now` change per transaction, `cancel` is set by CancelRequest and time-outs."""

    engine: Engine
    settings: SettingValues
    txn: Transaction
    user: str = "postgres"
    database: str = "postgres"
    backend_pid: int = 0
    now: datetime = field(default_factory=lambda: datetime.now(UTC))  # transaction start: now()
    statement_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    cancel: threading.Event = field(default_factory=threading.Event)
    currval: dict[int, int] = field(
        default_factory=dict
    )  # sequence oid -> last nextval of this session
    last_sequence: int = 0
    notify: Callable[[Notice], None] = lambda notice: None
    system_state: Any = None  # catalog.functions.SystemState, made on first use
    duck: Any = None  # executor.duck.DuckSession, made on first use
    sessions: Callable[[], list[dict[str, Any]]] = list  # rows of pg_stat_activity
    services: dict[str, Any] = field(default_factory=dict)  # of the session, for catalog functions
    deferred: Any = None  # executor.foreign_keys.Deferred, while a transaction has some
    trace: list[Any] | None = None  # EXPLAIN ANALYZE collects executor.trace.ScanTrace here


@dataclass(slots=True)
class Result:
    """Rows come as chunks, lazily; `tag` is the command tag and final once the chunks are exhausted."""

    columns: tuple[ResultColumn, ...] | None
    chunks: Iterator[Chunk]
    tag: str = "SELECT 0"
