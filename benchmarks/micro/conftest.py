"""Data and a built index shared by the micro-benchmarks; sizes fit the second- and third-level caches."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from vecsql import index, kernels

DIMENSIONS = 384
ROWS = 20_000


@pytest.fixture(scope="session", autouse=True)
def _compiled() -> None:
    assert kernels.wait()
    kernels.build_kernels()


@pytest.fixture(scope="session")
def vectors() -> Any:
    """Clustered unit vectors (ROWS, DIMENSIONS), like text embeddings."""
    rng = np.random.default_rng(0)
    centers = rng.standard_normal((200, 16), dtype=np.float32)
    inner = centers[rng.integers(0, 200, ROWS)] + rng.standard_normal((ROWS, 16), dtype=np.float32)
    rows = inner @ rng.standard_normal((16, DIMENSIONS), dtype=np.float32)
    rows += rng.standard_normal(rows.shape, dtype=np.float32)
    return np.ascontiguousarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


@pytest.fixture(scope="session")
def built(vectors: Any) -> Any:
    return index.build("hnsw", vectors, "cosine", {})
