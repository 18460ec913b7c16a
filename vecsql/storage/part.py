"""The common base of segments and memtable batches: row look-up, cached vectors and key indexes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.index.base import VectorIndex
from vecsql.index.derive import DerivedRows, Steps
from vecsql.storage import key_index
from vecsql.storage.columns import Kind, rows_of
from vecsql.storage.interface import Bools, Rowids
from vecsql.storage.key_index import KeyIndex
from vecsql.storage.keys import Hashes, KeySpec

_part_ids = itertools.count(1)


class BasePart:
    """What both kinds of part do alike; subclasses supply `column` and set num_rows and rowids."""

    is_segment = False

    def __init__(self, rowids: Rowids, nbytes: int) -> None:
        self.id = next(_part_ids)
        self.num_rows = len(rowids)
        self.nbytes = nbytes
        self._rowids = rowids
        self.low = int(rowids[0]) if len(rowids) else 1
        self.high = int(rowids[-1]) if len(rowids) else 0
        self._dense = self.high - self.low + 1 == len(rowids)
        self._vectors: dict[int, tuple[Kind, Bools | None]] = {}
        self._derived: dict[tuple[int, Steps], DerivedRows] = {}
        self._zones: dict[int, tuple[Any, Any] | None] = {}
        self._keys: dict[int, KeyIndex] = {}
        self._indexes: dict[int, VectorIndex] = {}
        self._codes: dict[int, VectorIndex] = {}

    @property
    def rowids(self) -> Rowids:
        return self._rowids

    @property
    def attnums(self) -> tuple[int, ...]:
        raise NotImplementedError

    def column(self, attnum: int) -> pa.Array:
        raise NotImplementedError

    def take(self, attnum: int, positions: npt.NDArray[Any]) -> pa.Array:
        return self.column(attnum).take(pa.array(positions))

    def position(self, rowid: int) -> int:
        """Where the row is in this part, or -1."""
        if rowid < self.low or rowid > self.high:
            return -1
        if self._dense:
            return rowid - self.low
        position = int(self._rowids.searchsorted(rowid))
        return position if self._rowids[position] == rowid else -1

    def positions(self, rowids: Rowids) -> tuple[Rowids, Bools]:
        """Positions of the rows (any order), and which of them are in this part at all."""
        inside = (rowids >= self.low) & (rowids <= self.high)
        if not inside.any():
            return np.zeros(len(rowids), np.int64), inside
        if self._dense:
            return rowids - self.low, inside
        positions = np.minimum(self._rowids.searchsorted(rowids), self.num_rows - 1)
        return positions, inside & (self._rowids[positions] == rowids)

    def vectors(self, attnum: int) -> tuple[Kind, Bools | None]:
        cached = self._vectors.get(attnum)
        if cached is None:
            cached = self._vectors[attnum] = rows_of(self.column(attnum))
        return cached

    def derived(self, attnum: int, steps: Steps) -> tuple[Kind, Bools | None]:
        """The rows that an index expression makes of a column's, and their validity."""
        if not steps:
            return self.vectors(attnum)
        rows, valid = self.vectors(attnum)
        found = self._derived.get((attnum, steps))
        if found is None:
            found = self._derived[attnum, steps] = DerivedRows(rows, steps)
        return found, valid

    def index(self, index_oid: int) -> VectorIndex | None:
        return self._indexes.get(index_oid)

    def attach_index(self, index_oid: int, index: VectorIndex) -> None:
        """Make a built index visible; a catalog that does not know the oid never asks for it."""
        self._indexes[index_oid] = index
        self._codes.pop(index_oid, None)

    def searched_by(self, index_oid: int) -> VectorIndex | None:
        return self._indexes.get(index_oid) or self._codes.get(index_oid)

    def attach_codes(self, index_oid: int, codes: VectorIndex) -> None:
        """Let searches by an index use these codes until it is attached."""
        if index_oid not in self._indexes:
            self._codes[index_oid] = codes

    def detach_index(self, index_oid: int) -> None:
        """Forget an index that is gone from the catalog."""
        self._indexes.pop(index_oid, None)
        self._codes.pop(index_oid, None)

    def min_max(self, attnum: int) -> tuple[Any, Any] | None:
        if attnum not in self._zones:
            self._zones[attnum] = min_max_of(self.column(attnum))
        return self._zones[attnum]

    def keys(self, spec: KeySpec, columns: Sequence[pa.Array]) -> KeyIndex:
        """The part's key index for a unique index; `columns` are the key's columns in this part."""
        found = self._keys.get(spec.index.oid)
        if found is None:
            hashes, valid = spec.hash_columns(columns)
            found = self._keys[spec.index.oid] = key_index.build(hashes, valid, self.rowids)
        return found

    def seed_keys(self, index_oid: int, hashes: Hashes, valid: Bools | None) -> None:
        """Supply the hashes of a key that was just checked, so that they are not computed again."""
        self._keys[index_oid] = key_index.build(hashes, valid, self.rowids)

    def known_keys(self, index_oid: int) -> KeyIndex | None:
        """The key index if it was built already."""
        return self._keys.get(index_oid)


def min_max_of(array: pa.Array) -> tuple[Any, Any] | None:
    """Smallest and largest non-NULL value of an orderable column, or None."""
    kind = array.type
    orderable = (
        pa.types.is_integer(kind)
        or pa.types.is_floating(kind)
        or pa.types.is_date(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_decimal(kind)
        or pa.types.is_boolean(kind)
    )
    if not orderable or array.null_count == len(array):
        return None
    if pa.types.is_floating(kind) and pc.any(pc.is_nan(array)).as_py():
        return None  # NaN sorts above everything in SQL, which min_max ignores
    low, high = pc.min_max(array).as_py().values()
    return low, high
