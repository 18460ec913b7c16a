"""Binary COPY input, however it is cut: tuples laid out alike are decoded in bulk, others one by one."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecsql import types
from vecsql.catalog.model import Column
from vecsql.errors import Error
from vecsql.executor.copy.binary import BinaryDecoder
from vecsql.types.base import ColumnType

COLUMNS = [
    Column(1, "id", ColumnType(types.INT8)),
    Column(2, "embedding", ColumnType(types.VECTOR, 2)),
]
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
TRAILER = b"\xff\xff"


def vector(*values: float) -> bytes:
    return struct.pack(f"!hh{len(values)}f", len(values), 0, *values)


def record(*fields: bytes | None) -> bytes:
    cells = (b"\xff\xff\xff\xff" if f is None else struct.pack("!i", len(f)) + f for f in fields)
    return struct.pack("!h", len(fields)) + b"".join(cells)


def row(number: int | None, embedding: list[float] | None) -> bytes:
    return record(
        None if number is None else struct.pack("!q", number),
        None if embedding is None else vector(*embedding),
    )


def decoded(pieces: list[bytes]) -> list[tuple[object, object]]:
    decoder = BinaryDecoder("t", COLUMNS)
    found = []
    for piece in pieces:
        for block in decoder.feed(piece):
            numbers, embeddings = (array.to_pylist() for array in block.columns)
            assert len(numbers) == block.rows
            found += list(zip(numbers, embeddings, strict=True))
    decoder.finish()
    return found


floats = st.floats(allow_nan=False, allow_infinity=False, width=32)
rows = st.tuples(
    st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.lists(floats, min_size=2, max_size=2)
)  # fmt: skip
runs = st.lists(st.tuples(rows, st.sampled_from([1, 2, 17, 40])), max_size=5)


@settings(deadline=None)
@given(runs, st.lists(st.integers(0, 4000), max_size=4))
def test_every_row_comes_out_once_and_in_order(runs, cuts):
    wanted = [row for row, times in runs for _ in range(times)]
    stream = HEADER + b"".join(row(*values) for values in wanted) + TRAILER
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    pieces = [stream[a:b] for a, b in zip([0, *ends], ends, strict=False)]
    assert decoded(pieces) == wanted


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (record(bytes(8), vector(1.0, float("nan"))), "NaN not allowed in vector"),
        (record(bytes(8), vector(1.0)), "expected 2 dimensions, not 1"),
        (record(bytes(8)), "row field count is 1, expected 2"),
    ],
    ids=["nan", "dimensions", "fields"],
)
def test_an_error_among_many_rows_says_where(bad, message):
    stream = HEADER + row(1, [1.0, 2.0]) * 20 + bad + row(1, [1.0, 2.0]) * 20 + TRAILER
    with pytest.raises(Error, match=message) as caught:
        decoded([stream])
    assert caught.value.where.startswith("COPY t, line 21")
