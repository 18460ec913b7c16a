"""Recall and queries per second: one call per query, rounds in which the contestants take turns, and what to read off them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from benchmarks.data import Floats

K = 10
WARM_UP = 20

Call = Callable[[Floats], Any]  # a query (d,) -> the row numbers found, as an array or list
Truth = npt.NDArray[np.int32]


class Contestant(Protocol):
    """Something that answers queries, at several settings between fast and thorough."""

    name: str
    settings: Sequence[Any]

    def at(self, setting: Any) -> Call:
        """What is called once for each query; all preparation happens here."""
        ...


@dataclass
class Series:
    """What one contestant did at one setting: seconds per query by round, and recall@10."""

    setting: Any
    seconds: list[float] = field(default_factory=list)
    recall: float = 0.0

    @property
    def qps(self) -> float:
        return 1 / median(self.seconds)


def recall_of(found: Iterable[Any], truth: Truth, k: int = K) -> float:
    """The share of the k true nearest that were found; rows of `truth` may end with -1 where fewer than k pass."""
    hits = wanted = 0
    for ids, right in zip(found, truth, strict=True):
        exact = {number for number in right[:k].tolist() if number >= 0}
        hits += len(exact.intersection(int(number) for number in ids))
        wanted += len(exact)
    return hits / max(wanted, 1)


def one_round(call: Call, queries: Sequence[Floats], series: Series, truth: Truth) -> None:
    """Every query once, after a short warm-up."""
    for query in queries[:WARM_UP]:
        call(query)
    started = time.perf_counter()
    found = [call(query) for query in queries]
    series.seconds.append((time.perf_counter() - started) / len(queries))
    series.recall = recall_of(found, truth)


def taking_turns(
    contestants: Sequence[Contestant], queries: Sequence[Floats], truth: Truth, rounds: int
) -> dict[str, list[Series]]:
    """A B A B: in each round the contestants go through their settings in step, so that all meet the same machine."""
    results = {c.name: [Series(setting) for setting in c.settings] for c in contestants}
    steps = max(len(c.settings) for c in contestants)
    for _ in range(rounds):
        for step in range(steps):
            for contestant in contestants:
                if step < len(contestant.settings):
                    series = results[contestant.name][step]
                    one_round(contestant.at(series.setting), queries, series, truth)
    return results


def frontier(series: Iterable[Series]) -> list[Series]:
    """Those that no other beats in both recall and QPS, by growing recall."""
    best: list[Series] = []
    for one in sorted(series, key=lambda s: (-s.recall, -s.qps)):
        if not best or one.qps > best[-1].qps:
            best.append(one)
    return best[::-1]


def qps_at(series: Iterable[Series], recall: float) -> float | None:
    """QPS at exactly this recall, interpolated (log QPS over recall) on the frontier; None where it is not reached.

    Nothing is extrapolated: when the fastest point already has more recall, its QPS counts.
    """
    points = frontier(series)
    if not points or points[-1].recall < recall:
        return None
    below = [p for p in points if p.recall < recall]
    above = points[len(below)]
    if not below or above.recall == recall:
        return above.qps
    under = below[-1]
    share = (recall - under.recall) / (above.recall - under.recall)
    return math.exp((1 - share) * math.log(under.qps) + share * math.log(above.qps))
