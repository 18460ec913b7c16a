"""Cancel, time-outs, notifications, notices, internal errors, pg_stat_activity."""

from __future__ import annotations

import threading

import pytest

from tests.session.conftest import Run, run_in
from vecsql import errors
from vecsql.executor.context import Notice
from vecsql.session.deadlines import Deadlines
from vecsql.session.failures import as_error
from vecsql.session.session import Session
from vecsql.storage.engine import StorageEngine


@pytest.fixture
def locked(engine: StorageEngine, run: Run) -> Session:
    """A session that holds a lock on the only row of t."""
    run("CREATE TABLE t (id int PRIMARY KEY, n int)")
    run("INSERT INTO t VALUES (1, 0)")
    holder = Session(engine)
    run_in(holder)("BEGIN; UPDATE t SET n = 1 WHERE id = 1")
    return holder


def test_statement_timeout_ends_a_wait(run: Run, locked: Session) -> None:
    run("SET statement_timeout = 50")
    with pytest.raises(errors.QueryCanceled, match="canceling statement due to statement timeout"):
        run("UPDATE t SET n = 2 WHERE id = 1")
    locked.close()
    run("UPDATE t SET n = 2 WHERE id = 1")


def test_lock_timeout(run: Run, locked: Session) -> None:
    run("SET lock_timeout = 50")
    with pytest.raises(errors.LockNotAvailable, match="canceling statement due to lock timeout"):
        run("UPDATE t SET n = 2 WHERE id = 1")


def test_cancel_ends_a_wait(run: Run, session: Session, locked: Session) -> None:
    failures: list[BaseException] = []

    def wait() -> None:
        try:
            run("UPDATE t SET n = 2 WHERE id = 1")
        except errors.Error as error:
            failures.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    while waiting.is_alive():
        session.cancel()
        waiting.join(0.01)
    assert str(failures[0]) == "canceling statement due to user request"


def test_a_cancel_between_statements_does_nothing(run: Run, session: Session) -> None:
    session.cancel()
    assert run("SHOW jit") == [("on",)]


def test_notifications_arrive_at_commit(engine: StorageEngine, run: Run, session: Session) -> None:
    listener = Session(engine)
    listen = run_in(listener)
    listen("LISTEN news")
    run("BEGIN; NOTIFY news, 'one'; NOTIFY news, 'one'; NOTIFY other")
    assert not listener.notifications
    run("COMMIT")
    assert [(n.pid, n.channel, n.payload) for n in listener.notifications] == [
        (session.pid, "news", "one")
    ]
    listener.notifications.clear()
    run("BEGIN; NOTIFY news; ROLLBACK")
    listen("UNLISTEN *")
    run("NOTIFY news")
    assert not listener.notifications
    listener.close()


def test_client_min_messages(run: Run, session: Session) -> None:
    seen: list[Notice] = []
    session.on_notice = seen.append
    run("SET client_min_messages = error")
    run("COMMIT")
    assert seen == []


def test_an_unknown_exception_becomes_an_internal_error(caplog: pytest.LogCaptureFixture) -> None:
    error = as_error(KeyError("x"), "SELECT 1")
    assert (error.sqlstate, error.message) == ("XX000", "internal error: KeyError: 'x'")
    assert "SELECT 1" in caplog.text


def test_activity_lists_the_sessions(engine: StorageEngine, run: Run, session: Session) -> None:
    run("SET application_name = 'me'")
    rows = {row["pid"]: row for row in session.hub.activity()}
    assert rows[session.pid]["application_name"] == "me"
    assert rows[session.pid]["state"] == "idle"
    run("BEGIN")
    assert session.activity()["state"] == "idle in transaction"


def test_deadlines_fire_in_order_and_can_be_cancelled() -> None:
    deadlines = Deadlines()
    fired: list[str] = []
    last = threading.Event()
    deadlines.after(0.02, lambda: (fired.append("b"), last.set()))  # type: ignore[func-returns-value]
    cancelled = deadlines.after(0.01, lambda: fired.append("cancelled"))
    deadlines.after(0.0, lambda: fired.append("a"))
    cancelled.cancel()
    assert last.wait(5)
    assert fired == ["a", "b"]
