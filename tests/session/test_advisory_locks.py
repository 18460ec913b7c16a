"""Advisory locks between two sessions: both scopes, both modes, both key spaces, waiting, deadlock, release."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.session.conftest import Run, run_in
from vecsql import errors
from vecsql.session.session import Session
from vecsql.storage.engine import StorageEngine


@pytest.fixture
def other(engine: StorageEngine) -> Iterator[Session]:
    opened = Session(engine)
    yield opened
    opened.close()


def free(run: Run, key: str = "1") -> bool:
    """Whether a session may take the lock; it keeps nothing."""
    run("BEGIN")
    taken = bool(run(f"SELECT pg_try_advisory_xact_lock({key})")[0][0])
    run("ROLLBACK")
    return taken


def until_waiting(session: Session) -> None:
    """Return when the session waits for an advisory or another lock."""
    locks = session.engine.locks
    with locks._changed:
        while not any(owner.process_id == session.pid for owner in locks._waiting):
            locks._changed.wait(0.01)


def test_a_session_lock_excludes_others_until_unlocked_as_often(run: Run, other: Session) -> None:
    run_other = run_in(other)
    assert run("SELECT pg_advisory_lock(1)") == [("",)]
    assert run("SELECT pg_try_advisory_lock(1)") == [(True,)]
    assert not free(run_other)
    assert [free(run_other, key) for key in ("2", "0, 1")] == [True, True]
    run("SELECT pg_advisory_unlock(1)")
    assert not free(run_other)
    assert run("SELECT pg_advisory_unlock(1)") == [(True,)]
    assert free(run_other)


def test_unlocking_what_one_has_not_warns(session: Session, run: Run) -> None:
    warnings: list[str] = []
    session.on_notice = lambda notice: warnings.append(notice.message)
    assert run("SELECT pg_advisory_unlock(1), pg_advisory_unlock_shared(1, 2)") == [(False, False)]
    assert sorted(warnings) == [
        "you don't own a lock of type ExclusiveLock",
        "you don't own a lock of type ShareLock",
    ]


def test_shared_locks_go_together(run: Run, other: Session) -> None:
    run_other = run_in(other)
    run("SELECT pg_advisory_lock_shared(1)")
    assert run_other("SELECT pg_try_advisory_lock_shared(1)") == [(True,)]
    assert run("SELECT pg_try_advisory_lock(1)") == [(False,)]
    run_other("SELECT pg_advisory_unlock_shared(1)")
    assert run("SELECT pg_try_advisory_lock(1)") == [(True,)]
    assert run_other("SELECT pg_try_advisory_lock_shared(1)") == [(False,)]
    run("SELECT pg_advisory_unlock(1)")  # what remains is shared again
    assert run_other("SELECT pg_try_advisory_lock_shared(1)") == [(True,)]


@pytest.mark.parametrize("end", ["COMMIT", "ROLLBACK"])
def test_a_transaction_lock_ends_with_the_transaction(run: Run, other: Session, end: str) -> None:
    run("BEGIN")
    run("SELECT pg_advisory_xact_lock(1), pg_advisory_lock(2)")
    assert not free(run_in(other))
    run(end)
    assert free(run_in(other))
    assert not free(run_in(other), "2")
    run("SELECT pg_advisory_unlock_all()")
    assert free(run_in(other), "2")


def test_a_failed_statement_gives_transaction_locks_back(run: Run, other: Session) -> None:
    run("BEGIN")
    run("SELECT pg_advisory_xact_lock(1)")
    with pytest.raises(errors.DivisionByZero):
        run("SELECT 1/0")
    assert free(run_in(other))
    run("ROLLBACK")


def test_rollback_to_a_savepoint_gives_back_what_came_after(run: Run, other: Session) -> None:
    run("BEGIN")
    run("SELECT pg_advisory_xact_lock(1)")
    run("SAVEPOINT a")
    run("SELECT pg_advisory_xact_lock(2)")
    run("SAVEPOINT b")
    run("SELECT pg_advisory_xact_lock(3)")
    run("RELEASE b")
    run("ROLLBACK TO a")
    assert [free(run_in(other), key) for key in "123"] == [False, True, True]
    run("COMMIT")


def test_a_session_that_ends_gives_its_locks_back(run: Run, engine: StorageEngine) -> None:
    leaving = Session(engine)
    run_in(leaving)("SELECT pg_advisory_lock(1)")
    assert not free(run)
    leaving.close()
    assert free(run)


def test_a_waiter_gets_the_lock_and_is_seen_waiting(run: Run, other: Session) -> None:
    run("SELECT pg_advisory_lock(-1), pg_advisory_lock(4, 5)")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run_in(other), "SELECT pg_advisory_lock(-1)")
        until_waiting(other)
        shown = run(
            "SELECT classid::bigint, objid::bigint, objsubid, mode, granted FROM pg_locks"
            " WHERE locktype = 'advisory' ORDER BY 1, 5"
        )
        assert shown == [
            (4, 5, 2, "ExclusiveLock", True),
            (4294967295, 4294967295, 1, "ExclusiveLock", False),
            (4294967295, 4294967295, 1, "ExclusiveLock", True),
        ]
        run("SELECT pg_advisory_unlock(-1)")
        waiting.result(30)
    assert not free(run, "-1")


def test_cancel_and_lock_timeout_end_the_wait(run: Run, other: Session) -> None:
    run("SELECT pg_advisory_lock(1)")
    run_other = run_in(other)
    run_other("SET lock_timeout = 10")
    with pytest.raises(errors.LockNotAvailable):
        run_other("SELECT pg_advisory_lock(1)")
    run_other("SET lock_timeout = 0")
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run_other, "SELECT pg_advisory_lock(1)")
        until_waiting(other)
        assert run(f"SELECT pg_cancel_backend({other.pid})") == [(True,)]
        with pytest.raises(errors.QueryCanceled):
            waiting.result(30)


def test_deadlock_over_an_advisory_lock_and_a_row(
    run: Run, session: Session, other: Session
) -> None:
    run_other = run_in(other)
    run("CREATE TABLE t (id int PRIMARY KEY, n int)")
    run("INSERT INTO t VALUES (1, 0)")
    run("SELECT pg_advisory_lock(1)")
    run_other("BEGIN")
    run_other("UPDATE t SET n = 1")
    failed: list[BaseException] = []

    def update() -> None:
        run("UPDATE t SET n = 2")

    thread = threading.Thread(target=update)
    thread.start()
    until_waiting(session)
    try:
        run_other("SELECT pg_advisory_lock(1)")
    except errors.DeadlockDetected as error:
        failed.append(error)
    run_other("ROLLBACK")
    thread.join()
    assert len(failed) == 1
