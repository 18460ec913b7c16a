"""What a new catalog means for storage: tables to lock, unique indexes to validate, sequences to know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vecsql.catalog.model import Catalog, Index, Sequence
from vecsql.storage import uniqueness
from vecsql.storage.table import TableState


@dataclass(frozen=True, slots=True)
class CatalogChange:
    locked: frozenset[int]  # existing tables whose writers must be shut out
    unique: tuple[Index, ...]  # new unique indexes
    sequences: Mapping[int, Sequence]  # new or altered


def compare(before: Catalog, after: Catalog) -> CatalogChange:
    new_indexes = [i for oid, i in after.indexes.items() if before.indexes.get(oid) != i]
    unique = tuple(i for i in new_indexes if i.unique and i.oid not in before.indexes)
    locked = {oid for oid, table in before.tables.items() if after.tables.get(oid) != table}
    locked |= {i.table_oid for i in new_indexes if i.unique and i.table_oid in before.tables}
    sequences = {oid: s for oid, s in after.sequences.items() if before.sequences.get(oid) != s}
    return CatalogChange(frozenset(locked), unique, sequences)


def validate_unique(
    change: CatalogChange, catalog: Catalog, table: Callable[[int], TableState]
) -> None:
    """Check that existing rows satisfy the new unique indexes."""
    for index in change.unique:
        state = table(index.table_oid)
        spec = state.schema.unique.get(index.oid)
        if spec is not None:
            uniqueness.validate(catalog, state, spec)
