"""The manifest: which segments, deletes and indexes make up each table at one LSN, with catalog and sequences."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
from google_crc32c import value as crc32c

from vecsql import errors
from vecsql.objstore.base import Blob, Extent, Root, Store
from vecsql.storage.interface import Bools

FORMAT = 1


class SegmentEntry(msgspec.Struct, array_like=True, frozen=True):
    segment: int
    extent: Extent
    is_segment: bool  # False: a memtable image
    rows: int
    dead: bytes | None  # bitmap of deleted rows, bit i of byte i // 8 first (little bit order)
    indexes: dict[int, Extent]  # vector indexes by index oid

    def live(self) -> Bools | None:
        if self.dead is None:
            return None
        bits = np.unpackbits(np.frombuffer(self.dead, np.uint8), count=self.rows, bitorder="little")
        return np.equal(bits, 0, dtype=np.bool_)


def dead_bitmap(live: Bools | None) -> bytes | None:
    return None if live is None else np.packbits(~live, bitorder="little").tobytes()


class TableEntry(msgspec.Struct, array_like=True, frozen=True):
    table: int
    next_rowid: int
    segments: list[SegmentEntry]


class Manifest(msgspec.Struct, array_like=True, frozen=True):
    format: int
    lsn: int
    next_segment: int
    catalog: bytes
    tables: list[TableEntry]
    sequences: list[tuple[int, int, bool]]  # (oid, last_value, is_called)

    def extents(self) -> Iterator[Extent]:
        """Everything that the manifest refers to."""
        for table in self.tables:
            for segment in table.segments:
                yield segment.extent
                yield from segment.indexes.values()


def write(
    store: Store, manifest: Manifest, database_id: bytes, *, clean: bool
) -> tuple[Root, Blob]:
    """Write a manifest and make it the root; everything written before is durable then."""
    before = store.read_root()
    data = msgspec.msgpack.encode(manifest)
    blob = store.write([np.frombuffer(data, np.uint8)])
    generation = before.generation + 1 if before else 1
    root = Root(database_id, generation, blob.extent, crc32c(data), manifest.lsn, clean)
    store.write_root(root)
    return root, blob


def read(store: Store, root: Root) -> Manifest:
    data = store.open(root.manifest).view().tobytes()
    if crc32c(data) != root.manifest_crc:
        raise errors.DataCorrupted(
            f'checksum mismatch in database "{store.name}": manifest at byte {root.manifest.offset}'
        )
    return msgspec.msgpack.decode(data, type=Manifest)
