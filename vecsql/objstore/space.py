"""Free space in the single file: page-aligned extents, first fit, neighbours merged."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from vecsql.objstore.base import Extent

PAGE = 4096


def padded(length: int) -> int:
    return -(-length // PAGE) * PAGE


class FreeSpace:
    """The gaps between the extents in use, and where the file ends."""

    def __init__(self, start: int, used: Iterable[Extent] = ()) -> None:
        self._gaps: list[tuple[int, int]] = []  # (offset, length), by offset, never adjacent
        self.end = start
        for extent in sorted(used):
            if extent.offset > self.end:
                self._gaps.append((self.end, extent.offset - self.end))
            self.end = max(self.end, extent.offset + padded(extent.length))

    def allocate(self, length: int) -> Extent:
        """An extent of at least one page; from the first gap that is large enough, else at the end."""
        size = padded(max(length, 1))
        for at, (offset, room) in enumerate(self._gaps):
            if room >= size:
                if room == size:
                    del self._gaps[at]
                else:
                    self._gaps[at] = (offset + size, room - size)
                return Extent(offset, length)
        extent = Extent(self.end, length)
        self.end += size
        return extent

    def free(self, extent: Extent) -> None:
        """Give an extent back; a gap at the end shortens the file."""
        offset, size = extent.offset, padded(max(extent.length, 1))
        at = bisect_left(self._gaps, (offset, 0))
        if at < len(self._gaps) and self._gaps[at][0] == offset + size:
            size += self._gaps.pop(at)[1]
        if at and sum(self._gaps[at - 1]) == offset:
            offset, before = self._gaps.pop(at - 1)
            size += before
        if offset + size == self.end:
            self.end = offset
        else:
            insort(self._gaps, (offset, size))

    @property
    def gaps(self) -> tuple[tuple[int, int], ...]:
        return tuple(self._gaps)


def outside(extents: Iterable[Extent], used: Iterable[Extent]) -> list[Extent]:
    """Those of the extents that overlap none of the used ones and none of each other."""
    taken = sorted(used)
    found = []
    for extent in sorted(extents):
        at = bisect_left(taken, extent)
        before = taken[at - 1] if at else Extent(0, 0)
        end = extent.offset + padded(max(extent.length, 1))
        clear_before = before.offset + padded(max(before.length, 1)) <= extent.offset or not at
        if clear_before and (at == len(taken) or end <= taken[at].offset):
            insort(taken, extent)
            found.append(extent)
    return found
