"""A scalar index over one immutable column: its rows grouped by value, the values ascending. NULLs are left out."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.index.base import Positions
from vecsql.index.numbers import numbers_of, valid_of


class Ordered:
    """`positions` (int32) of the rows by value, then by position; group g is positions[starts[g]:starts[g + 1]]."""

    __slots__ = ("keys", "positions", "starts")

    def __init__(
        self,
        keys: npt.NDArray[Any] | TextKeys,
        starts: npt.NDArray[np.int32],
        positions: Positions,
    ) -> None:
        self.keys = keys
        self.starts = starts
        self.positions = positions

    @property
    def nbytes(self) -> int:
        return int(self.keys.nbytes + self.starts.nbytes + self.positions.nbytes)

    def equal(self, value: Any) -> Positions:
        """Ascending positions of the rows with this value."""
        group = self._first(value)
        if group == len(self.starts) - 1 or self.keys[group] != value:
            return self.positions[:0]
        return self.positions[self.starts[group] : self.starts[group + 1]]

    def equal_any(self, values: Sequence[Any]) -> Positions:
        """Ascending positions of the rows with one of the values."""
        pieces = [piece for piece in map(self.equal, set(values)) if len(piece)]
        if not pieces:
            return self.positions[:0]
        return pieces[0] if len(pieces) == 1 else np.sort(np.concatenate(pieces))

    def between(self, bounds: Sequence[tuple[str, Any]]) -> Positions:
        """Positions, in no order, of the rows that meet all bounds ('<', '<=', '=', '>=' or '>', value)."""
        low, high = 0, len(self.starts) - 1
        for op, value in bounds:
            if op in ("=", ">="):
                low = max(low, self._first(value))
            elif op == ">":
                low = max(low, self._after(value))
            if op in ("=", "<="):
                high = min(high, self._after(value))
            elif op == "<":
                high = min(high, self._first(value))
        return self.positions[self.starts[low] : self.starts[max(low, high)]]

    def _first(self, value: Any) -> int:
        if isinstance(self.keys, TextKeys):
            return bisect_left(self.keys, value)
        return int(self.keys.searchsorted(value))

    def _after(self, value: Any) -> int:
        if isinstance(self.keys, TextKeys):
            return bisect_right(self.keys, value)
        return int(self.keys.searchsorted(value, "right"))


class TextKeys(Sequence[bytes]):
    """Different strings as UTF-8, ascending by bytes, out of an Arrow array."""

    def __init__(self, array: pa.Array) -> None:
        _, starts, data = array.buffers()
        self._offsets = np.frombuffer(starts, np.int32, len(array) + 1, 4 * array.offset)
        self._data = memoryview(data if data is not None else b"")
        self.nbytes = self._offsets.nbytes + len(self._data)

    def __len__(self) -> int:
        return len(self._offsets) - 1

    def __getitem__(self, index: Any) -> Any:
        offsets = self._offsets
        return self._data[offsets[index] : offsets[index + 1]].tobytes()


def order_numbers(values: npt.NDArray[Any], valid: npt.NDArray[np.bool_] | None) -> Ordered:
    """The index of a column of numbers without NaN."""
    shown = None if valid is None else np.flatnonzero(valid).astype(np.int32)
    known = values if shown is None else values[shown]
    order = known.argsort(kind="stable").astype(np.int32)
    ranked = known[order]
    firsts = np.flatnonzero(np.append(True, ranked[1:] != ranked[:-1])[: len(ranked)])
    starts = np.append(firsts, len(ranked)).astype(np.int32)
    return Ordered(ranked[firsts], starts, order if shown is None else shown[order])


def order_elements(lists: pa.Array) -> Ordered:
    """The index of the elements of a list column, which are strings or numbers: its positions are those of the lists."""
    values = lists.flatten()
    parents = pc.list_parent_indices(lists).to_numpy().astype(np.int32)
    if pa.types.is_string(values.type):
        found = order_texts(values)
    else:
        numbers = numbers_of(values)
        assert numbers is not None
        found = order_numbers(numbers, valid_of(values))
    return Ordered(found.keys, found.starts, parents[found.positions])


def order_texts(column: pa.Array) -> Ordered:
    """The index of a column of strings, in the C collation."""
    encoded = column.dictionary_encode()
    words = encoded.dictionary
    by_word = pc.sort_indices(words)
    ranks = np.empty(len(words), np.int32)
    ranks[by_word.to_numpy()] = np.arange(len(words), dtype=np.int32)
    codes = encoded.indices
    shown = None
    if codes.null_count:
        shown = np.flatnonzero(codes.is_valid().to_numpy(zero_copy_only=False)).astype(np.int32)
        codes = codes.drop_null()
    groups = ranks[codes.to_numpy()]
    order = groups.argsort(kind="stable").astype(np.int32)
    counts = np.bincount(groups, minlength=len(words))
    starts = np.append(0, np.cumsum(counts)).astype(np.int32)
    return Ordered(TextKeys(words.take(by_word)), starts, order if shown is None else shown[order])
