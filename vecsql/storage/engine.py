"""An open database: `open_engine(path)` makes one, `begin()` starts transactions on it."""

from __future__ import annotations

import itertools
import threading
from collections import defaultdict
from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from vecsql.catalog.model import Catalog, Index
from vecsql.storage.interface import PartVersion, Rowids
from vecsql.storage.locks import LockManager, Owner
from vecsql.storage.memtable import consolidate
from vecsql.storage.schema import TableSchema
from vecsql.storage.sequences import Sequences
from vecsql.storage.snapshot import DatabaseVersion
from vecsql.storage.table import TableState
from vecsql.storage.transaction import StorageTransaction
from vecsql.storage.versions import VersionChain
from vecsql.storage.wal import NullLog
from vecsql.storage.write_set import WriteSet


def open_engine(path: str, *, read_only: bool = False) -> StorageEngine:
    """Open the database file, made if it is missing; ":memory:" keeps everything in memory."""
    return StorageEngine(path, read_only=read_only)


class StorageEngine:
    """The Engine of the interface."""

    def __init__(self, path: str, *, read_only: bool = False) -> None:
        self.path = path
        self.read_only = read_only
        self.locks = LockManager()
        self._log = NullLog()
        self._chain = VersionChain(DatabaseVersion(Catalog(), {}, 0), self._log)
        self.sequences = Sequences(
            lambda oid: self.current.catalog.sequences.get(oid), lambda oid, value, called: None
        )
        self._transaction_ids = itertools.count(1)
        self._next_rowids: defaultdict[int, int] = defaultdict(int)
        self._rowid_mutex = threading.Lock()

    @property
    def current(self) -> DatabaseVersion:
        return self._chain.current

    def snapshot(self) -> DatabaseVersion:
        return self._chain.current

    def begin(
        self, *, isolation: str = "read committed", read_only: bool = False, process_id: int = 0,
        cancel: threading.Event | None = None, lock_timeout: Callable[[], float] | None = None,
    ) -> StorageTransaction:  # fmt: skip
        owner = Owner(next(self._transaction_ids), process_id, cancel, lock_timeout)
        return StorageTransaction(
            self, owner,
            repeatable=isolation in ("repeatable read", "serializable"),
            read_only=read_only or self.read_only,
        )  # fmt: skip

    def allocate_rowids(self, table_oid: int, count: int) -> Rowids:
        with self._rowid_mutex:
            start = self._next_rowids[table_oid]
            self._next_rowids[table_oid] = start + count
        return np.arange(start, start + count, dtype=np.int64)

    def commit(self, writes: WriteSet, *, synchronous: bool = True) -> None:
        self._chain.commit(None, lambda head: apply(head, writes), synchronous=synchronous)

    def spill(self, schema: TableSchema, parts: tuple[PartVersion, ...]) -> tuple[PartVersion, ...]:
        return parts

    def build_index(self, transaction: StorageTransaction, index: Index) -> None:
        pass

    def nextval(self, sequence_oid: int) -> int:
        return self.sequences.nextval(sequence_oid)

    def nextvals(self, sequence_oid: int, count: int) -> npt.NDArray[np.int64]:
        return self.sequences.nextvals(sequence_oid, count)

    def setval(self, sequence_oid: int, value: int, is_called: bool = True) -> None:
        self.sequences.setval(sequence_oid, value, is_called)

    def sequence_state(self, sequence_oid: int) -> tuple[int, bool]:
        return self.sequences.state(sequence_oid)

    def flush(self) -> None:
        pass

    def wait_for_background(self) -> None:
        pass

    def close(self) -> None:
        self._log.close()

    def __enter__(self) -> StorageEngine:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


def apply(head: DatabaseVersion, writes: WriteSet) -> tuple[Catalog, Mapping[int, TableState]]:
    """The next version's catalog and tables."""
    if writes.catalog is None:
        catalog, tables = head.catalog, dict(head.tables)
    else:
        catalog, tables = writes.catalog, dict(head.with_catalog(writes.catalog))
    for oid, changes in writes.tables.items():
        if oid in tables:
            state = changes.over(tables[oid])
            tables[oid] = state.with_parts(consolidate(state.parts, state.schema))
    return catalog, tables
