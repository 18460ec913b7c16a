"""Key hashes: columns and single keys agree, equal values have equal hashes, and both index forms find the rows."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.items import unique
from vecsql import types
from vecsql.catalog.model import Column
from vecsql.storage.key_index import DictKeys, SortedKeys
from vecsql.storage.keys import KeySpec
from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType

CASES: list[tuple[ColumnType, st.SearchStrategy[Any]]] = [
    (ColumnType(types.INT8), st.integers(-(2**63), 2**63 - 1)),
    (ColumnType(types.INT2), st.integers(-(2**15), 2**15 - 1)),
    (ColumnType(types.TEXT), st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=5)),
    (ColumnType(types.BOOL), st.booleans()),
    (ColumnType(types.FLOAT8), st.floats(allow_nan=False)),
    (ColumnType(types.DATE), st.dates(date(1000, 1, 1))),
    (ColumnType(types.UUID), st.uuids()),
    (ColumnType(types.BYTEA), st.binary(max_size=5)),
    (ColumnType(types.NUMERIC), st.decimals(allow_nan=False, allow_infinity=False, places=2, max_value=10**9)),
]  # fmt: skip


def spec_of(*kinds: ColumnType) -> KeySpec:
    columns = tuple(Column(n, f"c{n}", kind) for n, kind in enumerate(kinds, 1))
    return KeySpec.of(unique(1, "k", *range(1, len(kinds) + 1)), columns)


@pytest.mark.parametrize(
    ("kind", "values"), CASES, ids=lambda x: str(x) if isinstance(x, ColumnType) else ""
)
@given(data=st.data())
def test_key_and_column_hash_alike(
    kind: ColumnType, values: st.SearchStrategy[Any], data: Any
) -> None:
    drawn = data.draw(st.lists(values | st.none(), min_size=1, max_size=8))
    spec = spec_of(kind)
    hashes, valid = spec.hash_columns([to_arrow(drawn, kind)])
    for position, value in enumerate(drawn):
        if value is None:
            assert not valid[position]
        else:
            assert spec.hash_key((value,)) == int(hashes[position])


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("abc")), min_size=1, max_size=9))
def test_keys_of_two_columns(pairs: list[tuple[int, str]]) -> None:
    spec = spec_of(ColumnType(types.INT4), ColumnType(types.TEXT))
    first, second = zip(*pairs, strict=True)
    columns = [
        to_arrow(list(first), ColumnType(types.INT4)),
        to_arrow(list(second), ColumnType(types.TEXT)),
    ]
    hashes, _ = spec.hash_columns(columns)
    assert len(set(hashes.tolist())) == len(set(pairs))
    assert [spec.hash_key(p) for p in pairs] == hashes.tolist()


def test_values_that_sql_calls_equal() -> None:
    numeric = spec_of(ColumnType(types.NUMERIC))
    assert numeric.hash_key((Decimal("1.0"),)) == numeric.hash_key((Decimal("1.00"),))
    assert numeric.same(["1.0"], ["1.00"])
    double = spec_of(ColumnType(types.FLOAT8))
    assert double.hash_key((0.0,)) == double.hash_key((-0.0,))
    assert double.hash_key((float("nan"),)) == double.hash_key((-float("nan"),))
    assert double.same([float("nan")], [float("nan")])
    identifier = spec_of(ColumnType(types.UUID))
    assert identifier.hash_key((uuid.UUID(int=5),)) != identifier.hash_key((uuid.UUID(int=6),))


@given(
    st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=30), st.lists(st.integers(0, 12))
)
def test_both_index_forms_find_all_candidates(
    rows: list[tuple[int, bool]], wanted: list[int]
) -> None:
    hashes = np.array([h for h, _ in rows], np.uint64)
    valid = np.array([v for _, v in rows], np.bool_)
    rowids = np.arange(100, 100 + len(rows))
    expected = {w: {100 + i for i, (h, v) in enumerate(rows) if v and h == w} for w in wanted}
    for kind in (DictKeys, SortedKeys):
        keys = kind.build(hashes, valid, rowids)
        for value in wanted:
            assert set(keys.candidates(value)) == expected[value]
        where, found = keys.matches(np.array(wanted, np.uint64))
        pairs = {(w, r) for w in wanted for r in expected[w]}
        assert {
            (wanted[i], r) for i, r in zip(where.tolist(), found.tolist(), strict=True)
        } == pairs
