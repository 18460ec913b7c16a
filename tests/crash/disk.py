"""A recording disk: the engine's system calls are done and noted, and what a crash leaves at any moment can be built.

The model is that of LevelDB's fault injection: what was written after the last sync of a file may be there, or not, or in
part (by pages, in any order); names change in order, and surely only once the directory is synced.
"""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PAGE = 4096
PATCHED = ("vecsql.storage.wal.os", "vecsql.objstore.single_file.os", "vecsql.objstore.filelock.os")

Change = tuple[int, bytes | None]  # (offset, data), or (new size, None)


@dataclass
class File:
    synced: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)


@dataclass(frozen=True)
class Op:
    """One step: write, cut, sync, name, drop, syncdir, or mark (the test's own note)."""

    kind: str
    file: int = 0
    name: str = ""
    change: Change = (0, None)
    note: Any = None


class Disk:
    """Stands in for the module `os` while recording. `fail` is asked before each step and may raise OSError."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.fail: Callable[[str], None] = lambda kind: None
        self._files: dict[int, int] = {}  # inode -> number, as inodes are used again
        self._mutex = threading.RLock()

    @contextmanager
    def recording(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for target in PATCHED:
                patch.setattr(target, self)
            patch.setattr("vecsql.objstore.hole.punch", self.punch)
            yield

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)

    def mark(self, note: Any) -> None:
        with self._mutex:
            self.ops.append(Op("mark", note=note))

    def _number(self, fd: int) -> int:
        return self._files[os.fstat(fd).st_ino]

    def open(self, path: str, flags: int, mode: int = 0o777) -> int:
        with self._mutex:
            new = bool(flags & os.O_CREAT) and not os.path.exists(path)
            fd = os.open(path, flags, mode)
            if new:
                self._files[os.fstat(fd).st_ino] = len(self.ops)
                self.ops.append(Op("name", len(self.ops), os.path.basename(path)))
            elif flags & os.O_TRUNC:
                self.ops.append(Op("cut", self._number(fd)))
            return fd

    def pwrite(self, fd: int, data: Any, offset: int) -> int:
        with self._mutex:
            self.fail("write")
            written = os.pwrite(fd, data, offset)
            done = bytes(memoryview(data)[:written])
            self.ops.append(Op("write", self._number(fd), change=(offset, done)))
            return written

    def punch(self, fd: int, offset: int, length: int) -> bool:
        zeros = bytes(max(min(length, os.fstat(fd).st_size - offset), 0))
        with suppress(OSError):
            return bool(zeros) and self.pwrite(fd, zeros, offset) > 0
        return False

    def ftruncate(self, fd: int, size: int) -> None:
        with self._mutex:
            os.ftruncate(fd, size)
            self.ops.append(Op("cut", self._number(fd), change=(size, None)))

    def fsync(self, fd: int) -> None:
        with self._mutex:
            if os.path.isdir(f"/proc/self/fd/{fd}"):
                self.fail("syncdir")
                self.ops.append(Op("syncdir"))
                return
            number = self._number(fd)
            try:
                self.fail("sync")
            except OSError:
                self.ops.append(Op("lose", number))
                raise
            self.ops.append(Op("sync", number))

    fdatasync = fsync

    def replace(self, source: str, target: str) -> None:
        with self._mutex:
            self.fail("rename")
            os.replace(source, target)
            number = self._files[os.stat(target).st_ino]
            self.ops.append(Op("drop", name=os.path.basename(source)))
            self.ops.append(Op("name", number, os.path.basename(target)))

    def unlink(self, path: str) -> None:
        with self._mutex:
            os.unlink(path)
            self.ops.append(Op("drop", name=os.path.basename(path)))


class Replay:
    """The disk as of some prefix of the steps."""

    def __init__(self) -> None:
        self.files: dict[int, File] = {}
        self.names: dict[str, int] = {}  # as of the last sync of the directory
        self.renames: list[Op] = []  # since then
        self.notes: list[Any] = []

    def step(self, op: Op) -> None:
        if op.kind == "mark":
            self.notes.append(op.note)
        elif op.kind in ("write", "cut"):
            self.files[op.file].pending.append(op.change)
        elif op.kind == "sync":
            file = self.files[op.file]
            for change in file.pending:
                _apply(file.synced, change)
            file.pending = []
        elif op.kind == "lose":  # a failed fsync: the system may drop what it could not write
            self.files[op.file].pending = []
        elif op.kind == "syncdir":
            self.names = _renamed(self.names, self.renames)
            self.renames = []
        else:
            self.files.setdefault(op.file, File())
            self.renames.append(op)

    def leave(
        self, folder: Path, choice: random.Random | None, *, everything: bool = False
    ) -> None:
        """Write what a crash now leaves: only what is sure, everything, or a random part of the rest."""
        count = (
            len(self.renames)
            if everything
            else choice.randint(0, len(self.renames))
            if choice
            else 0
        )
        for name, number in _renamed(self.names, self.renames[:count]).items():
            file = self.files[number]
            content = bytearray(file.synced)
            for change in file.pending:
                for piece in _pieces(change) if choice else [change]:
                    if everything or (choice and choice.random() < 0.5):
                        _apply(content, piece)
            (folder / name).write_bytes(content)


def _renamed(names: dict[str, int], ops: list[Op]) -> dict[str, int]:
    names = dict(names)
    for op in ops:
        if op.kind == "name":
            names[op.name] = op.file
        else:
            names.pop(op.name, None)
    return names


def _apply(content: bytearray, change: Change) -> None:
    at, data = change
    if data is None:
        del content[at:]
        content.extend(bytes(at - len(content)))
        return
    content.extend(bytes(max(at - len(content), 0)))
    content[at : at + len(data)] = data


def _pieces(change: Change) -> Iterator[Change]:
    """A write as the pages that reach the disk one by one."""
    at, data = change
    if data is None:
        yield change
        return
    start = 0
    while start < len(data):
        end = min(start + PAGE - (at + start) % PAGE, len(data))
        yield at + start, data[start:end]
        start = end
