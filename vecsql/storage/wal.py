"""The write-ahead log: framed records with checksums, group commit, and what a torn tail looks like.

An LSN is a byte position in the log since the database was made; a record is known by the LSN of its end. The file
begins with the LSN at which it starts, so a checkpoint can drop the older part and keep the numbering.
"""

from __future__ import annotations

import errno
import os
import struct
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Protocol

import numpy as np
from google_crc32c import extend as crc32c_extend
from google_crc32c import value as crc32c

from vecsql import errors, stats
from vecsql.objstore.single_file import io_error

MAGIC = b"VECSQLWL"
VERSION = 1
_HEADER = struct.Struct("<8sII16sQ")
_CRC = struct.Struct("<I")
HEADER_SIZE = 64
_FRAME = struct.Struct(
    "<IIQQ"
)  # payload length, crc32c of the rest, LSN of the record's start, synced LSN
FRAME_SIZE = _FRAME.size
ASYNC_DELAY = 0.2  # seconds until an asynchronous commit is on disk
LEAST_ROOM, MOST_ROOM = 64 << 10, 1 << 20  # bytes of zeros that are written ahead of the records


class Log(Protocol):
    """Where commits are logged."""

    @property
    def durable(self) -> int:
        """The LSN up to which everything is on disk."""
        ...

    def append(self, payload: bytes | None) -> int:
        """Add a record; returns the LSN of its end. Not durable yet."""
        ...

    def sync(self, lsn: int) -> None:
        """Return when everything up to `lsn` is on disk."""
        ...

    def sync_soon(self) -> None:
        """Sync within a fraction of a second, in the background."""
        ...

    def truncate(self, lsn: int) -> None:
        """Forget everything before `lsn`, which a checkpoint has made durable."""
        ...

    @property
    def length(self) -> int:
        """Bytes held, what recovery would have to read."""
        ...

    def close(self) -> None: ...


class NullLog:
    """The log of a database in memory or opened for reading: everything is as durable as it gets at once."""

    def __init__(self, lsn: int = 0) -> None:
        self.durable = lsn
        self._mutex = threading.Lock()

    def append(self, payload: bytes | None) -> int:
        with self._mutex:
            self.durable += 1
            return self.durable

    def sync(self, lsn: int) -> None:
        pass

    def sync_soon(self) -> None:
        pass

    def truncate(self, lsn: int) -> None:
        pass

    @property
    def length(self) -> int:
        return 0

    def close(self) -> None:
        pass


class WriteAheadLog:
    """The log in a file. Concurrent committers share one fsync: whoever comes first syncs for all that wait.

    The file is filled with zeros ahead of the records: to sync bytes that a file has already takes half as long as
    to sync a file that has grown, for which the file system writes its journal.
    """

    def __init__(self, path: str, database_id: bytes, start: int, end: int) -> None:
        self.path = path
        self._database_id = database_id
        self._start = start
        self._end = end
        self._durable = end
        self._fd = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._room = 0  # bytes after the last record that the file has
        self._state = threading.Condition()
        self._syncing = False
        self._failure: errors.Error | None = None
        self._timer: threading.Timer | None = None

    @classmethod
    def create(cls, path: str, database_id: bytes, start: int) -> WriteAheadLog:
        """An empty log that starts at an LSN; replaces a file of the same name. Durable on return."""
        try:
            os.close(_write_file(path, header(database_id, start), b""))
            sync_directory(path)
        except OSError as problem:
            raise io_error(problem, path) from problem
        return cls(path, database_id, start, start)

    @classmethod
    def rewrite(cls, reader: LogReader, database_id: bytes) -> WriteAheadLog:
        """A recovered log to go on with, without what follows the reader's end. Its records are written again: had an
        fsync failed before the crash, another one on the same pages would succeed without writing them."""
        try:
            os.close(_write_file(reader.path, header(database_id, reader.start), reader.records()))
            sync_directory(reader.path)
        except OSError as problem:
            raise io_error(problem, reader.path) from problem
        return cls(reader.path, database_id, reader.start, reader.end)

    @property
    def durable(self) -> int:
        return self._durable

    @property
    def length(self) -> int:
        return self._end - self._start

    def append(self, payload: bytes | None) -> int:
        assert payload is not None
        with self._state:
            self._check()
            record = frame(payload, self._end, self._durable)
            try:
                self._write(record)
            except OSError as problem:
                raise io_error(problem, self.path) from problem
            self._end += len(record)
            stats.counters.add("wal_records", 1)
            stats.counters.add("wal_bytes", len(record))
            return self._end

    def _write(self, record: bytes) -> None:
        at = HEADER_SIZE + self.length
        _write_all(self._fd, record, at)
        self._room -= len(record)
        if self._room < 0:
            self._room = 0
            room = min(max(self.length, LEAST_ROOM), MOST_ROOM)
            with suppress(OSError):  # a full disk has room for the record, but not for more
                _write_all(self._fd, bytes(room), at + len(record))
                self._room = room

    def sync(self, lsn: int) -> None:
        with self._state:
            while self._durable < lsn:
                self._check()
                if self._syncing:
                    self._state.wait()
                else:
                    self._sync_for_all()

    def _sync_for_all(self) -> None:
        """fdatasync outside of the mutex, on behalf of everyone whose record is written by now."""
        self._syncing = True
        target, fd = self._end, self._fd
        self._state.release()
        failure = None
        try:
            os.fdatasync(fd)
        except OSError as problem:
            failure = io_error(problem, self.path)
        finally:
            self._state.acquire()
            self._syncing = False
            self._state.notify_all()
        if failure is not None:
            self._failure = failure  # what is on disk now is unknown: accept no more commits
        else:
            self._durable = max(self._durable, target)
            stats.counters.add("wal_syncs", 1)

    def _check(self) -> None:
        if self._failure is not None:
            raise errors.IoError(
                f'write-ahead log "{self.path}" failed earlier: {self._failure.message}',
                hint="Reopen the database; everything acknowledged is recovered.",
            )

    def sync_soon(self) -> None:
        with self._state:
            if self._timer is None:
                self._timer = threading.Timer(ASYNC_DELAY, self._sync_late)
                self._timer.daemon = True
                self._timer.start()

    def _sync_late(self) -> None:
        with self._state:
            self._timer = None
            end = self._end
        with suppress(errors.Error):  # kept in _failure: the next commit reports it
            self.sync(end)

    def truncate(self, lsn: int) -> None:
        with self._state:
            self._check()
            while self._syncing:
                self._state.wait()
            self._check()
            try:
                self._require_own()
                tail = _read_all(self._fd, self._end - lsn, HEADER_SIZE + lsn - self._start)
                fd = _write_file(self.path, header(self._database_id, lsn), tail)
            except OSError as problem:
                raise io_error(problem, self.path) from problem
            os.close(self._fd)
            self._fd = fd
            self._start = lsn
            self._room = 0
            try:
                sync_directory(self.path)
            except OSError as problem:  # which of the two files a crash would leave is unknown
                self._failure = io_error(problem, self.path)
                raise self._failure from problem
            self._durable = self._end

    def _require_own(self) -> None:
        """Never replace or delete another database's log, put there after ours was removed by someone."""
        own = os.fstat(self._fd)
        if not os.path.samestat(own, os.stat(self.path)):
            raise OSError(errno.ESTALE, "the file was replaced while the database was open")

    def close(self) -> None:
        with self._state:
            if self._timer is not None:
                self._timer.cancel()
        try:
            if self._failure is None:
                self.sync(self._end)
        finally:
            os.close(self._fd)

    def remove(self) -> None:
        """Close and delete the log after a clean checkpoint, when nothing can have been committed since."""
        try:
            self._require_own()
            os.unlink(self.path)
            sync_directory(self.path)
        except OSError as problem:
            raise io_error(problem, self.path) from problem
        finally:
            self.close()


def header(database_id: bytes, start: int) -> bytes:
    """64 bytes: magic, version, reserved, database id, start LSN; crc32c in the last 4."""
    body = _HEADER.pack(MAGIC, VERSION, 0, database_id, start).ljust(HEADER_SIZE - 4, b"\0")
    return body + _CRC.pack(crc32c(body))


def frame(payload: bytes, lsn: int, synced: int) -> bytes:
    rest = struct.pack("<QQ", lsn, synced)
    crc = crc32c_extend(crc32c(rest), payload)
    return struct.pack("<II", len(payload), crc) + rest + payload


def read_start(data: bytes, path: str, database_id: bytes) -> int:
    """The start LSN from a log's header."""
    head = data[:HEADER_SIZE]
    if len(head) < HEADER_SIZE or _CRC.unpack(head[-4:])[0] != crc32c(head[:-4]):
        raise errors.DataCorrupted(
            f'checksum mismatch in write-ahead log "{path}": header at byte 0'
        )
    magic, version, _, found, start = _HEADER.unpack_from(head)
    if magic != MAGIC or version > VERSION:
        raise errors.FeatureNotSupported(f'write-ahead log "{path}" has unknown version {version}')
    if found != database_id:
        raise errors.DataCorrupted(f'write-ahead log "{path}" belongs to another database')
    return int(start)


class LogReader:
    """Iterates over (end LSN, payload) of the intact records; `end` is where the log has to be cut afterwards."""

    def __init__(self, path: str, database_id: bytes) -> None:
        with open(path, "rb") as file:
            self._data = file.read()
        self.path = path
        self.start = read_start(self._data, path, database_id)
        self.end = self.start

    def records(self) -> memoryview:
        """The intact records' bytes, after the iteration."""
        return memoryview(self._data)[HEADER_SIZE : HEADER_SIZE + self.end - self.start]

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        while (payload := self._record(self.end - self.start + HEADER_SIZE)) is not None:
            self.end += FRAME_SIZE + len(payload)
            yield self.end, payload
        self._check_tail()

    def _record(self, at: int) -> bytes | None:
        if at + FRAME_SIZE > len(self._data):
            return None
        length, crc, lsn, _ = _FRAME.unpack_from(self._data, at)
        if lsn != self.start + at - HEADER_SIZE or at + FRAME_SIZE + length > len(self._data):
            return None
        if crc32c(self._data[at + 8 : at + FRAME_SIZE + length]) != crc:
            return None
        return self._data[at + FRAME_SIZE : at + FRAME_SIZE + length]

    def _check_tail(self) -> None:
        """A record that never was acknowledged may be torn, and later unsynced ones may be whole. But if a later whole
        record says that the log was synced beyond this point, acknowledged data is damaged."""
        cut = self.end - self.start + HEADER_SIZE
        for at in self._candidates(cut):
            if self._record(at) is not None:
                synced = _FRAME.unpack_from(self._data, at)[3]
                if synced > self.end:
                    raise errors.DataCorrupted(
                        f'write-ahead log "{self.path}" is damaged at byte {cut} (LSN {self.end}), '
                        f"before intact records at byte {at}"
                    )

    def _candidates(self, cut: int) -> Iterator[int]:
        """Offsets after `cut` whose LSN field says that a record starts there."""
        for shift in range(8):
            first = cut + 1 + shift
            room = (len(self._data) - first - 8) // 8
            if room <= 0:
                continue
            fields = np.frombuffer(self._data, "<u8", room, first + 8)
            expected = np.arange(room, dtype=np.uint64) * np.uint64(8)
            expected += np.uint64(first - HEADER_SIZE + self.start)
            yield from (first + np.flatnonzero(fields == expected) * 8).tolist()


def _write_file(path: str, head: bytes, body: bytes | memoryview) -> int:
    """Write and sync a file under a temporary name and rename it into place; returns its descriptor. The directory
    is still to be synced."""
    temporary = f"{path}.new"
    fd = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        _write_all(fd, head, 0)
        _write_all(fd, body, len(head))
        os.fsync(fd)
        os.replace(temporary, path)
    except BaseException:
        os.close(fd)
        with suppress(OSError):  # a full disk needs the room
            os.unlink(temporary)
        raise
    return fd


def _read_all(fd: int, length: int, offset: int) -> bytes:
    """One read call returns at most 2 GiB."""
    pieces = []
    while length:
        piece = os.pread(fd, length, offset)
        if not piece:
            raise OSError(errno.EIO, "the file is cut short")
        pieces.append(piece)
        length, offset = length - len(piece), offset + len(piece)
    return b"".join(pieces)


def _write_all(fd: int, data: bytes | memoryview, offset: int) -> None:
    view = memoryview(data)
    while len(view):
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written


def sync_directory(path: str) -> None:
    """Make the directory entry of a new or renamed file durable."""
    fd = os.open(os.path.dirname(os.path.abspath(path)), os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
