"""In process: vecsql's index call with a mask, vecsql's embedded SQL, and qdrant-edge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

import vecsql
from benchmarks.built import once, place
from benchmarks.data import Floats
from benchmarks.filtered.grid import Asked, Columns, Condition
from benchmarks.in_process.ours import SOURCES, IndexCall, effort_of
from benchmarks.measure import Call, K
from vecsql import kernels
from vecsql.index.rowset import RowSet

OURS = (("vecsql.recall", 0.95),)  # the contract: nothing is tuned by cell


class MaskedIndex(IndexCall):
    """The call of the index with the row set of the filter, as the executor makes it once per predicate and keeps it."""

    name = "vecsql index"
    settings: Sequence[Any] = OURS

    def __init__(self, base: Floats, columns: Columns) -> None:
        super().__init__(base)
        self._columns = columns
        self._masks: dict[Condition, Any] = {}

    def at(self, setting: Any) -> Call:
        search, base, effort, mask = self.index.search, self._base, effort_of(setting), self._mask
        return lambda asked: search(base, asked.vector, K, effort, mask(asked.condition)).positions

    def _mask(self, condition: Condition) -> Any:
        if condition not in self._masks:
            self._masks[condition] = RowSet.of(condition.mask(self._columns))
        return self._masks[condition]


class FilteredSql:
    name = "vecsql SQL"
    settings: Sequence[Any] = OURS

    def __init__(self, base: Floats, columns: Columns) -> None:
        path = once(place("vecsql-filtered", base, *SOURCES), lambda p: _load(p, base, columns))
        self._db = vecsql.connect(path / "items.vecsql", autocommit=True)
        kernels.wait()

    def at(self, setting: Any) -> Call:
        cursor = self._db.cursor()
        cursor.execute(f"SET {setting[0]} = {setting[1]}")

        def search(asked: Asked) -> list[Any]:
            sql = f"SELECT id FROM items WHERE {asked.condition.sql('$2')} ORDER BY embedding <=> $1 LIMIT {K}"
            cursor.execute(sql, (asked.vector, asked.condition.value))
            return [row[0] for row in cursor]

        return search


def _load(path: Path, base: Floats, columns: Columns) -> None:
    path.mkdir()
    with vecsql.connect(path / "items.vecsql") as db:
        db.load("items", {"id": np.arange(len(base)), **columns, "embedding": base})
        db.execute("CREATE INDEX ON items USING vecsql (embedding vector_cosine_ops)")


EF = (16, 32, 64, 96, 128, 192, 256, 384, 512, 768)


class Qdrant:
    """qdrant-edge: one segment, HNSW with m=16, ef_construct=100, an integer index on each filter column, one search thread."""

    name = "qdrant-edge"

    def __init__(self, base: Floats, columns: Columns, quantized: bool) -> None:
        from qdrant_edge import EdgeShard

        self.name = "qdrant-edge" + (" int8" if quantized else "")
        self._quantized = quantized
        path = once(
            place(self.name.replace(" ", "-"), base), lambda p: self._build(p, base, columns)
        )
        self._shard = EdgeShard.load(str(path), self._config(base.shape[1], len(base)))

    settings: Sequence[Any] = (
        *(("ef", ef) for ef in EF),
        *(("acorn ef", ef) for ef in EF[:6]),
        ("exact", 0),
    )

    def _config(self, dims: int, rows: int) -> Any:
        import qdrant_edge as q

        quantization = q.ScalarQuantizationConfig(q.ScalarType.Int8, 0.99, memory=q.Memory.Pinned)
        return q.EdgeConfig(
            vectors=q.EdgeVectorParams(
                size=dims,
                distance=q.Distance.Cosine,
                quantization_config=quantization if self._quantized else None,
                hnsw_config=q.HnswIndexConfig(16, 100, 1000, 2),
            ),
            optimizers=q.EdgeOptimizersConfig(
                default_segment_number=1, max_segment_size=rows * dims, indexing_threshold=1000
            ),
            max_search_threads=1,
        )

    def _build(self, path: Path, base: Floats, columns: Columns) -> None:
        import qdrant_edge as q

        path.mkdir()
        shard = q.EdgeShard.create(str(path), self._config(base.shape[1], len(base)))
        for name in columns:
            schema = q.IntegerIndexParams(lookup=name != "u", range=name == "u")
            shard.update(q.UpdateOperation.create_field_index(name, schema))
        for start in range(0, len(base), 5000):
            points = [
                q.Point(row, base[row].tolist(), {name: int(c[row]) for name, c in columns.items()})
                for row in range(start, min(start + 5000, len(base)))
            ]
            shard.update(q.UpdateOperation.upsert_points(points))
        while shard.optimize():
            pass
        print(
            f"  {shard.info().segments_count} segments, {shard.info().indexed_vectors_count} indexed"
        )
        shard.close()

    def at(self, setting: Any) -> Call:
        import qdrant_edge as q

        how, ef = setting
        acorn = q.AcornSearchParams(enable=True, max_selectivity=1.0) if "acorn" in how else None
        params = q.SearchParams(hnsw_ef=ef or None, exact=how == "exact", acorn=acorn)
        query, filters = self._shard.query, {}

        def search(asked: Asked) -> list[Any]:
            if asked.condition not in filters:
                filters[asked.condition] = _qdrant_filter(asked.condition)
            nearest = q.Query.Nearest(asked.unit)
            request = q.QueryRequest(
                K, query=nearest, filter=filters[asked.condition], params=params
            )
            return [point.id for point in query(request)]

        return search


def _qdrant_filter(condition: Condition) -> Any:
    import qdrant_edge as q

    if condition.column == "u":
        wanted = q.FieldCondition("u", range=q.RangeFloat(lt=condition.value))
    else:
        wanted = q.FieldCondition(condition.column, match=q.MatchValue(condition.value))
    return q.Filter(must=[wanted])


def contestants(base: Floats, columns: Columns) -> list[Any]:
    return [
        MaskedIndex(base, columns),
        FilteredSql(base, columns),
        Qdrant(base, columns, quantized=False),
        Qdrant(base, columns, quantized=True),
    ]
