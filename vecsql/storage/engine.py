"""An open database: `open_engine(path)` makes one, `begin()` starts transactions on it."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from vecsql import errors, stats
from vecsql.catalog.model import Catalog, Index
from vecsql.objstore.base import Store
from vecsql.objstore.memory import MemoryStore
from vecsql.objstore.single_file import SingleFileStore
from vecsql.storage import indexing, wal_records
from vecsql.storage.background import Background, Stopped
from vecsql.storage.checkpoint import Checkpointer
from vecsql.storage.indexing import Indexer
from vecsql.storage.interface import PartVersion, Rowids
from vecsql.storage.locks import LockManager, Owner
from vecsql.storage.maintenance import Maintenance
from vecsql.storage.memtable import consolidate
from vecsql.storage.part import BasePart
from vecsql.storage.recovery import Recovered, Recovery
from vecsql.storage.rowids import RowidAllocator
from vecsql.storage.schema import TableSchema
from vecsql.storage.segment import Segment
from vecsql.storage.segments import SegmentStore
from vecsql.storage.sequences import Sequences
from vecsql.storage.snapshot import DatabaseVersion
from vecsql.storage.table import TableState
from vecsql.storage.transaction import StorageTransaction
from vecsql.storage.versions import VersionChain
from vecsql.storage.wal import NullLog, WriteAheadLog
from vecsql.storage.wal_records import AttachIndex, SequenceAdvance
from vecsql.storage.write_set import TableWrites, WriteSet

FLUSH_ROWS = 8_192
FLUSH_BYTES = 64 << 20
BULK_BYTES = 4 << 20  # own rows above this are committed as a segment instead of through the WAL
NOTED_SHARE = 128  # a batch of less than this part of those limits is not noted yet
WAL_BYTES = 64 << 20  # a longer log is cut by a checkpoint
BUILD_THREADS = 8  # of CREATE INDEX at most; builds in the background have one
BACKPRESSURE = 4  # times the flush limits: then the committer itself makes the checkpoint


def open_engine(path: str, *, read_only: bool = False) -> StorageEngine:
    """Open the database file, made if it is missing; ":memory:" keeps everything in memory.

    Raises ObjectInUse when another process has it open, InvalidCatalogName when it is no database,
    FeatureNotSupported when it is of a newer format, DataCorrupted when a checksum does not match.
    """
    if path == ":memory:":
        return StorageEngine(path, MemoryStore(), _empty(), read_only=False, persistent=False)
    store = SingleFileStore(path, read_only=read_only)
    try:
        recovered = Recovery(store, SegmentStore(store), path, read_only=read_only).run()
        return StorageEngine(path, store, recovered, read_only=read_only, persistent=not read_only)
    except BaseException:
        store.close()
        raise


def _empty() -> Recovered:
    return Recovered(DatabaseVersion(Catalog(), {}, 0), NullLog(), b"", {}, [], [])


class StorageEngine:
    """The Engine of the interface."""

    def __init__(
        self, path: str, store: Store, recovered: Recovered, *, read_only: bool, persistent: bool
    ) -> None:
        self.path = path
        self.read_only = read_only
        self._persistent = persistent
        self._store = store
        self._log = recovered.log
        self._chain = VersionChain(recovered.version, self._log)
        self.locks = LockManager()
        self.rowids = RowidAllocator()
        for oid, next_rowid in recovered.next_rowids.items():
            self.rowids.raise_to(oid, next_rowid)
        self.sequences = Sequences(
            lambda oid: self.current.catalog.sequences.get(oid), self._log_sequence
        )
        for oid, value, called in recovered.sequences:
            self.sequences.restore(oid, value, called)
        self._segments = SegmentStore(store)
        self._segments.resume(recovered.next_segment)
        self._indexer = Indexer(self._segments)
        self._checkpointer = Checkpointer(
            self._chain, self._log, self._segments, self.sequences, self.rowids,
            recovered.database_id, persistent=persistent,
        )  # fmt: skip
        self._checkpointer.attached(recovered.version.lsn, recovered.attached)
        self._maintenance = Maintenance(
            self._chain, self._segments, self._indexer, self._stop_if_closing
        )
        self._background = Background(
            self._run_checkpoint, self._compact, self._index, self._maintenance.code
        )
        self._transaction_ids = itertools.count(1)
        self._closed = False
        if not read_only:
            self._after_commit(self.current.tables)
            self._background.request_upkeep()

    @property
    def current(self) -> DatabaseVersion:
        return self._chain.current

    def snapshot(self) -> DatabaseVersion:
        return self._chain.current

    def begin(
        self, *, isolation: str = "read committed", read_only: bool = False, process_id: int = 0,
        cancel: threading.Event | None = None, lock_timeout: Callable[[], float] | None = None,
    ) -> StorageTransaction:  # fmt: skip
        """Start a transaction. `process_id` appears in deadlock reports; `cancel` ends waits for locks when set;
        `lock_timeout` gives the seconds to wait for a lock at most (0: for ever)."""
        if self._closed:
            raise errors.InterfaceError("the database is closed")
        owner = Owner(next(self._transaction_ids), process_id, cancel, lock_timeout)
        repeatable = isolation in ("repeatable read", "serializable")
        return StorageTransaction(
            self, owner, repeatable=repeatable, read_only=read_only or self.read_only
        )

    # Called by transactions

    def commit(
        self, writes: WriteSet, built: list[tuple[Segment, int]], *, synchronous: bool
    ) -> None:
        """Make a write set durable and visible. `built`: vector indexes that the transaction has made."""
        writes = self._with_bulk_as_segments(writes)
        indexes = self._attachments(writes, built)
        payload = None
        extents = [s.blob.extent for s in writes.segments] + [a.extent for a in indexes]
        if self._persistent:
            payload = wal_records.encode(wal_records.commit_record(writes, indexes))
            if extents:
                self._store.sync()

        def change(head: DatabaseVersion) -> tuple[Catalog, Mapping[int, TableState]]:
            if extents:
                self._checkpointer.attached(head.lsn, extents)
            return apply(head, writes)

        before = self.current.catalog
        self._chain.commit(payload, change, synchronous=synchronous)
        stats.counters.add("commits")
        if writes.catalog is not None:
            self._drop_indexes(before, writes.catalog)
        self._after_commit(writes.tables)
        if writes.catalog is not None or extents:
            self._background.request_upkeep()

    def _drop_indexes(self, before: Catalog, after: Catalog) -> None:
        """Free the memory of vector indexes that are gone."""
        for oid in before.indexes.keys() - after.indexes.keys():
            state = self.current.tables.get(before.indexes[oid].table_oid)
            for version in state.parts if state else ():
                if isinstance(version.part, BasePart):
                    version.part.detach_index(oid)

    def _with_bulk_as_segments(self, writes: WriteSet) -> WriteSet:
        tables = dict(writes.tables)
        for oid, changes in writes.tables.items():
            memory = [p for p in changes.inserted if not p.part.is_segment]
            if sum(p.part.nbytes for p in memory) >= BULK_BYTES:
                catalog = writes.catalog or self.current.catalog
                before = self.current.tables.get(oid)
                schema = TableSchema.of(catalog, oid, before.schema if before else None)
                parts = self.spill(schema, changes.inserted)
                tables[oid] = TableWrites(parts, changes.deleted, changes.truncated)
        return replace(writes, tables=tables)

    def spill(self, schema: TableSchema, parts: tuple[PartVersion, ...]) -> tuple[PartVersion, ...]:
        """Own rows with those in memory moved to a segment."""
        segments = tuple(p for p in parts if p.part.is_segment)
        memory = tuple(p for p in parts if not p.part.is_segment and p.live_rows)
        if not memory:
            return segments
        segment = self._segments.write(schema, memory)
        return (*segments, PartVersion(segment, None, segment.num_rows))

    def _attachments(self, writes: WriteSet, built: list[tuple[Segment, int]]) -> list[AttachIndex]:
        catalog = writes.catalog or self.current.catalog
        return [
            AttachIndex(
                catalog.indexes[oid].table_oid, s.segment_id, oid, s.index_blobs[oid].extent
            )
            for s, oid in built
            if oid in catalog.indexes
        ]

    def build_index(
        self, parts: tuple[PartVersion, ...], index: Index, owner: Owner
    ) -> list[tuple[Segment, int]]:
        """Build a vector index over the segments among `parts`; returns where it was built."""
        indexing.metric_of(index)
        segments = list(indexing.missing_in(parts, index))

        def check() -> None:
            if owner.cancel is not None and owner.cancel.is_set():
                raise errors.QueryCanceled("canceling statement due to user request")

        indexer = Indexer(self._segments, threads=min(os.cpu_count() or 1, BUILD_THREADS))
        indexer.build_all(segments, index, process_id=owner.process_id, check=check)
        return [(s, index.oid) for s in segments]

    def allocate_rowids(self, table_oid: int, count: int) -> Rowids:
        stats.counters.add("rows_inserted", count)
        return self.rowids.allocate(table_oid, count)

    # Sequences

    def nextval(self, sequence_oid: int) -> int:
        return int(self.nextvals(sequence_oid, 1)[0])

    def nextvals(self, sequence_oid: int, count: int) -> npt.NDArray[np.int64]:
        """The next `count` values at once."""
        self._require_writable("nextval()")
        return self.sequences.nextvals(sequence_oid, count)

    def setval(self, sequence_oid: int, value: int, is_called: bool = True) -> None:
        self._require_writable("setval()")
        self.sequences.setval(sequence_oid, value, is_called)

    def sequence_state(self, sequence_oid: int) -> tuple[int, bool]:
        return self.sequences.state(sequence_oid)

    def _log_sequence(self, oid: int, last_value: int, is_called: bool) -> None:
        if self._persistent:
            self._chain.log(wal_records.encode(SequenceAdvance(oid, last_value, is_called)))

    def _require_writable(self, command: str) -> None:
        if self.read_only:
            raise errors.ReadOnlySqlTransaction(
                f"cannot execute {command} in a read-only transaction"
            )

    # Background

    def _after_commit(self, tables: Mapping[int, object]) -> None:
        """Ask for a checkpoint when a memtable or the log has grown enough; make one here when far too much."""
        grown = [oid for oid in tables if self._has_grown(oid)]
        load = max([self._log.length / WAL_BYTES, *(self._load(oid) for oid in grown)])
        if load >= BACKPRESSURE:
            self._run_checkpoint()
        elif load >= 1:
            self._background.checkpoint.request()
        if any(self._maintenance.lacks_codes(oid) for oid in grown):
            self._background.coding.request()

    def _has_grown(self, oid: int) -> bool:
        """Whether a table's memtable may be fuller than it was: small commits show when their batches are merged."""
        state = self.current.tables.get(oid)
        if state is None or not state.parts:
            return False
        newest = state.parts[-1]
        rows, nbytes = NOTED_SHARE * newest.live_rows, NOTED_SHARE * newest.part.nbytes
        return newest.part.is_segment or rows >= FLUSH_ROWS or nbytes >= FLUSH_BYTES

    def _load(self, oid: int) -> float:
        """How full a table's memtable is, 1 being the limit."""
        state = self.current.tables.get(oid)
        if state is None:
            return 0.0
        memory = [p for p in state.parts if not p.part.is_segment]
        rows = sum(p.live_rows for p in memory) / FLUSH_ROWS
        return max(rows, sum(p.part.nbytes for p in memory) / FLUSH_BYTES)

    def _run_checkpoint(self) -> None:
        if self._checkpointer.run():
            self._background.request_upkeep()

    def _compact(self) -> None:
        if self._maintenance.compact():
            self._background.checkpoint.request()
            # inputs without an index become a segment without
            self._background.coding.request()
            self._background.indexing.request()

    def _index(self) -> None:
        if self._maintenance.index():
            self._background.checkpoint.request()

    def _stop_if_closing(self) -> None:
        if self._background.stopping:
            raise Stopped

    def flush(self) -> None:
        if not self.read_only:
            self._run_checkpoint()

    def wait_for_background(self) -> None:
        self._background.wait()

    def check(self) -> int:
        """Verify all checksums; returns the number of segments. DataCorrupted at the first mismatch."""
        segments = [
            p.part
            for state in self.current.tables.values()
            for p in state.parts
            if isinstance(p.part, Segment)
        ]
        for segment in segments:
            segment.container.verify()
        return len(segments)

    def close(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._background.stop()
        self._chain.close()
        try:
            if self._persistent:
                self._checkpointer.run(clean=True)
                if isinstance(self._log, WriteAheadLog):
                    self._log.remove()
            else:
                self._log.close()
        except BaseException:
            self._log.close()
            raise
        finally:
            self._store.close()

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
