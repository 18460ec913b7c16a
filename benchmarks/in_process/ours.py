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
from benchmarks.measure import K, Call
from vecsql import index, kernels

SOURCES = ("vecsql/index", "vecsql/kernels", "vecsql/storage")
EFFORTS = (10, 15, 20, 30, 40, 60, 80, 120, 200, 400)


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
        search, base = self.index.search, self._base
        return lambda query: search(base, query, K, setting, None).positions


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
        cursor.execute(f"SET hnsw.ef_search = {setting}")
        sql = f"SELECT id FROM items ORDER BY embedding <=> $1 LIMIT {K}"
        return lambda query: [row[0] for row in cursor.execute(sql, (query,))]


def _load(path: Path, base: Floats) -> None:
    path.mkdir()
    with vecsql.connect(path / "items.vecsql") as db:
        db.load("items", {"id": np.arange(len(base)), "embedding": base})
        db.execute("CREATE INDEX ON items USING vecsql (embedding vector_cosine_ops)")
