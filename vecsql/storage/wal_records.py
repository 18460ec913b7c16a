"""The payloads of WAL records: a commit, or the advance of a sequence."""

from __future__ import annotations

from functools import lru_cache

import msgspec
import numpy as np
import pyarrow as pa

from vecsql.objstore.base import Extent
from vecsql.storage import catalog_codec
from vecsql.storage.columns import keep
from vecsql.storage.interface import PartVersion, Rowids
from vecsql.storage.memtable import MemBatch
from vecsql.storage.segment import Segment
from vecsql.storage.write_set import WriteSet


class Insert(msgspec.Struct, array_like=True, frozen=True):
    """Rows as an Arrow IPC stream with columns 'rowid' and the attnums."""

    table: int
    data: bytes


class Delete(msgspec.Struct, array_like=True, frozen=True):
    table: int
    rowids: bytes  # int64, little endian


class AttachSegment(msgspec.Struct, array_like=True, frozen=True):
    """A bulk load's rows, already in a segment that was synced before."""

    table: int
    segment: int
    extent: Extent


class AttachIndex(msgspec.Struct, array_like=True, frozen=True):
    """A vector index built by the transaction for a segment."""

    table: int
    segment: int
    index: int
    extent: Extent


class Commit(msgspec.Struct, array_like=True, frozen=True, tag=1):
    catalog: bytes | None
    truncated: list[int]
    inserts: list[Insert]
    segments: list[AttachSegment]
    deletes: list[Delete]
    indexes: list[AttachIndex]


class SequenceAdvance(msgspec.Struct, array_like=True, frozen=True, tag=2):
    sequence: int
    last_value: int
    is_called: bool


Record = Commit | SequenceAdvance

_END_OF_STREAM = b"\xff\xff\xff\xff\0\0\0\0"

_decoder = msgspec.msgpack.Decoder(Record)


def encode(record: Record) -> bytes:
    return msgspec.msgpack.encode(record)


def decode(payload: bytes) -> Record:
    record: Record = _decoder.decode(payload)
    return record


def commit_record(writes: WriteSet, indexes: list[AttachIndex]) -> Commit:
    """What a write set changes. Its segments must have been synced."""
    inserts, segments, deletes = [], [], []
    for oid, changes in writes.tables.items():
        gone = [changes.deleted]
        for version in changes.inserted:
            if isinstance(version.part, Segment):
                part = version.part
                segments.append(AttachSegment(oid, part.segment_id, part.blob.extent))
                if version.live is not None:
                    gone.append(part.rowids[~version.live])
            elif version.live_rows:
                inserts.append(Insert(oid, _rows(version)))
        rowids = np.concatenate(gone)
        if len(rowids):
            deletes.append(Delete(oid, rowids.tobytes()))
    truncated = [oid for oid, changes in writes.tables.items() if changes.truncated]
    catalog = None if writes.catalog is None else catalog_codec.encode(writes.catalog)
    return Commit(catalog, truncated, inserts, segments, deletes, indexes)


def _rows(version: PartVersion) -> bytes:
    part = version.part
    assert isinstance(part, MemBatch)
    arrays = [keep(part.column(a), version.live) for a in part.attnums]
    schema, head = _stream(part.attnums, tuple(a.type for a in arrays))
    rowids = keep(pa.array(part.rowids), version.live)
    batch = pa.RecordBatch.from_arrays([rowids, *arrays], schema=schema)
    return b"".join((head, batch.serialize(), _END_OF_STREAM))


@lru_cache(maxsize=256)
def _stream(attnums: tuple[int, ...], types: tuple[pa.DataType, ...]) -> tuple[pa.Schema, bytes]:
    """The schema of such rows, and the message that an Arrow IPC stream of them begins with."""
    fields = [("rowid", pa.int64()), *((str(a), t) for a, t in zip(attnums, types, strict=True))]
    schema = pa.schema(fields)
    return schema, bytes(schema.serialize())


def inserted_rows(record: Insert) -> MemBatch:
    """The rows of an insert as a memtable batch."""
    with pa.ipc.open_stream(record.data) as reader:
        batch = reader.read_next_batch()
    names = batch.schema.names
    rowids = batch.column(0).to_numpy(zero_copy_only=False)
    return MemBatch(rowids, {int(names[i]): batch.column(i) for i in range(1, len(names))})


def deleted_rowids(record: Delete) -> Rowids:
    return np.frombuffer(record.rowids, np.int64)
