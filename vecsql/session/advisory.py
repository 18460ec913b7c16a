"""Advisory locks of one session: held by the session until unlocked, or by its transaction until that ends."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from vecsql.catalog.advisory_functions import Key
from vecsql.executor.context import Notice
from vecsql.storage.locks import LockManager, Owner

Name = tuple[str, Key]


@dataclass(slots=True)
class _Held:
    """One call's lock. `depth`: savepoints open when the transaction took it; None: the session's."""

    name: Name
    shared: bool
    depth: int | None


class AdvisoryLocks:
    """Counts what the session holds; the lock manager excludes the others.

    A session has one owner for both scopes, so that it never waits for itself. A lock taken twice must be unlocked twice.
    """

    def __init__(self, locks: LockManager, owner: Owner, context: Any) -> None:
        self._locks = locks
        self._owner = owner
        self._context = context
        self._held: list[_Held] = []
        self.depth = 0  # savepoints open in the transaction

    def lock(self, key: Key, *, shared: bool, transaction: bool) -> None:
        """Take a lock, waiting for it. Raises DeadlockDetected, LockNotAvailable, QueryCanceled."""
        self._locks.acquire(self._owner, ("advisory", key), shared=shared)
        self._note(key, shared, transaction)

    def try_lock(self, key: Key, *, shared: bool, transaction: bool) -> bool:
        taken = self._locks.try_acquire(self._owner, ("advisory", key), shared=shared)
        if taken:
            self._note(key, shared, transaction)
        return taken

    def unlock(self, key: Key, *, shared: bool) -> bool:
        """Give back one of the session's own; False, with a warning, if there is none."""
        for number, held in enumerate(self._held):
            if held.name[1] == key and held.shared == shared and held.depth is None:
                del self._held[number]
                self._settle({held.name})
                return True
        mode = "ShareLock" if shared else "ExclusiveLock"
        self._context.notify(Notice("WARNING", f"you don't own a lock of type {mode}", "01000"))
        return False

    def unlock_all(self) -> None:
        """Give back all that the session holds, not those of its transaction."""
        self._drop([held for held in self._held if held.depth is None])

    def end_transaction(self) -> None:
        self.depth = 0
        self._drop([held for held in self._held if held.depth is not None])

    def rollback_to(self, depth: int) -> None:
        """Give back what the transaction took since its savepoint number `depth` was set, which stays."""
        self.depth = depth + 1
        self._drop([h for h in self._held if h.depth is not None and h.depth > depth])

    def release_savepoint(self, depth: int) -> None:
        self.depth = depth
        for held in self._held:
            if held.depth is not None:
                held.depth = min(held.depth, depth)

    def rows(self) -> Iterator[dict[str, Any]]:
        """The session's rows of pg_locks."""
        for name, shared in {(held.name, held.shared) for held in list(self._held)}:
            yield self._row(name[1], shared, True)
        waiting: Any = self._owner.waiting_for
        if waiting is not None:
            yield self._row(waiting[0][1], waiting[1], False)

    def _row(self, key: Key, shared: bool, granted: bool) -> dict[str, Any]:
        number = key[0] % (1 << 64)
        high, low = divmod(number, 1 << 32) if len(key) == 1 else (k % (1 << 32) for k in key)
        return {
            "locktype": "advisory", "classid": high, "objid": low, "objsubid": len(key),
            "pid": self._owner.process_id, "mode": "ShareLock" if shared else "ExclusiveLock",
            "granted": granted, "fastpath": False,
        }  # fmt: skip

    def _note(self, key: Key, shared: bool, transaction: bool) -> None:
        self._held.append(_Held(("advisory", key), shared, self.depth if transaction else None))

    def _drop(self, dropped: list[_Held]) -> None:
        if dropped:
            self._held = [held for held in self._held if held not in dropped]
            self._settle({held.name for held in dropped})

    def _settle(self, names: set[Name]) -> None:
        """Bring the lock manager down to what is still held of these."""
        for name in names:
            modes = {held.shared for held in self._held if held.name == name}
            if not modes:
                self._locks.release_one(self._owner, name)
            elif modes == {True}:
                self._locks.share(self._owner, name)
