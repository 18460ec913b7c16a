"""ScaNN: several trees, two dimensions per block, anisotropic threshold 0.2, exact re-ordering; its best points count."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.built import once, place
from benchmarks.data import Floats
from benchmarks.in_process.hnsw import unit
from benchmarks.measure import K, Call

# (share of the leaves that is searched, candidates that are re-ordered)
SETTINGS = (
    (0.01, 30), (0.02, 30), (0.02, 60), (0.03, 60), (0.05, 60), (0.05, 100),
    (0.08, 100), (0.12, 100), (0.12, 200), (0.2, 200), (0.3, 200),
)  # fmt: skip


class Scann:
    """One tree of `leaves` partitions."""

    settings: Sequence[Any] = SETTINGS

    def __init__(self, base: Floats, leaves: int) -> None:
        from scann.scann_ops.py import scann_ops_pybind

        self.name = f"ScaNN, {leaves} leaves"
        self._leaves = leaves
        path = once(place(f"scann-{leaves}", base), lambda draft: self._build(draft, base))
        self._searcher = scann_ops_pybind.load_searcher(str(path))

    def _build(self, path: Path, base: Floats) -> None:
        import scann

        path.mkdir(parents=True)
        searcher = (
            scann.scann_ops_pybind.builder(unit(base), K, "dot_product")
            .tree(self._leaves, max(1, self._leaves // 20), training_sample_size=min(len(base), 250_000))
            .score_ah(2, anisotropic_quantization_threshold=0.2)
            .reorder(100)
            .build()
        )
        searcher.serialize(str(path), relative_path=True)

    def at(self, setting: Any) -> Call:
        share, reordered = setting
        leaves = max(1, math.ceil(share * self._leaves))
        search = self._searcher.search
        return lambda query: search(query, K, reordered, leaves)[0]


def trees(rows: int) -> list[int]:
    """Numbers of leaves worth trying: around the square root of the rows and above."""
    root = math.sqrt(rows)
    return [round(root * factor / 50) * 50 or 50 for factor in (0.75, 1.5, 3)]
