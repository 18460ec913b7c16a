"""The rows a vector scan found: where they lie, how far they are, and their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.storage.columns import concat
from vecsql.storage.interface import PartVersion, TableVersion


@dataclass(frozen=True, slots=True)
class Hits:
    """Rows in result order. Row i lies at `positions[i]` of `owners[parts[i]]` (of `owners[0]` when parts is None);
    the distances of the last `nulls` rows are NULL."""

    owners: Sequence[PartVersion]
    parts: npt.NDArray[np.intp] | None
    positions: npt.NDArray[np.int32]
    distances: npt.NDArray[np.float64]
    nulls: int = 0

    @staticmethod
    def none() -> Hits:
        return Hits((), None, np.empty(0, np.int32), np.empty(0, np.float64))

    def slice(self, start: int, stop: int) -> Hits:
        """Rows start <= i < stop."""
        count = len(self.positions)
        if start == 0 and stop >= count:
            return self
        nulls = max(0, min(stop, count) - max(start, count - self.nulls))
        parts = None if self.parts is None else self.parts[start:stop]
        positions, distances = self.positions[start:stop], self.distances[start:stop]
        return Hits(self.owners, parts, positions, distances, nulls)

    def select(self, order: npt.NDArray[np.intp]) -> Hits:
        """The same rows in another order, which must keep the NULL distances last."""
        parts = None if self.parts is None else self.parts[order]
        return Hits(self.owners, parts, self.positions[order], self.distances[order], self.nulls)

    def append_nulls(
        self,
        owners: Sequence[PartVersion],
        parts: Sequence[npt.NDArray[np.intp]],
        positions: Sequence[npt.NDArray[np.int32]],
    ) -> Hits:
        """Add rows with NULL distance; `owners` are the present ones followed by those of the new rows."""
        if not positions:
            return self
        count = sum(len(p) for p in positions)
        own = np.zeros(len(self.positions), np.intp) if self.parts is None else self.parts
        return Hits(
            owners,
            np.concatenate([own, *parts]),
            np.concatenate([self.positions, *positions]),
            np.concatenate([self.distances, np.full(count, np.nan)]),
            self.nulls + count,
        )

    def values(self, version: TableVersion, attnum: int, type_name: str) -> Any:
        """The column's values of these rows as the cheapest form a Chunk may have: a numpy array, a list or Arrow."""
        read = FAST_READERS.get(type_name)
        if read is None or not self.owners:
            return self.gather(version, attnum)
        if self.parts is None:
            owner = self.owners[0]
            found = read(owner, attnum, version.column(owner.part, attnum), self.positions)
            return self.gather(version, attnum) if found is None else found
        return self._from_parts(version, attnum, read)

    def _from_parts(self, version: TableVersion, attnum: int, read: _Read) -> Any:
        """values() of rows of several parts, without what Arrow takes for each part and for joining them."""
        assert self.parts is not None
        numbers = self.parts.tolist()
        if not numbers:
            return self.gather(version, attnum)
        pieces: dict[int, Any] = {}
        for number in set(numbers):
            owner, mine = self.owners[number], self.positions[self.parts == number]
            found = read(owner, attnum, version.column(owner.part, attnum), mine)
            if found is None:
                return self.gather(version, attnum)
            pieces[number] = found
        first = pieces[numbers[0]]
        if isinstance(first, list):
            rest = {number: iter(piece) for number, piece in pieces.items()}
            return [next(rest[number]) for number in numbers]
        out = np.empty(len(numbers), first.dtype)
        for number, piece in pieces.items():
            out[self.parts == number] = piece
        return out

    def gather(self, version: TableVersion, attnum: int) -> pa.Array:
        """The column's values of these rows, in order, as Arrow."""
        if not self.owners:
            return pa.nulls(0)
        if self.parts is None:
            return version.gather(self.owners[0].part, attnum, self.positions)
        used = np.unique(self.parts).tolist()
        if len(used) == 1:
            return version.gather(self.owners[used[0]].part, attnum, self.positions)
        pieces, rows = [], []
        for number in used:
            mine = np.flatnonzero(self.parts == number)
            owner = self.owners[number].part
            pieces.append(version.gather(owner, attnum, self.positions[mine]))
            rows.append(mine)
        if not pieces:
            return version.column(self.owners[0].part, attnum).slice(0, 0)
        back = np.empty(len(self.positions), np.int64)
        back[np.concatenate(rows)] = np.arange(len(back))
        return concat(pieces).take(indices(back))

    def rowids(self) -> npt.NDArray[np.int64]:
        """Rowids of these rows, in order."""
        if self.parts is None:
            return (
                self.owners[0].part.rowids[self.positions] if self.owners else np.empty(0, np.int64)
            )
        out = np.empty(len(self.positions), np.int64)
        for number, owner in enumerate(self.owners):
            mine = self.parts == number
            out[mine] = owner.part.rowids[self.positions[mine]]
        return out


def _numbers(
    owner: PartVersion, attnum: int, column: pa.Array, positions: npt.NDArray[np.int32]
) -> npt.NDArray[Any] | None:
    key = ("numbers", attnum)
    known = owner.cache.get(key)
    if known is None or known[0] is not column:
        known = owner.cache[key] = (column, None if column.null_count else column.to_numpy())
    return None if known[1] is None else known[1][positions]


def _texts(
    owner: PartVersion, attnum: int, column: pa.Array, positions: npt.NDArray[np.int32]
) -> list[str] | None:
    """Strings without the cost of Arrow's take(), which for ten rows is most of the work."""
    if column.null_count or not pa.types.is_string(column.type):
        return None
    _, starts, data = column.buffers()
    if data is None:
        return [""] * len(positions)
    offsets = np.frombuffer(starts, np.int32)
    first = positions + column.offset
    bounds = zip(offsets[first].tolist(), offsets[first + 1].tolist(), strict=True)
    text = memoryview(data)
    return [str(text[start:end], "utf-8") for start, end in bounds]


_Read = Callable[[PartVersion, int, pa.Array, npt.NDArray[np.int32]], Any]

FAST_READERS: dict[str, _Read] = {
    **dict.fromkeys(("int2", "int4", "int8", "float4", "float8"), _numbers),
    **dict.fromkeys(("text", "varchar"), _texts),
}


def indices(positions: npt.NDArray[Any]) -> Any:
    """Positions as Arrow's take() wants them."""
    return pa.array(positions)


def whole_groups(hits: Hits, k: int) -> bool:
    """Whether the rows at the distance of row k-1 are all among the hits: a farther row follows them."""
    numbers = len(hits.positions) - hits.nulls
    if k > numbers:
        return False
    last, farthest = hits.distances[k - 1], hits.distances[numbers - 1]
    return bool(farthest > last) or bool(np.isnan(farthest) and not np.isnan(last))
