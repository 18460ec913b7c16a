"""The single-file store: two superblocks, an owner page, then page-aligned extents, all of it mmap-ed per extent."""

from __future__ import annotations

import errno
import mmap
import os
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress

import numpy as np

from vecsql import errors
from vecsql.objstore import filelock, hole, pins, superblock
from vecsql.objstore.base import Bytes, Chunk, Extent, Root, as_bytes
from vecsql.objstore.space import PAGE, FreeSpace, outside, padded

DATA_START = 4 * PAGE  # two superblocks, the owner page, one page in reserve
NEW_FILE = (
    DATA_START + PAGE
)  # a file whose making was interrupted before its first root is not larger
COPIED = (
    256 << 10
)  # smaller blobs are read, not mapped: each map costs a descriptor before Python 3.13
ALIGNMENT = 64
WRITE_LIMIT = 64 << 20  # bytes per write call


class FileBlob:
    """A blob in the file; maps itself when it is first looked at."""

    def __init__(self, store: SingleFileStore, extent: Extent) -> None:
        self.extent = extent
        self._store = store
        self._view: Bytes | None = None

    def view(self) -> Bytes:
        if self._view is None:
            self._view = self._store.map(self.extent)
        return self._view


class SingleFileStore:
    """See docs/file-format.md for the layout. Methods may be called from any thread."""

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        self.name = path
        self.read_only = read_only
        self._fd = _open(path, read_only)
        try:
            filelock.acquire(self._fd, path, exclusive=not read_only)
        except BaseException:
            os.close(self._fd)
            raise
        self._mutex = threading.Lock()
        self._space = FreeSpace(DATA_START)
        self._extents: dict[int, int] = {}  # offset -> length of everything allocated
        self._file = pins.file_id(self._fd)
        self._announced = False
        self._slot = 0  # where the current root lies
        self._failure: errors.Error | None = None  # of an fsync: what is on disk is unknown since

    # Root

    def read_root(self) -> Root | None:
        """The newest valid root; None for an empty file. InvalidCatalogName if it is no vecsql file."""
        size = os.fstat(self._fd).st_size
        pages = [os.pread(self._fd, PAGE, at) for at in (0, PAGE)]
        roots = [
            (r.generation, slot, r) for slot, p in enumerate(pages) if (r := superblock.unpack(p))
        ]
        if roots:
            _, self._slot, root = max(roots)
            return root
        if all(not any(p) for p in pages) and size <= NEW_FILE:
            return None
        if any(p.startswith(superblock.MAGIC) for p in pages):
            raise errors.DataCorrupted(f'both superblocks of database "{self.name}" are damaged')
        raise errors.InvalidCatalogName(f'"{self.name}" is not a vecsql database')

    def write_root(self, root: Root) -> None:
        self.sync()
        slot = 1 - self._slot
        with self._io():
            self._write_at(memoryview(superblock.pack(root)), slot * PAGE)
        self._synced(os.fsync)
        self._slot = slot

    # Blobs

    def write(self, chunks: Sequence[Chunk]) -> FileBlob:
        views = [as_bytes(c) for c in chunks if c.nbytes]
        with self._mutex:
            extent = self._space.allocate(sum(len(v) for v in views))
            self._extents[extent.offset] = extent.length
            blob = FileBlob(self, extent)
            pins.add(self._file, extent, blob)
        padding = bytes(padded(extent.length) - extent.length)
        try:
            with self._io():
                offset = extent.offset
                for view in (*views, memoryview(padding)):
                    offset = self._write_at(view, offset)
        except BaseException:
            with self._mutex:
                self._release(extent)
            raise
        return blob

    def _write_at(self, view: memoryview, offset: int) -> int:
        while len(view):
            written = os.pwrite(self._fd, view[:WRITE_LIMIT], offset)
            view, offset = view[written:], offset + written
        return offset

    def open(self, extent: Extent) -> FileBlob:
        if extent.offset + extent.length > os.fstat(self._fd).st_size:
            raise errors.DataCorrupted(
                f'database "{self.name}" is cut short: {extent.length} bytes expected at offset {extent.offset}'
            )
        blob = FileBlob(self, extent)
        pins.add(self._file, extent, blob)
        return blob

    def map(self, extent: Extent) -> Bytes:
        """The extent's bytes, read-only; the space stays reserved as long as the array or a view of it lives."""
        if extent.length == 0:
            return np.zeros(0, np.uint8)
        if extent.length <= COPIED:
            return self._read(extent)
        mapped = _mapped(self._fd, extent)
        pins.add(self._file, extent, mapped)
        return np.frombuffer(mapped, np.uint8)

    def _read(self, extent: Extent) -> Bytes:
        """A copy, aligned as a mapping is."""
        room = np.empty(extent.length + ALIGNMENT, np.uint8)
        start = -room.ctypes.data % ALIGNMENT
        data = room[start : start + extent.length]
        if os.preadv(self._fd, [data.data], extent.offset) < extent.length:
            raise errors.DataCorrupted(f'database "{self.name}" is cut short at {extent.offset}')
        data.flags.writeable = False
        return data

    def sync(self) -> None:
        self._synced(os.fdatasync)

    def _synced(self, how: Callable[[int], None]) -> None:
        """Once a sync has failed the system may have dropped the pages and would report the next one as a success: so
        none is tried until the database is reopened."""
        if self._failure is not None:
            raise errors.IoError(
                f'database "{self.name}" failed earlier: {self._failure.message}',
                hint="Reopen the database; everything acknowledged is recovered.",
            )
        try:
            how(self._fd)
        except OSError as problem:
            self._failure = io_error(problem, self.name)
            raise self._failure from problem

    # Space

    def begin(self, used: Iterable[Extent]) -> None:
        """Views from an earlier open of the file in this process keep their space too, unless another process has
        written there since."""
        with self._mutex:
            used = list(used)
            looked_at = outside(pins.alive(self._file), used)
            self._extents = {e.offset: e.length for e in (*used, *looked_at)}
            self._space = FreeSpace(DATA_START, [Extent(*e) for e in self._extents.items()])
        if not self.read_only:
            filelock.announce(self._fd)
            self._announced = True

    def reclaim(self, keep: Iterable[Extent]) -> int:
        freed = 0
        with self._mutex:
            if self._failure is not None:
                return 0  # it is not known which root counts
            kept = {e.offset for e in (*keep, *pins.alive(self._file))}
            for offset in [o for o in self._extents if o not in kept]:
                freed += self._release(Extent(offset, self._extents[offset]))
        return freed

    def _release(self, extent: Extent) -> int:
        """Give an extent's space back; the mutex is held."""
        del self._extents[extent.offset]
        self._space.free(extent)
        length = padded(max(extent.length, 1))
        hole.punch(self._fd, extent.offset, length)
        if os.fstat(self._fd).st_size > self._space.end:
            with suppress(OSError):  # costs only disk space
                os.ftruncate(self._fd, self._space.end)
        return length

    @property
    def size(self) -> int:
        return os.fstat(self._fd).st_size

    def close(self) -> None:
        if self._announced:
            filelock.retract(self._fd)
        filelock.release(self._fd)  # maps that are still alive hold copies of the descriptor
        os.close(self._fd)

    @contextmanager
    def _io(self) -> Iterator[None]:
        try:
            yield
        except OSError as problem:
            raise io_error(problem, self.name) from problem


def _mapped(fd: int, extent: Extent) -> mmap.mmap:
    offset, length = extent.offset, extent.length
    if sys.version_info >= (3, 13):
        return mmap.mmap(fd, length, prot=mmap.PROT_READ, offset=offset, trackfd=False)
    return mmap.mmap(fd, length, prot=mmap.PROT_READ, offset=offset)


def io_error(problem: OSError, name: str) -> errors.Error:
    """The SQL error for a failed system call on a database file."""
    text = f'could not write to file "{name}": {problem.strerror}'
    if problem.errno in (errno.ENOSPC, errno.EDQUOT):
        return errors.DiskFull(text, hint="Check free disk space.")
    return errors.IoError(text)


def _open(path: str, read_only: bool) -> int:
    if os.path.isdir(path):
        raise errors.InvalidCatalogName(f'"{path}" is a directory, not a vecsql database')
    flags = os.O_RDONLY if read_only else os.O_RDWR | os.O_CREAT
    try:
        return os.open(path, flags | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:
        parent = os.path.dirname(os.path.abspath(path))
        missing = path if os.path.isdir(parent) else parent
        raise errors.InvalidCatalogName(
            f'could not open database "{path}": "{missing}" does not exist'
        ) from None
    except OSError as problem:
        raise errors.IoError(f'could not open database "{path}": {problem.strerror}') from problem
