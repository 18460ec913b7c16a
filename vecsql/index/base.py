"""What every vector index can do. An index covers one immutable array of vectors, by row position."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from vecsql.index.calls import Call
    from vecsql.index.rowset import RowSet

Metric = Literal["l2", "ip", "cosine", "l1", "hamming", "jaccard"]
# <->, <#> (negative inner product), <=>, <+>; for bit <~>, <%>

Vectors = npt.NDArray[np.float32]  # (n, d), C-contiguous, may be a read-only mmap
Positions = npt.NDArray[np.int32]  # row positions within the segment
Distances = npt.NDArray[np.float64]  # as the SQL operator returns them (l2 is rooted), ascending
Mask = npt.NDArray[np.bool_]  # (n,): True means the row may be returned

Progress = Callable[[int, int], None]  # (rows done, rows in all)
Sections = Mapping[str, npt.NDArray[Any]]  # what a segment stores of an index, by section name


@dataclass(frozen=True, slots=True)
class Effort:
    """What a query asks of an index: a share of the true k nearest rows, or explicit knobs, which then win."""

    recall: float = 0.95  # vecsql.recall; 1.0 is exact
    ef_search: int | None = None  # hnsw.ef_search where it was set
    probes: int | None = None  # ivfflat.probes where it was set
    strategy: str | None = None  # vecsql.force_strategy
    explain: bool = True  # whether results say how they were found

    @property
    def exact(self) -> bool:
        """Whether nothing but the true nearest rows will do."""
        return self.recall >= 1.0 and self.ef_search is None and self.probes is None


@dataclass(slots=True)
class SearchResult:
    """Positions and distances (both of length <= k), nearest first, ties by position; how and at what cost."""

    positions: Positions
    distances: Distances
    scored: int = 0  # distance computations on codes
    reranked: int = 0  # distance computations on float32
    strategy: str = ""  # as EXPLAIN ANALYZE shows it
    predicted: float = 1.0  # the recall that calibration promises
    reason: str = ""  # why that strategy, as EXPLAIN ANALYZE shows it
    code_bytes: int = 0  # read for each row scored; set where Effort.explain asks for it


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a search would do, by the cost model: as EXPLAIN shows it."""

    strategy: str
    reason: str
    milliseconds: float
    scored: int = 0
    reranked: int = 0
    code_bytes: int = 0
    predicted: float = 1.0  # recall


class VectorIndex(Protocol):
    """A built index over the vectors of one segment.

    search() returns the k nearest rows that are `among` the given ones (of all rows when None); it may return
    fewer than k only when fewer rows pass.
    """

    kind: str  # 'flat', 'hnsw'
    metric: Metric

    def search(
        self,
        vectors: Vectors,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet | None,
    ) -> SearchResult: ...

    def begin(
        self,
        vectors: Vectors,
        query: npt.NDArray[np.float32],
        k: int,
        effort: Effort,
        among: RowSet | None,
    ) -> Call | SearchResult:
        """search(), ready to run together with those of other parts, where the index can do that."""
        ...

    def expect(self, vectors: Vectors, k: int, effort: Effort, among: RowSet | None) -> Expectation:
        """What search() would do with a usual query."""
        ...

    def sections(self) -> Sections: ...

    def parameters(self) -> dict[str, Any]: ...

    @property
    def nbytes(self) -> int: ...
