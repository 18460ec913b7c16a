"""The index of bit strings: none but the packed rows, which a scan of pop counts reads at memory speed, exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from vecsql.index import flat
from vecsql.index.base import Effort, Expectation, Metric, SearchResult, Sections
from vecsql.index.expect import NANOSECONDS_PER_BYTE
from vecsql.index.rowset import RowSet

KIND = "bits"
REASON = "exact at the speed of memory"


class BitIndex:
    """Says that the rows are packed; searches are exact whatever is asked."""

    kind = KIND

    def __init__(self, metric: Metric) -> None:
        self.metric: Metric = metric

    def search(
        self, vectors: Any, query: Any, k: int, effort: Effort, among: RowSet | None
    ) -> SearchResult:
        """The k nearest rows that pass, exactly."""
        found: SearchResult = flat.search(vectors, query, k, self.metric, among)
        return replace(found, strategy=_strategy(among), reason=REASON)

    begin = search

    def expect(self, vectors: Any, k: int, effort: Effort, among: RowSet | None) -> Expectation:
        """What search() would do."""
        rows = len(vectors) if among is None else among.count
        width = 8 * vectors.words.shape[1]
        ms = rows * width * NANOSECONDS_PER_BYTE / 1e6
        return Expectation(_strategy(among), REASON, ms, rows, 0, width)

    def sections(self) -> Sections:
        return {}

    def parameters(self) -> dict[str, Any]:
        return {}

    @property
    def nbytes(self) -> int:
        return 0


def _strategy(among: RowSet | None) -> str:
    return "bits of all rows" if among is None else "bits of passing rows"
