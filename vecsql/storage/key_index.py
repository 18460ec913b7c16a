"""The key index of one part: from a key's hash to the rowids that may carry it.

Small parts use a dict, large ones a sorted array of hashes. Neither knows of deletes: what they return are
candidates, and the table version decides which of them are visible.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vecsql.storage.interface import Bools, Rowids
from vecsql.storage.keys import Hashes

DICT_ROWS = 20_000  # above this a dict costs too much memory and time to build


class KeyIndex(Protocol):
    def candidates(self, key_hash: int) -> tuple[int, ...]:
        """Rowids of the rows whose key has this hash."""
        ...

    def matches(self, hashes: Hashes) -> tuple[Rowids, Rowids]:
        """(positions in `hashes`, rowids) of all candidates for any of the hashes."""
        ...


class DictKeys:
    """hash -> rowid, or a tuple of rowids where dead rows had the same key."""

    __slots__ = ("_rows",)

    def __init__(self, rows: dict[int, int | tuple[int, ...]]) -> None:
        self._rows = rows

    @classmethod
    def build(cls, hashes: Hashes, valid: Bools | None, rowids: Rowids) -> DictKeys:
        if valid is not None:
            hashes, rowids = hashes[valid], rowids[valid]
        pairs = zip(hashes.tolist(), rowids.tolist(), strict=True)
        rows: dict[int, int | tuple[int, ...]] = dict(pairs)
        if len(rows) < len(hashes):
            rows = _grouped(zip(hashes.tolist(), rowids.tolist(), strict=True))
        return cls(rows)

    def candidates(self, key_hash: int) -> tuple[int, ...]:
        found = self._rows.get(key_hash)
        if found is None:
            return ()
        return found if isinstance(found, tuple) else (found,)

    def matches(self, hashes: Hashes) -> tuple[Rowids, Rowids]:
        rows = self._rows
        pairs = [
            (position, rowid)
            for position, value in enumerate(hashes.tolist())
            if value in rows
            for rowid in self.candidates(value)
        ]
        return _columns(pairs)

    def merged(self, other: DictKeys) -> DictKeys | None:
        """The index of both parts together, or None when a key is in both."""
        rows = {**self._rows, **other._rows}
        return DictKeys(rows) if len(rows) == len(self._rows) + len(other._rows) else None


class SortedKeys:
    """Sorted hashes with the positions of their rows."""

    __slots__ = ("_high", "_low", "_rowids", "hashes", "positions")

    def __init__(self, hashes: Hashes, positions: npt.NDArray[np.int32], rowids: Rowids) -> None:
        self.hashes = hashes
        self.positions = positions
        self._rowids = rowids
        self._low = int(hashes[0]) if len(hashes) else 1
        self._high = int(hashes[-1]) if len(hashes) else 0

    @classmethod
    def build(cls, hashes: Hashes, valid: Bools | None, rowids: Rowids) -> SortedKeys:
        keyed = None if valid is None else np.flatnonzero(valid)
        if keyed is not None:
            hashes = hashes[keyed]
        order = np.argsort(hashes, kind="stable")
        positions = order if keyed is None else keyed[order]
        return cls(hashes[order], positions.astype(np.int32), rowids)

    def candidates(self, key_hash: int) -> tuple[int, ...]:
        if key_hash < self._low or key_hash > self._high:
            return ()
        wanted = np.uint64(key_hash)
        start = int(self.hashes.searchsorted(wanted))
        found = []
        while start < len(self.hashes) and self.hashes[start] == wanted:
            found.append(int(self._rowids[self.positions[start]]))
            start += 1
        return tuple(found)

    def matches(self, hashes: Hashes) -> tuple[Rowids, Rowids]:
        if len(hashes) == 0 or len(self.hashes) == 0:
            return _columns([])
        left = self.hashes.searchsorted(hashes, "left")
        right = self.hashes.searchsorted(hashes, "right")
        hits = np.flatnonzero(right > left)
        pairs = [
            (int(h), int(self._rowids[self.positions[s]]))
            for h in hits
            for s in range(int(left[h]), int(right[h]))
        ]
        return _columns(pairs)


def build(hashes: Hashes, valid: Bools | None, rowids: Rowids) -> KeyIndex:
    kind = DictKeys if len(rowids) <= DICT_ROWS else SortedKeys
    return kind.build(hashes, valid, rowids)


def _grouped(pairs: Iterable[tuple[int, int]]) -> dict[int, int | tuple[int, ...]]:
    rows: dict[int, tuple[int, ...]] = {}
    for key, rowid in pairs:
        rows[key] = (*rows.get(key, ()), rowid)
    return {k: v[0] if len(v) == 1 else v for k, v in rows.items()}


def _columns(pairs: list[tuple[int, int]]) -> tuple[Rowids, Rowids]:
    array = np.array(pairs, np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]
