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
TOGETHER: Final = (
    16  # searches by one call: with more, the interpreter's lock is held for long between calls
)
SEED: Final = 0xCA1
REACHES: Final = tuple(round(0.6 * 1.09**step, 3) for step in range(20))
REACHES_IP: Final = tuple(round(0.1 * step, 3) for step in range(1, 20))
FIRST_REACH: Final = 1.0  # that is tried
LEAST: Final = 0.8  # recall below which no smaller reach is tried
SAVES: Final = 0.98  # of the rows scanned: a smaller reach that hardly scans fewer is the last
ENOUGH: Final = 0.9985
COMMON: Final = 0.96  # recall at which the reach of k and of 10 k is compared
MOST_EASE: Final = 0.06

Curve = list[list[float]]


def calibrate(index: IvfIndex, vectors: Vectors, run: Run) -> dict[str, Any]:
    """The parameters `curve` and `ease` of `ivf.knobs_for`, measured on the threads of `run`."""
    ids = index.sections()["ids"]
    rows = ids[ids >= 0]
    chosen = np.random.default_rng(SEED).choice(rows, min(QUERIES, len(rows)), replace=False)
    few = _Recalls(index, vectors, chosen, CALIBRATED_K, run)
    first = next(i for i, reach in enumerate(few.reaches) if reach >= FIRST_REACH)
    few.climb(first, ENOUGH)
    few.descend(first - 1, LEAST)
    ease = 0.0
    near = reach_for(few.curve(FEWER), COMMON)[0]
    if near and index.metric != "ip":
        many = _Recalls(index, vectors, chosen[:FEWER], 10 * CALIBRATED_K, run)
        start = next(i for i, reach in enumerate(many.reaches) if reach >= near)
        many.climb(start, COMMON)
        many.descend(start - 1, COMMON)
        far = reach_for(many.curve(), COMMON)[0]
        if far:
            ease = min(max(math.log10(near / far), 0.0), MOST_EASE)
    return {"curve": few.curve(), "ease": round(ease, 3)}


class _Recalls:
    """How much of a full scan's answer is found at which reach: the queries are rows that look for their neighbours other than
    themselves."""

    def __init__(
        self, index: IvfIndex, vectors: Vectors, rows: npt.NDArray[np.int32], k: int, run: Run
    ) -> None:
        self.reaches = REACHES_IP if index.metric == "ip" else REACHES
        self.scanned: dict[int, float] = {}  # rows on average, by place in `reaches`
        self._index, self._vectors, self._rows, self._k, self._run = index, vectors, rows, k, run
        self._hits: dict[int, list[float]] = {}
        self._truth = self._search(Knobs(rerank=4 * k + 160))

    def at(self, place: int) -> float:
        """Recall at a reach, measured when it is asked for first."""
        if place not in self._hits:
            found = self._search(Knobs(reach=self.reaches[place]))
            self._hits[place] = [
                len(near & true) / max(len(true), 1)
                for (near, _), (true, _) in zip(found, self._truth, strict=True)
            ]
            self.scanned[place] = float(np.mean([count for _, count in found]))
        return float(np.mean(self._hits[place]))

    def climb(self, place: int, enough: float) -> None:
        """Measure from a reach on until the recall is `enough`."""
        while self.at(place) < enough and place + 1 < len(self.reaches):
            place += 1

    def descend(self, place: int, least: float) -> None:
        """Measure from a reach down until the recall is below `least`, or no fewer rows are scanned."""
        while place >= 0 and self.at(place) >= least and self._saves(place):
            place -= 1

    def _saves(self, place: int) -> bool:
        return self.scanned[place] < SAVES * self.scanned[place + 1]

    def curve(self, queries: int | None = None) -> Curve:
        """[[reach, recall, rows scanned], ...] of the first `queries`, all ascending."""
        places = sorted(self._hits)
        recalls = np.array([np.mean(self._hits[place][:queries]) for place in places])
        return [
            [self.reaches[place], round(recall, 4), round(self.scanned[place])]
            for place, recall in zip(places, np.maximum.accumulate(recalls).tolist(), strict=True)
        ]

    def _search(self, knobs: Knobs) -> list[tuple[set[int], int]]:
        """The k rows nearest to each row, and how many were scanned."""

        def work(start: int, stop: int) -> list[tuple[set[int], int]]:
            found = []
            for first in range(start, stop, TOGETHER):
                rows = self._rows[first : min(first + TOGETHER, stop)]
                results = self._index.scan_each(
                    self._vectors, self._vectors[rows], self._k + 1, knobs
                )
                found += [
                    ({other for other in near.positions.tolist() if other != row}, near.scored)
                    for row, near in zip(rows.tolist(), results, strict=True)
                ]
            return found

        return [found for chunk in self._run(work, 0, len(self._rows), GRAIN) for found in chunk]
