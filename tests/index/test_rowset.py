"""Row sets give the same rows in both forms."""

from __future__ import annotations

import numpy as np
import pytest

from vecsql.index.rowset import RowSet


@pytest.mark.parametrize("rows", [[], [0], [3, 4, 9], list(range(10))])
def test_both_forms_agree(rows: list[int]) -> None:
    mask = np.isin(np.arange(10), rows)
    for found in (RowSet.of(mask), RowSet.at(10, np.array(rows, np.int32))):
        assert found.count == len(rows)
        assert found.positions.tolist() == rows
        assert found.positions.dtype == np.int32
        np.testing.assert_array_equal(found.bools, mask)


def test_within() -> None:
    even = np.arange(10) % 2 == 0
    for found in (
        RowSet.of(np.arange(10) > 4),
        RowSet.at(10, np.array([5, 6, 7, 8, 9], np.int32)),
    ):
        inside = found.within(even)
        assert (inside.count, inside.positions.tolist()) == (2, [6, 8])
    assert RowSet.none(4).bools.tolist() == [False] * 4
