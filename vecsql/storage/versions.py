"""The chain of committed versions: appended in WAL order, published once durable."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Mapping

from vecsql import errors
from vecsql.catalog.model import Catalog
from vecsql.storage.snapshot import DatabaseVersion
from vecsql.storage.table import TableState
from vecsql.storage.wal import Log

Change = Callable[[DatabaseVersion], tuple[Catalog, Mapping[int, TableState]]]


class VersionChain:
    """`current` is what readers see. Committers build on `head`, which may not be durable yet."""

    def __init__(self, first: DatabaseVersion, log: Log) -> None:
        self._mutex = threading.RLock()
        self._log = log
        self._head = first
        self._pending: deque[DatabaseVersion] = deque()
        self._closed = False
        self.current = first

    def commit(self, payload: bytes | None, change: Change, *, synchronous: bool = True) -> int:
        """Log a commit, apply it, and publish it when it is durable (or at once). Returns its LSN."""
        with self._mutex:
            self._require_open()
            catalog, tables = change(self._head)
            lsn = self._log.append(payload)
            self._push(DatabaseVersion(catalog, tables, lsn))
        if synchronous:
            self._log.sync(lsn)
            self._publish(self._log.durable)
        else:
            self._publish(lsn)
            self._log.sync_soon()
        return lsn

    def log(self, payload: bytes) -> None:
        """Log something that no version shows (a sequence); it is durable with the next commit."""
        with self._mutex:
            self._require_open()
            self._log.append(payload)

    def close(self) -> None:
        """Refuse commits from now on: the last checkpoint must cover the log."""
        with self._mutex:
            self._closed = True

    def _require_open(self) -> None:
        if self._closed:
            raise errors.InterfaceError("the database is closed")

    def restructure(self, change: Change) -> DatabaseVersion:
        """Publish a version with the same rows in other parts. Returns the new head."""
        with self._mutex:
            catalog, tables = change(self._head)
            version = DatabaseVersion(catalog, tables, self._head.lsn)
            self._push(version)
        self._publish(self._log.durable)
        return version

    def settle(self) -> DatabaseVersion:
        """Make everything committed so far durable and published; returns that version."""
        with self._mutex:
            head = self._head
        self._log.sync(head.lsn)
        self._publish(self._log.durable)
        return head

    def _push(self, version: DatabaseVersion) -> None:
        self._head = version
        self._pending.append(version)

    def _publish(self, durable: int) -> None:
        with self._mutex:
            while self._pending and self._pending[0].lsn <= durable:
                self.current = self._pending.popleft()
