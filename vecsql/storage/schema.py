"""What storage derives from a table's definition: key specs of its unique indexes and ADD COLUMN defaults."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy.typing as npt
import pyarrow as pa

from vecsql.catalog.model import Catalog, Column, Index, Table
from vecsql.storage.interface import Part
from vecsql.storage.keys import KeySpec
from vecsql.types.arrow import to_arrow


class TableSchema:
    """A table's definition with its indexes; one object as long as neither changes."""

    def __init__(self, definition: Table, indexes: tuple[Index, ...]) -> None:
        self.definition = definition
        self.indexes = indexes
        self.unique: Mapping[int, KeySpec] = {i.oid: self._spec(i) for i in indexes if _enforced(i)}

    @classmethod
    def of(cls, catalog: Catalog, oid: int, previous: TableSchema | None = None) -> TableSchema:
        """The schema of a table; `previous` itself if nothing changed."""
        definition = catalog.tables[oid]
        indexes = catalog.indexes_of(oid)
        if previous and previous.definition == definition and previous.indexes == indexes:
            return previous
        return cls(definition, indexes)

    def _spec(self, index: Index) -> KeySpec:
        return KeySpec.of(index, tuple(self._columns[c.attnum] for c in index.columns))

    @cached_property
    def _columns(self) -> dict[int, Column]:
        return {c.attnum: c for c in self.definition.columns}

    @cached_property
    def vector_indexes(self) -> tuple[Index, ...]:
        return tuple(i for i in self.indexes if i.is_vector)

    def column(self, part: Part, attnum: int) -> pa.Array:
        """A part's column, or the ADD COLUMN default for parts older than the column."""
        try:
            return part.column(attnum)
        except KeyError:
            return self._missing(attnum, part.num_rows)

    def gather(self, part: Part, attnum: int, positions: npt.NDArray[Any]) -> pa.Array:
        """The values of column() at these positions."""
        try:
            return part.take(attnum, positions)
        except KeyError:
            return self._missing(attnum, len(positions))

    def _missing(self, attnum: int, rows: int) -> pa.Array:
        column = self._columns[attnum]
        if column.missing is None:
            return pa.nulls(rows, column.type.arrow)
        value = column.type.type.from_text(column.missing, column.type.typmod)
        one = to_arrow([value], column.type)
        return one.take(pa.array([0] * rows, pa.int32()))


def _enforced(index: Index) -> bool:
    """Whether storage can check the index itself: plain columns, no predicate."""
    return index.unique and index.predicate is None and all(c.attnum > 0 for c in index.columns)
