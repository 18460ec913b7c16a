"""A transaction: a private write set over a snapshot, with savepoints, locks and unique checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from vecsql import errors
from vecsql.catalog.model import Catalog
from vecsql.storage import ddl
from vecsql.storage.columns import single
from vecsql.storage.interface import PartVersion, Rowids
from vecsql.storage.locks import Owner
from vecsql.storage.memtable import MemBatch, consolidate
from vecsql.storage.schema import TableSchema
from vecsql.storage.segment import Segment
from vecsql.storage.snapshot import DatabaseVersion, Overlay
from vecsql.storage.table import TableState
from vecsql.storage.uniqueness import NewKeys, UniqueChecker
from vecsql.storage.write_set import NO_ROWIDS, TableWrites, WriteSet

if TYPE_CHECKING:
    from vecsql.storage.engine import StorageEngine

SPILL_BYTES = 256 << 20  # own rows above this go to a segment before commit, to bound memory


@dataclass(frozen=True, slots=True)
class _Savepoint:
    name: str
    writes: WriteSet
    locks: int


class StorageTransaction:
    """The Transaction of the interface. Made by Engine.begin()."""

    def __init__(
        self, engine: StorageEngine, owner: Owner, *, repeatable: bool, read_only: bool
    ) -> None:
        self._engine = engine
        self.owner = owner
        self._repeatable = repeatable
        self._read_only = read_only
        self._base: DatabaseVersion | None = None
        self._writes = WriteSet()
        self._overlay: Overlay | None = None
        self._schemas: dict[int, TableSchema] = {}  # under the own catalog
        self._savepoints: list[_Savepoint] = []
        self._built: list[tuple[Segment, int]] = []  # vector indexes made by this transaction
        self._proposed: set[int] = set()  # sequences of the uncommitted catalog
        self._checker = UniqueChecker(engine.locks, owner)
        self._finished = False

    # What the statement sees

    def snapshot(self) -> DatabaseVersion | Overlay:
        base = self._snapshot_base()
        if self._writes.empty:
            return base
        if self._overlay is None:
            self._overlay = Overlay(self._writes.catalog or base.catalog, self._overlaid)
        return self._overlay

    def begin_statement(self) -> None:
        self._require_open()
        if self._base is None or (not self._repeatable and self._base is not self._engine.current):
            self._base = self._engine.current
            self._overlay = None

    def _snapshot_base(self) -> DatabaseVersion:
        if self._base is None:
            self.begin_statement()
        assert self._base is not None
        return self._base

    @property
    def catalog(self) -> Catalog:
        return self._writes.catalog or self._snapshot_base().catalog

    def _schema(self, oid: int) -> TableSchema:
        """The table's schema as this transaction has it."""
        before = self._snapshot_base().tables.get(oid)
        if self._writes.catalog is None:
            if before is None:
                raise KeyError(oid)
            return before.schema
        found = self._schemas.get(oid)
        if found is None:
            found = TableSchema.of(self._writes.catalog, oid, before.schema if before else None)
            self._schemas[oid] = found
        return found

    def _overlaid(self, oid: int) -> TableState:
        return self._over(self._snapshot_base(), oid)

    def _over(self, version: DatabaseVersion, oid: int) -> TableState:
        """A table of a committed version under the own catalog and writes."""
        schema = self._schema(oid)
        base = version.tables.get(oid)
        writes = self._writes.tables.get(oid)
        if base is not None and base.schema is schema and writes is None:
            return base
        state = TableState(schema, base.parts if base else ())
        return writes.over(state) if writes else state

    def _newest(self, oid: int) -> TableState:
        return self._over(self._engine.current, oid)

    # Writing

    def share_table(self, table_oid: int) -> bool:
        self._require_open()
        self._engine.locks.acquire(self.owner, ("table", table_oid), shared=True)
        base = self._snapshot_base()
        if self._repeatable or self._writes.catalog is not None or base is self._engine.current:
            return False
        self.begin_statement()
        return self._snapshot_base().catalog is not base.catalog

    def insert(self, table_oid: int, columns: Mapping[int, pa.Array]) -> Rowids:
        schema = self._start_write(table_oid, "INSERT")
        arrays = {a: single(c) for a, c in columns.items()}
        count = len(next(iter(arrays.values()))) if arrays else 0
        if not count:
            return NO_ROWIDS
        checked = self._check_unique(schema, arrays)
        batch = MemBatch(self._engine.allocate_rowids(table_oid, count), arrays)
        for keys in checked:
            batch.seed_keys(keys.spec.index.oid, keys.hashes, keys.valid)
        self._append(schema, batch)
        return batch.rowids

    def _check_unique(self, schema: TableSchema, arrays: Mapping[int, pa.Array]) -> list[NewKeys]:
        oid = schema.definition.oid
        checked = []
        for spec in schema.unique.values():
            keys = NewKeys(spec, [arrays[a] for a in spec.attnums])
            self._checker.check(
                self.catalog, schema, keys, lambda: self._newest(oid), locking=self._shared(oid)
            )
            checked.append(keys)
        return checked

    def _shared(self, oid: int) -> bool:
        """Whether other transactions can see the table at all."""
        return oid in self._engine.current.tables

    def _append(self, schema: TableSchema, batch: MemBatch) -> None:
        oid = schema.definition.oid
        writes = self._writes.of(oid)
        parts = (*writes.inserted, PartVersion(batch, None, batch.num_rows))
        parts = consolidate(parts, schema)
        if sum(p.part.nbytes for p in parts if not p.part.is_segment) > SPILL_BYTES:
            parts = self._engine.spill(schema, parts)
        self._write(oid, TableWrites(parts, writes.deleted, writes.truncated))

    def delete(self, table_oid: int, rowids: Rowids) -> int:
        self._start_write(table_oid, "DELETE")
        rowids = np.asarray(rowids, np.int64)
        rowids = np.unique(rowids[self._newest(table_oid).live(rowids)])
        if len(rowids):
            self._write(table_oid, self._writes.of(table_oid).delete(rowids))
        return len(rowids)

    def truncate(self, table_oid: int) -> None:
        self._start_write(table_oid, "TRUNCATE TABLE", exclusive=True)
        self._write(table_oid, self._writes.of(table_oid).truncate())

    def _write(self, oid: int, writes: TableWrites) -> None:
        self._writes = self._writes.with_table(oid, writes)
        self._overlay = None

    def _replace(self, writes: WriteSet) -> None:
        """Go to another write set whose catalog may differ."""
        self._writes = writes
        self._overlay = None
        self._schemas = {}

    def _start_write(self, oid: int, command: str, *, exclusive: bool = False) -> TableSchema:
        """The table lock and the checks that any change begins with."""
        self._require_writable(command)
        self.owner.check_canceled()
        schema = self._schema(oid)
        self._engine.locks.acquire(self.owner, ("table", oid), shared=not exclusive)
        if self._writes.catalog is None:
            newest = self._engine.current.tables.get(oid)
            if newest is None or newest.schema.definition != schema.definition:
                raise errors.SerializationFailure(
                    "could not serialize access due to concurrent update"
                )
            return newest.schema
        return schema

    # Row locks and conflicts

    def lock_rows(
        self, table_oid: int, rowids: Rowids, *, nowait: bool = False, skip: bool = False
    ) -> Rowids | None:
        schema = self._start_write(table_oid, "UPDATE")
        rowids = np.asarray(rowids, np.int64)
        locked = self._take_row_locks(schema, self._foreign(table_oid, rowids), nowait, skip)
        alive = self._newest(table_oid).live(rowids)
        if skip:
            own = ~np.isin(rowids, self._foreign(table_oid, rowids))
            return rowids[alive & (np.isin(rowids, locked) | own)]
        if alive.all():
            return rowids
        if self._repeatable:
            raise errors.SerializationFailure("could not serialize access due to concurrent update")
        return None

    def _foreign(self, oid: int, rowids: Rowids) -> Rowids:
        """Those of the rows that this transaction has not inserted itself."""
        for version in self._writes.of(oid).inserted:
            rowids = rowids[~version.part.positions(rowids)[1]]  # type: ignore[attr-defined]
        return rowids

    def _take_row_locks(
        self, schema: TableSchema, rowids: Rowids, nowait: bool, skip: bool
    ) -> Rowids:
        name = schema.definition.name
        names = [("row", schema.definition.oid, r) for r in rowids.tolist()]
        if not (nowait or skip):
            self._engine.locks.acquire_all(
                self.owner, names, f'while locking tuple in relation "{name}"'
            )
            return rowids
        taken = np.array([self._engine.locks.try_acquire(self.owner, n) for n in names], np.bool_)
        if nowait and not taken.all():
            raise errors.LockNotAvailable(f'could not obtain lock on row in relation "{name}"')
        return rowids[taken]

    def find_conflicts(
        self, table_oid: int, index_oid: int, columns: Mapping[int, pa.Array]
    ) -> Rowids:
        schema = self._start_write(table_oid, "INSERT")
        spec = schema.unique[index_oid]
        keys = NewKeys(spec, [single(columns[a]) for a in spec.attnums])
        newest = lambda: self._newest(table_oid)  # noqa: E731
        return self._checker.find(schema, keys, newest, locking=self._shared(table_oid))

    # Referential integrity

    def newest_table(self, table_oid: int) -> TableState:
        """The table as committed now, with the own writes: what referential checks look at."""
        return self._newest(table_oid)

    def newest_catalog(self) -> Catalog:
        """The own catalog, if this transaction has changed it, else the committed one."""
        return self._writes.catalog or self._engine.current.catalog

    def lock_key(self, index_oid: int, key: tuple[Any, ...], *, shared: bool) -> None:
        """Lock a key of a referenced index to the end of the transaction: shared by those who refer to it,
        exclusive for those who take it away."""
        self._engine.locks.acquire(self.owner, ("reference", index_oid, key), shared=shared)

    def lock_table(self, table_oid: int) -> None:
        """Shut out other writers of a table until the transaction ends."""
        self._engine.locks.acquire(self.owner, ("table", table_oid))

    # DDL

    def lock_catalog(self) -> Catalog:
        """Take the catalog lock and see the newest catalog: what a DDL statement starts from."""
        self._require_writable("DDL")
        self._engine.locks.acquire(self.owner, ("catalog",))
        if self._writes.catalog is None and not self._repeatable:
            self.begin_statement()
        return self.catalog

    def set_catalog(self, catalog: Catalog) -> None:
        self._require_writable("DDL")
        before = self.catalog
        self._engine.locks.acquire(self.owner, ("catalog",))
        if self._writes.catalog is None and before is not self._engine.current.catalog:
            raise errors.SerializationFailure("could not serialize access due to concurrent update")
        change = ddl.compare(before, catalog)
        for oid in sorted(change.locked):
            self._engine.locks.acquire(self.owner, ("table", oid))
        if not self._repeatable:
            self.begin_statement()
        self._engine.sequences.propose(change.sequences)
        self._proposed |= set(change.sequences)
        gone = before.tables.keys() - catalog.tables.keys()
        tables = {oid: w for oid, w in self._writes.tables.items() if oid not in gone}
        previous = self._writes
        self._replace(WriteSet(tables, catalog))
        try:
            ddl.validate_unique(change, catalog, self._newest)
        except errors.Error:
            self._replace(previous)
            raise

    def build_index(self, index_oid: int) -> None:
        self._require_writable("CREATE INDEX")
        index = self.catalog.indexes[index_oid]
        oid = index.table_oid
        self._engine.flush()
        writes = self._writes.tables.get(oid)
        if writes is not None:
            parts = self._engine.spill(self._schema(oid), writes.inserted)
            self._write(oid, TableWrites(parts, writes.deleted, writes.truncated))
        if not self._repeatable:
            self.begin_statement()
        self._built += self._engine.build_index(self._newest(oid).parts, index, self.owner)

    # Savepoints and the end

    def savepoint(self, name: str) -> None:
        self._require_open()
        self._savepoints.append(_Savepoint(name, self._writes, len(self.owner.held)))

    def release(self, name: str) -> None:
        del self._savepoints[self._find_savepoint(name) :]

    def rollback_to(self, name: str) -> None:
        at = self._find_savepoint(name)
        del self._savepoints[at + 1 :]
        point = self._savepoints[at]
        self._replace(point.writes)
        self._engine.locks.release(self.owner, point.locks)

    def _find_savepoint(self, name: str) -> int:
        self._require_open()
        for at in range(len(self._savepoints) - 1, -1, -1):
            if self._savepoints[at].name == name:
                return at
        raise errors.InvalidSavepointSpecification(f'savepoint "{name}" does not exist')

    def commit(self, *, synchronous: bool = True) -> None:
        self._require_open()
        try:
            if not self._writes.empty:
                self._engine.commit(self._writes, self._built, synchronous=synchronous)
        finally:
            self._finish()

    def rollback(self) -> None:
        if not self._finished:
            self._finish()

    def _finish(self) -> None:
        self._finished = True
        self._replace(WriteSet())
        self._base = None
        for segment, index_oid in self._built:
            if index_oid not in self._engine.current.catalog.indexes:
                segment.detach_index(index_oid)
        self._built = []
        self._engine.sequences.withdraw(self._proposed)
        self._engine.locks.release(self.owner)

    def _require_open(self) -> None:
        if self._finished:
            raise errors.InterfaceError("the transaction has ended")

    def _require_writable(self, command: str) -> None:
        self._require_open()
        if self._read_only:
            raise errors.ReadOnlySqlTransaction(
                f"cannot execute {command} in a read-only transaction"
            )

    def __enter__(self) -> StorageTransaction:
        return self

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        if kind is None and not self._finished:
            self.commit()
        else:
            self.rollback()
