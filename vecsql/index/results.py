"""Putting the answers of several parts of a table together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vecsql.index.base import Positions, SearchResult

EMPTY = SearchResult(np.empty(0, np.int32), np.empty(0, np.float64))


@dataclass(frozen=True, slots=True)
class Merged:
    """The nearest rows of several parts: `parts[i]` says which result row i came from."""

    parts: npt.NDArray[np.intp]
    positions: Positions
    distances: npt.NDArray[np.float64]
    scored: int = 0
    reranked: int = 0


def merge(results: Sequence[SearchResult], k: int) -> Merged:
    """The k nearest of all results, ascending; ties by the order of the results, then by position; NaN last."""
    if len(results) == 1:
        only = results[0]
        count = min(k, len(only.positions))
        parts = np.zeros(count, np.intp)
        return Merged(
            parts, only.positions[:count], only.distances[:count], only.scored, only.reranked
        )
    if not results:
        return Merged(np.empty(0, np.intp), EMPTY.positions, EMPTY.distances)
    parts = np.repeat(np.arange(len(results)), [len(r.positions) for r in results])
    positions = np.concatenate([r.positions for r in results])
    distances = np.concatenate([r.distances for r in results])
    order = np.argsort(distances, kind="stable")[: max(k, 0)]
    return Merged(
        parts[order],
        positions[order],
        distances[order],
        sum(r.scored for r in results),
        sum(r.reranked for r in results),
    )
