"""What EXPLAIN ANALYZE learns from the scans of a running statement."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from vecsql.executor.context import ExecContext
from vecsql.index.base import SearchResult


@dataclass(slots=True)
class ScanTrace:
    """Counters of one direct scan; `plan` says which."""

    plan: Any
    started: float = field(default_factory=time.perf_counter)
    elapsed: float = 0.0  # seconds
    loops: int = 1
    strategies: list[str] = field(default_factory=list)  # distinct, in order of use
    filters: list[str] = field(default_factory=list)  # how parts were filtered, likewise
    passing: int = 0
    scored: int = 0
    reranked: int = 0
    rows: int = 0  # returned

    @staticmethod
    def start(plan: Any, ctx: ExecContext) -> ScanTrace | None:
        """A trace that the context keeps, when the statement is being analysed."""
        if ctx.trace is None:
            return None
        trace = ScanTrace(plan)
        ctx.trace.append(trace)
        return trace

    def add(self, passing: int, filtered: bool, result: SearchResult) -> None:
        """Count the search of one part, of which `passing` rows pass the filter."""
        strategy = result.strategy or ("exact over passing rows" if filtered else "exact scan")
        if strategy not in self.strategies:
            self.strategies.append(strategy)
        self.passing += passing
        self.scored += result.scored
        self.reranked += result.reranked

    def filtered(self, how: str) -> None:
        """Note how the filter of a part was evaluated."""
        if how not in self.filters:
            self.filters.append(how)

    def finish(self, rows: int) -> None:
        self.rows = rows
        self.elapsed = time.perf_counter() - self.started
