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
from vecsql.index.calls import Room, free_room, run_all
from vecsql.index.resident import in_large_pages, is_mapped
from vecsql.index.rows import Rows
from vecsql.index.rowset import RowSet
from vecsql.index.strategy import Costs

FORMAT_VERSION: Final = 1
MAX_POOL: Final = 4096  # a sorted pool beyond this costs more than an exact scan
WALKS_TO_STAY: Final = 500  # an index that is searched this often stays in memory
HEAD_BYTES: Final = 8  # scale and bias of a row of codes
MAX_TOUCHED: Final = 1 << 14
PLAN: Final = 7  # numbers that tell a walk how far to go
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


class Walk(Room):
    """One walk at a time."""

    __slots__ = ("_hidden", "_k", "_mask", "_packed", "_plan", "_seen", "_visited", "_walks")

    def __init__(self, index: GraphIndex, walks: list[Walk]) -> None:
        super().__init__("graph_search", index.dimensions)
        self._walks, self._packed, self._hidden = walks, index.packed, -1
        self._mask = flat.ALL_ROWS
        self._visited = np.zeros((index.size + 63) // 64, np.uint64)
        self._plan, self._seen = np.empty(PLAN, np.float64), np.empty(3, np.float64)
        self.record.set(
            **index.coding,
            **index.edges,
            mask=self._mask,
            codes=np.empty(index.query_codes, np.int8),
            visited=self._visited,
            touched=np.empty(MAX_TOUCHED, np.int32),
            pool=np.empty(MAX_POOL, np.uint64),
            spent=self.spent,
            plan=self._plan,
            seen=self._seen,
        )

    def begin(
        self, k: int, plan: npt.NDArray[np.float64], among: RowSet | None, hidden: int
    ) -> None:
        """Walk as `plan` says and find none but these rows, and not the `hidden` one."""
        self._k = k
        self._plan[:] = plan
        mask = flat.ALL_ROWS if among is None else among.bools
        if mask is not self._mask:
            self.record.set(mask=mask)
            self._mask = mask
        self._hidden = hidden
        if hidden >= 0:
            self._visited[hidden >> 6] |= np.uint64(1 << (hidden & 63))

    def end(self) -> Walked:
        """What was found; the room is free then."""
        if self._hidden >= 0:
            self._visited[self._hidden >> 6] = 0
        scored, reranked, late, _ = self.spent.tolist()
        hardness, length, beam = self._seen.tolist()
        result = SearchResult(*self.answer(), scored, reranked)
        sure = self._packed or late <= LATE + self._k // 10
        self._walks.append(self)
        return Walked(result, hardness, length, beam, sure, bounded=self._packed and late == 0)


class Scan(Room):
    """One scan of codes at a time."""

    __slots__ = ("_k", "_positions", "_room", "_scans", "_width")

    def __init__(self, index: GraphIndex, scans: list[Scan]) -> None:
        super().__init__("code_search", index.dimensions)
        self._scans, self._positions = scans, flat.NO_POSITIONS
        self._room = 0  # for rows in the pool
        self.record.set(
            **index.coding,
            positions=self._positions,
            gather=False,
            codes=np.empty(index.query_codes, np.int8),
            spent=self.spent,
        )

    def begin(self, k: int, width: int, among: RowSet | None) -> None:
        """Find none but these rows and re-rank `width` of them."""
        self._k, self._width = k, width
        if width > self._room:
            self._room = width
            self.record.set(pool=np.empty(width, np.uint64))
        self.record.shorten("pool", width)
        positions = flat.NO_POSITIONS if among is None else among.positions
        if positions is not self._positions:
            self.record.set(positions=positions, gather=among is not None)
            self._positions = positions

    def end(self) -> Walked:
        """What was found; the room is free then."""
        scored, reranked, late, _ = self.spent.tolist()
        result = SearchResult(*self.answer(), scored, reranked)
        self._scans.append(self)
        return Walked(result, 0.0, 0.0, self._width, late <= LATE + self._k // 10)


class GraphIndex:
    """A built graph. Its arrays are never written, may be mmap-ed, and are shared by all threads that search."""

    def __init__(self, metric: Metric, parameters: Mapping[str, Any], sections: Sections) -> None:
        self.metric: Metric = metric
        self._parameters = dict(parameters)
        self._sections = dict(sections)
        self.indexed = int(parameters["indexed"])
        self.size, stride = sections["rows"].shape
        self.dimensions = len(sections["center"])
        self.packed = "error" in parameters
        self.query_codes = 2 * (stride - HEAD_BYTES) if self.packed else stride
        self._until_resident = WALKS_TO_STAY if is_mapped(sections["rows"]) else 0
        self._place(sections["rows"], sections["graph"])

    def _place(self, rows: npt.NDArray[Any], graph: npt.NDArray[Any]) -> None:
        """Search with these arrays from now on."""
        sections = self._sections
        self._rows = rows.view(np.int8)
        self._heads = self._rows.view(np.float32)
        self._twins = sections.get("twins", NO_TWINS)
        # the arguments of the kernels, by name
        self.coding = {
            "metric": flat.METRIC_CODES[self.metric],
            "center": sections["center"],
            "unit": float(self._parameters["unit"]),
            "error": float(self._parameters.get("error", 0.0)),
            "rows": self._rows,
            "heads": self._heads,
        }
        self.edges = {
            "graph": graph,
            "order": sections["order"],
            "upper": sections["upper"],
            "levels": sections["levels"],
            "twins": self._twins,
        }
        self._walks: list[Walk] = []
        self._scans: list[Scan] = []

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
        return Costs.usual(self.code_bytes, 4 * self.dimensions)

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
        walk = self.begin_walk(vectors, query, k, plan, among, hidden)
        walk.record.run()
        return walk.end()

    def walk_each(
        self,
        vectors: Vectors | Rows,
        queries: npt.NDArray[np.float32],
        k: int,
        plan: npt.NDArray[np.float64],
        hidden: npt.NDArray[np.intp],
    ) -> list[Walked]:
        """walk() for each of the queries (n, d), each with a `hidden` row (n,), by one call of a kernel: they take as much working memory."""
        pairs = zip(queries, hidden.tolist(), strict=True)
        begun = [self.begin_walk(vectors, query, k, plan, None, row) for query, row in pairs]
        run_all([walk.record for walk in begun])
        return [walk.end() for walk in begun]

    def free_rooms(self) -> None:
        """Give back the working memory of searches."""
        self._walks.clear()
        self._scans.clear()

    def begin_walk(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        plan: npt.NDArray[np.float64],
        among: RowSet | None = None,
        hidden: int = -1,
    ) -> Walk:
        """walk(), ready to run; then comes its end()."""
        if self._until_resident:
            self._stay()
        walks = self._walks
        walk = free_room(walks, lambda: Walk(self, walks))
        walk.aim(vectors, query, k)
        walk.begin(k, plan, among, hidden)
        return walk

    def scan(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        width: int,
        among: RowSet | None,
    ) -> Walked:
        """Score the codes of all rows `among` these, then the float32 vectors of the best `width` of them."""
        scan = self.begin_scan(vectors, query, k, width, among)
        scan.record.run()
        return scan.end()

    def begin_scan(
        self,
        vectors: Vectors | Rows,
        query: npt.NDArray[np.float32],
        k: int,
        width: int,
        among: RowSet | None,
    ) -> Scan:
        """scan(), ready to run; then comes its end()."""
        scans = self._scans
        scan = free_room(scans, lambda: Scan(self, scans))
        scan.aim(vectors, query, k)
        scan.begin(k, width, among)
        return scan

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
