"""The log: torn tails are cut without loss, damage before them is reported, concurrent commits share a sync."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql import errors
from vecsql.storage.wal import (
    FRAME_SIZE,
    HEADER_SIZE,
    LEAST_ROOM,
    MOST_ROOM,
    LogReader,
    WriteAheadLog,
)

ID = bytes(range(16))


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "x.wal")


def write(path: str, payloads: list[bytes], *, start: int = 0, sync: bool = True) -> list[int]:
    """A log with these records, each synced before the next; returns their ends."""
    log = WriteAheadLog.create(path, ID, start)
    ends = []
    for payload in payloads:
        ends.append(log.append(payload))
        if sync:
            log.sync(ends[-1])
    log.close()
    return ends


def read(path: str) -> list[bytes]:
    return [payload for _, payload in LogReader(path, ID)]


def written(path: str) -> bytes:
    """The file's header and records, of which none ends in a zero byte, without the zeros ahead of the next ones."""
    return Path(path).read_bytes().rstrip(b"\0")


@given(st.lists(st.binary(max_size=50), max_size=10), st.integers(0, 2**40))
def test_reads_back_what_was_written(tmp_path_factory, payloads: list[bytes], start: int) -> None:
    path = str(tmp_path_factory.getbasetemp() / "roundtrip.wal")
    ends = write(path, payloads, start=start)
    reader = LogReader(path, ID)
    assert list(reader) == list(zip(ends, payloads, strict=True))
    assert reader.end == start + sum(FRAME_SIZE + len(p) for p in payloads)


def test_every_torn_tail_is_cut(path: str) -> None:
    write(path, [b"first", b"second", b"the last record"])
    whole = written(path)
    last = len(whole) - FRAME_SIZE - len(b"the last record")
    for length in range(last, len(whole)):
        for zeros in (0, 8, len(whole) - length, 1000):
            Path(path).write_bytes(whole[:length] + bytes(zeros))
            assert read(path) == [b"first", b"second"]


def test_log_is_filled_ahead_and_goes_on_in_what_was_filled(path: str) -> None:
    log = WriteAheadLog.create(path, ID, 0)
    log.append(b"first")
    size = Path(path).stat().st_size
    assert size >= HEADER_SIZE + FRAME_SIZE + len(b"first") + LEAST_ROOM
    log.append(bytes(LEAST_ROOM - FRAME_SIZE))
    assert Path(path).stat().st_size == size
    log.append(b"third")
    log.append(bytes(3 * MOST_ROOM))
    log.close()
    assert [len(payload) for payload in read(path)] == [
        5, LEAST_ROOM - FRAME_SIZE, 5, 3 * MOST_ROOM
    ]  # fmt: skip


def test_full_disk_has_room_for_what_fits(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    limit = HEADER_SIZE + 1000

    def pwrite(fd: int, data: memoryview, offset: int) -> int:
        if offset >= limit:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write_to(fd, data[: limit - offset], offset)

    log = WriteAheadLog.create(path, ID, 0)
    write_to = os.pwrite
    monkeypatch.setattr("vecsql.storage.wal.os.pwrite", pwrite)
    log.append(b"a" * 500)
    log.append(b"b" * 400)
    with pytest.raises(errors.DiskFull):
        log.append(b"c" * 400)
    limit = 1 << 20
    log.append(b"d" * 400)
    log.close()
    assert read(path) == [b"a" * 500, b"b" * 400, b"d" * 400]


def test_every_damaged_byte_of_the_last_record_is_noticed(path: str) -> None:
    write(path, [b"first", b"second"])
    whole = written(path)
    for at in range(len(whole) - FRAME_SIZE - len(b"second"), len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 0x40
        Path(path).write_bytes(damaged)
        assert read(path) == [b"first"]


def test_damage_before_synced_records_is_an_error(path: str) -> None:
    write(path, [b"first", b"second", b"third"])
    whole = Path(path).read_bytes()
    for at in range(HEADER_SIZE, HEADER_SIZE + FRAME_SIZE + len(b"first")):
        damaged = bytearray(whole)
        damaged[at] ^= 1
        Path(path).write_bytes(damaged)
        with pytest.raises(errors.DataCorrupted, match=r"damaged at byte 64 \(LSN 0\)"):
            read(path)


def test_unsynced_records_may_be_torn_in_any_order(path: str) -> None:
    write(path, [b"first", b"second", b"third"], sync=False)
    damaged = bytearray(Path(path).read_bytes())
    damaged[HEADER_SIZE + FRAME_SIZE] ^= 1
    Path(path).write_bytes(damaged)
    assert read(path) == []


def test_damaged_header_and_foreign_log_are_errors(path: str) -> None:
    write(path, [])
    with pytest.raises(errors.DataCorrupted, match="belongs to another database"):
        LogReader(path, b"x" * 16)
    damaged = bytearray(Path(path).read_bytes())
    damaged[20] ^= 1
    Path(path).write_bytes(damaged)
    with pytest.raises(errors.DataCorrupted, match="header at byte 0"):
        LogReader(path, ID)


def test_truncate_keeps_the_tail_and_the_numbering(path: str) -> None:
    log = WriteAheadLog.create(path, ID, 1000)
    ends = [log.append(p) for p in (b"one", b"two", b"three")]
    log.truncate(ends[0])
    ends.append(log.append(b"four"))
    log.close()
    assert list(LogReader(path, ID)) == list(
        zip(ends[1:], [b"two", b"three", b"four"], strict=True)
    )


def test_concurrent_commits_share_syncs(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    log = WriteAheadLog.create(path, ID, 0)
    syncs = []
    all_appended = threading.Barrier(8)
    real = os.fdatasync

    def counting(fd: int) -> None:
        syncs.append(fd)
        real(fd)

    monkeypatch.setattr(os, "fdatasync", counting)

    def commit(number: int) -> None:
        end = log.append(b"%d" % number)
        all_appended.wait()
        log.sync(end)
        assert log.durable >= end

    threads = [threading.Thread(target=commit, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert len(syncs) == 1
    assert sorted(read(path)) == [b"%d" % n for n in range(8)]


def test_after_a_failed_sync_nothing_more_is_accepted(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import os

    log = WriteAheadLog.create(path, ID, 0)
    end = log.append(b"lost")

    def fail(fd: int) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fdatasync", fail)
    for _ in range(2):
        with pytest.raises(errors.IoError):
            log.sync(end)
    with pytest.raises(errors.IoError):
        log.append(b"more")


def test_another_log_put_in_its_place_is_left_alone(path: str) -> None:
    log = WriteAheadLog.create(path, ID, 0)
    end = log.append(b"mine")
    log.sync(end)
    Path(path).unlink()
    Path(path).write_bytes(b"another's")
    with pytest.raises(errors.IoError):
        log.truncate(end)
    with pytest.raises(errors.IoError):
        log.remove()
    assert Path(path).read_bytes() == b"another's"


def test_nothing_is_accepted_when_the_new_log_may_not_be_found_again(
    path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = WriteAheadLog.create(path, ID, 0)
    end = log.append(b"x")
    log.sync(end)

    def fail(path: str) -> None:
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as patch:
        patch.setattr("vecsql.storage.wal.sync_directory", fail)
        with pytest.raises(errors.IoError):
            log.truncate(end)
    with pytest.raises(errors.IoError, match="failed earlier"):
        log.append(b"y")
    log.close()
