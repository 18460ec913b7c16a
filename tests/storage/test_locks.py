"""Locks: sharing, waiting, deadlock, time-out, cancel, release to a mark."""

from __future__ import annotations

import threading

import pytest

from vecsql import errors
from vecsql.storage.locks import LockManager, Owner


@pytest.fixture
def locks() -> LockManager:
    return LockManager()


def test_shared_locks_go_together_and_exclude_exclusive(locks: LockManager) -> None:
    one, two, three = Owner(1), Owner(2), Owner(3)
    assert locks.acquire(one, "t", shared=True) is False
    assert locks.acquire(two, "t", shared=True) is False
    assert not locks.try_acquire(three, "t")
    locks.release(one)
    assert not locks.try_acquire(three, "t")
    assert locks.try_acquire(two, "t")  # the only sharer may go exclusive
    locks.release(two)
    assert locks.try_acquire(three, "t")


def test_waits_until_released(locks: LockManager) -> None:
    holder, waiter = Owner(1), Owner(2)
    locks.acquire(holder, "row")
    order = []

    def wait() -> None:
        assert locks.acquire(waiter, "row") is True
        order.append("got it")

    thread = threading.Thread(target=wait)
    thread.start()
    order.append("released")
    locks.release(holder)
    thread.join()
    assert order == ["released", "got it"]


def test_deadlock_names_processes_and_transactions(locks: LockManager) -> None:
    one, two = Owner(11, process_id=101), Owner(12, process_id=102)
    locks.acquire(one, "a")
    locks.acquire(two, "b")
    waiting = threading.Thread(target=locks.acquire, args=(one, "b"))
    waiting.start()
    with locks._changed:
        while one.waiting_for is None:
            locks._changed.wait(0.01)
    with pytest.raises(errors.DeadlockDetected) as caught:
        locks.acquire(two, "a")
    assert caught.value.sqlstate == "40P01"
    assert caught.value.detail == (
        "Process 102 waits for ShareLock on transaction 11; blocked by process 101.\n"
        "Process 101 waits for ShareLock on transaction 12; blocked by process 102."
    )
    locks.release(two)
    waiting.join()
    assert one.held == ["a", "b"]


def test_lock_timeout(locks: LockManager) -> None:
    locks.acquire(Owner(1), "a")
    with pytest.raises(errors.LockNotAvailable, match="canceling statement due to lock timeout"):
        locks.acquire(Owner(2, lock_timeout=lambda: 0.01), "a")


def test_cancel_ends_a_wait(locks: LockManager) -> None:
    cancel = threading.Event()
    cancel.set()
    locks.acquire(Owner(1), "a")
    with pytest.raises(errors.QueryCanceled):
        locks.acquire(Owner(2, cancel=cancel), "a")


def test_release_to_a_mark_keeps_earlier_locks(locks: LockManager) -> None:
    one, two = Owner(1), Owner(2)
    locks.acquire(one, "a")
    mark = len(one.held)
    locks.acquire_all(one, ["a", "b", "c"])
    locks.release(one, mark)
    assert not locks.try_acquire(two, "a")
    assert locks.try_acquire(two, "b")
    assert locks.try_acquire(two, "c")


def test_wait_until_free_takes_nothing(locks: LockManager) -> None:
    one, two = Owner(1), Owner(2)
    assert locks.wait_until_free(one, "a") is False
    locks.acquire(two, "a")
    waiter = threading.Thread(target=locks.wait_until_free, args=(one, "a"))
    waiter.start()
    locks.release(two)
    waiter.join()
    assert one.held == []
    assert locks.try_acquire(two, "a")
