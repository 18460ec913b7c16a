"""Whole executions in one piece are found to be what message by message decoding finds, and nothing else is."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql.protocol import events
from vecsql.protocol.decode import message
from vecsql.protocol.exchange import named_statement, read_exchange


def frame(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def int16s(values: list[int]) -> bytes:
    return struct.pack(f"!h{len(values)}h", len(values), *values)


def bind(name: bytes, values: list[bytes], formats: list[int], results: list[int]) -> bytes:
    given = b"".join(struct.pack("!i", len(v)) + v for v in values)
    body = b"\0" + name + b"\0" + int16s(formats) + struct.pack("!h", len(values)) + given
    return body + int16s(results)


DESCRIBE = frame(b"D", b"P\0")
EXECUTE = frame(b"E", b"\0\0\0\0\0")
SYNC = frame(b"S")

EXCHANGES = st.tuples(
    st.binary(max_size=5).filter(lambda name: b"\0" not in name and name.isascii()),
    st.lists(st.binary(max_size=20), max_size=4),
    st.booleans(),
    st.lists(st.sampled_from([0, 1]), max_size=3),
    st.booleans(),
)


@given(EXCHANGES)
def test_an_exchange_is_what_its_messages_are(
    exchange: tuple[bytes, list[bytes], bool, list[int], bool],
) -> None:
    name, values, binary, results, described = exchange
    body = bind(name, values, [1] if binary else [], results)
    data = frame(b"B", body) + (DESCRIBE if described else b"") + EXECUTE + SYNC
    shape = read_exchange(data)
    expected = message(ord("B"), body)
    assert isinstance(expected, events.Bind)
    assert shape is not None
    assert shape.fits(data)
    assert shape.described == described
    assert tuple(data[a:b] for a, b in shape.spans) == expected.params
    assert (shape.statement, shape.param_formats, shape.result_formats) == (
        expected.statement,
        expected.param_formats,
        expected.result_formats,
    )
    assert named_statement(data) == name.decode()


@given(EXCHANGES, st.data())
def test_a_shape_fits_what_differs_in_values_alone(
    exchange: tuple[bytes, list[bytes], bool, list[int], bool], draw: st.DataObject
) -> None:
    name, values, binary, results, _ = exchange
    formats = [1] if binary else []
    data = frame(b"B", bind(name, values, formats, results)) + EXECUTE + SYNC
    others = [draw.draw(st.binary(min_size=len(v), max_size=len(v))) for v in values]
    other = frame(b"B", bind(name, others, formats, results)) + EXECUTE + SYNC
    shape = read_exchange(data)
    assert shape is not None
    assert shape.fits(other)
    position = draw.draw(st.integers(0, len(data) - 1))
    inside = any(a <= position < b for a, b in shape.spans)
    changed = bytearray(data)
    changed[position] ^= 1
    assert shape.fits(bytes(changed)) == inside
    assert not shape.fits(data + b"S")


GOOD = frame(b"B", bind(b"s", [b"1"], [1], [1]))
NULL = frame(b"B", b"\0s\0" + struct.pack("!hhhi", 1, 1, 1, -1) + int16s([1]))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        GOOD,
        GOOD + EXECUTE,
        GOOD + EXECUTE + SYNC + SYNC,
        GOOD + frame(b"E", b"\0\0\0\0\x05") + SYNC,
        GOOD + frame(b"E", b"p\0\0\0\0\0") + SYNC,
        GOOD + frame(b"D", b"Ss\0") + EXECUTE + SYNC,
        GOOD + frame(b"H") + EXECUTE + SYNC,
        GOOD + GOOD + EXECUTE + SYNC,
        NULL + EXECUTE + SYNC,
        frame(b"B", bind(b"s", [b"1"], [1], [1]) + b"x") + EXECUTE + SYNC,
        frame(b"B", bind(b"s", [b"1", b"2", b"3"], [1, 0], [1])) + EXECUTE + SYNC,
        frame(b"B", b"p" + bind(b"s", [b"1"], [1], [1])) + EXECUTE + SYNC,
        frame(b"B", b"\0s\0\0\0\0\x01\x7f\0\0\0") + EXECUTE + SYNC,
        frame(b"B", b"\0s") + EXECUTE + SYNC,
        b"B\0\0\0\x04" + EXECUTE + SYNC,
        b"B\x7f\0\0\x04" + EXECUTE + SYNC,
        b"B\0\0\0\0" + EXECUTE + SYNC,
    ],
)
def test_anything_else_is_none(data: bytes) -> None:
    assert read_exchange(data) is None


@pytest.mark.parametrize(
    "data", [b"", b"B", b"S\0\0\0\x04", b"B\0\0\0\x08p\0s\0", b"B\0\0\0\x08\0s"]
)
def test_no_statement_is_named(data: bytes) -> None:
    assert named_statement(data) is None
