"""Background upkeep: flushing, merging, index builds with progress, retries after failures."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.storage.items import (
    EMBEDDING,
    HNSW,
    HNSW_INDEX,
    ITEMS,
    PKEY,
    as_floats,
    catalog,
    contents,
    create,
    delete,
    insert,
)  # fmt: skip
from vecsql import errors, stats
from vecsql.index.base import Effort
from vecsql.storage import checkpoint, compaction, engine, indexing
from vecsql.storage.background import Background
from vecsql.storage.engine import StorageEngine, open_engine


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "MIN_SEGMENT_ROWS", 50)
    monkeypatch.setattr(indexing, "MIN_INDEX_ROWS", 50)
    monkeypatch.setattr(engine, "FLUSH_ROWS", 64)


@pytest.fixture(params=["memory", "file"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[StorageEngine]:
    path = ":memory:" if request.param == "memory" else str(tmp_path / "a.vecsql")
    with open_engine(path) as opened:
        yield opened


def segments(database: StorageEngine) -> list[int]:
    return [p.live_rows for p in database.snapshot().table(ITEMS).parts if p.part.is_segment]


def test_rows_one_by_one_end_up_in_few_indexed_segments(database: StorageEngine) -> None:
    create(database, HNSW_INDEX)
    for i in range(600):
        insert(database, [i])
    database.flush()
    database.wait_for_background()
    assert contents(database.snapshot()).keys() == set(range(600))
    parts = database.snapshot().table(ITEMS).parts
    assert len(parts) < 12
    assert all(p.part.index(HNSW) is not None for p in parts if p.part.num_rows >= 50)
    assert sum(segments(database)) > 500


def test_merging_drops_deleted_rows(database: StorageEngine) -> None:
    create(database)
    insert(database, range(200))
    database.flush()
    delete(database, *range(0, 200, 2))
    database._background.request_upkeep()
    database.wait_for_background()
    (part,) = database.snapshot().table(ITEMS).parts
    assert (part.part.num_rows, part.live) == (100, None)
    delete(database, *range(1, 200, 2))
    database._background.request_upkeep()
    database.wait_for_background()
    assert database.snapshot().table(ITEMS).parts == ()


def test_rows_deleted_during_a_merge_stay_deleted(
    database: StorageEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(database)
    insert(database, range(100))
    database.flush()
    delete(database, *range(40))
    real = compaction.merge

    def merge_slowly(state, inputs, store):
        merged = real(state, inputs, store)
        if database.snapshot().table(ITEMS).find_key(PKEY, (50,)) is not None:
            delete(database, 50)
        return merged

    monkeypatch.setattr(compaction, "merge", merge_slowly)
    database._background.request_upkeep()
    database.wait_for_background()
    assert contents(database.snapshot()).keys() == set(range(40, 100)) - {50}


def test_a_snapshot_stays_valid_through_merges(database: StorageEngine) -> None:
    create(database)
    insert(database, range(100))
    database.flush()
    before = database.snapshot()
    delete(database, *range(90))
    for _ in range(3):
        insert(database, range(90))
        database.flush()
        delete(database, *range(90))
        database._background.request_upkeep()
        database.wait_for_background()
        database.flush()
    assert contents(before).keys() == set(range(100))


def test_explicit_build_shows_progress_and_searches(
    database: StorageEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(database)
    insert(database, range(300))
    seen: list[tuple[int, int]] = []
    real = stats.progress.index_build

    def watching(build):
        seen.append((build.index_oid, build.rows_total))
        return real(build)

    monkeypatch.setattr(stats.progress, "index_build", watching)
    with database.begin() as txn:
        txn.set_catalog(catalog(HNSW_INDEX))
        txn.build_index(HNSW)
    assert seen == [(HNSW, 300)]
    assert stats.progress.index_builds() == ()
    (part,) = database.snapshot().table(ITEMS).parts
    vectors, valid = part.part.vectors(EMBEDDING)
    assert valid is None
    index = part.part.index(HNSW)
    assert index is not None
    query = as_floats(vectors)[5]
    assert index.search(vectors, query, 1, Effort(ef_search=40), None).positions.tolist() == [5]


def test_rolled_back_build_leaves_nothing(database: StorageEngine) -> None:
    create(database)
    insert(database, range(100))
    txn = database.begin()
    txn.set_catalog(catalog(HNSW_INDEX))
    txn.build_index(HNSW)
    txn.rollback()
    (part,) = database.snapshot().table(ITEMS).parts
    assert part.part.index(HNSW) is None


def test_failed_background_work_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    tries: list[int] = []

    def flaky() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise errors.DiskFull("no space")

    background = Background(flaky, lambda: None, lambda: None, lambda: None)
    background.checkpoint.request()
    with pytest.raises(errors.DiskFull):
        background.wait()
    background.checkpoint._not_before = 0.0
    background.checkpoint.request()
    with background._changed:
        background._changed.wait_for(lambda: len(tries) == 2 and not background.checkpoint._running)
    background.wait()
    background.stop()
    assert "background checkpoint failed" in caplog.text


def test_large_log_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "WAL_BYTES", 20_000)
    with open_engine(str(tmp_path / "a.vecsql")) as database:
        create(database)
        for _ in range(60):
            insert(database, [1])
            delete(database, 1)
        database.wait_for_background()
        assert (tmp_path / "a.vecsql.wal").stat().st_size < 4 * 20_000


def test_vectors_with_nulls_survive_a_flush(database: StorageEngine) -> None:
    create(database)
    with database.begin() as txn:
        columns = {1: np.arange(60), 2: [None] * 60}
        import pyarrow as pa

        values: list[list[float] | None] = [[i, 0, 0, 1] for i in range(60)]
        values[7] = None
        embedding = pa.array(values, pa.list_(pa.float32(), 4))
        txn.insert(
            ITEMS,
            {1: pa.array(columns[1]), 2: pa.array(columns[2], pa.string()), 3: embedding},
        )
    database.flush()
    (part,) = database.snapshot().table(ITEMS).parts
    assert part.part.is_segment
    matrix, valid = part.part.vectors(EMBEDDING)
    assert valid is not None
    assert np.flatnonzero(~valid).tolist() == [7]
    assert as_floats(matrix)[7].tolist() == [0, 0, 0, 0]
    assert part.part.column(EMBEDDING).to_pylist() == values


def test_a_flushed_segment_gets_its_index_while_a_merge_is_under_way(
    database: StorageEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(database, HNSW_INDEX)
    insert(database, range(300))
    database.flush()
    database.wait_for_background()
    merging, indexed = threading.Event(), threading.Event()
    real = compaction.merge

    def merge_when_indexed(state, inputs, store):
        merging.set()
        assert indexed.wait(30)
        return real(state, inputs, store)

    monkeypatch.setattr(compaction, "merge", merge_when_indexed)
    delete(database, *range(200))
    database._background.request_upkeep()
    assert merging.wait(30)
    insert(database, range(1000, 1060))
    database.flush()
    database._background.wait_for(database._background.indexing)
    new = database.snapshot().table(ITEMS).parts[1].part
    assert new.num_rows == 60
    assert new.index(HNSW) is not None
    indexed.set()
    database.wait_for_background()
    assert contents(database.snapshot()).keys() == {*range(200, 300), *range(1000, 1060)}


def test_an_index_of_a_segment_that_is_gone_is_given_up(
    database: StorageEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    create(database)
    insert(database, range(300))
    database.flush()
    database.wait_for_background()
    real, tried = indexing.Indexer.build_all, []

    def build_too_late(self, parts, definition, *, process_id, check):
        tried.append(parts)
        if len(tried) == 1:
            delete(database, *range(300))
            database._maintenance.compact()
        check()
        real(self, parts, definition, process_id=process_id, check=check)

    monkeypatch.setattr(indexing.Indexer, "build_all", build_too_late)
    with database.begin() as txn:
        txn.set_catalog(catalog(HNSW_INDEX))
    database.wait_for_background()
    assert len(tried) == 1
    assert database.snapshot().table(ITEMS).parts == ()
    assert not contents(database.snapshot())


def codes(database: StorageEngine) -> list[str | None]:
    """What searches by the index use, part by part."""
    found = [p.part.searched_by(HNSW) for p in database.snapshot().table(ITEMS).parts]
    return [None if index is None else index.kind for index in found]


@pytest.fixture
def coded_from_100_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "FLUSH_ROWS", 1 << 14)
    monkeypatch.setattr(indexing, "CODED_FROM", 3000)


@pytest.mark.usefixtures("coded_from_100_rows")
def test_rows_in_memory_get_codes_until_they_have_an_index(database: StorageEngine) -> None:
    create(database, HNSW_INDEX)
    insert(database, range(20))
    assert codes(database) == [None]
    insert(database, range(20, 220))
    database.wait_for_background()
    assert codes(database)[-1] == "codes"
    database.flush()
    database.wait_for_background()
    assert codes(database) == ["hnsw"]


@pytest.mark.usefixtures("coded_from_100_rows")
def test_codes_are_made_for_what_a_log_brings_back(tmp_path: Path) -> None:
    path = str(tmp_path / "a.vecsql")
    with open_engine(path) as database:
        create(database, HNSW_INDEX)
        insert(database, range(220))
        for file in tmp_path.glob("a.vecsql*"):
            shutil.copy(file, tmp_path / file.name.replace("a.", "b."))
    with open_engine(str(tmp_path / "b.vecsql")) as database:
        database.wait_for_background()
        assert codes(database) == ["codes"]


@pytest.mark.usefixtures("coded_from_100_rows")
def test_without_a_vector_index_there_are_no_codes(database: StorageEngine) -> None:
    create(database)
    insert(database, range(220))
    database.wait_for_background()
    assert codes(database) == [None]


@pytest.mark.usefixtures("coded_from_100_rows")
def test_codes_go_with_their_index(database: StorageEngine) -> None:
    create(database, HNSW_INDEX)
    insert(database, range(220))
    database.wait_for_background()
    create(database)
    assert codes(database) == [None]
    assert len(contents(database.snapshot())) == 220
