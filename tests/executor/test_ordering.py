"""Rows come in the order that Python sorts the same values in, however few of them are wanted."""

from __future__ import annotations

import math
from functools import cmp_to_key
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vecsql.executor.hits import Hits
from vecsql.executor.ordering import first_rows
from vecsql.planner.plan import OrderKey

COLUMNS = (
    (pa.int32(), st.integers(-(2**31), 2**31 - 1)),
    (pa.int64(), st.sampled_from([-(2**63), -1, 0, 1, 2**63 - 1])),
    (pa.float64(), st.floats()),
    (pa.float32(), st.floats(width=32)),
    (pa.string(), st.text(max_size=3)),
    (pa.decimal128(10, 2), st.decimals(-999, 999, places=2)),
    (pa.bool_(), st.booleans()),
    (pa.date32(), st.dates()),
    (pa.timestamp("us", "UTC"), st.datetimes()),
)


class Columns:
    """A table version of one part."""

    def __init__(self, arrays: list[pa.Array]) -> None:
        self.arrays = arrays
        self.part = None

    def column(self, part: Any, attnum: int) -> pa.Array:
        return self.arrays[attnum]

    def gather(self, part: Any, attnum: int, positions: Any) -> pa.Array:
        return self.arrays[attnum].take(pa.array(positions))


def place(value: Any) -> tuple[Any, ...]:
    """Where a value that is not NULL stands: text by its bytes, NaN above all numbers."""
    if isinstance(value, float):
        return (math.isnan(value), 0 if math.isnan(value) else value)
    return (value.encode() if isinstance(value, str) else value,)


def compare(key: OrderKey, a: Any, b: Any) -> int:
    if a is None or b is None:
        return 0 if a is b else (1 if (a is None) != key.nulls_first else -1)
    x, y = place(a), place(b)
    return ((x > y) - (x < y)) * (-1 if key.descending else 1)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[pa.Array], list[OrderKey], int]:
    rows = draw(st.integers(0, 40))
    arrays, order = [], []
    for number in range(draw(st.integers(1, 3))):
        kind, values = draw(st.sampled_from(COLUMNS))
        optional = draw(st.booleans())
        items = st.none() | values if optional else values
        arrays.append(pa.array(draw(st.lists(items, min_size=rows, max_size=rows)), kind))
        order.append(OrderKey(number, draw(st.booleans()), draw(st.booleans())))
    return arrays, order, draw(st.integers(0, 50))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tables())
def test_first_rows(table: tuple[list[pa.Array], list[OrderKey], int]) -> None:
    arrays, order, stop = table
    version: Any = Columns(arrays)
    values = [array.to_pylist() for array in arrays]
    rows = len(values[0])

    def by_keys(a: int, b: int) -> int:
        found = (compare(key, values[key.attnum][a], values[key.attnum][b]) for key in order)
        return next((c for c in found if c), 0)

    hits = Hits((version,), None, np.arange(rows, dtype=np.int32), np.zeros(rows))
    found = first_rows(order, version, hits, stop)
    assert found.positions.tolist() == sorted(range(rows), key=cmp_to_key(by_keys))[:stop]
