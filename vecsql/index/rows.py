"""The rows of a column that are not a float32 matrix, as exact search wants them: halfvec, bit, sparsevec, and vectors stored as float16.

vector(n) has no class of its own here: its rows are the float32 matrix itself, and `vecsql.index.flat` searches it. flat hands on to
these classes what is not such a matrix.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.errors import DataException
from vecsql.index.base import Metric, Positions, SearchResult
from vecsql.index.results import EMPTY
from vecsql.index.rowset import RowSet
from vecsql.kernels import kinds_reference, reference
from vecsql.types import halfvec, sparsevec

METRIC_CODES: Final[dict[Metric, int]] = {
    "l2": reference.L2, "ip": reference.IP, "cosine": reference.COSINE, "l1": reference.L1,
    "hamming": kinds_reference.HAMMING, "jaccard": kinds_reference.JACCARD,
}  # fmt: skip
NARROW_K: Final = (
    256  # up to here a sorted pool inside the scan beats sorting all distances afterwards
)
ALL_ROWS: Final = np.empty(0, np.bool_)
NO_POSITIONS: Final = np.empty(0, np.int32)

Distances = npt.NDArray[np.float64]


class Rows:
    """Rows of one kind. `shape` is (rows, dimensions); a query is what as_query() makes of a value of the SQL type."""

    shape: tuple[int, int]
    prefix: str  # of the kind's kernels

    def __len__(self) -> int:
        return self.shape[0]

    def as_query(self, value: Any) -> Any:
        """The query in the form that the kernels take. Raises pgvector's error when its dimensions are others."""
        raise NotImplementedError

    def arrays(self) -> tuple[Any, ...]:
        """The arrays of the rows, as the kernels take them."""
        raise NotImplementedError

    def query_arrays(self, query: Any) -> tuple[Any, ...]:
        """The arrays of a query, as the kernels take them."""
        return (query,)

    def by_numpy(self, query: Any, metric: int, positions: Positions | None) -> Distances:
        """SQL distances without compiled kernels."""
        raise NotImplementedError

    def floats(self, positions: Any) -> npt.NDArray[np.float32]:
        """The rows at `positions` (or a slice of them) as a float32 matrix."""
        raise NotImplementedError

    def taken(self, positions: Any) -> Rows:
        """The rows at `positions`."""
        raise NotImplementedError

    def search(self, query: Any, k: int, metric: Metric, among: RowSet | None) -> SearchResult:
        """The k nearest rows that are `among` the given ones, exactly; as flat.search()."""
        query = self.as_query(query)
        if k <= 0 or not len(self):
            return EMPTY
        kernel = self._kernel("nearest")
        if kernel is None or k > NARROW_K:
            return self.rank(query, k, metric, None if among is None else among.positions)
        pool, out, values = np.empty(k, np.uint64), np.empty(k, np.int32), np.empty(k, np.float64)
        size = kernel(
            *self.arrays(), *self.query_arrays(query), METRIC_CODES[metric], *self.shown(among), pool, out, values
        )  # fmt: skip
        return SearchResult(
            out[:size], values[:size], reranked=len(self) if among is None else among.count
        )

    def shown(self, among: RowSet | None) -> tuple[Any, ...]:
        """The rows to search, as the kernel takes them."""
        return (ALL_ROWS if among is None else among.bools,)

    def rank(self, query: Any, k: int, metric: Metric, positions: Positions | None) -> SearchResult:
        """The k nearest of the rows at `positions` (all rows when None), exactly."""
        values = self.distances(query, metric, positions)
        if positions is None:
            positions = np.arange(len(self), dtype=np.int32)
        best, nearest = reference.smallest(values, positions, k)
        return SearchResult(best, nearest, reranked=len(values))

    def distances(self, query: Any, metric: Metric, positions: Positions | None) -> Distances:
        """SQL distances (float64) of the rows at `positions`, or of all rows, in that order."""
        query = self.as_query(query)
        code = METRIC_CODES[metric]
        kernel = self._kernel("distances")
        if kernel is None:
            return self.by_numpy(query, code, positions)
        out = np.empty(len(self) if positions is None else len(positions), np.float64)
        shown = NO_POSITIONS if positions is None else positions
        kernel(*self.arrays(), *self.query_arrays(query), code, shown, positions is not None, out)
        return out

    def _kernel(self, name: str) -> Callable[..., Any] | None:
        compiled = kernels.kind_kernels()
        return None if compiled is None else getattr(compiled, f"{self.prefix}_{name}")


def floats_of(rows: npt.NDArray[np.float32] | Rows) -> npt.NDArray[np.float32]:
    """All rows as float32 (n, d); float32 rows themselves."""
    return rows.floats(slice(None)) if isinstance(rows, Rows) else rows


class Halves(Rows):
    """An (n, d) float16 matrix. A query is float32."""

    prefix = "half"

    def __init__(self, matrix: npt.NDArray[np.float16]) -> None:
        self.matrix = np.require(matrix, np.float16, ["C", "A"])
        self.shape = self.matrix.shape
        self._arrays = (self.matrix.view(np.uint16),)

    def arrays(self) -> tuple[Any, ...]:
        return self._arrays

    def shown(self, among: RowSet | None) -> tuple[Any, ...]:
        return (NO_POSITIONS, False) if among is None else (among.positions, True)

    def by_numpy(self, query: Any, metric: int, positions: Positions | None) -> Distances:
        chosen = self.matrix if positions is None else self.matrix[positions]
        return kinds_reference.half_distances(chosen, query, metric)

    def floats(self, positions: Any) -> npt.NDArray[np.float32]:
        halves = self.matrix[positions]
        compiled = kernels.kind_kernels()
        wide = np.empty(halves.shape, np.float32)
        if compiled is None:
            wide[:] = halves
            return wide
        compiled.widen(np.ascontiguousarray(halves).view(np.uint16).reshape(-1), wide.reshape(-1))
        return wide

    def taken(self, positions: Any) -> Rows:
        return type(self)(self.matrix[positions])


class HalfRows(Halves):
    """halfvec(n). A query has float16's values."""

    def as_query(self, value: Any) -> Any:
        value = np.asarray(value)
        if len(value) != self.shape[1]:
            raise DataException(f"different halfvec dimensions {self.shape[1]} and {len(value)}")
        if value.dtype == np.float32:
            value = halfvec.CODEC.narrowed(value)
        query: npt.NDArray[np.float32] = np.require(value, np.float32, ["C", "A"])
        return query


class NarrowRows(Halves):
    """vector(n) where float16 has every value exactly: the same distances from half the bytes."""

    def as_query(self, value: Any) -> Any:
        return as_query(value, self.shape[1])

    @staticmethod
    def of(matrix: npt.NDArray[np.float32]) -> NarrowRows | None:
        """The same rows, or None where float16 would lose anything."""
        compiled = kernels.kind_kernels()
        if compiled is None:
            with np.errstate(over="ignore"):
                halves = matrix.astype(np.float16)
            bits = matrix.view(np.uint32)
            same = np.array_equal(halves.astype(np.float32).view(np.uint32), bits)
            return NarrowRows(halves) if same else None
        flat = np.require(matrix, np.float32, ["C", "A"]).reshape(-1)
        halves = np.empty(matrix.shape, np.float16)
        exact = compiled.narrow(flat, halves.reshape(-1).view(np.uint16))
        return NarrowRows(halves) if exact else None


def as_query(query: npt.NDArray[np.float32], dimensions: int) -> npt.NDArray[np.float32]:
    """`query` as a contiguous float32 array; raises pgvector's error when its length is not `dimensions`."""
    if query.dtype != np.float32 or not query.flags.carray:
        query = np.require(query, np.float32, ["C", "A", "W"])
    if len(query) != dimensions:
        raise DataException(f"different vector dimensions {dimensions} and {len(query)}")
    return query


def as_rows(vectors: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """`vectors` as kernels take them; copies only what is strided or not aligned to four bytes."""
    if vectors.flags.c_contiguous and vectors.flags.aligned and vectors.dtype == np.float32:
        return vectors
    return np.require(vectors, np.float32, ["C", "A"])


class BitRows(Rows):
    """bit(n): (n, w) words of 64 bits, packed as packed() does. A query is one such row; values are text of 0 and 1."""

    prefix = "bit"

    def __init__(self, words: npt.NDArray[np.uint64], bits: int) -> None:
        self.words = np.require(words, np.uint64, ["C", "A"])
        self.shape = (len(words), bits)

    @classmethod
    def of(cls, ones: npt.NDArray[np.bool_]) -> BitRows:
        """The rows of an (n, d) matrix of truth values."""
        return cls(packed(ones), ones.shape[1])

    def as_query(self, value: Any) -> Any:
        if isinstance(value, np.ndarray) and value.dtype == np.uint64:
            return value
        if len(value) != self.shape[1]:
            raise DataException(f"different bit lengths {self.shape[1]} and {len(value)}")
        if isinstance(value, np.ndarray):  # binary_quantize() of it
            return packed((value > 0)[None])[0]
        digits = np.frombuffer(value.encode(), np.uint8)
        return packed((digits & 1).astype(np.bool_)[None])[0]

    def arrays(self) -> tuple[Any, ...]:
        return (self.words,)

    def by_numpy(self, query: Any, metric: int, positions: Positions | None) -> Distances:
        chosen = self.words if positions is None else self.words[positions]
        return kinds_reference.bit_distances(chosen, query, metric)

    def ones(self, positions: Any) -> npt.NDArray[np.uint8]:
        """(n, d) of 0 and 1."""
        octets = np.ascontiguousarray(self.words[positions]).view(np.uint8)
        return np.unpackbits(octets, axis=1, count=self.shape[1])

    def floats(self, positions: Any) -> npt.NDArray[np.float32]:
        return self.ones(positions).astype(np.float32)


def packed(ones: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    """(n, d) truth values as (n, ceil(d / 64)) words: 8 bits a byte, the first one highest; zeros behind the last."""
    octets = np.packbits(ones, axis=1)
    words = -(-ones.shape[1] // 64)
    room = np.zeros((len(ones), 8 * words), np.uint8)
    room[:, : octets.shape[1]] = octets
    return room.view(np.uint64)


def stored_matrix(rows: npt.NDArray[np.float32] | Rows) -> npt.NDArray[Any]:
    """The array that holds rows of equal length, as it is stored."""
    if isinstance(rows, Halves):
        return rows.matrix
    return rows.words if isinstance(rows, BitRows) else np.asarray(rows)


def restored(
    matrix: npt.NDArray[Any], bits: int, *, narrow: bool
) -> npt.NDArray[np.float32] | Rows:
    """The rows of a stored array; `bits` are those of a bit(n) column, `narrow` says that float16 are those of vectors."""
    if matrix.dtype == np.float16:
        return NarrowRows(matrix) if narrow else HalfRows(matrix)
    return BitRows(matrix, bits) if matrix.dtype == np.uint64 else matrix


def row_bytes(vectors: Any) -> int:
    """Bytes of one of the rows of a part, of equal length on average; 0 where there are none, or they are made when needed."""
    array = getattr(vectors, "matrix", getattr(vectors, "words", vectors))
    return int(array.nbytes // max(len(vectors), 1)) if hasattr(array, "nbytes") else 0


class SparseRows(Rows):
    """sparsevec(n): all rows' words (types.sparsevec) in one array, and at which word each begins."""

    prefix = "sparse"

    def __init__(
        self, words: npt.NDArray[np.int32], starts: npt.NDArray[np.int32], dimensions: int
    ) -> None:
        self.words, self.starts = words, starts
        self.shape = (len(starts), dimensions)

    def as_query(self, value: Any) -> Any:
        value = sparsevec.coerce(value)
        if value.dim != self.shape[1]:
            raise DataException(f"different sparsevec dimensions {self.shape[1]} and {value.dim}")
        return value

    def arrays(self) -> tuple[Any, ...]:
        return self.words, self.words.view(np.float32), self.starts

    def query_arrays(self, query: Any) -> tuple[Any, ...]:
        return (
            np.require(query.indices, np.int32, ["C", "A"]),
            np.require(query.values, np.float32, ["C", "A"]),
        )

    def by_numpy(self, query: Any, metric: int, positions: Positions | None) -> Distances:
        chosen = self.starts if positions is None else self.starts[positions]
        return kinds_reference.sparse_distances(self.words, chosen, query, metric)

    def taken(self, positions: Any) -> SparseRows:
        """The rows at `positions`, their words one after the other."""
        starts = self.starts[positions]
        if not len(starts):
            return SparseRows(self.words[:0], starts, self.shape[1])
        sizes = 3 + 2 * self.words[starts + 1]
        ends = np.cumsum(sizes)
        first = (ends - sizes).astype(np.int32)
        words = self.words[np.repeat(starts - first, sizes) + np.arange(ends[-1])]
        return SparseRows(words, first, self.shape[1])
