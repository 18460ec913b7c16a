"""Two sessions that write the same rows: waiting, running again on the newest version, and lost updates."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from vecsql.session.session import Session
from vecsql.storage.engine import StorageEngine, open_engine


@pytest.fixture
def engine() -> Iterator[StorageEngine]:
    opened = open_engine(":memory:")
    yield opened
    opened.close()


def run(session: Session, sql: str) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for _, result in session.simple(sql):
        for chunk in result.chunks:
            rows += zip(
                *(c.to_pylist() if hasattr(c, "to_pylist") else list(c) for c in chunk.columns),
                strict=True,
            )
    return rows


def in_threads(engine: StorageEngine, count: int, statements: list[str], times: int) -> None:
    """Run the statements `times` times in each of `count` sessions at once."""
    failures: list[BaseException] = []

    def work() -> None:
        session = Session(engine)
        try:
            for _ in range(times):
                for sql in statements:
                    run(session, sql)
        except BaseException as error:
            failures.append(error)
        finally:
            session.close()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE t SET n = n + 1 WHERE id = 1",
        "UPDATE t SET n = n + 1 WHERE id > 0",
        "INSERT INTO t VALUES (1, 1) ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n",
    ],
)
def test_no_increment_is_lost(engine: StorageEngine, sql: str) -> None:
    session = Session(engine)
    run(session, "CREATE TABLE t (id int PRIMARY KEY, n int)")
    run(session, "INSERT INTO t VALUES (1, 0)")
    in_threads(engine, 4, [sql], 15)
    assert run(session, "SELECT n FROM t") == [(60,)]
    session.close()


def test_each_row_is_deleted_once(engine: StorageEngine) -> None:
    session = Session(engine)
    run(session, "CREATE TABLE t (id int PRIMARY KEY)")
    run(session, "CREATE TABLE log (id int)")
    run(session, "INSERT INTO t SELECT g FROM generate_series(1, 20) g")
    in_threads(engine, 3, ["DELETE FROM t WHERE id = (SELECT min(id) FROM t)"], 8)
    left = run(session, "SELECT count(*) FROM t")[0][0]
    assert isinstance(left, int)
    assert left <= 12
    session.close()


def test_concurrent_create_table(engine: StorageEngine) -> None:
    session = Session(engine)

    def create(number: int) -> None:
        other = Session(engine)
        run(other, f"CREATE TABLE t{number} (id serial PRIMARY KEY)")
        run(other, f"INSERT INTO t{number} DEFAULT VALUES")
        other.close()

    threads = [threading.Thread(target=create, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(engine.snapshot().catalog.tables) == 6
    for number in range(6):
        assert run(session, f"SELECT id FROM t{number}") == [(1,)]
    session.close()
