"""`USING ivfflat` through SQL: built over rows that are there, kept in the file, steered by `ivfflat.probes`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

import vecsql
from vecsql import kernels

ROWS, DIMENSIONS = 6000, 16
FIND = "SELECT id FROM items WHERE {} ORDER BY embedding <-> %s LIMIT 10"


def vectors() -> np.ndarray:
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((40, DIMENSIONS), dtype=np.float32) * 2
    noise = rng.standard_normal((ROWS, DIMENSIONS), dtype=np.float32)
    return centers[rng.integers(0, 40, ROWS)] + noise


def found(db: Any, condition: str, query: np.ndarray) -> list[int]:
    return [row[0] for row in db.execute(FIND.format(condition), [query]).fetchall()]


def strategy(db: Any, query: np.ndarray) -> str:
    text = "EXPLAIN (ANALYZE, FORMAT JSON) " + FIND.format("true")
    (plan,) = db.execute(text, [query]).fetchone()
    plan = json.loads(plan) if isinstance(plan, str) else plan
    return json.dumps(plan)


def check(db: Any, rows: np.ndarray) -> None:
    hits = 0
    for query in rows[:20]:
        nearest = np.argsort(((rows - query) ** 2).sum(axis=1), kind="stable")
        hits += len(set(found(db, "true", query)) & set(nearest[:10].tolist()))
        even = nearest[nearest % 2 == 0][:10]
        hits += len(set(found(db, "id % 2 = 0", query)) & set(even.tolist()))
    assert hits >= 0.95 * 400
    assert "ivf (probes=" in strategy(db, rows[0])


def test_ivfflat_from_sql(tmp_path: Path) -> None:
    assert kernels.wait()
    rows = vectors()
    path = tmp_path / "x.vecsql"
    with vecsql.connect(str(path)) as db:
        db.load("items", {"id": np.arange(ROWS), "embedding": rows})
        db.execute("CREATE INDEX ON items USING ivfflat (embedding) WITH (lists = 80)")
        check(db, rows)
        db.execute("SET ivfflat.probes = 3")
        assert "ivf (probes=3)" in strategy(db, rows[0])
        db.commit()
    with vecsql.connect(str(path)) as db:
        check(db, rows)
