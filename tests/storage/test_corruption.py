"""Damaged files are reported with file, section and offset; they never give wrong rows."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from tests.storage.items import EMBEDDING, ITEMS, NAME, contents, create, insert
from vecsql import errors
from vecsql.objstore import superblock
from vecsql.storage.container import Container
from vecsql.storage.engine import StorageEngine, open_engine
from vecsql.storage.segment import Segment


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A closed database with one segment."""
    path = str(tmp_path / "a.vecsql")
    with open_engine(path) as engine:
        create(engine)
        insert(engine, range(3000))
    return path


def only_segment(engine: StorageEngine) -> Segment:
    (part,) = engine.snapshot().table(ITEMS).parts
    assert isinstance(part.part, Segment)
    return part.part


def flip(path: str, offset: int) -> None:
    data = bytearray(Path(path).read_bytes())
    data[offset] ^= 1
    Path(path).write_bytes(data)


def section_start(path: str, name: str) -> tuple[int, int]:
    """Where a section of the segment is: in the file, in its container."""
    with open_engine(path) as engine:
        segment = only_segment(engine)
        container: Container = segment.container
        inside = container._entries[name].offset
        return segment.blob.extent.offset, inside


@pytest.mark.parametrize(("section", "attnum"), [("c2", NAME), ("v3", EMBEDDING)])
def test_damaged_column(path: str, section: str, attnum: int) -> None:
    extent, inside = section_start(path, section)
    flip(path, extent + inside + 50)
    with open_engine(path) as engine:
        table = engine.snapshot().table(ITEMS)
        with pytest.raises(errors.DataCorrupted) as caught:
            table.arrow([attnum])
        assert caught.value.message == (
            f'checksum mismatch in database "{path}", extent at {extent}: section "{section}" at byte {inside}'
        )
        assert caught.value.sqlstate == "XX001"
        with pytest.raises(errors.DataCorrupted):
            engine.check()


@pytest.mark.parametrize("inside", [0, 30])
def test_damaged_segment_header(path: str, inside: int) -> None:
    extent, _ = section_start(path, "rowids")
    flip(path, extent + inside)
    with pytest.raises(errors.DataCorrupted, match=f"extent at {extent}: header at byte 0"):
        open_engine(path)


def test_damaged_manifest(path: str) -> None:
    with open_engine(path, read_only=True) as engine:
        root = engine._store.read_root()
    assert root is not None
    flip(path, root.manifest.offset + 3)
    with pytest.raises(errors.DataCorrupted, match=f"manifest at byte {root.manifest.offset}"):
        open_engine(path)


def test_damaged_superblock_falls_back_only_to_a_complete_state(path: str) -> None:
    """The older superblock's state is gone after a close, which is noticed."""
    original = Path(path).read_bytes()
    outcomes = []
    for slot in (0, 1):
        Path(path).write_bytes(original)
        flip(path, slot * 4096 + 50)
        try:
            with open_engine(path, read_only=True) as engine:
                outcomes.append(len(contents(engine.snapshot())))
        except errors.DataCorrupted as error:
            outcomes.append(error.message)
    assert 3000 in outcomes
    assert all(
        o == 3000 or re.search("missing|checksum mismatch|cut short", str(o)) for o in outcomes
    )


def test_commits_after_reopening_survive_a_damaged_superblock(path: str) -> None:
    """The older superblock says that the database was closed; the log knows better."""
    with open_engine(path) as engine:
        insert(engine, [5000])
        root = engine._store.read_root()
        assert root is not None
        copy = f"{path}.copy"
        shutil.copy(path, copy)
        shutil.copy(f"{path}.wal", f"{copy}.wal")
    slot = next(
        s for s in (0, 1) if superblock.unpack(Path(copy).read_bytes()[s * 4096 :][:4096]) == root
    )
    flip(copy, slot * 4096 + 50)
    with open_engine(copy) as engine:
        assert 5000 in contents(engine.snapshot())
    with open_engine(copy) as engine:
        assert len(contents(engine.snapshot())) == 3001


def test_file_cut_short(path: str) -> None:
    extent, _ = section_start(path, "rowids")
    data = Path(path).read_bytes()
    Path(path).write_bytes(data[: extent + 4096])
    with pytest.raises(errors.DataCorrupted):
        open_engine(path)
