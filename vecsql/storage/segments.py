"""Writing and opening segments and vector indexes in a store."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from vecsql import index as vector_index
from vecsql.index.base import VectorIndex
from vecsql.objstore.base import Blob, Extent, Store
from vecsql.storage import container
from vecsql.storage.container import Container, array_section
from vecsql.storage.interface import PartVersion
from vecsql.storage.memtable import merge
from vecsql.storage.schema import TableSchema
from vecsql.storage.segment import KIND_SEGMENT, Segment, sections_of

KIND_INDEX = 2
KIND_MANIFEST = 3


class SegmentStore:
    """The segments of one database."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._ids = itertools.count(1)

    def resume(self, next_id: int) -> None:
        """Continue numbering after recovery."""
        self._ids = itertools.count(next_id)

    def next_id(self) -> int:
        return next(self._ids)

    def write(
        self, schema: TableSchema, parts: Sequence[PartVersion], *, is_segment: bool = True
    ) -> Segment:
        """A segment (or memtable image) with the live rows of the parts. Not yet synced."""
        parts = _ascending([p for p in parts if p.live_rows], schema)
        sections, meta = sections_of(schema, parts)
        blob = self.store.write(container.pack(KIND_SEGMENT, sections, meta))
        return self._load(self.next_id(), blob, is_segment)

    def open(self, segment_id: int, extent: Extent, *, is_segment: bool = True) -> Segment:
        return self._load(segment_id, self.store.open(extent), is_segment)

    def _load(self, segment_id: int, blob: Blob, is_segment: bool) -> Segment:
        opened = Container.open(blob.view(), self._where(blob))
        return Segment(segment_id, blob, opened, is_segment=is_segment)

    def write_index(self, index: VectorIndex) -> Blob:
        """Store a vector index."""
        sections = [array_section(name, array) for name, array in index.sections().items()]
        meta = {"kind": index.kind, "metric": index.metric, "parameters": index.parameters()}
        return self.store.write(container.pack(KIND_INDEX, sections, meta))

    def open_index(self, extent: Extent) -> tuple[VectorIndex, Blob]:
        blob = self.store.open(extent)
        opened = Container.open(blob.view(), self._where(blob))
        sections = {name: opened.array(name) for name in opened.names}
        meta = opened.meta
        return vector_index.load(meta["kind"], meta["metric"], meta["parameters"], sections), blob

    def _where(self, blob: Blob) -> str:
        return f'database "{self.store.name}", extent at {blob.extent.offset}'


def _ascending(parts: list[PartVersion], schema: TableSchema) -> list[PartVersion]:
    """The parts as they are if their rowids ascend from one to the next, else one sorted batch."""
    lows = [p.part.rowids[0] for p in parts]
    highs = [p.part.rowids[-1] for p in parts]
    if all(high < low for high, low in zip(highs, lows[1:], strict=False)):
        return parts
    ordered = sorted(parts, key=lambda p: int(p.part.rowids[0]))
    if all(a.part.rowids[-1] < b.part.rowids[0] for a, b in itertools.pairwise(ordered)):
        return ordered
    batch = merge(parts, schema)
    return [PartVersion(batch, None, len(np.atleast_1d(batch.rowids)))]
