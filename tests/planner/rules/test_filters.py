"""Compiled filters give DuckDB's answers, with three-valued logic, and zone maps never exclude a row that passes."""

from __future__ import annotations

import math
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planner.rules.binding import bound_predicate
from vecsql.planner.rules.filters import compile_predicate
from vecsql.types import BOOL, FLOAT8, INT4, TEXT, by_oid
from vecsql.types.base import ColumnType

TEXTS = ColumnType(by_oid(TEXT.array_oid))  # type: ignore[arg-type]
COLUMNS = {
    "a": (1, ColumnType(INT4)),
    "b": (2, ColumnType(FLOAT8)),
    "c": (3, ColumnType(TEXT)),
    "d": (4, ColumnType(BOOL)),
    "tags": (5, TEXTS),
}

rows = st.lists(
    st.tuples(
        st.none() | st.integers(-3, 3),
        st.none() | st.sampled_from([-1.5, 0.0, 1.0, 2.5, math.nan, math.inf]),
        st.none() | st.sampled_from(["", "a", "ab", "abc", "B", "a_b", "%"]),
        st.none() | st.booleans(),
    ),
    min_size=1,
    max_size=12,
)

comparison = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
number = st.integers(-3, 3).map(str)
atoms = st.one_of(
    st.tuples(st.just("a"), comparison, number | st.just("NULL")).map(" ".join),
    st.tuples(st.just("b"), comparison, st.sampled_from(["-1.5", "0", "'NaN'", "2.5"])).map(" ".join),
    st.tuples(st.just("c"), comparison, st.sampled_from(["'a'", "'abc'", "'b'"])).map(" ".join),
    st.tuples(st.sampled_from(["a", "b"]), st.just("BETWEEN"), number, st.just("AND"), number).map(" ".join),
    st.tuples(number, comparison, st.just("a + 1")).map(" ".join),
    st.lists(number | st.just("NULL"), min_size=1, max_size=5).map(lambda xs: f"a IN ({', '.join(xs)})"),
    st.lists(st.sampled_from(["'a'", "'ab'", "'B'", "NULL"]), min_size=1, max_size=5).map(
        lambda xs: f"c NOT IN ({', '.join(xs)})"
    ),
    st.sampled_from(["a", "b", "c", "d"]).map(lambda c: f"{c} IS NULL"),
    st.sampled_from(["d IS TRUE", "d IS NOT FALSE", "d", "TRUE", "d = TRUE"]),
    st.sampled_from(["'a%'", "'a_'", "'%b'", "'A%'", "'a\\_b'"]).map(lambda p: f"c LIKE {p}"),
    st.sampled_from(["'A%'", "'%B%'"]).map(lambda p: f"c NOT ILIKE {p}"),
)  # fmt: skip
predicates = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda p: f"NOT ({p})"),
    ),
    max_leaves=5,
)  # fmt: skip


def table(values: list[tuple[Any, ...]]) -> pa.Table:
    a, b, c, d = zip(*values, strict=True)
    arrays = [
        pa.array(a, pa.int32()),
        pa.array(b, pa.float64()),
        pa.array(c, pa.string()),
        pa.array(d, pa.bool_()),
    ]
    return pa.table(arrays, names=["a", "b", "c", "d"])


def evaluate(sql: str, data: pa.Table, params: tuple[Any, ...] = ()) -> np.ndarray:
    predicate = compile_predicate([bound_predicate(sql, COLUMNS)])
    assert predicate is not None, sql
    return predicate.evaluate(lambda n: data.column(n - 1).combine_chunks(), params, len(data))


@settings(max_examples=200, deadline=None)
@given(values=rows, sql=predicates)
def test_equals_duckdb(values: list[tuple[Any, ...]], sql: str) -> None:
    data = table(values)
    duck_sql = sql.replace("LIKE 'a\\_b'", "LIKE 'a\\_b' ESCAPE '\\'")
    with duckdb.connect() as connection:
        connection.register("t", data)
        found = connection.execute(f"SELECT coalesce({duck_sql}, false) FROM t").fetchall()
    assert evaluate(sql, data).tolist() == [row[0] for row in found]


@settings(max_examples=100, deadline=None)
@given(values=rows, sql=predicates)
def test_zone_maps_keep_every_passing_row(values: list[tuple[Any, ...]], sql: str) -> None:
    data = table(values)
    predicate = compile_predicate([bound_predicate(sql, COLUMNS)])
    assert predicate is not None

    def min_max(attnum: int) -> tuple[Any, Any] | None:
        known = [v for v in data.column(attnum - 1).to_pylist() if v is not None]
        if not known or attnum == 3 or any(isinstance(v, float) and math.isnan(v) for v in known):
            return None
        return min(known), max(known)

    if predicate.excludes(min_max, ()):
        assert not evaluate(sql, data).any()


TAGGED = pa.table(
    [pa.array([["x", "y"], ["y"], [], None, ["z", None]], pa.list_(pa.string()))] * 5,
    names=["a", "b", "c", "d", "tags"],
)


@pytest.mark.parametrize(
    ("sql", "params", "expected"),
    [
        ("tags @> '{x}'", (), [0]),
        ("tags @> '{y}'", (), [0, 1]),
        ("tags @> '{}'", (), [0, 1, 2, 4]),
        ("tags @> $1", (["x", "y"],), [0]),
        ("tags @> $1", (["z", None],), []),
        ("tags @> $1", (None,), []),
        ("tags && '{x,z}'", (), [0, 4]),
        ("tags && $1", ([None],), []),
        ("NOT tags && '{x}'", (), [1, 2, 4]),
    ],
)
def test_arrays(sql: str, params: tuple[Any, ...], expected: list[int]) -> None:
    assert np.flatnonzero(evaluate(sql, TAGGED, params)).tolist() == expected


def test_arithmetic_overflow_is_left_to_duckdb() -> None:
    data = table([(3, None, None, None)])
    with pytest.raises(pa.ArrowException):
        evaluate("a * 2147483647 > 0", data)


@pytest.mark.parametrize(
    "sql", ["a / 2 = 1", "c || 'x' = 'ax'", "length(c) = 1", "c < 'a' COLLATE \"de\""]
)
def test_what_needs_duckdb(sql: str) -> None:
    assert compile_predicate([bound_predicate(sql, COLUMNS)]) is None
