"""Open engines of this process by file, so that two connects to one file share it."""

from __future__ import annotations

import os
import threading

from vecsql.errors import ObjectInUse
from vecsql.storage.engine import StorageEngine, open_engine

_lock = threading.Lock()
_open: dict[str, tuple[StorageEngine, int, bool]] = {}  # engine, users, read_only


def acquire(path: str, *, read_only: bool) -> StorageEngine:
    """The engine of a file, opened if this process has not yet; every ":memory:" is one of its own."""
    if path == ":memory:":
        return open_engine(path)
    key = os.path.realpath(path)
    with _lock:
        engine, users, how = _open.get(key, (None, 0, read_only))
        if engine is None:
            engine = open_engine(path, read_only=read_only)
        elif how != read_only:
            wanted, found = (
                ("read-only", "read-write") if read_only else ("read-write", "read-only")
            )
            raise ObjectInUse(f"cannot open {path} {wanted}: this process has it open {found}")
        _open[key] = (engine, users + 1, read_only)
        return engine


def release(path: str, engine: StorageEngine) -> None:
    """One user less; the last one closes."""
    if path == ":memory:":
        engine.close()
        return
    key = os.path.realpath(path)
    with _lock:
        _, users, how = _open[key]
        if users > 1:
            _open[key] = (engine, users - 1, how)
            return
        del _open[key]
        engine.close()
