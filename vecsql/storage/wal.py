"""The write-ahead log (real one to come in this file): the interface and the log of a database without a file."""

from __future__ import annotations

import threading
from typing import Protocol


class Log(Protocol):
    """Where commits are logged. LSNs are byte positions; a record is known by the position of its end."""

    durable: int

    def append(self, payload: bytes | None) -> int: ...

    def sync(self, lsn: int) -> None:
        """Return when everything up to `lsn` is on disk."""
        ...

    def sync_soon(self) -> None:
        """Sync within a fraction of a second, in the background."""
        ...

    def close(self) -> None: ...


class NullLog:
    """The log of a database in memory: everything is as durable as it gets at once."""

    def __init__(self) -> None:
        self.durable = 0
        self._mutex = threading.Lock()

    def append(self, payload: bytes | None) -> int:
        with self._mutex:
            self.durable += 1
            return self.durable

    def sync(self, lsn: int) -> None:
        pass

    def sync_soon(self) -> None:
        pass

    def close(self) -> None:
        pass
