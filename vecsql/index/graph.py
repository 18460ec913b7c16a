"""The neighbour graph: walks over SQ8 or 4-bit rows and scans of their codes, re-ranked on the float32 vectors."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql.index import flat
from vecsql.index.base import Mask, Metric, SearchResult, Sections, Vectors
from vecsql.index.resident import in_large_pages, is_mapped
from vecsql.index.rows import Rows
from vecsql.index.rowset import RowSet
from vecsql.index.strategy import Costs

FORMAT_VERSION: Final = 1
MAX_POOL: Final = 4096  # a sorted pool beyond this costs more than an exact scan
WALKS_TO_STAY: Final = 500  # an index that is searched this often stays in memory
HEAD_BYTES: Final = 8  # scale and bias of a row of codes
MAX_TOUCHED: Final = 1 << 14
LATE: Final = 2  # so many rows, and a tenth of k, may come from the end of a pool

NO_TWINS: Final = np.empty(0, np.int32)


@dataclass(slots=True)
class Walked:
    """What a walk or a scan of codes found: `result`, the query's hardness and length, and the beam it took. `sure` is False when the codes were
    too coarse to tell the nearest rows apart; `bounded` tells that the rest of the pool could hold no nearer row."""

    result: SearchResult
    hardness: float
    length: float
    beam: float
    sure: bool
    bounded: bool = False


class _Scratch:
    """Working memory of one search at a time."""

    __slots__ = ("best", "codes", "pool", "seen", "spent", "touched", "visited")

    def __init__(self, rows: int, codes: int) -> None:
        self.codes = np.empty(codes, np.int8)
        self.visited = np.zeros((rows + 63) // 64, np.uint64)
        self.touched = np.empty(MAX_TOUCHED, np.int32)
        self.pool = np.empty(MAX_POOL, np.uint64)
        self.best = np.empty(MAX_POOL, np.uint64)
        self.spent = np.empty(3, np.int64)
        self.seen = np.empty(3, np.float64)


class GraphIndex:
    """A built graph. Its arrays are never written, may be mmap-ed, and are shared by all threads that search."""

    def __init__(self, metric: Metric, parameters: Mapping[str, Any], sections: Sections) -> None:
        self.metric: Metric = metric
        self._parameters = dict(parameters)
        self._sections = dict(sections)
        self.indexed = int(parameters["indexed"])
        self._scratch: list[_Scratch] = []
        stride = sections["rows"].shape[1]
        self.packed = "error" in parameters
        self._query_codes = 2 * (stride - HEAD_BYTES) if self.packed else stride
        self._until_resident = WALKS_TO_STAY if is_mapped(sections["rows"]) else 0
        self._place(sections["rows"], sections["graph"])

    def _place(self, rows: npt.NDArray[Any], graph: npt.NDArray[Any]) -> None:
        """Search with these arrays from now on."""
        sections = self._sections
        self._rows = rows.view(np.int8)
        self._heads = self._rows.view(np.float32)
        self._twins = sections.get("twins", NO_TWINS)
        unit, error = float(self._parameters["unit"]), float(self._parameters.get("error", 0.0))
        code = flat.METRIC_CODES[self.metric]
        self._coding = (code, sections["center"], unit, error, self._rows, self._heads)
        self._graph = (graph, sections["order"], sections["upper"], sections["levels"], self._twins)

    def _stay(self) -> None:
        """After so many walks keep codes and graph in memory of large pages; copied in the background."""
        self._until_resident -= 1
        if self._until_resident == 0:

            def copy() -> None:
                rows, graph = (in_large_pages(self._sections[name]) for name in ("rows", "graph"))
                self._place(rows, graph)

            threading.Thread(target=copy, name="vecsql-resident", daemon=True).start()

    @property
    def walkable(self) -> bool:
        """Whether there are edges; codes alone are scanned."""
        return len(self._sections["order"]) > 0

    @property
    def code_bytes(self) -> int:
        """Bytes of one row of codes."""
        return int(self._rows.shape[1])

    @property
    def usual_costs(self) -> Costs:
        return Costs.usual(self.code_bytes, self._coding[1].nbytes)

    def sections(self) -> Sections:
        """The arrays to store; GraphIndex takes them back without copying."""
        return self._sections

    def parameters(self) -> dict[str, Any]:
        """Scalars to store beside the sections: JSON-like, without arrays."""
        return dict(self._parameters)

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self._sections.values())

    def walk(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        plan: npt.NDArray[np.float64],
        among: RowSet | None = None,
        hidden: int = -1,
    ) -> Walked:
        """Walk as `plan` says (see kernels.graph_search) and re-rank for the k nearest `among` these, but not row `hidden`."""
        if self._until_resident:
            self._stay()
        scratch = self._take_scratch()
        visited = scratch.visited
        if hidden >= 0:
            visited[hidden >> 6] |= np.uint64(1 << (hidden & 63))
        out, values = np.empty(k, np.int32), np.empty(k, np.float64)
        search, rows = flat.kernel_for(vectors, "graph_search")
        found = search(
            rows,
            query,
            *self._coding,
            *self._graph,
            flat.ALL_ROWS if among is None else among.bools,
            scratch.codes,
            visited,
            scratch.touched,
            scratch.pool,
            scratch.best[:k],
            out,
            values,
            scratch.spent,
            plan,
            scratch.seen,
        )
        if hidden >= 0:
            visited[hidden >> 6] = 0
        scored, reranked, late = scratch.spent.tolist()
        hardness, length, beam = scratch.seen.tolist()
        self._scratch.append(scratch)
        result = SearchResult(out[:found], values[:found], scored, reranked)
        if self.packed:
            return Walked(result, hardness, length, beam, sure=True, bounded=late == 0)
        return Walked(result, hardness, length, beam, late <= LATE + k // 10)

    def scan(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        width: int,
        among: RowSet | None,
    ) -> Walked:
        """Score the codes of all rows `among` these, then the float32 vectors of the best `width` of them."""
        out, values = np.empty(k, np.int32), np.empty(k, np.float64)
        spent = np.empty(3, np.int64)
        search, rows = flat.kernel_for(vectors, "code_search")
        found = search(
            rows,
            query,
            *self._coding,
            flat.NO_POSITIONS if among is None else among.positions,
            among is not None,
            np.empty(self._query_codes, np.int8),
            np.empty(width, np.uint64),
            np.empty(k, np.uint64),
            out,
            values,
            spent,
        )
        scored, reranked, late = spent.tolist()
        result = SearchResult(out[:found], values[:found], scored, reranked)
        return Walked(result, 0.0, 0.0, width, late <= LATE + k // 10)

    def indexed_rows(self) -> Mask:
        """(n,) which rows are in the graph: neither NULL nor, for cosine, zero."""
        return ~np.isnan(self._heads[:, -1])

    def sample(self, count: int) -> npt.NDArray[np.intp]:
        """Up to `count` rows spread over the graph that have no twins and are in no upper layer: they can be hidden."""
        plain = self.indexed_rows()
        plain[self._sections["order"]] = False
        if len(self._twins):
            first = self._twins >= 0
            plain[first] = False
            plain[self._twins[first]] = False
        rows = np.flatnonzero(plain)
        return rows[:: max(1, len(rows) // count)][:count]

    def _take_scratch(self) -> _Scratch:
        try:
            return self._scratch.pop()
        except IndexError:
            return _Scratch(len(self._rows), self._query_codes)
