"""What a transaction has written: immutable records per table, so that a savepoint is a reference."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from vecsql.catalog.model import Catalog
from vecsql.storage.interface import PartVersion, Rowids
from vecsql.storage.segment import Segment
from vecsql.storage.table import TableState, without_rows

NO_ROWIDS: Rowids = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class TableWrites:
    """Own rows (with own deletes applied) and the rowids deleted from the committed table."""

    inserted: tuple[PartVersion, ...] = ()
    deleted: Rowids = field(default_factory=lambda: NO_ROWIDS)  # sorted
    truncated: bool = False  # committed rows are all gone

    def delete(self, rowids: Rowids) -> TableWrites:
        own = without_rows(self.inserted, rowids)
        deleted = self.deleted if self.truncated else np.union1d(self.deleted, rowids)
        return replace(self, inserted=own, deleted=deleted)

    def truncate(self) -> TableWrites:
        return TableWrites(truncated=True)

    def over(self, base: TableState) -> TableState:
        """The table as the transaction sees it."""
        parts = () if self.truncated else base.parts
        if len(self.deleted):
            parts = without_rows(parts, self.deleted)
        return base.with_parts(parts + self.inserted)


@dataclass(frozen=True, slots=True)
class WriteSet:
    tables: Mapping[int, TableWrites] = field(default_factory=dict)
    catalog: Catalog | None = None

    def of(self, oid: int) -> TableWrites:
        return self.tables.get(oid) or TableWrites()

    @property
    def segments(self) -> Iterator[Segment]:
        """Segments that the transaction has written itself."""
        for writes in self.tables.values():
            for version in writes.inserted:
                if isinstance(version.part, Segment):
                    yield version.part

    def with_table(self, oid: int, writes: TableWrites) -> WriteSet:
        return replace(self, tables={**self.tables, oid: writes})

    @property
    def empty(self) -> bool:
        return not self.tables and self.catalog is None
