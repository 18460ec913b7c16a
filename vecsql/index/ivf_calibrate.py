"""How far an inverted file must reach for which recall, measured on rows of its own."""

from __future__ import annotations

import math
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql.index.base import Vectors
from vecsql.index.ivf import CALIBRATED_K, IvfIndex, Knobs, reach_for

QUERIES: Final = 200
FEWER: Final = 40  # queries that tell how the reach depends on k
SEED: Final = 0xCA1
REACHES: Final = tuple(round(0.6 * 1.09**step, 3) for step in range(20))
REACHES_IP: Final = tuple(round(0.1 * step, 3) for step in range(1, 20))
ENOUGH: Final = 0.9985
COMMON: Final = 0.96  # recall at which the reach of k and of 10 k is compared
MOST_EASE: Final = 0.06

Curve = list[list[float]]


def calibrate(index: IvfIndex, vectors: Vectors) -> dict[str, Any]:
    """The parameters `curve` and `ease` of `ivf.knobs_for`."""
    ids = index.sections()["ids"]
    rows = ids[ids >= 0]
    chosen = np.random.default_rng(SEED).choice(rows, min(QUERIES, len(rows)), replace=False)
    hits = _hits(index, vectors, chosen, CALIBRATED_K)
    many = _hits(index, vectors, chosen[:FEWER], 10 * CALIBRATED_K)
    near, far = (
        reach_for(_curve(index, some), COMMON) for some in (hits[:, : many.shape[1]], many)
    )
    ease = 0.0
    if index.metric != "ip" and near and far:
        ease = min(max(math.log10(near / far), 0.0), MOST_EASE)
    return {"curve": _curve(index, hits), "ease": round(ease, 3)}


def _curve(index: IvfIndex, hits: npt.NDArray[np.float64]) -> Curve:
    """[[reach, recall], ...], both ascending, up to where nearly everything is found."""
    recalls = np.maximum.accumulate(hits.mean(axis=1)) if hits.size else np.empty(0)
    return [
        [reach, round(recall, 4)]
        for reach, recall in zip(_reaches(index), recalls.tolist(), strict=False)
    ]


def _reaches(index: IvfIndex) -> tuple[float, ...]:
    return REACHES_IP if index.metric == "ip" else REACHES


def _hits(
    index: IvfIndex, vectors: Vectors, rows: npt.NDArray[np.int32], k: int
) -> npt.NDArray[np.float64]:
    """Recall@k by reach and query: how much of a full scan's answer is found.

    The queries are rows that look for their neighbours other than themselves.
    """
    truth = [_near(index, vectors, row, k, Knobs(rerank=4 * k + 160)) for row in rows.tolist()]
    out: list[list[float]] = []
    for reach in _reaches(index):
        found = (_near(index, vectors, row, k, Knobs(reach=reach)) for row in rows.tolist())
        out.append([len(a & b) / max(len(b), 1) for a, b in zip(found, truth, strict=True)])
        if np.mean(out[-1]) >= ENOUGH:
            break
    return np.array(out)


def _near(index: IvfIndex, vectors: Vectors, row: int, k: int, knobs: Knobs) -> set[int]:
    found = index.scan(vectors, vectors[row], k + 1, knobs).positions.tolist()
    return {other for other in found if other != row}
