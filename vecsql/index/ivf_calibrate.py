"""How far an inverted file must reach for which recall, measured on rows of its own."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql.index.base import Vectors
from vecsql.index.ivf import CALIBRATED_K, IvfIndex, Knobs, reach_for
from vecsql.index.workers import Run

QUERIES: Final = 200
FEWER: Final = 40  # queries that tell how the reach depends on k
GRAIN: Final = 10  # queries of a thread
SEED: Final = 0xCA1
REACHES: Final = tuple(round(0.6 * 1.09**step, 3) for step in range(20))
REACHES_IP: Final = tuple(round(0.1 * step, 3) for step in range(1, 20))
ENOUGH: Final = 0.9985
COMMON: Final = 0.96  # recall at which the reach of k and of 10 k is compared
MOST_EASE: Final = 0.06

Curve = list[list[float]]


def calibrate(index: IvfIndex, vectors: Vectors, run: Run) -> dict[str, Any]:
    """The parameters `curve` and `ease` of `ivf.knobs_for`, measured on the threads of `run`."""
    ids = index.sections()["ids"]
    rows = ids[ids >= 0]
    chosen = np.random.default_rng(SEED).choice(rows, min(QUERIES, len(rows)), replace=False)
    hits, scanned = _hits(index, vectors, chosen, CALIBRATED_K, run)
    many, _ = _hits(index, vectors, chosen[:FEWER], 10 * CALIBRATED_K, run)
    near, far = (
        reach_for(_curve(index, some, scanned), COMMON)[0]
        for some in (hits[:, : many.shape[1]], many)
    )
    ease = 0.0
    if index.metric != "ip" and near and far:
        ease = min(max(math.log10(near / far), 0.0), MOST_EASE)
    return {"curve": _curve(index, hits, scanned), "ease": round(ease, 3)}


def _curve(
    index: IvfIndex, hits: npt.NDArray[np.float64], scanned: npt.NDArray[np.float64]
) -> Curve:
    """[[reach, recall, rows scanned], ...], all ascending, up to where nearly everything is found."""
    recalls = np.maximum.accumulate(hits.mean(axis=1)) if hits.size else np.empty(0)
    return [
        [reach, round(recall, 4), round(rows)]
        for reach, recall, rows in zip(
            _reaches(index), recalls.tolist(), scanned.tolist(), strict=False
        )
    ]


def _reaches(index: IvfIndex) -> tuple[float, ...]:
    return REACHES_IP if index.metric == "ip" else REACHES


def _hits(
    index: IvfIndex, vectors: Vectors, rows: npt.NDArray[np.int32], k: int, run: Run
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Recall@k by reach and query, how much of a full scan's answer is found; and the mean of rows scanned by reach.

    The queries are rows that look for their neighbours other than themselves.
    """

    def search(knobs: Knobs) -> list[tuple[set[int], int]]:
        def work(start: int, stop: int) -> list[tuple[set[int], int]]:
            return [_near(index, vectors, row, k, knobs) for row in rows[start:stop].tolist()]

        return [found for chunk in run(work, 0, len(rows), GRAIN) for found in chunk]

    truth = search(Knobs(rerank=4 * k + 160))
    out: list[list[float]] = []
    scanned = []
    for reach in _reaches(index):
        found = search(Knobs(reach=reach))
        hits = [len(a & b) / max(len(b), 1) for (a, _), (b, _) in zip(found, truth, strict=True)]
        out.append(hits)
        scanned.append(float(np.mean([count for _, count in found])) if found else 0.0)
        if np.mean(hits) >= ENOUGH:
            break
    return np.array(out), np.array(scanned)


def _near(
    index: IvfIndex, vectors: Vectors, row: int, k: int, knobs: Knobs
) -> tuple[set[int], int]:
    """The k rows nearest to a row of the table, and how many were scanned."""
    found = index.scan(vectors, vectors[row], k + 1, knobs)
    return {other for other in found.positions.tolist() if other != row}, found.scored
