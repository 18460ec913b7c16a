"""Memtable batches: immutable rows in memory, merged geometrically so that single-row commits stay cheap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from vecsql.storage.columns import concat, keep, nbytes
from vecsql.storage.interface import PartVersion, Rowids
from vecsql.storage.key_index import DictKeys
from vecsql.storage.part import BasePart
from vecsql.storage.schema import TableSchema

MERGE_BYTES = 4 << 20


class MemBatch(BasePart):
    """Rows in memory, columns as Arrow arrays by attnum; rowids ascend."""

    def __init__(
        self, rowids: Rowids, columns: Mapping[int, pa.Array], size: int | None = None
    ) -> None:
        super().__init__(rowids, rowids.nbytes + nbytes(columns.values()) if size is None else size)
        self._columns = columns

    @property
    def attnums(self) -> tuple[int, ...]:
        return tuple(self._columns)

    def column(self, attnum: int) -> pa.Array:
        return self._columns[attnum]


def merge(parts: Sequence[PartVersion], schema: TableSchema) -> MemBatch:
    """One batch with the live rows of all the parts, in rowid order."""
    rowids = np.concatenate([_live_rowids(p) for p in parts])
    columns = {
        c.attnum: concat([keep(schema.column(p.part, c.attnum), p.live) for p in parts])
        for c in schema.definition.columns
    }
    if len(rowids) > 1 and not (rowids[1:] > rowids[:-1]).all():
        order = np.argsort(rowids)
        rowids = rowids[order]
        columns = {a: c.take(pa.array(order)) for a, c in columns.items()}
    batch = MemBatch(
        rowids, columns, sum(p.part.nbytes * p.live_rows // p.part.num_rows for p in parts)
    )
    _carry_keys(batch, parts, schema)
    return batch


def _live_rowids(version: PartVersion) -> Rowids:
    return version.part.rowids if version.live is None else version.part.rowids[version.live]


def _carry_keys(batch: MemBatch, parts: Sequence[PartVersion], schema: TableSchema) -> None:
    """Merging two dicts in C is much cheaper than hashing the columns again."""
    if len(parts) != 2:
        return
    for oid in schema.unique:
        first, second = (p.part.known_keys(oid) for p in parts)  # type: ignore[attr-defined]
        if isinstance(first, DictKeys) and isinstance(second, DictKeys):
            merged = first.merged(second)
            if merged is not None:
                batch._keys[oid] = merged


def consolidate(parts: tuple[PartVersion, ...], schema: TableSchema) -> tuple[PartVersion, ...]:
    """Segments first, then the memtable, its last two batches merged while they are of similar size: there are
    O(log n) batches at any time."""
    segments = [p for p in parts if p.part.is_segment]
    memory = [p for p in parts if p.live_rows and not p.part.is_segment]
    while len(memory) > 1 and _worth_merging(*memory[-2:]):
        batch = merge(memory[-2:], schema)
        memory[-2:] = [PartVersion(batch, None, batch.num_rows)]
    return (*segments, *memory)


def _worth_merging(before: PartVersion, last: PartVersion) -> bool:
    """Large batches are left alone: a scan does not gain from copying them."""
    if before.part.nbytes > MERGE_BYTES:
        return False
    return before.live_rows <= 2 * last.live_rows
