"""Random WHERE clauses find the rows that DuckDB finds, by comparing, by scalar index, and out of the cache."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecsql
from vecsql.executor import scalar_lookup
from vecsql.executor.mask_cache import CACHE

COLUMNS = {
    "small": ["0", "1", "-2", "32767", "3000000000", "1.5"],
    "n": ["0", "1", "-2", "7", "3.25", "1e3"],
    "price": ["0", "1.5", "1.505", "-2", "99.99"],
    "f": ["0", "1.5", "-0.0", "2.25", "'NaN'"],
    "day": ["'2020-01-01'", "'1969-12-31'", "'2020-03-05'"],
    "at": ["'2020-01-01 10:00'", "'1969-12-31 23:59:59.5'"],
    "name": ["'a'", "'ab'", "'abc'", "'b'", "''", "'ä'", "'n1'"],
}
comparison = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])


def _of(column: str, template: str, *parts: Any) -> st.SearchStrategy[str]:
    values = st.sampled_from(COLUMNS[column])
    filled = [values if part == "value" else part for part in parts]
    return st.tuples(st.just(column), *filled).map(lambda found: template.format(*found))


def _atoms(column: str) -> st.SearchStrategy[str]:
    values = st.lists(st.sampled_from([*COLUMNS[column], "NULL"]), min_size=1, max_size=12)
    return st.one_of(
        _of(column, "{} {} {}", comparison, "value"),
        _of(column, "{2} {1} {0}", comparison, "value"),
        _of(column, "{} BETWEEN {} AND {}", "value", "value"),
        _of(column, "{} IN ({})", values.map(", ".join)),
        _of(column, "{} NOT IN ({})", values.map(", ".join)),
        _of(column, "{} IS NULL"),
        _of(column, "{} IS NOT NULL"),
        _of(column, "{0} {1} {2} AND {0} {3} {4}", comparison, "value", comparison, "value"),
    )


patterns = st.sampled_from(["a", "a%", "%b%", "%A%", "n_", "%", "", "ab%", "%c", "ä%", "\\%"])
atoms = st.one_of(
    *map(_atoms, COLUMNS),
    patterns.map(lambda p: f"name LIKE '{p}'"),
    patterns.map(lambda p: f"name NOT ILIKE '{p}'"),
    st.sampled_from(
        ["name = ANY('{a,b,NULL}')", "n = ANY('{}')", "NOT n = ANY('{1,7}')", "tags @> '{x}'", "tags && '{y,z}'",
         "length(name) = 2", "n % 3 = 1", "upper(name) = 'AB'", "flag", "NOT flag", "flag IS NOT TRUE"]
    ),
)  # fmt: skip
predicates = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["AND", "OR"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        inner.map(lambda p: f"NOT ({p})"),
    ),
    max_leaves=5,
)  # fmt: skip


def _rows(rng: np.random.Generator) -> list[tuple[Any, ...]]:
    def pick(values: list[Any]) -> Any:
        return values[rng.integers(len(values))]

    return [
        (
            i, pick([None, 0, 1, -2, 32767]), pick([None, 0, 1, -2, 7, 1000]), pick([None, 0, 1.5, -2, 99.99, 1.51]),
            pick([None, 0.0, 1.5, -3.0, 2.25]), pick([None, "2020-01-01", "1969-12-31", "2021-05-06"]),
            pick([None, "2020-01-01 10:00", "1969-12-31 23:59:59.5"]), pick([None, "a", "ab", "abc", "b", "", "ä", "n1", "xab"]),
            pick([None, ["x"], ["x", "y"], [], ["z"]]), pick([None, True, False]),
        )
        for i in range(400)
    ]  # fmt: skip


@pytest.fixture(scope="module", params=["memtable", "scan", "index"])
def database(request: pytest.FixtureRequest) -> Iterator[vecsql.Connection]:
    """Two parts with deleted rows: in memory, in segments, or in segments of which all columns are indexed."""
    patch = pytest.MonkeyPatch()
    if request.param == "index":
        patch.setattr(scalar_lookup, "SMALL", 0)
        patch.setattr(scalar_lookup, "FEW_NUMBERS", 0)
    with vecsql.connect(":memory:", autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE t (id int, small int2, n int, price numeric(10,2), f float8, day date, at timestamptz,"
            " name text, tags text[], flag bool)"
        )
        rng = np.random.default_rng(11)
        for start in (0, 1000):
            rows = [(start + row[0], *row[1:]) for row in _rows(rng)]
            connection.executemany("INSERT INTO t VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10)", rows)
            if request.param != "memtable":
                connection.execute("CHECKPOINT")
        connection.execute("DELETE FROM t WHERE id IN (3, 5, 1000, 1001, 1399)")
        if request.param == "index":
            for column in COLUMNS:
                connection.execute(f"CREATE INDEX ON t ({column})")
        yield connection
    patch.undo()


@settings(max_examples=250, deadline=None)
@given(where=predicates)
def test_same_rows_as_duckdb(database: vecsql.Connection, where: str) -> None:
    hidden = f"SELECT id FROM (SELECT * FROM t LIMIT 5000) s WHERE {where} ORDER BY id"
    expected = database.execute(hidden).fetchall()
    query = f"SELECT id FROM t WHERE {where} ORDER BY id"
    assert database.execute(query).fetchall() == expected
    assert database.execute(query).fetchall() == expected
    assert database.execute(f"SELECT count(*) FROM t WHERE {where}").fetchall() == [
        (len(expected),)
    ]


def test_a_deleted_row_leaves_what_is_cached(database: vecsql.Connection) -> None:
    query = "SELECT id FROM t WHERE name = 'a' ORDER BY id"
    before = database.execute(query).fetchall()
    database.execute("DELETE FROM t WHERE id = $1", [before[0][0]])
    assert database.execute(query).fetchall() == before[1:]


def test_the_cache_is_bounded_by_a_setting(database: vecsql.Connection) -> None:
    database.execute("SET vecsql.filter_cache_size = '64kB'")
    try:
        for n in range(300):
            database.execute("SELECT count(*) FROM t WHERE n < $1 OR f > 1", [n])
        assert 0 < CACHE.nbytes <= 64 << 10
    finally:
        database.execute("RESET vecsql.filter_cache_size")
