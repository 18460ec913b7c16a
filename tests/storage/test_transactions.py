"""Isolation, unique keys between transactions, savepoints, read-only, DDL in transactions."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.storage.items import (
    ITEMS,
    NAME,
    NAME_KEY,
    PKEY,
    TABLE,
    catalog,
    contents,
    create,
    delete,
    insert,
    rows,
    unique,
)  # fmt: skip
from vecsql import errors
from vecsql.storage.engine import StorageEngine, open_engine
from vecsql.storage.transaction import StorageTransaction


@pytest.fixture
def engine() -> Iterator[StorageEngine]:
    with open_engine(":memory:") as opened:
        create(opened)
        yield opened


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as executor:
        yield executor


def rowid(txn: StorageTransaction, key: int) -> np.ndarray:
    return np.array([txn.snapshot().table(ITEMS).find_key(PKEY, (key,))])


def until_waiting(engine: StorageEngine, txn: StorageTransaction, future: Future) -> None:
    """Return when the transaction, used by another thread, waits for a lock."""
    changed = engine.locks._changed
    with changed:
        while txn.owner.waiting_for is None:
            assert not future.done(), future.result()
            changed.wait(0.005)


def test_read_committed_moves_with_each_statement(engine: StorageEngine) -> None:
    txn = engine.begin()
    assert contents(txn.snapshot()) == {}
    insert(engine, [1])
    assert contents(txn.snapshot()) == {}
    txn.begin_statement()
    assert contents(txn.snapshot()).keys() == {1}


def test_repeatable_read_stays(engine: StorageEngine) -> None:
    insert(engine, [1])
    txn = engine.begin(isolation="repeatable read")
    txn.begin_statement()
    insert(engine, [2])
    delete(engine, 1)
    txn.begin_statement()
    assert contents(txn.snapshot()).keys() == {1}
    with pytest.raises(errors.SerializationFailure, match="due to concurrent"):
        txn.lock_rows(ITEMS, rowid(txn, 1))


def test_changed_row_asks_for_another_try(engine: StorageEngine) -> None:
    insert(engine, [1])
    txn = engine.begin()
    stale = rowid(txn, 1)
    with engine.begin() as other:
        other.lock_rows(ITEMS, stale)
        other.delete(ITEMS, stale)
        other.insert(ITEMS, rows([1], ["changed"]))
    assert txn.lock_rows(ITEMS, stale) is None
    txn.begin_statement()
    assert txn.lock_rows(ITEMS, rowid(txn, 1)) is not None


def test_second_writer_of_a_row_waits(engine: StorageEngine, pool: ThreadPoolExecutor) -> None:
    insert(engine, [1])
    first, second = engine.begin(), engine.begin()
    row = rowid(first, 1)
    second.begin_statement()
    first.lock_rows(ITEMS, row)
    first.delete(ITEMS, row)
    waiting = pool.submit(second.lock_rows, ITEMS, row)
    until_waiting(engine, second, waiting)
    first.rollback()
    assert waiting.result().tolist() == row.tolist()


def test_nowait_and_skip(engine: StorageEngine) -> None:
    insert(engine, [1, 2])
    holder, other = engine.begin(), engine.begin()
    holder.lock_rows(ITEMS, rowid(holder, 1))
    both = np.concatenate([rowid(other, 1), rowid(other, 2)])
    with pytest.raises(
        errors.LockNotAvailable, match='could not obtain lock on row in relation "items"'
    ):
        other.lock_rows(ITEMS, both, nowait=True)
    other.rollback()
    other = engine.begin()
    assert other.lock_rows(ITEMS, both, skip=True).tolist() == both[1:].tolist()


def test_duplicate_key_in_postgres_words(engine: StorageEngine) -> None:
    insert(engine, [1])
    with pytest.raises(errors.UniqueViolation) as caught:
        insert(engine, [5, 1])
    error = caught.value
    assert error.message == 'duplicate key value violates unique constraint "items_pkey"'
    assert error.detail == "Key (id)=(1) already exists."
    assert (error.schema_name, error.table_name, error.constraint_name) == (
        "public",
        "items",
        "items_pkey",
    )
    with pytest.raises(errors.UniqueViolation, match=r"Key \(id\)=\(7\) already exists"):
        insert(engine, [6, 7, 7])
    assert contents(engine.snapshot()).keys() == {1}


@pytest.mark.parametrize("outcome", ["commit", "rollback"])
def test_concurrent_insert_of_a_key_waits(
    engine: StorageEngine, pool: ThreadPoolExecutor, outcome: str
) -> None:
    first, second = engine.begin(), engine.begin()
    first.insert(ITEMS, rows([1]))
    waiting = pool.submit(second.insert, ITEMS, rows([1], ["second"]))
    until_waiting(engine, second, waiting)
    getattr(first, outcome)()
    if outcome == "commit":
        with pytest.raises(errors.UniqueViolation):
            waiting.result()
    else:
        waiting.result()
        second.commit()
        assert contents(engine.snapshot()) == {1: "second"}


@pytest.mark.parametrize("outcome", ["commit", "rollback"])
def test_insert_waits_for_the_deleter_of_its_key(
    engine: StorageEngine, pool: ThreadPoolExecutor, outcome: str
) -> None:
    insert(engine, [1])
    first, second = engine.begin(), engine.begin()
    first.lock_rows(ITEMS, rowid(first, 1))
    first.delete(ITEMS, rowid(first, 1))
    waiting = pool.submit(second.insert, ITEMS, rows([1], ["second"]))
    until_waiting(engine, second, waiting)
    getattr(first, outcome)()
    if outcome == "commit":
        waiting.result()
        second.commit()
        assert contents(engine.snapshot()) == {1: "second"}
    else:
        with pytest.raises(errors.UniqueViolation):
            waiting.result()


def test_deadlock_on_rows_kills_one(engine: StorageEngine, pool: ThreadPoolExecutor) -> None:
    insert(engine, [1, 2])
    one, two = engine.begin(process_id=11), engine.begin(process_id=12)
    one.lock_rows(ITEMS, rowid(one, 1))
    two.lock_rows(ITEMS, rowid(two, 2))
    waiting = pool.submit(one.lock_rows, ITEMS, rowid(two, 2))
    until_waiting(engine, one, waiting)
    with pytest.raises(
        errors.DeadlockDetected, match="Process 12 waits for ShareLock on transaction"
    ):
        two.lock_rows(ITEMS, rowid(two, 1))
    two.rollback()
    assert waiting.result() is not None


def test_many_threads_increment_one_row(engine: StorageEngine) -> None:
    """Lost updates would show as a smaller sum."""
    insert(engine, [0], ["0"])

    def increment() -> None:
        for _ in range(10):
            with engine.begin() as txn:
                while True:
                    txn.begin_statement()
                    row = rowid(txn, 0)
                    if row[0] is not None and txn.lock_rows(ITEMS, row) is not None:
                        break
                name = txn.snapshot().table(ITEMS).take([NAME], row)[0][0].as_py()
                txn.delete(ITEMS, row)
                txn.insert(ITEMS, rows([0], [str(int(name) + 1)]))

    threads = [threading.Thread(target=increment) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert contents(engine.snapshot()) == {0: "50"}


def test_many_threads_insert_the_same_keys(engine: StorageEngine) -> None:
    """Each key is inserted exactly once, by whoever came first."""
    won: list[int] = []

    def race() -> None:
        for key in range(30):
            try:
                insert(engine, [key])
                won.append(key)
            except errors.UniqueViolation:
                continue

    threads = [threading.Thread(target=race) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == list(range(30))
    assert sorted(contents(engine.snapshot())) == list(range(30))


def test_on_conflict_finds_own_and_committed_rows(engine: StorageEngine) -> None:
    insert(engine, [1])
    txn = engine.begin()
    own = txn.insert(ITEMS, rows([2]))
    found = txn.find_conflicts(ITEMS, PKEY, rows([1, 2, 3]))
    assert found.tolist() == [0, own[0], -1]


def test_unique_text_key_with_nulls(engine: StorageEngine) -> None:
    with engine.begin() as txn:
        txn.set_catalog(catalog(unique(NAME_KEY, "items_name_key", NAME)))
    insert(engine, [1, 2, 3], [None, None, "a"])
    with pytest.raises(errors.UniqueViolation, match=r"Key \(name\)=\(a\) already exists"):
        insert(engine, [4], ["a"])
    assert engine.snapshot().table(ITEMS).find_key(NAME_KEY, ("a",)) == 2
    assert engine.snapshot().table(ITEMS).find_key(NAME_KEY, ("b",)) is None


def test_nulls_not_distinct(engine: StorageEngine) -> None:
    key = unique(NAME_KEY, "items_name_key", NAME, nulls_not_distinct=True)
    with engine.begin() as txn:
        txn.set_catalog(catalog(key))
    insert(engine, [1], [None])
    with pytest.raises(errors.UniqueViolation, match=r"Key \(name\)=\(null\) already exists"):
        insert(engine, [2], [None])


def test_unique_index_on_duplicates_is_refused(engine: StorageEngine) -> None:
    insert(engine, [1, 2], ["x", "x"])
    txn = engine.begin()
    with pytest.raises(errors.UniqueViolation, match='could not create unique index "k"') as caught:
        txn.set_catalog(catalog(unique(NAME_KEY, "k", NAME)))
    assert caught.value.detail == "Key (name)=(x) is duplicated."
    txn.rollback()
    delete(engine, 2)
    with engine.begin() as txn:
        txn.set_catalog(catalog(unique(NAME_KEY, "k", NAME)))
    insert(engine, [3], ["y"])


def test_savepoint_of_unknown_name(engine: StorageEngine) -> None:
    with pytest.raises(errors.InvalidSavepointSpecification, match='savepoint "x" does not exist'):
        engine.begin().rollback_to("x")


def test_rollback_to_frees_later_locks(engine: StorageEngine) -> None:
    txn = engine.begin()
    txn.insert(ITEMS, rows([1]))
    txn.savepoint("a")
    txn.insert(ITEMS, rows([2]))
    txn.rollback_to("a")
    insert(engine, [2])
    txn.commit()
    assert contents(engine.snapshot()).keys() == {1, 2}


def test_read_only(engine: StorageEngine) -> None:
    txn = engine.begin(read_only=True)
    for write in (
        lambda: txn.insert(ITEMS, rows([1])),
        lambda: txn.truncate(ITEMS),
        lambda: txn.set_catalog(catalog()),
    ):
        with pytest.raises(errors.ReadOnlySqlTransaction) as caught:
            write()
        assert caught.value.sqlstate == "25006"


def test_ddl_is_transactional(engine: StorageEngine) -> None:
    txn = engine.begin()
    table = replace(TABLE, oid=17000, name="other")
    txn.set_catalog(txn.lock_catalog().evolve(tables={ITEMS: TABLE, 17000: table}))
    txn.insert(17000, rows([1, 2]))
    assert txn.snapshot().table(17000).num_rows == 2
    with pytest.raises(KeyError):
        engine.snapshot().table(17000)
    txn.rollback()
    assert 17000 not in engine.snapshot().catalog.tables


def test_second_ddl_waits_and_sees_the_first(
    engine: StorageEngine, pool: ThreadPoolExecutor
) -> None:
    first, second = engine.begin(), engine.begin()
    second.begin_statement()
    first.set_catalog(first.lock_catalog().evolve(comments={(ITEMS, 0): "first"}))
    waiting = pool.submit(second.lock_catalog)
    until_waiting(engine, second, waiting)
    first.commit()
    assert waiting.result().comments == {(ITEMS, 0): "first"}


def test_stale_catalog_is_refused(engine: StorageEngine) -> None:
    txn = engine.begin()
    stale = txn.snapshot().catalog
    with engine.begin() as other:
        other.set_catalog(other.lock_catalog().evolve(comments={(ITEMS, 0): "first"}))
    with pytest.raises(errors.SerializationFailure):
        txn.set_catalog(stale.evolve(comments={}))


def test_altering_a_table_waits_for_its_writers(
    engine: StorageEngine, pool: ThreadPoolExecutor
) -> None:
    writer, alterer = engine.begin(), engine.begin()
    writer.insert(ITEMS, rows([1], ["x"]))
    key = catalog(unique(NAME_KEY, "k", NAME))
    waiting = pool.submit(alterer.set_catalog, key)
    until_waiting(engine, alterer, waiting)
    writer.insert(ITEMS, rows([2], ["x"]))
    writer.commit()
    with pytest.raises(errors.UniqueViolation, match="could not create unique index"):
        waiting.result()


def test_commit_while_the_database_closes_is_refused_or_kept(tmp_path: Path) -> None:
    path = str(tmp_path / "closing.vecsql")
    for _ in range(5):
        engine = open_engine(path)
        if not engine.snapshot().catalog.tables:
            create(engine)
        before = set(contents(engine.snapshot()))
        acknowledged: list[int] = []
        first = max(before, default=0) + 1000
        some = threading.Event()

        def commit(
            engine: StorageEngine = engine, first: int = first,
            acknowledged: list[int] = acknowledged, some: threading.Event = some,
        ) -> None:  # fmt: skip
            with contextlib.suppress(errors.InterfaceError, errors.OperationalError):
                while True:
                    insert(engine, [first + len(acknowledged)])
                    acknowledged.append(first + len(acknowledged))
                    if len(acknowledged) > 5:
                        some.set()

        thread = threading.Thread(target=commit)
        thread.start()
        assert some.wait(30)
        engine.close()
        thread.join()
        with open_engine(path) as engine:
            assert before | set(acknowledged) <= set(contents(engine.snapshot()))
