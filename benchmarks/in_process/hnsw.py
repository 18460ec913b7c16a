"""hnswlib and faiss, both HNSW with M=16 and efConstruction=100, over normalised vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.built import once, place
from benchmarks.data import Floats
from benchmarks.measure import Call, K

M, EF_CONSTRUCTION = 16, 100
EF_SEARCH = (10, 20, 30, 45, 60, 90, 130, 200, 350, 600)


def unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.ascontiguousarray(scaled, np.float32)


class Hnswlib:
    name = "hnswlib"
    settings: Sequence[Any] = EF_SEARCH

    def __init__(self, base: Floats) -> None:
        import hnswlib

        self._index = hnswlib.Index(space="ip", dim=base.shape[1])
        path = once(
            place("hnswlib", base), lambda draft: hnswlib_build(base, 2).save_index(str(draft))
        )
        self._index.load_index(str(path))
        self._index.set_num_threads(1)

    def at(self, setting: Any) -> Call:
        self._index.set_ef(setting)
        knn_query = self._index.knn_query
        return lambda query: knn_query(query, K)[0][0]


def hnswlib_build(base: Floats, threads: int) -> Any:
    import hnswlib

    index = hnswlib.Index(space="ip", dim=base.shape[1])
    index.init_index(max_elements=len(base), M=M, ef_construction=EF_CONSTRUCTION)
    index.add_items(unit(base), num_threads=threads)
    return index


class Faiss:
    name = "faiss HNSW"
    settings: Sequence[Any] = EF_SEARCH

    def __init__(self, base: Floats) -> None:
        import faiss

        path = once(place("faiss-hnsw", base), lambda draft: self._build(draft, base))
        faiss.omp_set_num_threads(1)
        self._index = faiss.read_index(str(path))

    @staticmethod
    def _build(path: Path, base: Floats) -> None:
        import faiss

        index = faiss.IndexHNSWFlat(base.shape[1], M, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = EF_CONSTRUCTION
        faiss.omp_set_num_threads(2)
        index.add(unit(base))
        faiss.write_index(index, str(path))

    def at(self, setting: Any) -> Call:
        self._index.hnsw.efSearch = setting
        search = self._index.search
        return lambda query: search(query.reshape(1, -1), K)[1][0]
