"""Checkpoints: memtables become segments (or images, while small), the manifest names them, the WAL is cut."""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping

import numpy as np

from vecsql import errors, stats
from vecsql.objstore.base import Extent
from vecsql.storage import catalog_codec, manifest
from vecsql.storage.interface import PartVersion
from vecsql.storage.manifest import Manifest, SegmentEntry, TableEntry, dead_bitmap
from vecsql.storage.memtable import MemBatch
from vecsql.storage.rowids import RowidAllocator
from vecsql.storage.segment import Segment
from vecsql.storage.segments import SegmentStore
from vecsql.storage.sequences import Sequences
from vecsql.storage.snapshot import DatabaseVersion
from vecsql.storage.table import TableState
from vecsql.storage.versions import VersionChain
from vecsql.storage.wal import Log

MIN_SEGMENT_ROWS = 2000  # fewer stay in the memtable: scanning them is as fast as any index
MIN_SEGMENT_BYTES = 8 << 20

Parts = tuple[PartVersion, ...]


class Checkpointer:
    """Writes checkpoints of one database; `run` may be called from any thread."""

    def __init__(
        self, chain: VersionChain, log: Log, segments: SegmentStore, sequences: Sequences,
        rowids: RowidAllocator, database_id: bytes, *, persistent: bool,
    ) -> None:  # fmt: skip
        self._chain = chain
        self._log = log
        self._segments = segments
        self._sequences = sequences
        self._rowids = rowids
        self._database_id = database_id
        self._persistent = persistent
        self._mutex = threading.Lock()
        self._attached_mutex = threading.Lock()
        self._images: dict[int, tuple[Parts, Segment]] = {}  # per table: what the last image holds
        self._rooted: list[Extent] | None = (
            None  # what the newest manifest refers to, itself included
        )
        self._attached: list[tuple[int, Extent]] = []  # (lower bound of the LSN, extent) in the WAL

    def attached(self, lsn: int, extents: list[Extent]) -> None:
        """A WAL record after `lsn` refers to these extents: keep them until a checkpoint covers it."""
        with self._attached_mutex:
            self._attached += [(lsn, e) for e in extents]

    def run(self, *, clean: bool = False) -> bool:
        """Make a checkpoint of everything committed so far; True if a memtable became a segment."""
        with self._mutex:
            version = self._chain.settle()
            try:
                flushed = self._flush(version)
                if self._persistent:
                    images = self._write_images(version, flushed)
                    self._publish_manifest(version, flushed, images, clean)
            except errors.Error:
                flushed = images = {}
                self._reclaim()  # what was written is written anew the next time
                raise
            if flushed:
                self._chain.restructure(lambda head: (head.catalog, _swap(head, flushed)))
            if self._persistent:
                self._log.truncate(version.lsn)
            stats.counters.add("checkpoints")
            return bool(flushed)

    def _flush(self, version: DatabaseVersion) -> dict[int, Segment]:
        """New segments for the memtables that are large enough, by table."""
        flushed = {}
        for oid, state in version.tables.items():
            memory = _memory(state)
            if _worth_a_segment(memory):
                flushed[oid] = self._segments.write(state.schema, memory)
                stats.counters.add("segments_flushed")
        return flushed

    def _write_images(
        self, version: DatabaseVersion, flushed: Mapping[int, Segment]
    ) -> dict[int, Segment]:
        """Images of the small memtables; unchanged ones are taken from the last checkpoint."""
        images: dict[int, tuple[Parts, Segment]] = {}
        for oid, state in version.tables.items():
            memory = _memory(state)
            if not memory or oid in flushed:
                continue
            last = self._images.get(oid)
            if last is not None and _same(last[0], memory):
                images[oid] = last
            else:
                images[oid] = (memory, self._segments.write(state.schema, memory, is_segment=False))
        self._images = images
        return {oid: image for oid, (_, image) in images.items()}

    def _publish_manifest(
        self, version: DatabaseVersion, flushed: Mapping[int, Segment],
        images: Mapping[int, Segment], clean: bool,
    ) -> None:  # fmt: skip
        tables = []
        for oid, state in version.tables.items():
            known = version.catalog.indexes.keys()
            entries = [_entry(p, known) for p in state.parts if p.part.is_segment]
            entries += [_whole(s[oid]) for s in (flushed, images) if oid in s]
            tables.append(TableEntry(oid, self._rowids.next_of(oid), entries))
        content = Manifest(
            manifest.FORMAT, version.lsn, self._segments.next_id(), catalog_codec.encode(version.catalog),
            tables, self._sequences.values(version.catalog.sequences),
        )  # fmt: skip
        store = self._segments.store
        root, _ = manifest.write(store, content, self._database_id, clean=clean)
        with self._attached_mutex:
            self._attached = [a for a in self._attached if a[0] >= version.lsn]
        self._rooted = [root.manifest, *content.extents()]
        self._reclaim()

    def _reclaim(self) -> None:
        """Free what neither the manifest nor the log after it refers to."""
        if self._rooted is None:
            return
        with self._attached_mutex:
            in_log = [extent for _, extent in self._attached]
        stats.counters.add("bytes_freed", self._segments.store.reclaim([*self._rooted, *in_log]))


def _memory(state: TableState) -> Parts:
    return tuple(p for p in state.parts if not p.part.is_segment and p.live_rows)


def _same(before: Parts, now: Parts) -> bool:
    return len(before) == len(now) and all(a is b for a, b in zip(before, now, strict=True))


def _worth_a_segment(memory: Parts) -> bool:
    rows = sum(p.live_rows for p in memory)
    return rows >= MIN_SEGMENT_ROWS or sum(p.part.nbytes for p in memory) >= MIN_SEGMENT_BYTES


def _entry(version: PartVersion, known: Collection[int]) -> SegmentEntry:
    part = version.part
    assert isinstance(part, Segment)
    blobs = list(part.index_blobs.items())  # a copy: builds attach to it meanwhile
    indexes = {oid: blob.extent for oid, blob in blobs if oid in known}
    return SegmentEntry(
        part.segment_id, part.blob.extent, part.is_segment, part.num_rows, dead_bitmap(version.live), indexes
    )  # fmt: skip


def _whole(segment: Segment) -> SegmentEntry:
    return _entry(PartVersion(segment, None, segment.num_rows), ())


def _swap(head: DatabaseVersion, flushed: Mapping[int, Segment]) -> Mapping[int, TableState]:
    """The head's tables with flushed rows in their new segments, later deletes and inserts kept."""
    tables = dict(head.tables)
    for oid, segment in flushed.items():
        state = tables.get(oid)
        if state is None:
            continue
        version = carry_deletes(segment, state)
        before = tuple(p for p in state.parts if p.part.is_segment)
        rest = tuple(r for p in state.parts if (r := _remainder(p, segment)) is not None)
        new = (version,) if version.live_rows else ()
        tables[oid] = state.with_parts(before + new + rest)
    return tables


def carry_deletes(segment: Segment, state: TableState) -> PartVersion:
    """A new segment as the table's current state sees it: rows deleted meanwhile are dead in it."""
    live = state.live(segment.rowids)
    count = int(np.count_nonzero(live))
    return PartVersion(segment, None if count == segment.num_rows else live, count)


def _remainder(version: PartVersion, segment: Segment) -> PartVersion | None:
    """What is left of a memtable batch without the flushed rows; None for nothing and for segments."""
    part = version.part
    if part.is_segment:
        return None
    assert isinstance(part, (MemBatch, Segment))
    rest = ~segment.positions(part.rowids)[1]
    if version.live is not None:
        rest &= version.live
    if not rest.any():
        return None
    if rest.all():
        return version
    columns = {a: part.column(a).filter(rest) for a in part.attnums}
    batch = MemBatch(part.rowids[rest], columns)
    return PartVersion(batch, None, batch.num_rows)
