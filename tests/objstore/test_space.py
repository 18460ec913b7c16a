"""Free space: extents never overlap, what is freed comes back, the end shrinks."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from vecsql.objstore.base import Extent
from vecsql.objstore.space import PAGE, FreeSpace, outside, padded


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 5 * PAGE)), max_size=60))
def test_extents_never_overlap(steps: list[tuple[bool, int]]) -> None:
    space = FreeSpace(2 * PAGE)
    used: list[Extent] = []
    for free, length in steps:
        if free and used:
            space.free(used.pop(length % len(used)))
        else:
            used.append(space.allocate(length))
        spans = sorted((e.offset, e.offset + padded(max(e.length, 1))) for e in used)
        spans += [(o, o + n) for o, n in space.gaps]
        spans.sort()
        assert spans == [] or spans[0][0] >= 2 * PAGE
        assert all(a[1] <= b[0] for a, b in pairwise(spans))
        assert sum(b - a for a, b in spans) == space.end - 2 * PAGE
        assert all(e.offset % PAGE == 0 for e in used)
    for extent in used:
        space.free(extent)
    assert space.end == 2 * PAGE
    assert space.gaps == ()


def test_gaps_between_used_extents_are_free() -> None:
    space = FreeSpace(0, [Extent(2 * PAGE, 10), Extent(4 * PAGE, PAGE)])
    assert space.gaps == ((0, 2 * PAGE), (3 * PAGE, PAGE))
    assert space.allocate(2 * PAGE).offset == 0
    assert space.allocate(2 * PAGE).offset == 5 * PAGE


def test_outside_drops_what_overlaps() -> None:
    used = [Extent(2 * PAGE, 2 * PAGE), Extent(8 * PAGE, 1)]
    wanted = [
        Extent(0, 2 * PAGE),
        Extent(PAGE, PAGE),
        Extent(3 * PAGE, 1),
        Extent(7 * PAGE, PAGE + 1),
        Extent(9 * PAGE, 5),
    ]
    assert outside(wanted, used) == [Extent(0, 2 * PAGE), Extent(9 * PAGE, 5)]
