"""Opening a database: the manifest's segments, then the WAL records after it."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass, field

import numpy as np

from vecsql import errors
from vecsql.catalog.model import Catalog
from vecsql.objstore.base import Extent, Root, Store
from vecsql.storage import catalog_codec, manifest, wal_records
from vecsql.storage.interface import PartVersion, Rowids
from vecsql.storage.manifest import Manifest, TableEntry
from vecsql.storage.memtable import MemBatch, merge
from vecsql.storage.schema import TableSchema
from vecsql.storage.segment import Segment
from vecsql.storage.segments import SegmentStore
from vecsql.storage.snapshot import DatabaseVersion
from vecsql.storage.table import TableState
from vecsql.storage.wal import Log, LogReader, NullLog, WriteAheadLog
from vecsql.storage.wal_records import Commit, SequenceAdvance


@dataclass(slots=True)
class _Rows:
    """One table while recovering."""

    next_rowid: int = 0
    parts: list[PartVersion] = field(default_factory=list)
    inserted: list[MemBatch] = field(default_factory=list)
    deleted: list[Rowids] = field(default_factory=list)

    def truncate(self) -> None:
        self.parts, self.inserted, self.deleted = [], [], []

    def saw(self, rowids: Rowids) -> None:
        self.next_rowid = max(self.next_rowid, int(rowids[-1]) + 1)

    def state(self, schema: TableSchema) -> TableState:
        versions = [PartVersion(b, None, b.num_rows) for b in self.inserted]
        state = TableState(schema, (*self.parts, *versions))
        if self.deleted:
            state = state.with_deletes(np.unique(np.concatenate(self.deleted)))
        segments = [p for p in state.parts if p.part.is_segment and p.live_rows]
        memory = [p for p in state.parts if not p.part.is_segment and p.live_rows]
        if len(memory) > 1:
            batch = merge(memory, schema)
            memory = [PartVersion(batch, None, batch.num_rows)]
        return state.with_parts((*segments, *memory))


@dataclass(slots=True)
class Recovered:
    """What a database file and its log say."""

    version: DatabaseVersion
    log: Log
    database_id: bytes
    next_rowids: dict[int, int]
    sequences: list[tuple[int, int, bool]]
    attached: list[Extent]  # extents that only the WAL refers to
    next_segment: int = 1


class Recovery:
    """Replays one database. Nothing is written but the WAL, and that only when the database is opened for writing."""

    def __init__(self, store: Store, segments: SegmentStore, path: str, *, read_only: bool) -> None:
        self._store = store
        self._segments = segments
        self._wal_path = f"{path}.wal"
        self._read_only = read_only
        self._rows: dict[int, _Rows] = {}
        self._catalog: bytes = b""
        self._sequences: dict[int, tuple[int, bool]] = {}
        self._attached: list[Extent] = []
        self._known: dict[int, Segment] = {}
        self._next_segment = 1

    def run(self) -> Recovered:
        root = self._store.read_root()
        if root is None:
            root = self._initialise()
        content = manifest.read(self._store, root)
        self._load(content)
        lsn, log = self._replay(root)
        self._store.begin([root.manifest, *content.extents(), *self._attached])
        version = self._version(lsn)
        if root.clean and not self._read_only:
            log = self._mark_in_use(root, log)
        next_rowids = {oid: rows.next_rowid for oid, rows in self._rows.items()}
        sequences = [(oid, value, called) for oid, (value, called) in self._sequences.items()]
        return Recovered(
            version,
            log,
            root.database_id,
            next_rowids,
            sequences,
            self._attached,
            self._next_segment,
        )

    def _initialise(self) -> Root:
        """The first root of an empty file."""
        if self._read_only:
            raise errors.InvalidCatalogName(f'"{self._store.name}" is empty, not a vecsql database')
        self._store.begin([])
        empty = Manifest(manifest.FORMAT, 0, 1, catalog_codec.encode(Catalog()), [], [])
        root, _ = manifest.write(self._store, empty, uuid.uuid4().bytes, clean=True)
        return root

    def _load(self, content: Manifest) -> None:
        if content.format > manifest.FORMAT:
            raise errors.FeatureNotSupported(
                f"database has manifest version {content.format}, but this vecsql reads up to {manifest.FORMAT}"
            )
        self._catalog = content.catalog
        self._next_segment = content.next_segment
        self._sequences = {oid: (value, called) for oid, value, called in content.sequences}
        for table in content.tables:
            self._rows[table.table] = self._load_table(table)

    def _load_table(self, table: TableEntry) -> _Rows:
        rows = _Rows(table.next_rowid)
        for entry in table.segments:
            segment = self._open(entry.segment, entry.extent, is_segment=entry.is_segment)
            for oid, extent in entry.indexes.items():
                self._attach_index(segment, oid, extent)
            live = entry.live()
            count = segment.num_rows if live is None else int(np.count_nonzero(live))
            rows.parts.append(PartVersion(segment, live, count))
        return rows

    def _open(self, segment_id: int, extent: Extent, *, is_segment: bool = True) -> Segment:
        segment = self._segments.open(segment_id, extent, is_segment=is_segment)
        self._known[segment_id] = segment
        self._next_segment = max(self._next_segment, segment_id + 1)
        return segment

    def _attach_index(self, segment: Segment, oid: int, extent: Extent) -> None:
        index, blob = self._segments.open_index(extent)
        segment.attach_index(oid, index)
        segment.index_blobs[oid] = blob

    # The WAL

    def _replay(self, root: Root) -> tuple[int, Log]:
        """Apply the records after the manifest; the LSN reached, and the log to go on with."""
        if not os.path.exists(self._wal_path):
            if root.clean:
                return root.lsn, NullLog(root.lsn)
            raise errors.DataCorrupted(
                f'write-ahead log "{self._wal_path}" is missing',
                detail="The database was not closed in order, so it cannot be opened without its log.",
            )
        reader = LogReader(self._wal_path, root.database_id)
        if reader.start > root.lsn:
            raise errors.DataCorrupted(
                f'write-ahead log "{self._wal_path}" starts at LSN {reader.start}, after {root.lsn}'
            )
        for lsn, payload in reader:
            if lsn > root.lsn:
                self._apply(wal_records.decode(payload))
        if self._read_only:
            return max(reader.end, root.lsn), NullLog(max(reader.end, root.lsn))
        return self._continue(reader, root)

    def _continue(self, reader: LogReader, root: Root) -> tuple[int, Log]:
        """Leave out the torn tail and append from there on."""
        if reader.end < root.lsn:  # asynchronous commits reached the manifest but not the log
            return root.lsn, WriteAheadLog.create(self._wal_path, root.database_id, root.lsn)
        return reader.end, WriteAheadLog.rewrite(reader, root.database_id)

    def _mark_in_use(self, root: Root, log: Log) -> Log:
        """From here on the database cannot be opened without its WAL."""
        if isinstance(log, NullLog):
            log = WriteAheadLog.create(self._wal_path, root.database_id, root.lsn)
        self._store.write_root(
            Root(
                root.database_id,
                root.generation + 1,
                root.manifest,
                root.manifest_crc,
                root.lsn,
                False,
            )
        )
        return log

    def _apply(self, record: Commit | SequenceAdvance) -> None:
        if isinstance(record, SequenceAdvance):
            self._sequences[record.sequence] = (record.last_value, record.is_called)
            return
        if record.catalog is not None:
            self._catalog = record.catalog
        for oid in record.truncated:
            self._table(oid).truncate()
        self._apply_rows(record)
        for attach in record.indexes:
            segment = self._known.get(attach.segment)
            if segment is not None:  # else merged away meanwhile: the index is built again
                self._attach_index(segment, attach.index, attach.extent)
                self._attached.append(attach.extent)

    def _apply_rows(self, record: Commit) -> None:
        for attach in record.segments:
            segment = self._open(attach.segment, attach.extent)
            self._attached.append(attach.extent)
            rows = self._table(attach.table)
            rows.parts.append(PartVersion(segment, None, segment.num_rows))
            rows.saw(segment.rowids)
        for insert in record.inserts:
            batch = wal_records.inserted_rows(insert)
            self._table(insert.table).inserted.append(batch)
            self._table(insert.table).saw(batch.rowids)
        for delete in record.deletes:
            self._table(delete.table).deleted.append(wal_records.deleted_rowids(delete))

    def _table(self, oid: int) -> _Rows:
        return self._rows.setdefault(oid, _Rows())

    def _version(self, lsn: int) -> DatabaseVersion:
        catalog = catalog_codec.decode(self._catalog)
        tables = {
            oid: self._table(oid).state(TableSchema.of(catalog, oid)) for oid in catalog.tables
        }
        return DatabaseVersion(catalog, tables, lsn)
