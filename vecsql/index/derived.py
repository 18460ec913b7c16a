"""Indexes over other rows than a column has as they are: those of an expression, and only some of them.

The index keeps these rows itself, one after the other, with the positions that they have in the segment where some are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from vecsql import index
from vecsql.index.base import (
    Effort,
    Expectation,
    Mask,
    Metric,
    Progress,
    SearchResult,
    Sections,
    VectorIndex,
)
from vecsql.index.derive import DerivedRows, Kind, taken
from vecsql.index.results import EMPTY
from vecsql.index.rows import NarrowRows, SparseRows, restored, stored_matrix
from vecsql.index.rowset import RowSet

KIND = "derived"
_OWN = ("derived", "positions", "starts")


class DerivedIndex:
    """An index of another kind over `rows`, which lie at `positions` of the segment (None: at the same ones)."""

    kind = KIND

    def __init__(
        self, inner: VectorIndex, rows: Kind, positions: npt.NDArray[np.int32] | None
    ) -> None:
        self.inner, self.rows, self.positions = inner, rows, positions
        self.metric: Metric = inner.metric

    def search(
        self, vectors: Any, query: Any, k: int, effort: Effort, among: RowSet | None
    ) -> SearchResult:
        """As the inner index; rows that are not in this one are not found."""
        if among is not None and self.positions is not None:
            among = RowSet.of(among.bools[self.positions])
        if among is not None and not among.count:
            return EMPTY
        found = self.inner.search(cast(Any, self.rows), query, k, effort, among)
        if self.positions is None:
            return found
        return replace(found, positions=self.positions[found.positions])

    begin = search

    def expect(self, vectors: Any, k: int, effort: Effort, among: RowSet | None) -> Expectation:
        """What search() would do with a usual query."""
        if among is not None and self.positions is not None:
            among = RowSet.of(among.bools[self.positions])
        return self.inner.expect(cast(Any, self.rows), k, effort, among)

    def sections(self) -> Sections:
        own = dict(self.inner.sections())
        if isinstance(self.rows, SparseRows):
            own["derived"], own["starts"] = self.rows.words, self.rows.starts
        else:
            own["derived"] = stored_matrix(self.rows)
        if self.positions is not None:
            own["positions"] = self.positions
        return own

    def parameters(self) -> dict[str, Any]:
        own = {"kind": self.inner.kind, "dimensions": self.rows.shape[1]}
        if isinstance(self.rows, NarrowRows):
            own["narrow"] = True
        return {"derived": own, **self.inner.parameters()}

    @property
    def nbytes(self) -> int:
        return sum(array.nbytes for array in self.sections().values())


def build(
    method: str,
    rows: Kind,
    metric: Metric,
    options: Mapping[str, str],
    *,
    threads: int,
    progress: Progress | None,
    valid: Mask | None,
    scope: Mask | None,
) -> VectorIndex:
    """Build over the rows of an expression or, with `scope`, over those that a partial index is about."""
    positions = None
    if scope is not None:
        positions = np.flatnonzero(scope).astype(np.int32)
        valid = None if valid is None else valid[positions]
    shown = slice(None) if positions is None else positions
    plain = isinstance(rows, DerivedRows) and positions is None
    kept = cast(DerivedRows, rows).whole() if plain else taken(rows, shown)
    inner = index.build(
        method, kept, metric, options, threads=threads, progress=progress, valid=valid
    )
    return DerivedIndex(inner, kept, positions)


def load(metric: Metric, parameters: Mapping[str, Any], sections: Sections) -> VectorIndex:
    """The index that sections() and parameters() describe."""
    own = parameters["derived"]
    rest = {name: value for name, value in parameters.items() if name != "derived"}
    inner = {name: array for name, array in sections.items() if name not in _OWN}
    built = index.load(own["kind"], metric, rest, inner)
    return DerivedIndex(built, _rows(sections, own), sections.get("positions"))


def _rows(sections: Sections, own: Mapping[str, Any]) -> Kind:
    matrix, dimensions = sections["derived"], own["dimensions"]
    if matrix.dtype == np.int32:
        return SparseRows(matrix, sections["starts"], dimensions)
    return restored(matrix, dimensions, narrow=own.get("narrow", False))
