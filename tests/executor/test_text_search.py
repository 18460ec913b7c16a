"""Searching text in its bytes finds what Python finds in strings."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vecsql.executor.text_search import containing, equal, folded, simple, successor

words = st.text("abAä", max_size=5)


@settings(deadline=None)
@given(values=st.lists(st.none() | words, max_size=30), value=words, offset=st.integers(0, 3))
def test_equal_and_containing(values: list[str | None], value: str, offset: int) -> None:
    column = pa.array(values, pa.string()).slice(offset)
    values = values[offset:]
    found = [i for i in equal(column, value.encode()).tolist() if values[i] is not None]
    assert found == [i for i, v in enumerate(values) if v == value]
    if not value:
        return
    inside = containing(column, value.encode())
    if inside is not None:
        known = [i for i in inside.tolist() if values[i] is not None]
        assert known == [i for i, v in enumerate(values) if v is not None and value in v]


def test_folded() -> None:
    column = pa.array(["aB", None, "ÄZ", ""]).slice(1)
    lower = folded(column)
    assert lower is not None
    assert lower.to_pylist() == ["", "Äz", ""]
    assert folded(pa.array(["\u212a"])) is None
    assert folded(pa.array([], pa.string())).to_pylist() == []


def test_hits_across_values_do_not_count() -> None:
    found = containing(pa.array(["xa", "bx", "ab", "x", "yab", *"opqrstuv"]), b"ab")
    assert found is not None
    assert found.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("abc", ("equal", b"abc")),
        ("abc%", ("prefix", b"abc")),
        ("%abc%", ("infix", b"abc")),
        ("%abc", None),
        ("a%c", None),
        ("a_c", None),
        ("a\\%c%", None),
        ("%", None),
        ("", None),
    ],
)
def test_simple_patterns(pattern: str, expected: tuple[str, bytes] | None) -> None:
    assert simple(pattern) == expected


def test_successor() -> None:
    assert successor(b"ab") == b"ac"
    assert successor(b"a\xff") == b"b"
    assert successor(b"\xff") is None
