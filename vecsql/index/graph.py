"""The `hnsw` index: a walk over a pruned neighbour graph on SQ8 rows, re-ranked on the float32 vectors."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import flat
from vecsql.index.base import Effort, Mask, Metric, SearchResult, Sections, Vectors
from vecsql.index.results import EMPTY

FORMAT_VERSION: Final = 1
DEFAULT_EF_SEARCH: Final = 40  # pgvector's
MAX_POOL: Final = 4096  # a sorted pool beyond this costs more than an exact scan
MAX_TOUCHED: Final = 1 << 14
# The walk orders rows by their codes, so it keeps more of them than a walk on float32 would for the same recall.
OVERSAMPLE: Final = 1.5
# A place in the pool of a walk costs as much time as scanning the codes of so many rows that pass.
SCANNED_PER_PLACE: Final = 60
WIDEN: Final = 1.3  # a filtered walk needs more than effort / share places, for what passes is not spread evenly

LATE: Final = 2  # so many rows, and a tenth of k, may come from the end of a pool

NO_TWINS: Final = np.empty(0, np.int32)


def _result(out: Any, values: Any, found: int, spent: Any) -> SearchResult | None:
    scored, reranked, late = spent.tolist()
    if late > LATE + len(out) // 10:
        return None
    return SearchResult(out[:found], values[:found], scored, reranked)


class GraphIndex:
    """A built graph. Its arrays are never written, may be mmap-ed, and are shared by all threads that search."""

    kind = "hnsw"

    def __init__(self, metric: Metric, parameters: Mapping[str, Any], sections: Sections) -> None:
        self.metric: Metric = metric
        self._parameters = dict(parameters)
        self._sections = dict(sections)
        self._rows = sections["rows"].view(np.int8)
        self._heads = self._rows.view(np.float32)
        self._graph = sections["graph"]
        self._center = sections["center"]
        self._twins = sections.get("twins", NO_TWINS)
        self._shape = (sections["order"], sections["upper"], sections["levels"])
        self._unit = float(parameters["unit"])
        self._indexed = int(parameters["indexed"])
        self._code = flat.METRIC_CODES[metric]
        self._scratch: list[tuple[Any, ...]] = []

    def sections(self) -> Sections:
        """The arrays to store; `load` takes them back without copying."""
        return self._sections

    def parameters(self) -> dict[str, Any]:
        """Scalars to store beside the sections: JSON-like, without arrays."""
        return dict(self._parameters)

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self._sections.values())

    def search(
        self,
        vectors: Vectors,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        mask: Mask | None = None,
    ) -> SearchResult:
        """The k nearest indexed rows that pass `mask`; the walk is at least k wide.

        Distances are exact. Fewer than k rows come back only when fewer pass. NULL rows and, for cosine, zero vectors
        are never returned.
        """
        query = flat.as_query(query, vectors.shape[1])
        passing = self._indexed if mask is None else int(np.count_nonzero(mask))
        if k <= 0 or passing == 0 or self._indexed == 0:
            return EMPTY
        compiled = kernels.search_kernels()
        if compiled is None or k > MAX_POOL // 2 or (self.metric == "cosine" and not query.any()):
            return self._exact(vectors, query, k, mask)
        width = math.ceil(OVERSAMPLE * max(effort.ef_search or DEFAULT_EF_SEARCH, k))
        if mask is not None:
            mask = np.ascontiguousarray(mask)
        result = self._walk_until(compiled, vectors, query, k, width, mask, passing)
        if result is None:
            result = self._scan(compiled, vectors, query, k, width, mask)
        return result or self._exact(vectors, query, k, mask)

    def _walk_until(
        self,
        compiled: Any,
        vectors: Vectors,
        query: Any,
        k: int,
        effort: int,
        mask: Mask | None,
        passing: int,
    ) -> SearchResult | None:
        """Walk, wider as fewer rows pass, until enough are found; None where a scan is cheaper."""
        width, wanted = effort, min(k, passing)
        if mask is not None:
            width = math.ceil(effort * max(1.0, WIDEN * self._indexed / passing))
            wanted = min(k + k // 4, passing)
        while width <= MAX_POOL and width * SCANNED_PER_PLACE < passing:
            result = self._walk(compiled, vectors, query, k, width, mask)
            if result is not None and result.reranked >= wanted:
                return replace(result, strategy=f"graph (ef={round(width / OVERSAMPLE)})")
            width *= 4
        return None

    def _walk(
        self, compiled: Any, vectors: Vectors, query: Any, k: int, width: int, mask: Mask | None
    ) -> SearchResult | None:
        """Walk a pool of `width`; None if the codes were too coarse to tell the nearest rows apart."""
        codes, visited, touched = scratch = self._take_scratch()
        out, values = np.empty(k, np.int32), np.empty(k, np.float64)
        spent = np.empty(3, np.int64)
        found = compiled.graph_search(
            flat.as_rows(vectors),
            query,
            self._code,
            self._center,
            self._unit,
            self._rows,
            self._heads,
            self._graph,
            *self._shape,
            self._twins,
            flat.ALL_ROWS if mask is None else mask,
            codes,
            visited,
            touched,
            np.empty(width, np.uint64),
            np.empty(k, np.uint64),
            out,
            values,
            spent,
        )
        self._scratch.append(scratch)
        return _result(out, values, found, spent)

    def _scan(
        self, compiled: Any, vectors: Vectors, query: Any, k: int, width: int, mask: Mask | None
    ) -> SearchResult | None:
        """Score the codes of every passing row, then the float32 vectors of the best; None as in _walk."""
        width = max(width, 2 * k + 32)
        out, values = np.empty(k, np.int32), np.empty(k, np.float64)
        spent = np.empty(3, np.int64)
        found = compiled.code_search(
            flat.as_rows(vectors),
            query,
            self._code,
            self._center,
            self._unit,
            self._rows,
            self._heads,
            flat.ALL_ROWS if mask is None else mask,
            np.empty(self._rows.shape[1], np.int8),
            np.empty(width, np.uint64),
            np.empty(k, np.uint64),
            out,
            values,
            spent,
        )
        result = _result(out, values, found, spent)
        shown = "codes of all rows" if mask is None else "codes of passing rows"
        return result and replace(result, strategy=shown)

    def _exact(self, vectors: Vectors, query: Any, k: int, mask: Mask | None) -> SearchResult:
        """Exact over float32, for what the kernels cannot do (yet); leaves out what is not indexed."""
        if self._indexed < len(vectors):
            indexed = ~np.isnan(self._heads[:, -1])
            mask = indexed if mask is None else mask & indexed
        return flat.search(vectors, query, k, self.metric, mask)

    def _take_scratch(self) -> tuple[Any, ...]:
        try:
            return self._scratch.pop()
        except IndexError:
            return (
                np.empty(self._rows.shape[1], np.int8),
                np.zeros((len(self._rows) + 63) // 64, np.uint64),
                np.empty(MAX_TOUCHED, np.int32),
            )
