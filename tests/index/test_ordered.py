"""Scalar indexes find what comparing every value finds."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecsql.index.numbers import bound_of, compare, numbers_of, valid_of
from vecsql.index.ordered import order_numbers, order_texts

OPS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    "=": lambda a, b: a == b,
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "<>": lambda a, b: a != b,
}
ops = st.sampled_from(["<", "<=", "=", ">=", ">"])


def expected(values: list[Any], bounds: list[tuple[str, Any]]) -> list[int]:
    return [
        i
        for i, value in enumerate(values)
        if value is not None and all(OPS[op](value, bound) for op, bound in bounds)
    ]


@settings(deadline=None)
@given(
    values=st.lists(st.none() | st.integers(-3, 3), max_size=20),
    bounds=st.lists(st.tuples(ops, st.integers(-4, 4) | st.just(2**70)), min_size=1, max_size=3),
    offset=st.integers(0, 3),
)
def test_numbers(values: list[int | None], bounds: list[tuple[str, int]], offset: int) -> None:
    column = pa.array(values, pa.int16()).slice(offset)
    values = values[offset:]
    numbers = numbers_of(column)
    assert numbers is not None
    index = order_numbers(numbers, valid_of(column))
    assert sorted(index.between(bounds).tolist()) == expected(values, bounds)
    for value in (-1, 2, 9):
        assert index.equal(value).tolist() == expected(values, [("=", value)])
    wanted = [value in (1, 2, -3) for value in values]
    assert index.equal_any([1, 2, -3, 2]).tolist() == np.flatnonzero(wanted).tolist()


words = st.text("aäb\U0001f600", max_size=3)


@settings(deadline=None)
@given(
    values=st.lists(st.none() | words, max_size=20),
    bounds=st.lists(st.tuples(ops, words), min_size=1, max_size=3),
    offset=st.integers(0, 3),
)
def test_texts(values: list[str | None], bounds: list[tuple[str, str]], offset: int) -> None:
    index = order_texts(pa.array(values, pa.string()).slice(offset))
    values = values[offset:]
    coded = [(op, text.encode()) for op, text in bounds]
    assert sorted(index.between(coded).tolist()) == expected(values, bounds)
    for _, text in bounds:
        assert index.equal(text.encode()).tolist() == expected(values, [("=", text)])


DECIMALS = [Decimal("-1.50"), Decimal("0.00"), None, Decimal("2.25"), Decimal("99999.99")]


@settings(deadline=None)
@given(op=st.sampled_from(list(OPS)), value=st.decimals(-3, 3, places=3) | st.integers(-3, 3))
def test_decimals_compare_exactly(op: str, value: Any) -> None:
    column = pa.array(DECIMALS, pa.decimal128(10, 2))
    bound, numbers = bound_of(op, value, column.type), numbers_of(column)
    assert bound is not None
    assert numbers is not None
    found = compare(numbers, *bound) & valid_of(column)
    assert np.flatnonzero(found).tolist() == expected(DECIMALS, [(op, Decimal(value))])


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([date(1960, 5, 1), date(2024, 2, 29)], pa.date32()),
        ([datetime(1960, 5, 1, 3, 4, 5, 6), datetime(2024, 2, 29)], pa.timestamp("us")),
        ([0.1, -2.5], pa.float64()),
        ([1.5, -2.5], pa.float32()),
    ],
)
def test_values_equal_their_numbers(values: list[Any], kind: pa.DataType) -> None:
    numbers = numbers_of(pa.array(values, kind))
    assert numbers is not None
    for i, value in enumerate(values):
        bound = bound_of("=", value, kind)
        assert bound is not None
        assert compare(numbers, *bound).tolist() == [i == 0, i == 1]


def test_no_bounds_for_special_values() -> None:
    assert bound_of("=", float("nan"), pa.float64()) is None
    assert bound_of("<", Decimal("Infinity"), pa.decimal128(10, 2)) is None
    assert bound_of("<", "x", pa.int32()) is None
    assert numbers_of(pa.array(["x"])) is None
    assert numbers_of(pa.array([1], pa.decimal128(38, 0))) is None
