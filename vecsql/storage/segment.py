"""Segments: rows in a container, mapped from the file. A memtable image is the same, loaded as memtable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.catalog.model import Column
from vecsql.index.derive import taken
from vecsql.index.rows import restored, stored_matrix
from vecsql.objstore.base import Blob
from vecsql.storage.columns import (
    Kind,
    array_of,
    concat,
    is_vector,
    keep,
    narrowest,
    rows_of,
)
from vecsql.storage.container import Container, Section, array_section, arrow_section
from vecsql.storage.interface import Bools, PartVersion, Rowids
from vecsql.storage.key_index import KeyIndex, SortedKeys
from vecsql.storage.part import BasePart, min_max_of
from vecsql.storage.schema import TableSchema

KIND_SEGMENT = 1


class Segment(BasePart):
    """A part whose columns are views of the file."""

    def __init__(
        self, segment_id: int, blob: Blob, container: Container, *, is_segment: bool
    ) -> None:
        super().__init__(container.array("rowids"), blob.extent.length)
        self.segment_id = segment_id
        self.blob = blob
        self.container = container
        self.is_segment = is_segment
        self.index_blobs: dict[int, Blob] = {}  # where the vector indexes are stored, by index oid
        self._columns: dict[int, pa.Array] = {}
        self._attnums = tuple(container.meta["attnums"])
        self._narrow = frozenset(container.meta.get("narrow", ()))
        self._zone_batch: pa.RecordBatch | None = None

    @property
    def attnums(self) -> tuple[int, ...]:
        return self._attnums

    def column(self, attnum: int) -> pa.Array:
        found = self._columns.get(attnum)
        if found is None:
            found = self._read(attnum)
            if (
                attnum not in self._narrow
            ):  # a copy of twice the size: who reads all of it may keep it
                self._columns[attnum] = found
        return found

    def take(self, attnum: int, positions: npt.NDArray[Any]) -> pa.Array:
        if attnum not in self._narrow:
            return super().take(attnum, positions)
        rows, valid = self.vectors(attnum)
        return array_of(taken(rows, positions), None if valid is None else valid[positions])

    def _read(self, attnum: int) -> pa.Array:
        if f"v{attnum}" in self.container:
            matrix, valid = self.vectors(attnum)
            return array_of(matrix, valid)
        return self.container.batch(f"c{attnum}").column(0)

    def vectors(self, attnum: int) -> tuple[Kind, Bools | None]:
        name = f"v{attnum}"
        if name not in self.container:
            return super().vectors(attnum)
        cached = self._vectors.get(attnum)
        if cached is None:
            valid = f"n{attnum}"
            mask = self.container.array(valid) if valid in self.container else None
            bits = self.container.meta.get("bits", {}).get(str(attnum), 0)
            cached = self._vectors[attnum] = (
                restored(self.container.array(name), bits, narrow=attnum in self._narrow),
                mask,
            )
        return cached

    def detach_index(self, index_oid: int) -> None:
        super().detach_index(index_oid)
        self.index_blobs.pop(index_oid, None)

    def min_max(self, attnum: int) -> tuple[Any, Any] | None:
        if attnum not in self._zones:
            self._zones[attnum] = self._zone(f"c{attnum}")
        return self._zones[attnum]

    def _zone(self, name: str) -> tuple[Any, Any] | None:
        if self._zone_batch is None:
            self._zone_batch = self.container.batch("zones")
        if name not in self._zone_batch.schema.names:
            return None
        low, high = self._zone_batch.column(name).to_pylist()
        return low, high

    def known_keys(self, index_oid: int) -> KeyIndex | None:
        found = self._keys.get(index_oid)
        if found is None and f"k{index_oid}" in self.container:
            hashes = self.container.array(f"k{index_oid}")
            positions = self.container.array(f"p{index_oid}")
            found = self._keys[index_oid] = SortedKeys(hashes, positions, self.rowids)
        return found


def sections_of(
    schema: TableSchema, parts: Sequence[PartVersion]
) -> tuple[list[Section], dict[str, Any]]:
    """The sections of a segment with the live rows of `parts`, whose rowids ascend over all of them; and its meta."""
    rowids = np.concatenate([_live(p.part.rowids, p.live) for p in parts])
    sections = [array_section("rowids", rowids)]
    zones: dict[str, pa.Array] = {}
    keyed = {a for spec in schema.unique.values() for a in spec.attnums}
    columns: dict[int, pa.Array] = {}
    narrow = []
    for column in schema.definition.columns:
        attnum, kind = column.attnum, column.type.arrow
        is_matrix = is_vector(kind) or (column.type.type.name == "bit" and column.type.typmod > 0)
        if is_matrix:
            words = -(-column.type.typmod // 64) if column.type.type.name == "bit" else 0
            made = _vector_sections(schema, parts, column, words)
            sections += made
            if column.type.type.name == "vector" and made[0].meta["dtype"] == "<f2":
                narrow.append(attnum)
        if is_matrix and attnum not in keyed:
            continue
        array = concat([keep(schema.column(p.part, attnum), p.live) for p in parts])
        if attnum in keyed:
            columns[attnum] = array
        if is_matrix:
            continue
        sections.append(arrow_section(f"c{attnum}", pa.record_batch([array], [f"c{attnum}"])))
        zone = min_max_of(array)
        if zone is not None:
            zones[f"c{attnum}"] = pa.array(zone, array.type)
    sections.append(arrow_section("zones", _zone_batch(zones)))
    sections += _key_sections(schema, columns, rowids)
    bits = {
        str(c.attnum): c.type.typmod
        for c in schema.definition.columns
        if c.type.type.name == "bit" and c.type.typmod > 0
    }
    attnums = [c.attnum for c in schema.definition.columns]
    return sections, {"attnums": attnums, "bits": bits, "narrow": narrow}


def _vector_sections(
    schema: TableSchema, parts: Sequence[PartVersion], column: Column, words: int
) -> list[Section]:
    """The matrix of a column and, if there are NULLs, its validity; `words` are those of a row of bits."""
    attnum = column.attnum
    pieces, masks = [], []
    for version in parts:
        rows, valid = _vectors(schema, version, attnum)
        matrix = stored_matrix(rows)
        if (
            words and matrix.shape[1] != words
        ):  # nothing but NULLs, whose number of bits nobody knows
            matrix = np.zeros((len(matrix), words), np.uint64)
        pieces.append(_live(matrix, version.live))
        mask = np.ones(version.part.num_rows, np.bool_) if valid is None else valid
        masks.append(_live(mask, version.live))
    if column.type.type.name == "vector":
        pieces = narrowest(pieces)
    sections = [array_section(f"v{attnum}", *pieces)]
    if not all(m.all() for m in masks):
        sections.append(array_section(f"n{attnum}", *masks))
    return sections


def _vectors(schema: TableSchema, version: PartVersion, attnum: int) -> tuple[Kind, Bools | None]:
    try:
        return version.part.vectors(attnum)
    except KeyError:  # the part is older than the column
        return rows_of(schema.column(version.part, attnum))


def _live(values: Any, live: Bools | None) -> Any:
    return values if live is None else values[live]


def _zone_batch(zones: dict[str, pa.Array]) -> pa.RecordBatch:
    return pa.record_batch(list(zones.values()), list(zones))


def _key_sections(
    schema: TableSchema, columns: dict[int, pa.Array], rowids: Rowids
) -> list[Section]:
    sections = []
    for oid, spec in schema.unique.items():
        hashes, valid = spec.hash_columns([columns[a] for a in spec.attnums])
        keys = SortedKeys.build(hashes, valid, rowids)
        sections.append(array_section(f"k{oid}", keys.hashes))
        sections.append(array_section(f"p{oid}", keys.positions))
    return sections
