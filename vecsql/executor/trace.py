"""What EXPLAIN ANALYZE learns from the scans of a running statement."""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass, field
from typing import Any

from vecsql.executor.context import ExecContext
from vecsql.index.base import SearchResult
from vecsql.index.rows import row_bytes

_WITH_EFFORT = re.compile(r"(.*) \((\w+)=(\d+)\)\Z")


@dataclass(slots=True)
class Way:
    """One way of searching that was taken: why, and how hard it tried."""

    reason: str
    knob: str = ""  # what `efforts` are: ef, probes
    efforts: list[int] = field(default_factory=list)

    def shown(self, name: str) -> str:
        """graph (ef=40), graph (ef=37..58)"""
        if not self.efforts:
            return name
        least, most = min(self.efforts), max(self.efforts)
        return f"{name} ({self.knob}={least if least == most else f'{least}..{most}'})"


@dataclass(slots=True)
class ScanTrace:
    """Counters of one direct scan; `plan` says which."""

    plan: Any
    started: float = field(default_factory=time.perf_counter)
    elapsed: float = 0.0  # seconds
    loops: int = 1
    ways: dict[str, Way] = field(default_factory=dict)  # by name, in order of use
    predicted: list[float] = field(default_factory=list)  # recall, of each search that promises one
    filters: list[str] = field(default_factory=list)  # how parts were filtered, distinct
    passing: int = 0
    scored: int = 0
    reranked: int = 0
    bytes: int = 0
    rows: int = 0  # returned

    @staticmethod
    def start(plan: Any, ctx: ExecContext) -> ScanTrace | None:
        """A trace that the context keeps, when the statement is being analysed."""
        if ctx.trace is None:
            return None
        trace = ScanTrace(plan)
        ctx.trace.append(trace)
        return trace

    def add(self, passing: int, filtered: bool, result: SearchResult, vectors: Any) -> None:
        """Count the search of one part with these `vectors`, of which `passing` rows pass the filter."""
        self._count_way(
            result.strategy or ("exact over passing rows" if filtered else "exact scan"),
            result.reason,
        )
        if not math.isnan(result.predicted):
            self.predicted.append(result.predicted)
        self.passing += passing
        self.scored += result.scored
        self.reranked += result.reranked
        self.bytes += result.scored * result.code_bytes + result.reranked * row_bytes(vectors)

    def _count_way(self, strategy: str, reason: str) -> None:
        match = _WITH_EFFORT.match(strategy)
        name, knob = (match[1], match[2]) if match else (strategy, "")
        way = self.ways.setdefault(name, Way(reason, knob))
        if match:
            way.efforts.append(int(match[3]))

    def filtered(self, how: str) -> None:
        """Note how the filter of a part was evaluated."""
        if how not in self.filters:
            self.filters.append(how)

    def finish(self, rows: int) -> None:
        self.rows = rows
        self.elapsed = time.perf_counter() - self.started
