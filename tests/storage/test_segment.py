"""Vectors that float16 has exactly are stored as float16, and nobody can tell from the answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import vecsql
from vecsql import kernels
from vecsql.index.rows import NarrowRows

ROWS, DIMS = 3000, 48


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    kernels.build_kernels()


def halves(seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    return rng.standard_normal((ROWS, DIMS)).astype(np.float16).astype(np.float32)


def stored(db: Any, table: str = "t") -> list[Any]:
    """The vectors of the segments of a table."""
    snapshot = db._session.engine.snapshot()
    (oid,) = [t.oid for t in snapshot.catalog.tables.values() if t.name == table]
    return [p.part.vectors(2)[0] for p in snapshot.table(oid).parts if p.part.is_segment]


def filled(path: Path, vectors: Any) -> None:
    with vecsql.connect(path) as db:
        db.execute(f"CREATE TABLE t (id int PRIMARY KEY, e vector({vectors.shape[1]}))")
        db.load("t", {"id": np.arange(len(vectors)), "e": vectors})


def bits(values: Any) -> Any:
    return np.array(values, np.float32).view(np.uint32)


def test_they_take_half_the_bytes_and_come_back_bit_by_bit(tmp_path: Path) -> None:
    vectors = halves()
    vectors[5, :3] = [-0.0, 2.0**-24, 65504]
    wide = vectors.copy()
    wide[:, -1] = 0.1
    for name, rows in (("narrow", vectors), ("wide", wide)):
        filled(tmp_path / name, rows)
        with vecsql.connect(tmp_path / name) as db:
            assert [type(kept) for kept in stored(db)] == [
                NarrowRows if name == "narrow" else np.ndarray
            ]
            found = db.execute("SELECT id, e FROM t ORDER BY id").fetchall()
            np.testing.assert_array_equal(bits([e for _, e in found]), bits(rows))
            one = db.execute("SELECT e FROM t WHERE id = 5").fetchone()
            np.testing.assert_array_equal(bits(one[0]), bits(rows[5]))
    sizes = [(tmp_path / name).stat().st_size for name in ("narrow", "wide")]
    assert sizes[1] - sizes[0] >= 0.9 * vectors.nbytes / 2


@pytest.mark.parametrize("operator", ["<->", "<#>", "<=>", "<+>"])
def test_searches_with_and_without_index_answer_as_over_float32(
    tmp_path: Path, operator: str
) -> None:
    vectors = halves()
    wide = np.concatenate([vectors, np.full((1, DIMS), 1e6, np.float32)])
    query = vectors[7] + np.float32(0.1234)
    sql = f"SELECT id, e {operator} $1 FROM t WHERE id < {ROWS} ORDER BY e {operator} $1 LIMIT 20"
    answers = []
    for name, rows in (("narrow", vectors), ("wide", wide)):
        filled(tmp_path / name, rows)
        with vecsql.connect(tmp_path / name) as db:
            answers.append(db.execute(sql, (query,)).fetchall())
    assert answers[0] == answers[1]
    names = {"<->": "l2", "<#>": "ip", "<=>": "cosine", "<+>": "l1"}
    with vecsql.connect(tmp_path / "narrow") as db:
        db.execute(f"CREATE INDEX ON t USING vecsql (e vector_{names[operator]}_ops)")
        found = db.execute(sql, (query,)).fetchall()
        assert len({row for row, _ in found} & {row for row, _ in answers[0]}) >= 18
        assert found[0] == answers[0][0]
        db.execute("SET vecsql.recall = 1")
        assert db.execute(sql, (query,)).fetchall() == answers[0]


def test_merging_with_wide_rows_widens_and_without_them_narrows(tmp_path: Path) -> None:
    vectors = halves()
    with vecsql.connect(tmp_path / "t") as db:
        db.execute(f"CREATE TABLE t (id int PRIMARY KEY, e vector({DIMS}))")
        db.load("t", {"id": np.arange(ROWS), "e": vectors})
        db.execute("CHECKPOINT")
        db.load("t", {"id": np.arange(ROWS, 2 * ROWS), "e": vectors / np.float32(3)})
        db.execute("CHECKPOINT")
        db.execute("INSERT INTO t VALUES (-1, NULL)")
        assert {type(kept) for kept in stored(db)} == {NarrowRows, np.ndarray}
        db.execute("DELETE FROM t WHERE id % 10 = 3")
        db.execute("VACUUM t")
        found = dict(db.execute("SELECT id, e FROM t").fetchall())
        assert found.pop(-1) is None
        assert len(found) == 2 * ROWS - 2 * ROWS // 10
        for number, value in found.items():
            expected = vectors[number] if number < ROWS else vectors[number - ROWS] / np.float32(3)
            np.testing.assert_array_equal(bits(value), bits(expected))
        db.execute(f"DELETE FROM t WHERE id >= {ROWS}")
        db.execute("VACUUM t")
    with vecsql.connect(tmp_path / "t") as db:
        assert db.execute("SELECT count(*), count(e) FROM t").fetchone() == (2701, 2700)
        one = db.execute("SELECT e FROM t WHERE id = 11").fetchone()
        np.testing.assert_array_equal(bits(one[0]), bits(vectors[11]))


def test_whole_columns_updates_and_functions(tmp_path: Path) -> None:
    vectors = halves()
    filled(tmp_path / "t", vectors)
    with vecsql.connect(tmp_path / "t") as db:
        assert isinstance(stored(db)[0], NarrowRows)
        (mean,) = db.execute("SELECT avg(e) FROM t").fetchone()
        np.testing.assert_allclose(mean, vectors.mean(axis=0), atol=1e-3)
        (norm,) = db.execute("SELECT sum(vector_norm(e)) FROM t").fetchone()
        np.testing.assert_allclose(norm, np.linalg.norm(vectors, axis=1).sum(), rtol=1e-5)
        db.execute("UPDATE t SET e = e + e WHERE id = 4")
        (e,) = db.execute("SELECT e FROM t WHERE id = 4").fetchone()
        np.testing.assert_array_equal(bits(e), bits(2 * vectors[4]))
        db.execute("CREATE INDEX ON t USING hnsw ((subvector(e, 1, 8)::vector(8)) vector_l2_ops)")
        db.execute("CREATE INDEX ON t USING hnsw (e vector_l2_ops) WHERE (id < 1500)")
        found = db.execute(
            "SELECT id FROM t WHERE id < 1500 ORDER BY e <-> $1 LIMIT 3", (vectors[9],)
        ).fetchall()
        assert found[0] == (9,)
        pairs = db.execute(
            "SELECT a.id, b.id FROM t a CROSS JOIN LATERAL (SELECT id FROM t b ORDER BY b.e <-> a.e LIMIT 1) b"
            " WHERE a.id BETWEEN 10 AND 60 ORDER BY 1"
        ).fetchall()
        assert pairs == [(number, number) for number in range(10, 61)]
    with vecsql.connect(tmp_path / "t") as db:  # the partial index from the file
        found = db.execute(
            "SELECT id FROM t WHERE id < 1500 ORDER BY e <-> $1 LIMIT 3", (vectors[9],)
        ).fetchall()
        assert found[0] == (9,)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    hnp.arrays(
        np.float32, (4, 3), elements=st.floats(allow_nan=False, allow_infinity=False, width=32)
    ),
    st.booleans(),
)
def test_any_vectors_come_back(tmp_path_factory: Any, some: Any, as_halves: bool) -> None:
    if as_halves:
        some = np.clip(some, -60000, 60000).astype(np.float16).astype(np.float32)
    path = tmp_path_factory.mktemp("any") / "t"
    vectors = np.repeat(some, 700, axis=0)
    filled(path, vectors)
    with vecsql.connect(path) as db:
        if as_halves:
            assert all(isinstance(kept, NarrowRows) for kept in stored(db))
        found = db.execute("SELECT e FROM t ORDER BY id").fetchall()
        np.testing.assert_array_equal(bits([e for (e,) in found]), bits(vectors))
