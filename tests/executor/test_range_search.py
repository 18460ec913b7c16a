"""Range search gives the rows that DuckDB gives: bounds on the distance of the order, with and without LIMIT."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import vecsql
from vecsql.executor import vector_topk


@pytest.fixture(scope="module")
def database() -> Iterator[vecsql.Connection]:
    """Two parts of which one is indexed, NULL and zero vectors, and deleted rows."""
    patch = pytest.MonkeyPatch()
    patch.setattr(vector_topk, "FIRST_ROWS", 4)
    with vecsql.connect(":memory:", autocommit=True) as connection:
        connection.execute("CREATE EXTENSION vector")
        for table, zero in (("items", True), ("plain", False)):
            connection.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, grp int, e vector(3))")
            rng = np.random.default_rng(3)
            for start in (0, 60):
                rows = []
                for i in range(start, start + 60):
                    vector = rng.integers(-3, 4, 3)
                    vector[0] = 0 if zero and i % 29 == 1 else vector[0] or 1
                    vector = vector if vector[0] else np.zeros(3)
                    rows.append((i, i % 4, None if i % 13 == 5 else f"[{','.join(map(str, vector))}]"))  # fmt: skip
                connection.executemany(f"INSERT INTO {table} VALUES ($1, $2, $3::vector)", rows)
                if not start:
                    connection.execute("CHECKPOINT")
                    connection.execute(f"CREATE INDEX ON {table} USING hnsw (e vector_l2_ops)")
                    connection.execute(f"CREATE INDEX ON {table} USING hnsw (e vector_cosine_ops)")
            connection.execute(f"DELETE FROM {table} WHERE id IN (0, 17, 70)")
        yield connection
    patch.undo()


conditions = st.sampled_from(
    ["{d} < {r}", "{d} <= {r}", "{r} > {d}", "({d}) * 2 < {r}", "1 - ({d}) > -{r}", "-({d}) >= -{r}", "({d}) + 1 <= {r}",
     "{d} > {r}", "{d} < {r} AND grp < 2", "grp = 1 AND {d} < {r} AND {d} > 1", "{d} < NULL", "NOT ({d} > {r})"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    table=st.sampled_from(["items", "plain"]),
    condition=conditions,
    operator=st.sampled_from(["<->", "<=>", "<#>", "<+>"]),
    query=st.sampled_from(["[1,2,3]", "[0,0,0]", "[-1,0,2]"]),
    bound=st.sampled_from(["0.2", "1.5", "4", "100"]),
    limit=st.sampled_from(["", "LIMIT 3", "LIMIT 30 OFFSET 2", "LIMIT 1000"]),
)
def test_same_rows_as_duckdb(
    database: vecsql.Connection,
    table: str,
    condition: str,
    operator: str,
    query: str,
    bound: str,
    limit: str,
) -> None:
    distance = f"e {operator} '{query}'"
    where = condition.format(d=distance, r=bound)
    sql = f"SELECT id, {distance} AS d FROM {{}} WHERE {where} ORDER BY {distance}, id {limit}"
    got = database.execute(sql.format(table)).fetchall()
    expected = database.execute(sql.format(f"(SELECT * FROM {table} LIMIT 999) s")).fetchall()
    assert [row[0] for row in got] == [row[0] for row in expected]
    np.testing.assert_allclose([r[1] for r in got], [r[1] for r in expected], atol=1e-5)


@pytest.mark.parametrize(
    ("where", "limit"),
    [
        ("e <-> '[1,2,3]' < 2", "LIMIT 5"),
        ("e <-> '[1,2,3]' < 2 AND grp = 1", ""),
        ("2 - (e <-> '[1,2,3]') > 1", ""),
    ],
)
def test_no_duckdb(database: vecsql.Connection, where: str, limit: str) -> None:
    query = f"SELECT id FROM items WHERE {where} ORDER BY e <-> '[1,2,3]' {limit}"
    plan = "\n".join(row[0] for row in database.execute(f"EXPLAIN {query}").fetchall())
    assert "Vector Scan using" in plan
    assert "Within: (" in plan
    assert ("Filter: " in plan) == ("grp" in where)


def test_a_range_in_a_sub_select(database: vecsql.Connection) -> None:
    query = "SELECT count(*) FROM (SELECT id FROM items WHERE e <-> '[1,2,3]' < 3 ORDER BY e <-> '[1,2,3]') s"
    plain = "SELECT count(*) FROM (SELECT * FROM items LIMIT 999) s WHERE e <-> '[1,2,3]' < 3"
    assert database.execute(query).fetchall() == database.execute(plain).fetchall()
