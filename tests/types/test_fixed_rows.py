"""Rows of fixed width are encoded as encode_rows() encodes them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from vecsql.types import FLOAT4, FLOAT8, INT2, INT4, INT8, TEXT
from vecsql.types.base import ColumnType
from vecsql.types.fixed_rows import MAX_KEPT, FixedRows
from vecsql.types.rows import encode_rows

TYPES = tuple(map(ColumnType, (INT8, INT4, INT2, FLOAT4, FLOAT8)))
DTYPES = (np.int64, np.int32, np.int16, np.float32, np.float64)


@pytest.mark.parametrize("count", [1, 2, len(TYPES)])
def test_the_same_bytes(count: int) -> None:
    fixed = FixedRows.of(TYPES[:count], (1,) * count)
    assert fixed is not None
    rng = np.random.default_rng(1)
    for rows in (0, 10, 10, 1, MAX_KEPT + 1, 10):
        columns = [rng.integers(-99, 99, rows).astype(dtype) for dtype in DTYPES[:count]]
        expected = encode_rows(rows, columns, TYPES[:count], (1,) * count)
        assert fixed.encode(rows, columns) == expected


def test_strided_and_read_only_columns() -> None:
    fixed = FixedRows.of(TYPES[:1], (1,))
    assert fixed is not None
    column = np.arange(20, dtype=np.int64)
    column.setflags(write=False)
    assert fixed.encode(10, [column[::-2]]) == encode_rows(10, [column[::-2]], TYPES[:1], (1,))


@pytest.mark.parametrize(
    "column", [[1, None], pa.array([1, 2]), np.array([1, 2], np.int32), np.array([1.0, 2.0])]
)
def test_what_is_not_the_plain_column_is_left_to_others(column: object) -> None:
    fixed = FixedRows.of(TYPES[:1], (1,))
    assert fixed is not None
    assert fixed.encode(2, [column]) is None


def test_layouts_that_are_not_fixed() -> None:
    assert FixedRows.of((ColumnType(TEXT),), (1,)) is None
    assert FixedRows.of(TYPES[:1], (0,)) is None
    assert FixedRows.of((), ()) is None
