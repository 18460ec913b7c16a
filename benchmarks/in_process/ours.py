"""vecsql as the others are called, and through the embedded SQL API."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import vecsql
from benchmarks.built import once, place
from benchmarks.data import Floats
from benchmarks.measure import Call, K
from vecsql import index, kernels
from vecsql.index.base import Effort

SOURCES = ("vecsql/index", "vecsql/kernels", "vecsql/storage")
EFFORTS = tuple(
    [("vecsql.recall", recall) for recall in (0.8, 0.9, 0.95, 0.97, 0.99, 0.995)]
    + [("hnsw.ef_search", ef) for ef in (10, 15, 20, 30, 40, 60, 80, 120, 200, 400)]
)


def effort_of(setting: tuple[str, float]) -> Effort:
    name, value = setting
    return Effort(ef_search=int(value)) if name == "hnsw.ef_search" else Effort(recall=value)


class IndexCall:
    """`VectorIndex.search`, the call of the index itself."""

    name = "vecsql index"
    settings: Sequence[Any] = EFFORTS

    def __init__(self, base: Floats) -> None:
        kernels.warm_up()
        kernels.wait()
        self._base = base
        path = once(place("vecsql-index", base, *SOURCES), self._build)
        described = json.loads((path / "index.json").read_text())
        sections = {file.stem: np.load(file) for file in path.glob("*.npy")}
        self.index = index.load(described["kind"], "cosine", described["parameters"], sections)

    def _build(self, path: Path) -> None:
        built = index.build("vecsql", self._base, "cosine", {}, threads=2)
        path.mkdir(parents=True)
        for name, array in built.sections().items():
            np.save(path / f"{name}.npy", array)
        described = {"kind": built.kind, "parameters": built.parameters()}
        (path / "index.json").write_text(json.dumps(described))

    def at(self, setting: Any) -> Call:
        search, base, effort = self.index.search, self._base, effort_of(setting)
        return lambda query: search(base, query, K, effort, None).positions


class Embedded:
    """A prepared statement of `vecsql.connect`: planner, executor, transaction and rows included."""

    name = "vecsql SQL"
    settings: Sequence[Any] = EFFORTS

    def __init__(self, base: Floats) -> None:
        path = once(place("vecsql-sql", base, *SOURCES), lambda draft: _load(draft, base))
        self._db = vecsql.connect(path / "items.vecsql", autocommit=True)
        kernels.wait()

    def at(self, setting: Any) -> Call:
        cursor = self._db.cursor()
        cursor.execute("RESET hnsw.ef_search")
        cursor.execute(f"SET {setting[0]} = {setting[1]}")
        sql = f"SELECT id FROM items ORDER BY embedding <=> $1 LIMIT {K}"
        return lambda query: [row[0] for row in cursor.execute(sql, (query,))]


def _load(path: Path, base: Floats) -> None:
    path.mkdir()
    with vecsql.connect(path / "items.vecsql") as db:
        db.load("items", {"id": np.arange(len(base)), "embedding": base})
        db.execute("CREATE INDEX ON items USING vecsql (embedding vector_cosine_ops)")
