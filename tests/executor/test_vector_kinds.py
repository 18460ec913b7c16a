"""Indexes over halfvec, sparsevec, bit, expressions and some of the rows, against exact scans; after a restart too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import vecsql
from vecsql import kernels

ROWS, DIMS = 6000, 24
QUERY = "[" + ",".join(str(round(0.1 * i % 0.7, 2)) for i in range(DIMS)) + "]"
SPARSE = "{3:1,10:0.5,40:2,41:0.25,77:1}/500"
BITS = "10" * (DIMS // 2)

INDEXES = (
    "USING hnsw (h halfvec_l2_ops)",
    "USING hnsw (h halfvec_cosine_ops)",
    "USING vecsql (h halfvec_ip_ops)",
    "USING hnsw (h halfvec_l1_ops)",
    "USING hnsw (s sparsevec_l2_ops)",
    "USING hnsw (s sparsevec_ip_ops)",
    "USING hnsw (s sparsevec_cosine_ops)",
    "USING hnsw (s sparsevec_l1_ops)",
    "USING hnsw (b bit_hamming_ops)",
    "USING hnsw (b bit_jaccard_ops)",
    f"USING hnsw ((e::halfvec({DIMS})) halfvec_l2_ops)",
    f"USING hnsw ((binary_quantize(e)::bit({DIMS})) bit_hamming_ops)",
    "USING hnsw ((subvector(e, 1, 8)::vector(8)) vector_cosine_ops)",
    "USING hnsw (e vector_l2_ops) WHERE (category = 3)",
    f"USING hnsw ((e::halfvec({DIMS})) halfvec_cosine_ops) WHERE category IN (1, 2)",
)

# (condition, distance, strategy that EXPLAIN ANALYZE must show)
SEARCHES = (
    ("true", f"h <-> '{QUERY}'", "graph"),
    ("true", f"h <=> '{QUERY}'", "graph"),
    ("true", f"h <#> '{QUERY}'", "graph"),
    ("true", f"h <+> '{QUERY}'", "graph"),
    ("category < 3", f"h <-> '{QUERY}'", ""),
    ("true", f"s <-> '{SPARSE}'", "inverted lists"),
    ("true", f"s <#> '{SPARSE}'", "inverted lists"),
    ("true", f"s <=> '{SPARSE}'", "inverted lists"),
    ("category = 1", f"s <+> '{SPARSE}'", "inverted lists"),
    ("true", f"b <~> B'{BITS}'", "bits of"),
    ("category = 2", f"b <%> B'{BITS}'", "bits of"),
    ("true", f"e::halfvec({DIMS}) <-> '{QUERY}'", "graph"),
    ("true", f"binary_quantize(e)::bit({DIMS}) <~> binary_quantize('{QUERY}'::vector)", "bits of"),
    ("true", f"binary_quantize(e) <~> B'{BITS}'", "bits of"),
    ("true", "subvector(e, 1, 8)::vector(8) <=> '[1,0,1,0,0,0,0,1]'", "graph"),
    ("category = 3", f"e <-> '{QUERY}'", "codes"),
    ("category = 3 AND id > 100", f"e <-> '{QUERY}'", "codes"),
    ("category IN (1, 2)", f"e::halfvec({DIMS}) <=> '{QUERY}'", ""),
)


def fill(db: Any) -> None:
    rng = np.random.default_rng(5)
    centers = rng.standard_normal((40, DIMS))
    vectors = (centers[rng.integers(0, 40, ROWS)] + 0.3 * rng.standard_normal((ROWS, DIMS))).astype(
        "f4"
    )
    sparse = []
    for _ in range(ROWS):
        places = np.sort(rng.choice(500, 12, replace=False)) + 1
        elements = ",".join(
            f"{i}:{v:.3f}" for i, v in zip(places, rng.random(12) + 0.01, strict=True)
        )
        sparse.append("{" + elements + "}/500")
    bits = ["".join(row) for row in np.where(rng.random((ROWS, DIMS)) < 0.5, "1", "0")]
    db.execute("CREATE EXTENSION vector")
    db.execute(
        f"CREATE TABLE t (id int, category int, e vector({DIMS}), h halfvec({DIMS}), s sparsevec(500), b bit({DIMS}))"
    )
    columns = {
        "id": list(range(ROWS)), "category": [i % 5 for i in range(ROWS)], "e": vectors,
        "h": vectors.astype("f2"), "s": sparse, "b": bits,
    }  # fmt: skip
    db.load("t", columns, mode="append")
    db.execute("INSERT INTO t VALUES (-1, 3, NULL, NULL, NULL, NULL)")
    db.execute("CHECKPOINT")


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kernels.wait()
    kernels.build_kernels()
    path = tmp_path_factory.mktemp("kinds") / "kinds.vecsql"
    with vecsql.connect(str(path)) as db:
        fill(db)
        for index in INDEXES:
            db.execute(f"CREATE INDEX ON t {index}")
    return path


@pytest.fixture(scope="module")
def reopened(path: Path) -> Iterator[Any]:
    with vecsql.connect(str(path)) as db:
        db.execute("SET vecsql.recall = 0.99")  # here few queries are asked, and each must do
        yield db


def found(db: Any, condition: str, distance: str) -> tuple[list[int], list[float]]:
    sql = f"SELECT id, {distance} AS d FROM t WHERE {condition} ORDER BY {distance} LIMIT 10"
    rows = db.execute(sql).fetchall()
    return [row[0] for row in rows], [row[1] for row in rows]


@pytest.mark.slow
@pytest.mark.parametrize(("condition", "distance", "strategy"), SEARCHES)
def test_index_finds_what_a_scan_finds(
    reopened: Any, condition: str, distance: str, strategy: str
) -> None:
    db = reopened
    _, got = found(db, condition, distance)
    plan = db.execute(
        f"EXPLAIN ANALYZE SELECT id FROM t WHERE {condition} ORDER BY {distance} LIMIT 10"
    ).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert strategy in text, text
    if strategy:
        assert "Vector Scan using" in text, text
    db.execute("SET enable_indexscan = off")
    _, exact = found(db, condition, distance)
    db.execute("RESET enable_indexscan")
    assert len(got) == 10
    near = np.array(got) <= exact[-1] + 1e-5 * abs(exact[-1])
    assert near.sum() >= 8, (got, exact)


@pytest.mark.slow
def test_a_parameter_may_choose_a_partial_index(reopened: Any) -> None:
    sql = f"SELECT id FROM t WHERE category = %s ORDER BY e <-> '{QUERY}' LIMIT 5"
    for category, used in ((3, True), (2, False)):
        plan = reopened.execute("EXPLAIN ANALYZE " + sql, [category]).fetchall()
        text = "\n".join(row[0] for row in plan)
        assert ("Vector Scan using t_e_idx" in text) == used, text


@pytest.mark.slow
def test_binary_quantized_search_with_exact_order(reopened: Any) -> None:
    """The two-step search that pgvector's documentation recommends."""
    inner = f"SELECT id, e FROM t ORDER BY binary_quantize(e)::bit({DIMS}) <~> binary_quantize($1::vector) LIMIT 3000"
    rows = reopened.execute(
        f"SELECT id FROM ({inner}) near ORDER BY e <-> $1 LIMIT 5", [QUERY]
    ).fetchall()
    exact = reopened.execute(f"SELECT id FROM t ORDER BY e <-> '{QUERY}' LIMIT 5").fetchall()
    assert len(set(rows) & set(exact)) >= 4


@pytest.mark.slow
def test_rows_written_later_are_found(reopened: Any) -> None:
    reopened.execute(f"INSERT INTO t VALUES (9999, 3, '{QUERY}', '{QUERY}', '{SPARSE}', B'{BITS}')")
    for condition, distance, _ in SEARCHES[:1] + SEARCHES[5:6] + SEARCHES[11:12] + SEARCHES[15:16]:
        assert found(reopened, condition, distance)[0][0] == 9999
    reopened.execute("DELETE FROM t WHERE id = 9999")
