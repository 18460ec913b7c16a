"""Unique indexes: what makes a new key a duplicate, and PostgreSQL's words for it.

A key is checked against the newest committed rows and the transaction's own, not against its snapshot. Concurrent
inserts of one key serialise on a key lock; a row that another transaction is deleting is waited for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql import errors
from vecsql.catalog.model import Catalog
from vecsql.storage.columns import single
from vecsql.storage.interface import Bools, PartVersion, Rowids
from vecsql.storage.keys import Hashes, KeySpec
from vecsql.storage.locks import LockManager, Owner
from vecsql.storage.part import BasePart
from vecsql.storage.schema import TableSchema
from vecsql.storage.table import TableState
from vecsql.types.arrow import from_arrow

FEW = 16  # rows up to which a look-up per key beats arrays


class NewKeys:
    """The keys of one unique index in a batch of new rows."""

    def __init__(self, spec: KeySpec, arrays: Sequence[pa.Array]) -> None:
        self.spec = spec
        self.arrays = arrays
        self.hashes, self.valid = spec.hash_columns(arrays)

    def values(self, row: int) -> list[Any]:
        return [a[row].as_py() for a in self.arrays]

    @cached_property
    def keyed_rows(self) -> Rowids:
        """Positions of the rows whose key can collide."""
        return np.arange(len(self.hashes)) if self.valid is None else np.flatnonzero(self.valid)

    @cached_property
    def few(self) -> list[tuple[int, int]]:
        """(row, hash) of the rows whose key can collide, for short batches."""
        rows = self.keyed_rows
        return list(zip(rows.tolist(), self.hashes[rows].tolist(), strict=True))

    def lock_names(self) -> Iterator[tuple[str, int, int]]:
        hashes = self.hashes if self.valid is None else self.hashes[self.valid]
        oid = self.spec.index.oid
        return (("key", oid, h) for h in hashes.tolist())

    def first_repeat(self) -> int | None:
        """Position of a row whose key another row of the batch has too."""
        return first_repeat(self.spec, self.hashes, self.valid, self.values)


def first_repeat(
    spec: KeySpec, hashes: Hashes, valid: Bools | None, values: Callable[[int], list[Any]]
) -> int | None:
    """Position of the second row of some key that occurs twice, or None."""
    rows = np.arange(len(hashes)) if valid is None else np.flatnonzero(valid)
    if len(rows) < 2:
        return None
    order = rows[np.argsort(hashes[rows], kind="stable")]
    ordered = hashes[order]
    for at in np.flatnonzero(ordered[1:] == ordered[:-1]).tolist():
        first = at
        while first >= 0 and ordered[first] == ordered[at + 1]:
            one, two = int(order[first]), int(order[at + 1])
            if spec.exact or spec.same(values(one), values(two)):
                return two
            first -= 1
    return None


def conflicts(table: TableState, keys: NewKeys) -> Iterator[tuple[int, int]]:
    """(position in the batch, rowid) of the live rows of `table` that have one of the keys."""
    for version in table.parts:
        if version.live_rows:
            yield from _conflicts_in(table, version, keys)


def _conflicts_in(
    table: TableState, version: PartVersion, keys: NewKeys
) -> Iterator[tuple[int, int]]:
    index = table.key_index(version.part, keys.spec)
    part: BasePart = version.part  # type: ignore[assignment]
    rows = keys.keyed_rows
    pairs: Iterator[tuple[int, int]]
    if len(rows) <= FEW:
        pairs = ((row, c) for row, key in keys.few for c in index.candidates(key))
    else:
        where, rowids = index.matches(keys.hashes[rows])
        pairs = zip(rows[where].tolist(), rowids.tolist(), strict=True)
    for row, rowid in pairs:
        position = part.position(rowid)
        if position < 0 or (version.live is not None and not version.live[position]):
            continue
        if keys.spec.exact or keys.spec.same(
            table.key_at(version.part, position, keys.spec), keys.values(row)
        ):
            yield row, rowid


class UniqueChecker:
    """Checks new rows for one transaction. `newest()` is the newest committed table with the own writes over it."""

    def __init__(self, locks: LockManager, owner: Owner) -> None:
        self._locks = locks
        self._owner = owner

    def check(
        self, catalog: Catalog, schema: TableSchema, keys: NewKeys, newest: Callable[[], TableState],
        *, locking: bool,
    ) -> None:  # fmt: skip
        """Raise UniqueViolation if a key is taken or occurs twice; waits for transactions that may take or free it."""
        repeat = keys.first_repeat()
        if repeat is not None:
            raise violation(catalog, schema, keys, repeat)
        if locking:
            self._locks.acquire_all(self._owner, keys.lock_names(), _while(schema))
        taken = self.settled(schema, keys, newest)
        if taken:
            raise violation(catalog, schema, keys, taken[0][0])

    def settled(
        self, schema: TableSchema, keys: NewKeys, newest: Callable[[], TableState]
    ) -> list[tuple[int, int]]:
        """The conflicting rows once no other transaction is about to delete any of them."""
        oid = schema.definition.oid
        while True:
            found = list(conflicts(newest(), keys))
            waited = [
                self._locks.wait_until_free(self._owner, ("row", oid, rowid), _while(schema))
                for _, rowid in found
            ]
            if not any(waited):
                return found

    def find(
        self, schema: TableSchema, keys: NewKeys, newest: Callable[[], TableState], *, locking: bool
    ) -> Rowids:
        """Lock the keys; per new row the rowid of the live row with its key, or -1."""
        if locking:
            self._locks.acquire_all(self._owner, keys.lock_names(), _while(schema))
        result = np.full(len(keys.hashes), -1, np.int64)
        for row, rowid in self.settled(schema, keys, newest):
            result[row] = rowid
        return result


def validate(catalog: Catalog, table: TableState, spec: KeySpec) -> None:
    """Raise UniqueViolation when a new unique index finds duplicates among the live rows."""
    keys = NewKeys(spec, [single(c) for c in table.arrow(spec.attnums).columns])
    repeat = keys.first_repeat()
    if repeat is not None:
        raise _violation(
            f'could not create unique index "{spec.index.name}"',
            f"Key {_key_text(keys, repeat)} is duplicated.",
            catalog, table.schema, spec,
        )  # fmt: skip


def violation(catalog: Catalog, schema: TableSchema, keys: NewKeys, row: int) -> errors.Error:
    """PostgreSQL's 23505 for a new row."""
    return _violation(
        f'duplicate key value violates unique constraint "{keys.spec.index.name}"',
        f"Key {_key_text(keys, row)} already exists.",
        catalog, schema, keys.spec,
    )  # fmt: skip


def _violation(
    message: str, detail: str, catalog: Catalog, schema: TableSchema, spec: KeySpec
) -> errors.Error:
    table = schema.definition
    return errors.UniqueViolation(
        message,
        detail=detail,
        schema_name=catalog.schemas[table.schema_oid].name,
        table_name=table.name,
        constraint_name=spec.index.name,
    )


def _key_text(keys: NewKeys, row: int) -> str:
    texts = []
    for array, column in zip(keys.arrays, keys.spec.columns, strict=True):
        value = from_arrow(array.slice(row, 1), column.type)[0]
        texts.append("null" if value is None else column.type.type.to_text(value))
    names = ", ".join(c.name for c in keys.spec.columns)
    return f"({names})=({', '.join(texts)})"


def _while(schema: TableSchema) -> str:
    return f'while inserting index tuple in relation "{schema.definition.name}"'
