"""What the sessions of one open database share: the list of them, notification channels, the plan cache, timers."""

from __future__ import annotations

import itertools
import secrets
import threading
import weakref
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from vecsql.planner.statement import PreparedStatement
from vecsql.session.deadlines import Deadlines
from vecsql.session.plan_cache import PlanCache
from vecsql.storage.interface import Engine

if TYPE_CHECKING:
    from vecsql.session.session import Session

# Backend "process ids" are unique in the process, over all databases, so that a cancel key names one session.
_pids = itertools.count(1)
_hubs: weakref.WeakKeyDictionary[Any, Hub] = weakref.WeakKeyDictionary()
_hubs_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Notification:
    """A NOTIFY on its way to a listener."""

    pid: int
    channel: str
    payload: str


class Hub:
    """Shared by all sessions of an engine; safe to call from any thread."""

    def __init__(self) -> None:
        self.plans: PlanCache[PreparedStatement] = PlanCache()
        self.lifted: PlanCache[PreparedStatement | Literal[False]] = (
            PlanCache()
        )  # see session.lifting
        self.deadlines = Deadlines()
        self._lock = threading.Lock()
        self._sessions: dict[int, Session] = {}
        self._listeners: dict[str, set[Session]] = {}

    def join(self, session: Session) -> tuple[int, bytes]:
        """Register a session; gives its pid and its secret cancel key."""
        pid = next(_pids)
        with self._lock:
            self._sessions[pid] = session
        return pid, secrets.token_bytes(4)

    def leave(self, session: Session) -> None:
        with self._lock:
            self._sessions.pop(session.pid, None)
            for listeners in self._listeners.values():
                listeners.discard(session)

    def session(self, pid: int) -> Session | None:
        return self._sessions.get(pid)

    def sessions(self) -> list[Session]:
        with self._lock:
            return list(self._sessions.values())

    def activity(self) -> list[dict[str, Any]]:
        """The rows of pg_stat_activity."""
        return [session.activity() for session in self.sessions()]

    def advisory_locks(self) -> list[dict[str, Any]]:
        """The rows of pg_locks for advisory locks, held and waited for."""
        return [row for session in self.sessions() for row in session.advisory.rows()]

    def listen(self, session: Session, channel: str) -> None:
        with self._lock:
            self._listeners.setdefault(channel, set()).add(session)

    def unlisten(self, session: Session, channel: str | None) -> None:
        """Stop listening on one channel, or on all (None)."""
        with self._lock:
            for name, listeners in self._listeners.items():
                if channel is None or name == channel:
                    listeners.discard(session)

    def channels(self, session: Session) -> list[str]:
        with self._lock:
            return sorted(name for name, who in self._listeners.items() if session in who)

    def publish(self, notifications: Iterable[Notification]) -> None:
        for notification in notifications:
            with self._lock:
                listeners = list(self._listeners.get(notification.channel, ()))
            for session in listeners:
                session.deliver(notification)


def hub_of(engine: Engine, make: Callable[[], Hub] = Hub) -> Hub:
    """The one hub of an engine."""
    with _hubs_lock:
        hub = _hubs.get(engine)
        if hub is None:
            hub = _hubs[engine] = make()
        return hub
