"""The transaction state of a session: idle, in a block, or failed; explicit blocks and implicit transactions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal, cast

from vecsql.errors import (
    ActiveSqlTransaction,
    InFailedSqlTransaction,
    InvalidSavepointSpecification,
    NoActiveSqlTransaction,
)
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.foreign_keys import run_deferred
from vecsql.session.advisory import AdvisoryLocks
from vecsql.settings import Settings
from vecsql.storage.interface import Engine, Transaction

Status = Literal["I", "T", "E"]  # as ReadyForQuery reports it


# The settings of a transaction and those that a new one takes them from.
_DEFAULTED = tuple(
    (f"transaction_{name}", f"default_transaction_{name}")
    for name in ("isolation", "read_only", "deferrable")
)


class Transactions:
    """Begins and ends the engine's transactions for one session.

    `status` is I when no block is open, even while an implicit transaction runs. The engine's transaction starts
    with the first statement that needs one, so BEGIN itself costs nothing. `on_end(committed)` runs after each end.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        ctx: ExecContext,
        advisory: AdvisoryLocks,
        on_end: Callable[[bool], None],
    ) -> None:
        self.status: Status = "I"
        self.wrote = False  # its commit has something to make durable
        self._engine = engine
        self._settings = settings
        self._ctx = ctx
        self._advisory = advisory
        self._on_end = on_end
        self._scope = False  # a transaction, explicit or implicit, has begun
        self._txn: Transaction | None = None
        self._savepoints: list[str] = []

    @property
    def current(self) -> Transaction | None:
        """The engine's transaction, when one has started."""
        return self._txn

    @property
    def is_open(self) -> bool:
        """Whether a transaction, explicit or implicit, has begun."""
        return self._scope

    @property
    def in_block(self) -> bool:
        return self.status != "I"

    def check_usable(self) -> None:
        """Raise 25P02 in a failed block."""
        if self.status == "E":
            raise InFailedSqlTransaction(
                "current transaction is aborted, commands ignored until end of transaction block"
            )

    def require_block(self, command: str) -> None:
        """Raise 25P01 for a command that makes sense only in a block."""
        if self.status == "I":
            raise NoActiveSqlTransaction(f"{command} can only be used in transaction blocks")

    def start_statement(self) -> Transaction:
        """The engine's transaction for the next statement, begun if need be."""
        if self._txn is not None:
            self._txn.begin_statement()
            return self._txn
        self.open_scope()
        self._txn = self._engine.begin(
            isolation=self._settings.get("transaction_isolation"),
            read_only=self._settings.get("transaction_read_only"),
            process_id=self._ctx.backend_pid,
            cancel=self._ctx.cancel,
            lock_timeout=self.lock_timeout,
        )
        self._ctx.txn = self._txn
        return self._txn

    def open_scope(self) -> None:
        """A transaction begins, as settings and now() see it."""
        if self._scope:
            return
        self._scope = True
        self._ctx.now = datetime.now(UTC)
        settings = self._settings
        settings.begin()
        for name, default_name in _DEFAULTED:
            default = settings.get(default_name)
            if default != settings.get(name):
                settings.force(name, default, local=True)

    def begin(self, modes: dict[str, str]) -> None:
        """BEGIN. `modes` are settings by name: transaction_isolation, transaction_read_only ..."""
        self.check_usable()
        if self.status == "T":
            self._warn("25001", "there is already a transaction in progress")
        self.open_scope()
        self.status = "T"
        self.set_modes(modes)

    def set_modes(self, modes: dict[str, str]) -> None:
        """SET TRANSACTION: before the first query only, but for turning READ ONLY on."""
        if self._txn is not None and "transaction_isolation" in modes:
            wanted = modes["transaction_isolation"]
            if wanted != self._settings.get("transaction_isolation"):
                raise ActiveSqlTransaction(
                    "SET TRANSACTION ISOLATION LEVEL must be called before any query"
                )
        if self._txn is not None and modes.get("transaction_read_only") == "off":
            raise ActiveSqlTransaction("transaction read-write mode must be set before any query")
        for name, value in modes.items():
            self._settings.set(name, value, local=True)

    def commit(self, *, chain: bool = False) -> str:
        """COMMIT; gives the tag, which is ROLLBACK for a failed block."""
        if self.status == "E":
            self.rollback(chain=chain)
            return "ROLLBACK"
        self._require_progress(chain, "COMMIT AND CHAIN")
        modes = self._modes() if chain else None
        self._commit()
        self._chain(modes)
        return "COMMIT"

    def rollback(self, *, chain: bool = False) -> str:
        self._require_progress(chain, "ROLLBACK AND CHAIN")
        modes = self._modes() if chain else None
        self._rollback()
        self._chain(modes)
        return "ROLLBACK"

    def savepoint(self, name: str) -> None:
        self.check_usable()
        self.require_block("SAVEPOINT")
        (self._txn or self.start_statement()).savepoint(name)
        self._settings.savepoint(name)
        self._savepoints.append(name)
        self._advisory.depth = len(self._savepoints)

    def release(self, name: str) -> None:
        self.check_usable()
        self.require_block("RELEASE SAVEPOINT")
        index = self._savepoint_index(name)
        assert self._txn is not None
        self._txn.release(name)
        self._settings.release(name)
        del self._savepoints[index:]
        self._advisory.release_savepoint(index)

    def rollback_to(self, name: str) -> None:
        self.require_block("ROLLBACK TO SAVEPOINT")
        index = self._savepoint_index(name)
        assert self._txn is not None
        self._txn.rollback_to(name)
        self._settings.rollback_to(name)
        del self._savepoints[index + 1 :]
        self._advisory.rollback_to(index)
        self.status = "T"

    def fail(self) -> None:
        """A statement raised: an implicit transaction is rolled back, a block waits for its end.

        The block's locks are released at once unless a savepoint may still be returned to.
        """
        if self.status == "I":
            self._rollback()
            return
        self.status = "E"
        if not self._savepoints and self._txn is not None:
            self._txn.rollback()
            self._txn = None
            self._advisory.end_transaction()

    def finish_implicit(self) -> None:
        """Commit an implicit transaction: end of a simple query, Sync."""
        if self.status == "I" and self._scope:
            self._commit()

    def close(self) -> None:
        """The session ends: whatever is open is rolled back."""
        if self._scope:
            self._rollback()

    def _commit(self) -> None:
        txn = self._txn
        try:
            if txn is not None:
                run_deferred(self._ctx)
                txn.commit(synchronous=self._settings.get("synchronous_commit") != "off")
        except BaseException:
            self._rollback()
            raise
        self._ended(committed=True)

    def _rollback(self) -> None:
        txn, self._txn = self._txn, None
        try:
            if txn is not None:
                txn.rollback()
        finally:
            self._ended(committed=False)

    def _ended(self, *, committed: bool) -> None:
        self._txn = None
        self._ctx.deferred = None
        self._scope = self.wrote = False
        self._savepoints.clear()
        self._advisory.end_transaction()
        self.status = "I"
        if committed:
            self._settings.commit()
        else:
            self._settings.rollback()
        self._on_end(committed)

    def lock_timeout(self) -> float:
        """In seconds, 0: none."""
        return cast(int, self._settings.get("lock_timeout")) / 1000

    def _require_progress(self, chain: bool, command: str) -> None:
        if self.status == "I":
            if chain:
                self.require_block(command)
            self._warn("25P01", "there is no transaction in progress")

    def _modes(self) -> dict[str, str]:
        names = ("transaction_isolation", "transaction_read_only", "transaction_deferrable")
        return {name: self._settings.show(name) for name in names}

    def _chain(self, modes: dict[str, str] | None) -> None:
        if modes is not None:
            self.begin(modes)

    def _savepoint_index(self, name: str) -> int:
        for index in range(len(self._savepoints) - 1, -1, -1):
            if self._savepoints[index] == name:
                return index
        raise InvalidSavepointSpecification(f'savepoint "{name}" does not exist')

    def _warn(self, sqlstate: str, message: str) -> None:
        self._ctx.notify(Notice("WARNING", message, sqlstate))
