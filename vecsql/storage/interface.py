"""What the layers above know of storage: parts, table versions, snapshots, and what a transaction offers.

Rows are addressed by rowid (int64, unique in the table for ever, growing). UPDATE is delete + insert under a new
rowid. Everything here is immutable once published, so a reader needs no lock: it takes `engine.snapshot()`, a
reference, and works on it for as long as it likes.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.catalog.model import Catalog
from vecsql.index.base import VectorIndex
from vecsql.index.derive import Steps
from vecsql.index.rows import Rows
from vecsql.storage.locks import LockManager

Rowids = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Part(Protocol):
    """A run of rows that never changes: an mmap-ed segment or a batch of the memtable."""

    id: int  # unique in the process for ever: a safe cache key
    is_segment: bool  # False: memtable
    num_rows: int
    nbytes: int

    @property
    def rowids(self) -> Rowids: ...  # (num_rows,), sorted ascending

    def column(self, attnum: int) -> pa.Array:
        """The column as Arrow, vectors too (FixedSizeList<float32>, zero copy unless they are stored as float16). KeyError if the
        part lacks it (a column added later): TableVersion.column() fills in the default."""
        ...

    def take(self, attnum: int, positions: npt.NDArray[Any]) -> pa.Array:
        """The column's values at these positions. KeyError as column()."""
        ...

    def vectors(self, attnum: int) -> tuple[npt.NDArray[np.float32] | Rows, Bools | None]:
        """The rows of a vector(d) column, (n, d) float32, or of a halfvec(d), bit(d) or sparsevec(d) column, and their
        validity (None: no NULLs; what NULL rows hold means nothing)."""
        ...

    def derived(
        self, attnum: int, steps: Steps
    ) -> tuple[npt.NDArray[np.float32] | Rows, Bools | None]:
        """vectors(), or the rows that the steps of an expression make of them."""
        ...

    def index(self, index_oid: int) -> VectorIndex | None:
        """The vector index of this part, if it is built already."""
        ...

    def searched_by(self, index_oid: int) -> VectorIndex | None:
        """The index of this part, or the codes that stand in for it until it is built."""
        ...

    def min_max(self, attnum: int) -> tuple[Any, Any] | None:
        """Zone map: smallest and largest non-NULL value, or None if unknown."""
        ...


@dataclass(frozen=True, slots=True)
class PartVersion:
    """A part with the deletes that this snapshot sees."""

    part: Part
    live: Bools | None  # (num_rows,), True: not deleted; None: all rows live
    live_rows: int
    cache: dict[Any, Any] = field(
        default_factory=dict, compare=False, repr=False
    )  # derived, by the deriver's key


class TableVersion(Protocol):
    """One table in one snapshot."""

    oid: int
    version: int  # changes whenever rows or parts change: a cache key together with oid

    @property
    def parts(self) -> Sequence[PartVersion]: ...

    @property
    def num_rows(self) -> int: ...  # live rows

    def column(self, part: Part, attnum: int) -> pa.Array:
        """The part's column, or the ADD COLUMN default for parts older than the column."""
        ...

    def gather(self, part: Part, attnum: int, positions: npt.NDArray[Any]) -> pa.Array:
        """The values of column() at these positions."""
        ...

    def arrow(self, attnums: Sequence[int], *, with_rowid: bool = False) -> pa.Table:
        """Live rows as Arrow, columns named 'c<attnum>' (and 'rowid'); zero copy where nothing is deleted. Cached."""
        ...

    def take(self, attnums: Sequence[int], rowids: Rowids) -> list[pa.Array]:
        """The columns of the given live rows, in the order of `rowids`."""
        ...

    def locate(self, rowid: int) -> tuple[PartVersion, int] | None:
        """The part and the position of a live row, or None."""
        ...

    def find_key(self, index_oid: int, key: tuple[Any, ...]) -> int | None:
        """Rowid of the live row with this key in a unique index (Python values, no NULLs), or None."""
        ...


class Snapshot(Protocol):
    version: int
    catalog: Catalog

    def table(self, oid: int) -> TableVersion: ...


class Transaction(Protocol):
    """A private write set over a snapshot. Not thread-safe: one statement at a time."""

    def snapshot(self) -> Snapshot:
        """What the current statement sees: committed data as of the statement (or transaction, in REPEATABLE READ)
        overlaid with this transaction's own writes."""
        ...

    def begin_statement(self) -> None:
        """In READ COMMITTED, move to the newest committed snapshot."""
        ...

    def insert(self, table_oid: int, columns: Mapping[int, pa.Array]) -> Rowids:
        """Append rows (attnum -> array, all columns present, already coerced and checked for NOT NULL and CHECK);
        enforces unique indexes: waits for the lock on a key that another transaction is inserting, then raises
        UniqueViolation with PostgreSQL's detail. Returns the new rowids."""
        ...

    def share_table(self, table_oid: int) -> bool:
        """Keep other transactions from changing a table's definition; in READ COMMITTED, True if one has done so since
        the statement began, which then has to be planned again."""
        ...

    def delete(self, table_oid: int, rowids: Rowids) -> int:
        """Delete rows that this statement has locked; returns how many."""
        ...

    def lock_rows(
        self, table_oid: int, rowids: Rowids, *, nowait: bool = False, skip: bool = False
    ) -> Rowids | None:
        """Take row locks for UPDATE/DELETE/SELECT FOR UPDATE, waiting for other writers. Returns the rows locked;
        None when a row was changed meanwhile: in READ COMMITTED the caller then runs its statement again on the
        newest snapshot. Raises SerializationFailure in REPEATABLE READ, DeadlockDetected, LockNotAvailable."""
        ...

    def find_conflicts(
        self, table_oid: int, index_oid: int, columns: Mapping[int, pa.Array]
    ) -> Rowids:
        """For ON CONFLICT: locks the keys, and gives for each new row the rowid of the live row with the same key,
        or -1."""
        ...

    def truncate(self, table_oid: int) -> None: ...

    def newest_table(self, table_oid: int) -> TableVersion:
        """The table as committed now, with the own writes: what referential checks look at."""
        ...

    def newest_catalog(self) -> Catalog:
        """The own catalog, if this transaction has changed it, else the committed one."""
        ...

    def lock_key(self, index_oid: int, key: tuple[Any, ...], *, shared: bool) -> None:
        """Lock a key of a referenced index to the end of the transaction: shared by those who refer to it,
        exclusive for those who take it away."""
        ...

    def lock_table(self, table_oid: int) -> None:
        """Shut out other writers of a table until the transaction ends."""
        ...

    def lock_catalog(self) -> Catalog:
        """Take the catalog lock, waiting for other DDL, and see the newest catalog: what DDL starts from."""
        ...

    def set_catalog(self, catalog: Catalog) -> None:
        """DDL: takes the catalog lock on first use, held to the end. Tables that are new start empty; those gone
        are dropped; a new vector index is built by build_index()."""
        ...

    def build_index(self, index_oid: int) -> None:
        """Build a new index over the existing segments (and flush a large memtable first), publishing progress."""
        ...

    def savepoint(self, name: str) -> None: ...

    def release(self, name: str) -> None: ...

    def rollback_to(self, name: str) -> None: ...

    def commit(self, *, synchronous: bool = True) -> None:
        """Durable on return, unless not `synchronous`."""
        ...

    def rollback(self) -> None: ...


class Engine(Protocol):
    """An open database. `vecsql.storage.engine.open_engine(path)` makes one."""

    path: str
    locks: LockManager

    def snapshot(self) -> Snapshot: ...

    def begin(
        self,
        *,
        isolation: str = "read committed",
        read_only: bool = False,
        process_id: int = 0,
        cancel: threading.Event | None = None,
        lock_timeout: Callable[[], float] | None = None,
    ) -> Transaction:
        """`cancel` ends waits with QueryCanceled; `lock_timeout()` is in seconds, 0 for none."""
        ...

    def nextval(self, sequence_oid: int) -> int: ...

    def nextvals(self, sequence_oid: int, count: int) -> npt.NDArray[np.int64]:
        """The next `count` values at once."""
        ...

    def setval(self, sequence_oid: int, value: int, is_called: bool = True) -> None: ...

    def sequence_state(self, sequence_oid: int) -> tuple[int, bool]: ...  # (last_value, is_called)

    def flush(self) -> None:
        """Move memtables to segments, build their indexes, checkpoint the WAL. CHECKPOINT runs it."""
        ...

    def wait_for_background(self) -> None:
        """Return when no flush or index build is pending (tests, benchmarks, close)."""
        ...

    def close(self) -> None: ...
