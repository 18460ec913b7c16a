"""The single file: blobs, alternating superblocks, exclusive opening, clear errors, space kept for readers."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from vecsql import errors
from vecsql.objstore import superblock
from vecsql.objstore.base import Extent, Root
from vecsql.objstore.single_file import COPIED, SingleFileStore
from vecsql.objstore.space import PAGE

ROOT = Root(bytes(16), 1, Extent(4 * PAGE, 10), 7, 99, clean=False)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "a.vecsql")


def filled(length: int, value: int = 1) -> np.ndarray:
    return np.full(length, value, np.uint8)


def test_blobs_come_back(path: str) -> None:
    store = SingleFileStore(path)
    one = store.write([filled(5000), filled(3, 2)])
    two = store.write([filled(0)])
    assert one.view().tolist() == [1] * 5000 + [2] * 3
    assert len(two.view()) == 0
    assert not one.view().flags.writeable
    store.close()
    store = SingleFileStore(path)
    assert store.open(one.extent).view().tobytes() == bytes([1] * 5000 + [2] * 3)
    store.close()


def test_newer_root_wins_and_a_torn_one_does_not(path: str) -> None:
    store = SingleFileStore(path)
    assert store.read_root() is None
    store.write_root(ROOT)
    store.write_root(replace(ROOT, generation=2, lsn=100))
    assert store.read_root() == replace(ROOT, generation=2, lsn=100)
    for slot in (0, 1):
        page = os.pread(store._fd, PAGE, slot * PAGE)
        if superblock.unpack(page) == replace(ROOT, generation=2, lsn=100):
            os.pwrite(store._fd, page[:100] + b"?" + page[101:], slot * PAGE)
    assert store.read_root() == ROOT
    store.close()


def test_every_damaged_byte_of_a_superblock_is_noticed() -> None:
    page = superblock.pack(ROOT)
    assert superblock.unpack(page) == ROOT
    for at in range(PAGE):
        assert superblock.unpack(page[:at] + bytes([page[at] ^ 4]) + page[at + 1 :]) is None


def test_newer_format_is_a_clear_error(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(superblock, "FORMAT_VERSION", 9)
        store = SingleFileStore(path)
        store.write_root(ROOT)
        store.close()
    store = SingleFileStore(path)
    with pytest.raises(
        errors.FeatureNotSupported, match="format version 9, but this vecsql reads up to 1"
    ):
        store.read_root()
    store.close()


def test_other_files_are_refused_and_left_alone(path: str, tmp_path: Path) -> None:
    text = b"some text\n" * 3000
    Path(path).write_bytes(text)
    store = SingleFileStore(path)
    with pytest.raises(errors.InvalidCatalogName, match="is not a vecsql database"):
        store.read_root()
    store.close()
    assert Path(path).read_bytes() == text
    with pytest.raises(errors.InvalidCatalogName, match="is a directory"):
        SingleFileStore(str(tmp_path))
    with pytest.raises(errors.InvalidCatalogName, match="does not exist"):
        SingleFileStore(str(tmp_path / "missing" / "a.vecsql"))
    with pytest.raises(errors.InvalidCatalogName, match="does not exist"):
        SingleFileStore(str(tmp_path / "missing.vecsql"), read_only=True)


def test_damaged_superblocks_are_reported(path: str) -> None:
    store = SingleFileStore(path)
    store.write_root(ROOT)
    store.write_root(ROOT)
    for slot in (0, 1):
        os.pwrite(store._fd, b"?", slot * PAGE + 20)
    with pytest.raises(errors.DataCorrupted, match="both superblocks of database"):
        store.read_root()
    store.close()


HOLD = """
import sys
from vecsql.objstore.single_file import COPIED, SingleFileStore
store = SingleFileStore(sys.argv[1], read_only=sys.argv[2] == "reader")
if sys.argv[2] == "writer":
    store.begin([])
print("open", flush=True)
sys.stdin.read()
"""


def holder(path: str, kind: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, path, kind],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "open\n"
    return process


@pytest.mark.parametrize("read_only", [False, True])
def test_another_process_has_it_open_for_writing(path: str, read_only: bool) -> None:
    with holder(path, "writer") as process:
        with pytest.raises(errors.ObjectInUse) as caught:
            SingleFileStore(path, read_only=read_only)
        assert caught.value.message == (
            f'database "{path}" is already open in another process (pid {process.pid})'
        )
        process.communicate()
    SingleFileStore(path).close()


def test_readers_share(path: str) -> None:
    SingleFileStore(path).close()
    with holder(path, "reader") as process:
        SingleFileStore(path, read_only=True).close()
        with pytest.raises(errors.ObjectInUse):
            SingleFileStore(path)
        process.communicate()


def test_space_is_not_reused_under_a_view(path: str) -> None:
    store = SingleFileStore(path)
    length = COPIED + PAGE  # mapped
    blob = store.write([filled(length, 1)])
    offset, view = blob.extent.offset, blob.view()
    del blob
    assert store.reclaim([]) == 0
    assert store.write([filled(PAGE, 2)]).extent.offset != offset
    store.close()
    store = SingleFileStore(path)
    store.begin([])
    assert store.write([filled(PAGE, 3)]).extent.offset != offset
    assert view.tolist() == [1] * length
    del view
    store.reclaim([])
    assert store.write([filled(PAGE, 4)]).extent.offset == offset
    store.close()


def test_small_blobs_are_read_and_cost_no_descriptor(path: str) -> None:
    store = SingleFileStore(path)
    before = len(os.listdir("/proc/self/fd"))
    views = [store.write([filled(COPIED, n)]).view() for n in range(20)]
    assert len(os.listdir("/proc/self/fd")) == before
    assert all(v.ctypes.data % 64 == 0 and not v.flags.writeable for v in views)
    store.reclaim([])
    assert [v[-1] for v in views] == list(range(20))
    store.close()


def test_a_failed_write_gives_its_space_back(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SingleFileStore(path)
    store.write([filled(PAGE)])
    size = store.size
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size + 2 * PAGE, limit[1]))
        with pytest.raises(errors.IoError):
            store.write([filled(10 * PAGE)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, before)
    assert store.size == size
    assert store.write([filled(PAGE)]).extent.offset == size
    store.close()


def test_reclaim_shortens_the_file(path: str) -> None:
    store = SingleFileStore(path)
    keep = store.write([filled(10)]).extent
    store.write([filled(10 * PAGE)])
    assert store.reclaim([keep]) == 10 * PAGE
    assert store.size == keep.offset + PAGE
    store.close()
