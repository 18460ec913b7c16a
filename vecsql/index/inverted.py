"""The index of sparse vectors: an inverted index, which finds the nearest rows by all four distances without guessing.

A row's distance to a query is a number of each plus a sum over the elements they share, so only the postings of the query's
own elements are read. See kernels/inverted.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import flat
from vecsql.index.base import Effort, Expectation, Mask, Metric, SearchResult, Sections
from vecsql.index.results import EMPTY
from vecsql.index.rows import ALL_ROWS, METRIC_CODES, SparseRows
from vecsql.index.rowset import RowSet

KIND = "inverted"
MORE: Final = (
    32  # rows beyond twice k that are re-ranked: sums in float32 seldom misplace a row by more
)

REASON: Final = "exact, by the elements of the query"
POSTING_BYTES: Final = 8  # a row and a value
POSTING_NS, ROW_NS, RERANK_NS = 1.0, 0.5, 60.0  # about what they cost
HEAD = 3  # words of a row before its indices


class InvertedIndex:
    """Postings by element. Its arrays are never written, may be mmap-ed, and are shared by all threads that search."""

    kind = KIND

    def __init__(self, metric: Metric, sections: Sections) -> None:
        self.metric: Metric = metric
        self._sections = dict(sections)
        names = ("dims", "heads", "rows", "values", "sizes")
        self._postings = tuple(self._sections[name] for name in names)
        self._scratch: list[npt.NDArray[np.float32]] = []

    def search(
        self, vectors: Any, query: Any, k: int, effort: Effort, among: RowSet | None
    ) -> SearchResult:
        """The k nearest rows that pass, whatever recall is asked."""
        if k <= 0 or not len(vectors):
            return EMPTY
        compiled = kernels.kind_kernels()
        if compiled is None:
            return flat.search(vectors, query, k, self.metric, among)
        query = vectors.as_query(query)
        out, values = np.empty(k, np.int32), np.empty(k, np.float64)
        spent = np.empty(2, np.int64)
        sums = self._take_scratch()
        size = compiled.inverted_nearest(
            *vectors.arrays(),
            *self._postings,
            *vectors.query_arrays(query),
            METRIC_CODES[self.metric],
            ALL_ROWS if among is None else among.bools,
            sums,
            np.empty(2 * k + MORE, np.uint64),
            out,
            values,
            spent,
        )
        self._scratch.append(sums)
        scored, reranked = spent.tolist()
        return SearchResult(
            out[:size],
            values[:size],
            scored,
            reranked,
            "inverted lists",
            reason=REASON,
        )

    begin = search

    def expect(self, vectors: Any, k: int, effort: Effort, among: RowSet | None) -> Expectation:
        """What search() would do with a row of the index as query."""
        rows = len(vectors) if among is None else among.count
        lengths = np.diff(self._sections["heads"]).astype(np.float64)
        # elements that many rows have are in many queries too
        scored = int((lengths * lengths).sum() / max(len(vectors), 1))
        reranked = min(2 * k + MORE, rows)
        ms = (scored * POSTING_NS + len(vectors) * ROW_NS + reranked * RERANK_NS) / 1e6
        return Expectation("inverted lists", REASON, ms, scored, reranked, POSTING_BYTES)

    def sections(self) -> Sections:
        return self._sections

    def parameters(self) -> dict[str, Any]:
        return {}

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self._sections.values())

    def _take_scratch(self) -> npt.NDArray[np.float32]:
        try:
            return self._scratch.pop()
        except IndexError:
            return np.zeros(len(self._sections["sizes"]), np.float32)


def build(rows: SparseRows, metric: Metric, valid: Mask | None) -> InvertedIndex:
    """The index over all valid rows."""
    shown = np.arange(len(rows)) if valid is None else np.flatnonzero(valid)
    starts = rows.starts[shown].astype(np.int64)
    counts = rows.words[starts + 1].astype(np.int64) if len(starts) else starts
    owners = np.repeat(shown, counts).astype(np.int32)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    places = np.repeat(starts + HEAD, counts) + within
    indices = rows.words[places]
    values = rows.words[places + np.repeat(counts, counts)].view(np.float32)
    order = np.argsort(indices, kind="stable")
    dims, heads = np.unique(indices[order], return_index=True)
    sections: Mapping[str, Any] = {
        "dims": dims.astype(np.int32),
        "heads": np.append(heads, len(order)).astype(np.int64),
        "rows": owners[order],
        "values": values[order],
        "sizes": _sizes(metric, len(rows), shown, owners, values),
    }
    return InvertedIndex(metric, sections)


def _sizes(
    metric: Metric,
    count: int,
    shown: npt.NDArray[Any],
    owners: npt.NDArray[np.int32],
    values: npt.NDArray[np.float32],
) -> npt.NDArray[np.float32]:
    """What each row adds to its distances; NaN for those left out."""
    wide = values.astype(np.float64)
    weights = np.abs(wide) if metric == "l1" else wide * wide
    totals = np.bincount(owners, weights, minlength=count)
    sizes = np.full(count, np.nan, np.float32)
    sizes[shown] = (np.sqrt(totals) if metric == "cosine" else totals)[shown]
    return sizes
