"""A committed version of the whole database, and the same overlaid with a transaction's own writes."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping

from vecsql.catalog.model import Catalog
from vecsql.storage.schema import TableSchema
from vecsql.storage.table import TableState

_versions = itertools.count(1)


class DatabaseVersion:
    """A Snapshot: the catalog and all tables after the commit that ends at `lsn`."""

    __slots__ = ("catalog", "lsn", "tables", "version")

    def __init__(self, catalog: Catalog, tables: Mapping[int, TableState], lsn: int) -> None:
        self.version = next(_versions)
        self.catalog = catalog
        self.tables = tables
        self.lsn = lsn

    def table(self, oid: int) -> TableState:
        return self.tables[oid]

    def with_catalog(self, catalog: Catalog) -> Mapping[int, TableState]:
        """The tables under another catalog: new ones start empty, those it lacks are gone."""
        tables = {}
        for oid in catalog.tables:
            before = self.tables.get(oid)
            schema = TableSchema.of(catalog, oid, before.schema if before else None)
            if before is not None and schema is before.schema:
                tables[oid] = before
            else:
                tables[oid] = TableState(schema, before.parts if before else ())
        return tables


class Overlay:
    """A Snapshot of a transaction with writes; tables are overlaid when first asked for."""

    __slots__ = ("_make", "_tables", "catalog", "version")

    def __init__(self, catalog: Catalog, make: Callable[[int], TableState]) -> None:
        self.version = next(_versions)
        self.catalog = catalog
        self._make = make
        self._tables: dict[int, TableState] = {}

    def table(self, oid: int) -> TableState:
        found = self._tables.get(oid)
        if found is None:
            found = self._tables[oid] = self._make(oid)
        return found
