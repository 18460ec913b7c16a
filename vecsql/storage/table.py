"""One table in one snapshot: its parts with their deletes, and the ways to read rows out of them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.storage.columns import concat, is_vector, keep
from vecsql.storage.interface import Bools, Part, PartVersion, Rowids
from vecsql.storage.key_index import KeyIndex
from vecsql.storage.keys import KeySpec
from vecsql.storage.part import BasePart
from vecsql.storage.schema import TableSchema

_versions = itertools.count(1)


class TableState:
    """The TableVersion of the interface. Immutable but for caches of what it derives."""

    __slots__ = ("_arrow", "num_rows", "oid", "parts", "schema", "version")

    def __init__(self, schema: TableSchema, parts: tuple[PartVersion, ...] = ()) -> None:
        self.oid = schema.definition.oid
        self.version = next(_versions)
        self.schema = schema
        self.parts = parts
        self.num_rows = sum(p.live_rows for p in parts)
        self._arrow: dict[int, pa.ChunkedArray] = {}

    def column(self, part: Part, attnum: int) -> pa.Array:
        return self.schema.column(part, attnum)

    def gather(self, part: Part, attnum: int, positions: npt.NDArray[Any]) -> pa.Array:
        return self.schema.gather(part, attnum, positions)

    def arrow(self, attnums: Sequence[int], *, with_rowid: bool = False) -> pa.Table:
        names = [f"c{a}" for a in attnums]
        columns = [self._live_column(a) for a in attnums]
        if with_rowid:
            names.append("rowid")
            columns.append(self._live_column(0))
        if not columns:  # count(*) needs the number of rows and no column
            return pa.table({"rowid": self._live_column(0)})
        return pa.table(columns, names=names)

    def _live_column(self, attnum: int) -> pa.ChunkedArray:
        """The column's live values over all parts, rowids for attnum 0."""
        found = self._arrow.get(attnum)
        if found is None:
            chunks = [self._live_chunk(p, attnum) for p in self.parts if p.live_rows]
            found = self._arrow[attnum] = pa.chunked_array(chunks, type=self._arrow_type(attnum))
        return found

    def _live_chunk(self, version: PartVersion, attnum: int) -> pa.Array:
        whole = (
            self.schema.column(version.part, attnum) if attnum else pa.array(version.part.rowids)
        )
        if version.live is None:
            return whole
        found = version.cache.get(attnum)
        if found is None:
            found = keep(whole, version.live)
            if not is_vector(whole.type):  # too large to keep a copy longer than this table version
                version.cache[attnum] = found
        return found

    def _arrow_type(self, attnum: int) -> pa.DataType:
        return self.schema.definition.column_at(attnum).type.arrow if attnum else pa.int64()

    def take(self, attnums: Sequence[int], rowids: Rowids) -> list[pa.Array]:
        pieces: list[list[pa.Array]] = [[] for _ in attnums]
        order = []
        for version in around(self.parts, rowids):
            positions, inside = _base(version.part).positions(rowids)
            if not inside.any():
                continue
            chosen = positions[inside]
            order.append(np.flatnonzero(inside))
            for piece, attnum in zip(pieces, attnums, strict=True):
                piece.append(self.schema.gather(version.part, attnum, chosen))
        if not order:
            return [pa.array([], self._arrow_type(a)) for a in attnums]
        where = np.concatenate(order)
        if len(order) == 1 and len(where) == len(rowids):
            return [piece[0] for piece in pieces]
        back = pa.array(np.argsort(where, kind="stable"))
        return [concat(piece).take(back) for piece in pieces]

    def locate(self, rowid: int) -> tuple[PartVersion, int] | None:
        """The part and position of a live row."""
        for version in self.parts:
            position = _base(version.part).position(rowid)
            if position >= 0 and (version.live is None or version.live[position]):
                return version, position
        return None

    def live(self, rowids: Rowids) -> Bools:
        """Which of the rows are live in this snapshot."""
        result = np.zeros(len(rowids), np.bool_)
        for version in around(self.parts, rowids):
            positions, inside = _base(version.part).positions(rowids)
            if version.live is not None:
                inside = inside & version.live[np.where(inside, positions, 0)]
            result |= inside
        return result

    def key_index(self, part: Part, spec: KeySpec) -> KeyIndex:
        base = _base(part)
        found = base.known_keys(spec.index.oid)
        if found is not None:
            return found
        return base.keys(spec, [self.schema.column(part, a) for a in spec.attnums])

    def find_key(self, index_oid: int, key: tuple[Any, ...]) -> int | None:
        spec = self.schema.unique[index_oid]
        wanted = spec.hash_key(key)
        for version in self.parts:
            for rowid in self.key_index(version.part, spec).candidates(wanted):
                if self._is_live_match(version, rowid, spec, key):
                    return rowid
        return None

    def _is_live_match(
        self, version: PartVersion, rowid: int, spec: KeySpec, key: tuple[Any, ...]
    ) -> bool:
        position = _base(version.part).position(rowid)
        if position < 0 or (version.live is not None and not version.live[position]):
            return False
        return spec.exact or self._same_key(version.part, position, spec, key)

    def _same_key(self, part: Part, position: int, spec: KeySpec, key: tuple[Any, ...]) -> bool:
        stored = self.key_at(part, position, spec)
        if spec.fast_text:
            return bool(stored[0] == key[0])
        return spec.same(stored, [a[0].as_py() for a in spec.arrays(key)])

    def key_at(self, part: Part, position: int, spec: KeySpec) -> list[Any]:
        """The key's values of one row, as Arrow gives them."""
        return [self.schema.column(part, a)[position].as_py() for a in spec.attnums]

    def with_deletes(self, rowids: Rowids) -> TableState:
        """The table without these rows (rows that are not there are ignored)."""
        return TableState(self.schema, without_rows(self.parts, rowids))

    def with_parts(self, parts: tuple[PartVersion, ...]) -> TableState:
        return TableState(self.schema, parts)


def around(parts: Sequence[PartVersion], rowids: Rowids) -> list[PartVersion]:
    """The parts whose range of rowids meets that of these rows."""
    if not len(rowids):
        return []
    low, high = (
        (int(rowids[0]),) * 2 if len(rowids) == 1 else (int(rowids.min()), int(rowids.max()))
    )
    return [p for p in parts if _base(p.part).low <= high and _base(p.part).high >= low]


def without_rows(parts: Sequence[PartVersion], rowids: Rowids) -> tuple[PartVersion, ...]:
    """The parts with these rows deleted too; those that have none of them stay the same objects."""
    touched = {id(p) for p in around(parts, rowids)}
    return tuple(without(p, rowids) if id(p) in touched else p for p in parts)


def without(version: PartVersion, rowids: Rowids) -> PartVersion:
    """A part version with some rows deleted too; itself when none of them is live in it."""
    positions, inside = _base(version.part).positions(rowids)
    if not inside.any():
        return version
    live = np.ones(version.part.num_rows, np.bool_) if version.live is None else version.live.copy()
    live[positions[inside]] = False
    count = int(np.count_nonzero(live))
    return version if count == version.live_rows else PartVersion(version.part, live, count)


def _base(part: Part) -> BasePart:
    return part  # type: ignore[return-value]
