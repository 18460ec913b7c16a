"""ScaNN: several trees, with and without SOAR, two dimensions per block, anisotropic threshold 0.2, exact re-ordering.

Its best points over all of them count. SOAR (`soar_lambda`, "Improved Indexing for Approximate Nearest Neighbor Search", 2023) assigns each
row to a second leaf; on the text embeddings it makes ScaNN half as fast again at recall .95.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.built import once, place
from benchmarks.data import Floats
from benchmarks.in_process.hnsw import unit
from benchmarks.measure import Call, K

# (share of the leaves that is searched, candidates that are re-ordered)
SETTINGS = (
    (0.01, 20), (0.01, 50), (0.02, 30), (0.02, 50), (0.02, 100), (0.03, 30), (0.03, 100), (0.05, 30), (0.05, 100), (0.05, 200),
    (0.08, 30), (0.08, 100), (0.08, 200), (0.12, 50), (0.12, 200), (0.2, 50), (0.2, 200), (0.3, 50), (0.3, 200), (0.45, 100),
)  # fmt: skip


class Scann:
    """One tree of `leaves` partitions, each row in one or (SOAR) two of them."""

    settings: Sequence[Any] = SETTINGS

    def __init__(self, base: Floats, leaves: int, soar: bool) -> None:
        from scann.scann_ops.py import scann_ops_pybind

        self.name = f"ScaNN, {leaves} leaves{' SOAR' if soar else ''}"
        self._leaves, self._soar = leaves, soar
        path = once(place(f"scann-{leaves}-{soar:d}", base), lambda draft: self._build(draft, base))
        self._searcher = scann_ops_pybind.load_searcher(str(path))

    def _build(self, path: Path, base: Floats) -> None:
        import scann

        path.mkdir(parents=True)
        soar = {"soar_lambda": 1.5, "overretrieve_factor": 2.0} if self._soar else {}
        searcher = (
            scann.scann_ops_pybind.builder(unit(base), K, "dot_product")
            .tree(
                self._leaves,
                max(1, self._leaves // 20),
                training_sample_size=min(len(base), 250_000),
                **soar,
            )
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


def trees(rows: int) -> list[tuple[int, bool]]:
    """(leaves, SOAR) worth trying: around the square root of the rows and above."""
    root = math.sqrt(rows)
    few, more = (max(10, round(root * factor / 10) * 10) for factor in (1.15, 2.3))
    return [(few, False), (more, False), (few, True), (more, True)]
