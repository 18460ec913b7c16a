"""One cell: find each contestant's fastest setting that holds the recall, then time those in turns."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from benchmarks.filtered.grid import Cell
from benchmarks.measure import Call, Contestant, Series, recall_of

AT_LEAST = 20  # queries, however slow they are


@dataclass(frozen=True)
class Tried:
    setting: Any
    recall: float
    qps: float


@dataclass(frozen=True)
class Outcome:
    """What a contestant did in a cell at its best setting; `held`: the recall reached the target."""

    who: str
    setting: tuple[Any, ...]
    recall: float
    qps: float
    held: bool


def run(
    contestants: Sequence[Contestant],
    cell: Cell,
    target: float,
    rounds: int,
    seconds: float,
    known: Mapping[str, tuple[Any, ...]],
) -> list[Outcome]:
    """`seconds` bounds each try of a setting and each timed round; `known`: settings found best before, by contestant."""
    chosen = []
    for one in contestants:
        setting = known.get(one.name)
        if setting in one.settings:
            chosen.append((one, _try(one.at(setting), cell, setting, 2 * seconds)))
        else:
            chosen.append((one, tune(one, cell, target, seconds)))
    series = [Series(best.setting) for _, best in chosen]
    for _ in range(rounds):
        for (one, best), timed in zip(chosen, series, strict=True):
            timed.seconds.append(_timed(one.at(best.setting), cell, best.qps, seconds))
    return [
        Outcome(
            one.name,
            best.setting,
            round(best.recall, 4),
            timed.qps,
            best.recall >= target,
        )
        for (one, best), timed in zip(chosen, series, strict=True)
    ]


def tune(contestant: Contestant, cell: Cell, target: float, seconds: float) -> Tried:
    """Settings are ladders, named by their first element, from fast to thorough: each is climbed until it holds the
    target or is slower than what already does."""
    best: Tried | None = None
    held: Tried | None = None
    for _, ladder in groupby(contestant.settings, key=lambda setting: setting[0]):
        for setting in ladder:
            tried = _try(contestant.at(setting), cell, setting, seconds)
            best = tried if best is None or tried.recall > best.recall else best
            if tried.recall >= target and (held is None or tried.qps > held.qps):
                held = tried
            if tried.recall >= target or (held is not None and tried.qps < held.qps):
                break
    result = held or best
    assert result is not None
    return result


def _try(call: Call, cell: Cell, setting: Any, seconds: float) -> Tried:
    for asked in cell.queries[:2]:
        call(asked)
    found: list[Any] = []
    started = time.perf_counter()
    for asked in cell.queries:
        found.append(call(asked))
        if len(found) >= AT_LEAST and time.perf_counter() - started > seconds:
            break
    qps = len(found) / (time.perf_counter() - started)
    return Tried(setting, recall_of(found, cell.truth[: len(found)]), qps)


def _timed(call: Call, cell: Cell, expected: float, seconds: float) -> float:
    """Seconds per query over as many queries as fit into `seconds`."""
    count = min(len(cell.queries), max(AT_LEAST, int(seconds * expected)))
    queries = cell.queries[:count]
    for asked in queries[:10]:
        call(asked)
    started = time.perf_counter()
    for asked in queries:
        call(asked)
    return (time.perf_counter() - started) / count
