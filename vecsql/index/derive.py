"""Rows that an expression makes of a column's rows: what an index on ((embedding::halfvec(384))) is about.

An expression is a chain of steps, each a name with integers: ('halfvec',) and ('vector',) cast, ('bit', n) cuts or extends,
('binary_quantize',), ('subvector', start, count), ('l2_normalize',).
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from vecsql.errors import InternalError
from vecsql.index import flat
from vecsql.index.base import Metric, Positions, SearchResult, Vectors
from vecsql.index.results import merge
from vecsql.index.rows import BitRows, HalfRows, Rows, floats_of
from vecsql.index.rowset import RowSet
from vecsql.types import halfvec

Step: TypeAlias = tuple[Any, ...]
Steps: TypeAlias = tuple[Step, ...]
Kind: TypeAlias = "Vectors | Rows"

BLOCK = 8192  # rows derived at once


def taken(rows: Kind, positions: Any) -> Kind:
    """The rows at `positions`, or a slice of them."""
    if isinstance(rows, BitRows):
        return BitRows(rows.words[positions], rows.shape[1])
    if isinstance(rows, DerivedRows):
        return derive(taken(rows.base, positions), rows.steps)
    if isinstance(rows, Rows):
        return rows.taken(positions)
    chosen: Vectors = rows[positions]
    return chosen


def derive(rows: Kind, steps: Steps) -> Kind:
    """The rows after all steps. Raises what PostgreSQL raises for a row that has no value."""
    for step in steps:
        rows = _apply(rows, step)
    return rows


def _apply(rows: Kind, step: Step) -> Kind:
    name = step[0]
    if name == "bit":
        assert isinstance(rows, BitRows)
        return _fitted(rows, step[1])
    floats = floats_of(rows)
    if name == "binary_quantize":
        return BitRows.of(floats > 0)
    if name == "vector":
        return floats
    half = name == "halfvec" or isinstance(rows, HalfRows)
    if name == "subvector":
        floats = np.ascontiguousarray(floats[:, step[1] - 1 : step[1] - 1 + step[2]])
    elif name == "l2_normalize":
        floats = _normalized(floats)
    elif name != "halfvec":
        raise InternalError(f"unknown step {name!r} of an index expression")
    return HalfRows(halfvec.CODEC.narrowed(floats)) if half else floats


def _normalized(floats: Vectors) -> Vectors:
    wide = floats.astype(np.float64)
    norms = np.sqrt(np.einsum("ij,ij->i", wide, wide))
    norms[norms == 0] = 1.0
    result: Vectors = (wide / norms[:, None]).astype(np.float32)
    return result


def _fitted(rows: BitRows, size: int) -> BitRows:
    ones = rows.ones(slice(None))[:, :size]
    if ones.shape[1] < size:
        ones = np.pad(ones, ((0, 0), (0, size - ones.shape[1])))
    return BitRows.of(ones.astype(np.bool_))


class DerivedRows(Rows):
    """The rows of an expression over `base`, made when they are needed; only those of bits are kept."""

    def __init__(self, base: Kind, steps: Steps) -> None:
        self.base, self.steps = base, steps
        self._none = derive(taken(base, slice(0, 0)), steps)
        self.shape = (base.shape[0], self._none.shape[1])
        self._bits: BitRows | None = None

    def whole(self) -> Kind:
        """All the rows."""
        if self._bits is not None:
            return self._bits
        rows = derive(self.base, self.steps)
        if isinstance(rows, BitRows):
            self._bits = rows
        return rows

    def as_query(self, value: Any) -> Any:
        return flat.query_for(self._none, value)

    def floats(self, positions: Any) -> npt.NDArray[np.float32]:
        return floats_of(taken(self, positions))

    def search(self, query: Any, k: int, metric: Metric, among: RowSet | None) -> SearchResult:
        if isinstance(self._none, BitRows):
            return flat.search(self.whole(), query, k, metric, among)
        results = []
        for start in range(0, len(self), BLOCK):
            piece = slice(start, start + BLOCK)
            shown = None if among is None else RowSet.of(among.bools[piece])
            if shown is not None and not shown.count:
                continue
            found = flat.search(taken(self, piece), query, k, metric, shown)
            positions = (found.positions + start).astype(np.int32)
            results.append(SearchResult(positions, found.distances, reranked=found.reranked))
        merged = merge(results, k)
        return SearchResult(merged.positions, merged.distances, reranked=merged.reranked)

    def distances(
        self, query: Any, metric: Metric, positions: Positions | None
    ) -> npt.NDArray[np.float64]:
        if positions is None or isinstance(self._none, BitRows):
            return flat.distances(self.whole(), query, metric, positions)
        return flat.distances(taken(self, positions), query, metric)
