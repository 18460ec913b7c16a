"""A set of rows of one part, as a bool per row or as positions, whichever is at hand; counted once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vecsql.index.base import Mask, Positions


class RowSet:
    """Rows out of `size`. Immutable; the other form is made when it is first asked for, and kept.

    `lost` is a hint for who searches among them: the share of walks that gave up lately, because queries were far from the rows.
    """

    __slots__ = ("_bools", "_positions", "count", "lost", "size")

    def __init__(
        self, size: int, count: int, bools: Mask | None, positions: Positions | None
    ) -> None:
        self.size = size
        self.count = count
        self.lost = 0.0
        self._bools = bools
        self._positions = positions

    @staticmethod
    def of(bools: Mask) -> RowSet:
        """The rows where `bools` (size,) is True; the array is kept and must not change."""
        return RowSet(len(bools), int(np.count_nonzero(bools)), bools, None)

    @staticmethod
    def at(size: int, positions: npt.NDArray[np.int32]) -> RowSet:
        """The rows at these ascending positions, each once."""
        return RowSet(size, len(positions), None, positions)

    @staticmethod
    def none(size: int) -> RowSet:
        return RowSet(size, 0, None, np.empty(0, np.int32))

    @property
    def bools(self) -> Mask:
        """(size,) bool, C-contiguous."""
        found = self._bools
        if found is None:
            found = np.zeros(self.size, np.bool_)
            found[self._positions] = True
            self._bools = found
        return found

    @property
    def positions(self) -> Positions:
        """(count,) int32, ascending."""
        found = self._positions
        if found is None:
            found = self._positions = np.flatnonzero(self.bools).astype(np.int32)
        return found

    @property
    def nbytes(self) -> int:
        """What both forms take together."""
        return self.size + 4 * self.count

    def within(self, others: Mask) -> RowSet:
        """Those of the rows where `others` (size,) is True."""
        if self._bools is None and self._positions is not None:
            return RowSet.at(self.size, self._positions[others[self._positions]])
        return RowSet.of(self.bools & others)
