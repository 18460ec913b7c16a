"""Locks on rows, keys, tables and the catalog, held to the end of a transaction, with deadlock detection.

A lock is shared or exclusive and named by any hashable. A transaction that has to wait looks for a cycle in the
wait-for graph first (the usual scheme: Gray and Reuter, Transaction Processing, 7.11) and gives up if it would close one.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field

from vecsql import errors

CHECK_EVERY = 4096  # locks taken between looks at the cancel event
POLL = 0.05  # seconds between looks at the cancel event while waiting


@dataclass(eq=False, slots=True)
class Owner:
    """Who holds locks: one transaction, or a session with its advisory locks. The optional parts are the session's."""

    transaction_id: int
    process_id: int = 0
    cancel: threading.Event | None = None
    lock_timeout: Callable[[], float] | None = None  # seconds, 0: wait for ever
    held: list[Hashable] = field(default_factory=list)  # in the order taken
    waiting_for: tuple[Hashable, bool] | None = None  # (lock, shared)

    def check_canceled(self) -> None:
        """Raise QueryCanceled when the session has been told to stop."""
        if self.cancel is not None and self.cancel.is_set():
            raise errors.QueryCanceled("canceling statement due to user request")

    def is_of_session(self, other: Owner) -> bool:
        """Whether both wait and run as one: a session's transaction and its advisory locks do."""
        return self is other or 0 != self.process_id == other.process_id


_Holder = Owner | set[Owner]  # the one with the exclusive lock, or those who share it


def _blockers(holder: _Holder | None, owner: Owner, shared: bool) -> set[Owner]:
    """Whom `owner` has to wait for."""
    if isinstance(holder, Owner):
        return set() if holder is owner else {holder}
    return set() if shared or holder is None else holder - {owner}


class LockManager:
    """All locks of an open database."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: set[Owner] = set()
        self._locks: dict[Hashable, _Holder] = {}

    def acquire(
        self, owner: Owner, name: Hashable, *, shared: bool = False, what: str = ""
    ) -> bool:
        """Take a lock, waiting as long as needed; True if it had to wait.

        Raises DeadlockDetected, LockNotAvailable (lock_timeout), QueryCanceled.
        """
        with self._changed:
            if self._take(owner, name, shared):
                return False
            self._wait(owner, name, shared, what)
            self._take(owner, name, shared)
            return True

    def acquire_all(self, owner: Owner, names: Iterable[Hashable], what: str = "") -> bool:
        """Take many exclusive locks; True if it had to wait for one."""
        waited = False
        with self._changed:
            locks, held = self._locks, owner.held
            for number, name in enumerate(names, 1):
                if not number % CHECK_EVERY:
                    _check(owner, None)
                if name not in locks:  # nearly always: worth being fast for bulk loads
                    locks[name] = owner
                    held.append(name)
                elif not self._take(owner, name, False):
                    self._wait(owner, name, False, what)
                    self._take(owner, name, False)
                    waited = True
        return waited

    def try_acquire(self, owner: Owner, name: Hashable, *, shared: bool = False) -> bool:
        """Take a lock if nobody else stands in the way."""
        with self._changed:
            return self._take(owner, name, shared)

    def release_one(self, owner: Owner, name: Hashable) -> None:
        """Give back one lock before the others."""
        with self._changed:
            owner.held.remove(name)
            self._give_back(owner, name)
            self._changed.notify_all()

    def share(self, owner: Owner, name: Hashable) -> None:
        """Turn a lock held exclusively into a shared one."""
        with self._changed:
            if self._locks[name] is owner:
                self._locks[name] = {owner}
                self._changed.notify_all()

    def wait_until_free(self, owner: Owner, name: Hashable, what: str = "") -> bool:
        """Wait for the holder of a lock without taking it; False if another holds it no more from the start."""
        with self._changed:
            if not _blockers(self._locks.get(name), owner, False):
                return False
            self._wait(owner, name, False, what)
            return True

    def release(self, owner: Owner, mark: int = 0) -> None:
        """Give back the locks taken since `mark` (an earlier len(owner.held))."""
        if len(owner.held) == mark:
            return
        with self._changed:
            for name in owner.held[mark:]:
                self._give_back(owner, name)
            del owner.held[mark:]
            if self._waiting:
                self._changed.notify_all()

    def _give_back(self, owner: Owner, name: Hashable) -> None:
        holder = self._locks[name]
        if isinstance(holder, set) and len(holder) > 1:
            holder.discard(owner)
        else:
            del self._locks[name]

    def _take(self, owner: Owner, name: Hashable, shared: bool) -> bool:
        holder = self._locks.get(name)
        if holder is owner or (shared and isinstance(holder, set) and owner in holder):
            return True
        if _blockers(holder, owner, shared):
            return False
        if holder is None or (isinstance(holder, set) and owner not in holder):
            owner.held.append(name)
        if not shared:
            self._locks[name] = owner
        elif isinstance(holder, set):
            holder.add(owner)
        else:
            self._locks[name] = {owner}
        return True

    def _wait(self, owner: Owner, name: Hashable, shared: bool, what: str) -> None:
        deadline = self._deadline(owner)
        owner.waiting_for = (name, shared)
        self._waiting.add(owner)
        try:
            while blockers := _blockers(self._locks.get(name), owner, shared):
                cycle = self._cycle(owner, blockers)
                if cycle:
                    raise _deadlock(cycle, what)
                self._changed.wait(self._patience(owner, deadline))
                _check(owner, deadline)
        finally:
            owner.waiting_for = None
            self._waiting.discard(owner)

    @staticmethod
    def _deadline(owner: Owner) -> float | None:
        seconds = owner.lock_timeout() if owner.lock_timeout else 0
        return time.monotonic() + seconds if seconds else None

    @staticmethod
    def _patience(owner: Owner, deadline: float | None) -> float | None:
        left = None if deadline is None else max(deadline - time.monotonic(), 0)
        if owner.cancel is None:
            return left
        return POLL if left is None else min(POLL, left)

    def _cycle(self, owner: Owner, blockers: set[Owner]) -> list[Owner]:
        """The owners of a wait cycle through `owner`, beginning with it; empty if there is none."""
        seen: set[Owner] = set()
        paths = [[owner, b] for b in blockers]
        while paths:
            path = paths.pop()
            last = path[-1]
            if last.is_of_session(owner):
                return path[:-1]
            waiter = next((w for w in self._waiting if w.is_of_session(last)), None)
            if waiter in seen or waiter is None or waiter.waiting_for is None:
                continue
            seen.add(waiter)
            name, shared = waiter.waiting_for
            paths.extend([*path, b] for b in _blockers(self._locks.get(name), waiter, shared))
        return []


def _check(owner: Owner, deadline: float | None) -> None:
    owner.check_canceled()
    if deadline is not None and time.monotonic() >= deadline:
        raise errors.LockNotAvailable("canceling statement due to lock timeout")


def _deadlock(cycle: list[Owner], what: str) -> errors.Error:
    lines = [
        f"Process {waiter.process_id} waits for ShareLock on transaction {holder.transaction_id}; "
        f"blocked by process {holder.process_id}."
        for waiter, holder in zip(cycle, [*cycle[1:], cycle[0]], strict=True)
    ]
    return errors.DeadlockDetected(
        "deadlock detected",
        detail="\n".join(lines),
        hint="See server log for query details.",
        where=what or None,
    )
