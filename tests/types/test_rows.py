"""DataRow messages: read back by hand, whatever form the columns come in."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest

from vecsql import types
from vecsql.types.base import ColumnType
from vecsql.types.formatting import TextFormat
from vecsql.types.rows import encode_rows


def read_rows(data: bytes) -> list[list[bytes | None]]:
    rows, pos = [], 0
    while pos < len(data):
        kind, length, count = struct.unpack_from("!ciH", data, pos)
        assert kind == b"D"
        end, pos, row = pos + 1 + length, pos + 7, []
        for _ in range(count):
            (size,) = struct.unpack_from("!i", data, pos)
            pos += 4
            row.append(None if size < 0 else data[pos : pos + size])
            pos += max(size, 0)
        assert pos == end
        rows.append(row)
    return rows


def encode(column: Any, ctype: ColumnType, code: int, **style: Any) -> list[bytes | None]:
    data = encode_rows(len(column), [column], [ctype], [code], TextFormat(**style))
    return [row[0] for row in read_rows(data)]


@pytest.mark.parametrize("size", [3, 100])
@pytest.mark.parametrize("code", [0, 1])
@pytest.mark.parametrize(
    ("name", "make"),
    [
        ("int8", lambda n: pa.array(range(n), pa.int64())),
        ("int4", lambda n: pa.array([None, *range(1, n)], pa.int32())),
        ("int2", lambda n: np.arange(n, dtype=np.int16)),
        ("float8", lambda n: np.linspace(0, 1, n)),
        ("float4", lambda n: pa.array(np.linspace(0, 1, n), pa.float32())),
        ("bool", lambda n: pa.array([i % 2 == 0 for i in range(n)])),
        ("text", lambda n: pa.array(["é" * i for i in range(n)])),
        ("text", lambda n: pa.chunked_array([["a"], ["b"] * (n - 1)])),
        ("oid", lambda n: pa.array(range(n), pa.int64())),
        ("_int4", lambda n: pa.array([[i, None] for i in range(n)], pa.list_(pa.int32()))),
    ],
)
def test_each_field_is_the_codecs(name: str, make: Any, size: int, code: int) -> None:
    sql_type = types.by_name(name)
    assert sql_type is not None
    column = make(size)
    expected = [
        None if v is None else sql_type.to_binary(v) if code else sql_type.to_text(v).encode()
        for v in (column.tolist() if isinstance(column, np.ndarray) else column.to_pylist())
    ]
    assert encode(column, ColumnType(sql_type), code) == expected


@pytest.mark.parametrize("code", [0, 1])
def test_vectors_in_every_form(code: int) -> None:
    matrix = np.array([[1, 2.5, -1e-5], [1e6, 0, 3]], np.float32)
    ctype = ColumnType(types.VECTOR, 3)
    fixed = pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), 3)
    expected = [
        types.VECTOR.to_binary(v) if code else types.VECTOR.to_text(v).encode() for v in matrix
    ]
    for column in (matrix, list(matrix), fixed, matrix.T.copy().T):
        assert encode(column, ctype, code) == expected
    with_null = pa.array([matrix[0], None], pa.list_(pa.float32(), 3))
    assert encode(with_null, ctype, code) == [expected[0], None]
    assert encode(fixed.slice(1), ctype, code) == expected[1:]
    assert encode([None, matrix[0, :2]], ColumnType(types.VECTOR), code)[0] is None


def test_a_bigint_that_came_as_decimal() -> None:
    column = pa.array([12, None], pa.decimal128(38, 0))
    assert encode(column, ColumnType(types.INT8), 1) == [struct.pack("!q", 12), None]
    assert encode(column, ColumnType(types.INT8), 0) == [b"12", None]


def test_rows_without_columns() -> None:
    assert read_rows(encode_rows(2, [], [], [])) == [[], []]


def test_session_settings() -> None:
    moment = [datetime(2024, 7, 1, 12, tzinfo=UTC)]
    timestamptz, array = ColumnType(types.TIMESTAMPTZ), types.by_oid(1185)
    assert array is not None
    zone = {"time_zone": ZoneInfo("Asia/Kolkata")}
    assert encode(moment, timestamptz, 0, **zone) == [b"2024-07-01 17:30:00+05:30"]
    assert encode([moment], ColumnType(array), 0, **zone) == [b'{"2024-07-01 17:30:00+05:30"}']
    assert encode([b"a\\\0"], ColumnType(types.BYTEA), 0, bytea_output="escape") == [b"a\\\\\\000"]
    assert encode([0.1 + 0.2], ColumnType(types.FLOAT8), 0, extra_float_digits=0) == [b"0.3"]
    names = {"reg_name": lambda kind, oid: "items" if (kind, oid) == ("regclass", 16500) else None}
    assert encode([16500, 0, 7], ColumnType(types.REGCLASS), 0, **names) == [b"items", b"-", b"7"]


def test_local_times_are_read_in_the_sessions_zone() -> None:
    style = TextFormat(time_zone=ZoneInfo("America/New_York"))
    decode = style.decoder(types.TIMESTAMPTZ)
    assert decode("2024-07-01 08:00", -1) == datetime(2024, 7, 1, 12, tzinfo=UTC)
    assert decode("2024-07-01 08:00+00", -1) == datetime(2024, 7, 1, 8, tzinfo=UTC)
