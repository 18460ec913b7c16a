"""What a crash leaves is what was committed: rows, DDL, bulk loads, indexes, sequences."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest

from tests.storage.items import (
    EMBEDDING,
    HNSW,
    HNSW_INDEX,
    ID,
    ITEMS,
    NAME,
    PKEY,
    TABLE,
    as_floats,
    catalog,
    contents,
    create,
    delete,
    insert,
    rows,
)  # fmt: skip
from vecsql import errors
from vecsql.catalog.model import Column, Sequence
from vecsql.index.base import Effort
from vecsql.storage.engine import StorageEngine, open_engine
from vecsql.types import INT8, TEXT
from vecsql.types.base import ColumnType


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "a.vecsql")


def crashed(engine: StorageEngine) -> StorageEngine:
    """The database as it is after a kill at this moment."""
    copy = f"{engine.path}.crash"
    shutil.copy(engine.path, copy)
    shutil.copy(f"{engine.path}.wal", f"{copy}.wal")
    return open_engine(copy)


def test_commits_survive(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        insert(engine, range(10))
        delete(engine, 3, 4)
        with crashed(engine) as again:
            assert contents(again.snapshot()) == contents(engine.snapshot())
            assert again.snapshot().catalog == engine.snapshot().catalog
            insert(again, [3])
            assert len(contents(again.snapshot())) == 9


def test_uncommitted_work_is_gone(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        txn = engine.begin()
        txn.insert(ITEMS, rows(range(5)))
        with crashed(engine) as again:
            assert contents(again.snapshot()) == {}
        txn.rollback()


def test_torn_last_commit_is_gone_at_every_byte(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        insert(engine, [1])
        before = Path(f"{path}.wal").read_bytes().rstrip(b"\0")
        insert(engine, [2])
        main, wal = Path(path).read_bytes(), Path(f"{path}.wal").read_bytes()
    copy = Path(f"{path}.torn")
    for length in range(len(before), len(wal.rstrip(b"\0")), 7):
        copy.write_bytes(main)
        Path(f"{copy}.wal").write_bytes(wal[:length].ljust(len(wal), b"\0"))
        with open_engine(str(copy)) as again:
            assert contents(again.snapshot()).keys() == {1}


def test_rowids_are_never_reused(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        insert(engine, range(5))
        last = engine.snapshot().table(ITEMS).find_key(PKEY, (4,))
        delete(engine, *range(5))
        engine.flush()
        with crashed(engine) as again:
            insert(again, [9])
            assert again.snapshot().table(ITEMS).find_key(PKEY, (9,)) > last


def test_bulk_rows_and_their_index_survive(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        ids = range(2500)
        with engine.begin() as txn:
            txn.insert(ITEMS, rows(ids))
            txn.set_catalog(replace(catalog(HNSW_INDEX), version=9))
            txn.build_index(HNSW)
        with crashed(engine) as again:
            (part,) = again.snapshot().table(ITEMS).parts
            assert part.part.index(HNSW) is not None
            assert len(contents(again.snapshot())) == 2500
            vectors, _ = part.part.vectors(EMBEDDING)
            found = part.part.index(HNSW).search(
                vectors, as_floats(vectors)[77], 1, Effort(ef_search=64), None
            )
            assert found.positions.tolist() == [77]


def test_index_of_a_bulk_load_is_built_in_the_background_and_kept(path: str) -> None:
    with open_engine(path) as engine:
        create(engine, HNSW_INDEX)
        insert(engine, range(40))
        insert(engine, range(40, 3000))
        engine.flush()
        engine.wait_for_background()
        with crashed(engine) as again:
            parts = [p.part for p in again.snapshot().table(ITEMS).parts]
            assert [p.index(HNSW) is not None for p in parts if p.is_segment] == [True]
    with open_engine(path, read_only=True) as again:
        parts = [p.part for p in again.snapshot().table(ITEMS).parts]
        assert any(p.index(HNSW) for p in parts)


def test_truncate_drop_and_added_columns_survive(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        insert(engine, range(5))
        with engine.begin() as txn:
            txn.truncate(ITEMS)
            txn.insert(ITEMS, rows([7]))
        extra = Column(4, "extra", ColumnType(TEXT), missing="old")
        wider = replace(TABLE, columns=(*TABLE.columns, extra), next_attnum=5)
        with engine.begin() as txn:
            txn.set_catalog(replace(catalog(table=wider), version=5))
        with engine.begin() as txn:
            txn.insert(ITEMS, {**rows([8]), 4: pa.array(["new"])})
        with crashed(engine) as again:
            assert contents(again.snapshot()).keys() == {7, 8}
            table = again.snapshot().table(ITEMS).arrow([ID, 4])
            assert table["c4"].to_pylist() == ["old", "new"]
            with again.begin() as txn:
                txn.set_catalog(again.snapshot().catalog.evolve(tables={}, indexes={}))
            with crashed(again) as last, pytest.raises(KeyError):
                last.snapshot().table(ITEMS)


def test_sequences_skip_at_most_what_was_logged(path: str) -> None:
    sequence = Sequence(700, 2200, "s", ColumnType(INT8))
    with open_engine(path) as engine:
        with engine.begin() as txn:
            txn.set_catalog(engine.snapshot().catalog.evolve(sequences={700: sequence}))
        assert [engine.nextval(700) for _ in range(40)] == list(range(1, 41))
        insert_nothing = engine.begin()
        insert_nothing.commit()
        engine.flush()
        with crashed(engine) as again:
            assert 40 < again.nextval(700) <= 40 + 33
            again.setval(700, 5, False)
            assert again.nextval(700) == 5
    with open_engine(path) as engine:
        assert 40 < engine.nextval(700) <= 40 + 33


def test_clean_close_leaves_one_file(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        insert(engine, range(3))
    assert not Path(f"{path}.wal").exists()
    with open_engine(path) as engine:
        assert contents(engine.snapshot()).keys() == {0, 1, 2}


def test_log_missing_after_a_crash_is_an_error(path: str, tmp_path: Path) -> None:
    with open_engine(path) as engine:
        create(engine)
        shutil.copy(path, tmp_path / "b.vecsql")
    with pytest.raises(errors.DataCorrupted, match=r"b\.vecsql\.wal\" is missing"):
        open_engine(str(tmp_path / "b.vecsql"))


def test_asynchronous_commits_are_visible_at_once_and_durable_on_close(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        txn = engine.begin()
        txn.insert(ITEMS, rows([1]))
        txn.commit(synchronous=False)
        assert contents(engine.snapshot()).keys() == {1}
    with open_engine(path) as engine:
        assert contents(engine.snapshot()).keys() == {1}


def test_freed_space_is_reused_but_not_under_a_reader(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        insert(engine, range(3000))
        engine.flush()
        held = engine.snapshot().table(ITEMS).arrow([NAME, EMBEDDING])
        copy = held.to_pylist()
        for round_ in range(3):
            with engine.begin() as txn:
                txn.truncate(ITEMS)
                txn.insert(ITEMS, rows(range(round_, 3000 + round_)))
            engine.flush()
        assert held.to_pylist() == copy
        size = Path(path).stat().st_size
        for round_ in range(5):
            with engine.begin() as txn:
                txn.truncate(ITEMS)
                txn.insert(ITEMS, rows(range(round_, 3000 + round_)))
            engine.flush()
        assert Path(path).stat().st_size <= size + 300_000


def test_read_only(path: str) -> None:
    with open_engine(path) as engine:
        create(engine)
        insert(engine, [1])
    with open_engine(path, read_only=True) as one, open_engine(path, read_only=True) as two:
        assert contents(one.snapshot()) == contents(two.snapshot()) == {1: "item 1"}
        with pytest.raises(
            errors.ReadOnlySqlTransaction, match="cannot execute INSERT in a read-only"
        ):
            one.begin().insert(ITEMS, rows([2]))
