"""Power failure at every sync: unsynced writes are lost, torn or reordered, and yet every acknowledged commit is there."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.crash.disk import Disk, Op, Replay
from tests.storage.items import HNSW_INDEX, ITEMS, contents, create, delete, insert
from vecsql import errors
from vecsql.storage.engine import StorageEngine, open_engine

Items = dict[int, str | None]


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    monkeypatch.setattr("vecsql.storage.checkpoint.MIN_SEGMENT_ROWS", 60)
    monkeypatch.setattr("vecsql.storage.indexing.MIN_INDEX_ROWS", 60)
    monkeypatch.setattr("vecsql.storage.engine.FLUSH_ROWS", 90)
    monkeypatch.setattr("vecsql.storage.engine.BULK_BYTES", 20_000)
    return Disk()


class History:
    """Commits with their number, noted on the disk before they start and once they are acknowledged."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk
        self.states: list[Items | None] = [None]  # no table yet

    def create(self, engine: StorageEngine) -> None:
        self._note({})
        create(engine, HNSW_INDEX)
        self._acknowledged()

    def insert(self, engine: StorageEngine, first: int, count: int) -> None:
        ids = range(first, first + count)
        self._note({**(self.states[-1] or {}), **{i: f"item {i}" for i in ids}})
        insert(engine, ids)
        self._acknowledged()

    def delete(self, engine: StorageEngine, *ids: int) -> None:
        self._note({i: n for i, n in (self.states[-1] or {}).items() if i not in ids})
        delete(engine, *ids)
        self._acknowledged()

    def truncate(self, engine: StorageEngine) -> None:
        self._note({})
        with engine.begin() as txn:
            txn.truncate(ITEMS)
        self._acknowledged()

    def _note(self, state: Items) -> None:
        self.states.append(state)
        self.disk.mark(("started", len(self.states) - 1))

    def _acknowledged(self) -> None:
        self.disk.mark(("acknowledged", len(self.states) - 1))


def work(path: str, history: History) -> None:
    """Small commits, bulk commits, deletes, checkpoints, merges, index builds, TRUNCATE and a clean close between."""
    for part in range(2):
        with open_engine(path) as engine:
            if part == 0:
                history.create(engine)
            for number in range(24):
                first = part * 100_000 + number * 1000
                history.insert(engine, first, 700 if number % 8 == 5 else 7)
                if number % 3 == 1:
                    history.delete(engine, first, first + 1)
                if number % 8 == 7:
                    engine.flush()
                    engine.wait_for_background()
            if part == 0:
                history.truncate(engine)


def check(folder: Path, replay: Replay, states: list[Items | None]) -> None:
    """The recovered state is that of a commit not before the last acknowledged, not after the last started."""
    done = max((n for kind, n in replay.notes if kind == "acknowledged"), default=0)
    begun = max((n for kind, n in replay.notes if kind == "started"), default=0)
    path = folder / "a.vecsql"
    if not path.exists():
        assert done == 0
        return
    with open_engine(str(path)) as engine:
        known = engine.snapshot().catalog.tables
        found = contents(engine.snapshot()) if ITEMS in known else None
        assert found in states[done : begun + 1]
        engine.check()
        if found is not None:
            insert(engine, [999_999])
    if found is not None:
        with open_engine(str(path)) as engine:
            assert contents(engine.snapshot()) == {**found, 999_999: "item 999999"}


def crash_points(ops: list[Op]) -> Iterator[tuple[int, Replay]]:
    """Before each step that makes something durable, and after each acknowledgement."""
    replay = Replay()
    for at, op in enumerate(ops):
        if op.kind in ("sync", "syncdir", "mark"):
            yield at, replay
        replay.step(op)
    yield len(ops), replay


@pytest.mark.slow
def test_crash_at_every_sync(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    history = History(disk)
    with disk.recording():
        work(str(tmp_path / "live" / "a.vecsql"), history)
    points = 0
    for at, replay in crash_points(disk.ops):
        choice = random.Random(at)
        kind = at % 3
        folder = tmp_path / f"crash{at}"
        folder.mkdir()
        replay.leave(folder, choice if kind == 0 else None, everything=kind == 1)
        check(folder, replay, history.states)
        for file in folder.iterdir():
            file.unlink()
        points += 1
    assert points > 150


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["write", "sync", "syncdir", "rename"])
@pytest.mark.parametrize("problem", [errno.EIO, errno.ENOSPC])
def test_failing_system_call(disk: Disk, tmp_path: Path, kind: str, problem: int) -> None:
    """A call fails, now and then for good: what was acknowledged before and after survives a power failure."""
    random_source = np.random.default_rng(problem)
    for trial in range(12):
        folder = tmp_path / str(trial)
        (folder / "live").mkdir(parents=True)
        disk.ops.clear()
        left = int(random_source.integers(0, {"write": 120, "sync": 70}.get(kind, 8)))
        forever = trial % 2 == 0

        def fail(step: str, *, forever: bool = forever) -> None:
            nonlocal left
            if step == kind:
                left -= 1
                if left == -1 or (forever and left < 0):
                    raise OSError(problem, os.strerror(problem))

        disk.fail = fail
        history = History(disk)
        with disk.recording(), suppress(errors.IoError, errors.DiskFull):
            work(str(folder / "live" / "a.vecsql"), history)
        replay = Replay()
        for op in disk.ops:
            replay.step(op)
        (folder / "after").mkdir()
        replay.leave(folder / "after", None)
        check(folder / "after", replay, history.states)
