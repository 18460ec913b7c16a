"""Every codec gives back what it was given, in text, in binary and through Arrow."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql import types
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType, SqlType
from vecsql.types.intervals import Interval
from vecsql.types.sparsevec import SparseVector

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
INT32 = st.integers(-(2**31), 2**31 - 1)
MOMENTS = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30))
FLOATS = {"allow_nan": False, "allow_infinity": False}
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "bool": st.booleans(),
    "int2": st.integers(-(2**15), 2**15 - 1),
    "int4": INT32,
    "int8": st.integers(-(2**63), 2**63 - 1),
    "float4": st.floats(width=32),
    "float8": st.floats(),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, places=9)
    | st.integers().map(Decimal),
    "text": TEXT,
    "varchar": TEXT,
    "bytea": st.binary(),
    "date": st.dates(),
    "time": st.times(),
    "timestamp": MOMENTS,
    "timestamptz": MOMENTS.map(lambda value: value.replace(tzinfo=UTC)),
    "interval": st.builds(
        Interval,
        st.integers(-100_000, 100_000),
        st.integers(-100_000, 100_000),
        st.integers(-(2**52), 2**52),
    ),
    "uuid": st.uuids(),
    "varbit": st.text("01"),
    "oid": st.integers(0, 2**32 - 1),
    "vector": st.lists(st.floats(width=32, allow_nan=False, allow_infinity=False), min_size=1).map(
        lambda values: np.array(values, np.float32)
    ),
    "halfvec": st.lists(st.floats(width=16, **FLOATS), min_size=1).map(
        lambda values: np.array(values, np.float16)
    ),
    "sparsevec": st.dictionaries(
        st.integers(0, 999), st.floats(width=32, **FLOATS), max_size=9
    ).map(lambda elements: SparseVector.of(elements, 1000)),
}


def type_named(name: str) -> SqlType:
    found = types.by_name(name)
    assert found is not None
    return found


def same(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.tobytes() == right.tobytes()
    if isinstance(left, float):
        return (math.isnan(left) and math.isnan(right)) or (
            left == right and math.copysign(1, left) == math.copysign(1, right)
        )
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    return type(left) is type(right) and left == right


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_text(name: str, data: st.DataObject) -> None:
    sql_type, value = type_named(name), data.draw(VALUES[name])
    assert same(sql_type.from_text(sql_type.to_text(value), -1), value)


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_binary(name: str, data: st.DataObject) -> None:
    sql_type, value = type_named(name), data.draw(VALUES[name])
    assert same(sql_type.from_binary(sql_type.to_binary(value), -1), value)


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_arrow(name: str, data: st.DataObject) -> None:
    ctype = ColumnType(type_named(name))
    values = data.draw(st.lists(st.none() | VALUES[name], max_size=5))
    array = to_arrow(values, ctype)
    assert array.type == ctype.arrow
    assert same(
        [v for v in from_arrow(array, ctype) if v is not None], [v for v in values if v is not None]
    )
    assert [v is None for v in from_arrow(array, ctype)] == [v is None for v in values]


@pytest.mark.parametrize("name", VALUES)
@given(data=st.data())
def test_arrays(name: str, data: st.DataObject) -> None:
    array_type = types.by_oid(type_named(name).array_oid)
    assert array_type is not None
    value = data.draw(st.lists(st.none() | VALUES[name], max_size=5))
    assert same(array_type.from_text(array_type.to_text(value), -1), value)
    assert same(array_type.from_binary(array_type.to_binary(value), -1), value)


@given(rows=st.integers(1, 3), columns=st.integers(1, 3), data=st.data())
def test_two_dimensional_array(rows: int, columns: int, data: st.DataObject) -> None:
    array_type = types.by_name("int4[]")
    assert array_type is not None
    row = st.lists(st.none() | INT32, min_size=columns, max_size=columns)
    value = data.draw(st.lists(row, min_size=rows, max_size=rows))
    assert array_type.from_text(array_type.to_text(value), -1) == value
    assert array_type.from_binary(array_type.to_binary(value), -1) == value


@pytest.mark.parametrize("name", VALUES)
@given(data=st.binary(max_size=40))
def test_any_bytes_decode_or_raise_a_data_error(name: str, data: bytes) -> None:
    sql_type = type_named(name)
    try:
        value = sql_type.from_binary(data, -1)
    except types_errors():
        return
    sql_type.to_text(value)


@pytest.mark.parametrize("name", [*VALUES, "json", "jsonb", "_int4", "_text", "timetz"])
@given(text=TEXT | st.from_regex(r"[-+\[{\"0-9:., aeTZ\\]{0,12}", fullmatch=True))
def test_any_text_parses_or_raises_a_data_error(name: str, text: str) -> None:
    sql_type = type_named(name)
    try:
        value = sql_type.from_text(text, -1)
    except types_errors():
        return
    sql_type.to_text(value)


def types_errors() -> tuple[type[Exception], ...]:
    from vecsql.errors import DataError, FeatureNotSupported, ProgramLimitExceeded

    return DataError, FeatureNotSupported, ProgramLimitExceeded


def test_jsonb_is_normalised_once() -> None:
    jsonb = types.JSONB
    text = jsonb.from_text('{"bb": 1.50, "a": [1e2, "\\u00e9"], "a": {}}', -1)
    assert text == '{"a": {}, "bb": 1.50}'
    assert jsonb.from_binary(jsonb.to_binary(text), -1) == text


@pytest.mark.parametrize(
    ("typmod", "text", "stored"),
    [((10 << 16 | 2) + 4, "1.005", "1.01"), (-1, "1.00500", "1.00500")],
)
def test_numeric_through_arrow(typmod: int, text: str, stored: str) -> None:
    ctype = ColumnType(types.NUMERIC, typmod)
    value = types.NUMERIC.from_text(text, typmod)
    (back,) = from_arrow(to_arrow([value], ctype), ctype)
    assert types.NUMERIC.to_text(back) == stored


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date", date(1999, 12, 31)),
        ("timestamp", datetime(1969, 7, 20, 20, 17, 40, 5)),
        ("time", time(23, 59, 59, 999_999)),
        ("numeric", Decimal("-12345678.000100")),
        ("numeric", Decimal("0.00000001")),
        ("numeric", Decimal("100000000")),
        ("interval", Interval(-14, 3, -5)),
        ("jsonb", '{"a": [1, null]}'),
        ("vector", np.array([1.5, -2], np.float32)),
        ("halfvec", np.array([1.5, -2], np.float16)),
        ("sparsevec", SparseVector.of({0: 1.5, 7: -2}, 9)),
        ("uuid", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"),
        ("_text", ["a", None, "b c"]),
        ("_int8", [[1, 2], [3, None]]),
        ("float4", 0.1),
        ("timetz", "03:04:05+02"),
    ],
)
@pytest.mark.slow
def test_binary_is_postgresqls(postgres: Any, name: str, value: Any) -> None:
    sql_type = type_named(name)
    if isinstance(value, str):
        value = sql_type.from_text(value, -1)
    query = f"SELECT $1::{sql_type.sql_name}".encode()
    text = sql_type.to_text(value).encode()
    result = postgres.pgconn.exec_params(query, [text], result_format=1)
    assert result.get_value(0, 0) == sql_type.to_binary(value)
