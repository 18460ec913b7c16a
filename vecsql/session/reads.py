"""Statements that only read tables, outside a transaction block: a snapshot serves where a transaction would."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar, cast

from vecsql.errors import QueryCanceled
from vecsql.executor.context import Result
from vecsql.executor.operators import execute_plan
from vecsql.session.statements import Statement
from vecsql.storage.interface import Snapshot, Transaction
from vecsql.types.datetimes import SESSION_ZONE

if TYPE_CHECKING:
    from vecsql.session.session import Session

_T = TypeVar("_T")
_NO_TRANSACTION = cast(Transaction, None)


class Pinned:
    """What operators that only read ask of a transaction."""

    __slots__ = ("_snapshot",)

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def snapshot(self) -> Snapshot:
        return self._snapshot


class Reads:
    """Runs pure plans (planner.purity) for one session without beginning and ending a transaction.

    Nothing of a statement's life is missing but what such a plan cannot need; where a setting wants more (a time-out),
    or a transaction is open, `possible()` says no and the ordinary way is taken.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._version = -1  # of the settings that `_unlimited` and `_zone` come from
        self._unlimited = False
        self._zone: Any = UTC

    def possible(self) -> bool:
        """Whether the session is in the state for it."""
        session = self._session
        if session.settings.version != self._version:
            self._learn()
        return (
            self._unlimited
            and not session.transactions.is_open
            and session.transactions.status == "I"
            and not session.portals
            and session.ended_by is None
        )

    def _learn(self) -> None:
        settings = self._session.settings
        self._version = settings.version
        self._unlimited = not any(
            settings.get(name)
            for name in ("statement_timeout", "transaction_timeout", "idle_session_timeout")
        )
        self._zone = self._session.text_format().time_zone

    def suits(self, statement: Statement) -> bool:
        """Whether the statement is one for it, and its plan still holds."""
        prepared = statement.prepared
        return (
            prepared is not None
            and prepared.pure
            and not statement.slow
            and not self._session.planner.is_stale(statement)
        )

    def run(
        self,
        statement: Statement,
        snapshot: Snapshot,
        params: Sequence[Any],
        take: Callable[[Result], _T],
    ) -> _T:
        """What `take` makes of the result, whose rows it must read. Raises Errors only, as Session.run() does."""
        session, prepared = self._session, statement.prepared
        assert prepared is not None
        ctx = session.ctx
        if ctx.cancel.is_set():
            ctx.cancel.clear()
        session.busy = True
        session.query = statement.text
        ctx.now = ctx.statement_time = session.query_start = datetime.now(UTC)
        ctx.txn = cast(Transaction, Pinned(snapshot))
        zone = self._zone
        if zone is not UTC:
            SESSION_ZONE.set(zone)
        try:
            result = execute_plan(prepared.plan, ctx, params)
            if ctx.cancel.is_set():
                raise QueryCanceled("canceling statement due to user request")
            return take(result)
        except BaseException as raised:
            raise session.failed(raised, statement.text) from raised
        finally:
            session.busy = False
            ctx.txn = _NO_TRANSACTION
            if zone is not UTC:
                SESSION_ZONE.set(UTC)
