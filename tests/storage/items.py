"""A table items(id bigint PRIMARY KEY, name text, embedding vector(4)) for storage tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.catalog.model import Catalog, Column, Constraint, Index, IndexColumn, Table
from vecsql.index.rows import Rows
from vecsql.storage.engine import StorageEngine
from vecsql.storage.interface import Snapshot
from vecsql.types import INT8, TEXT, VECTOR
from vecsql.types.base import ColumnType

ITEMS, PKEY, NAME_KEY, HNSW = 16500, 16501, 16502, 16503
ID, NAME, EMBEDDING = 1, 2, 3
DIMS = 4

TABLE = Table(
    ITEMS,
    2200,
    "items",
    (
        Column(ID, "id", ColumnType(INT8), not_null=True),
        Column(NAME, "name", ColumnType(TEXT)),
        Column(EMBEDDING, "embedding", ColumnType(VECTOR, DIMS)),
    ),
    (Constraint(16510, "items_pkey", "p", (ID,), PKEY),),
    4,
)


def as_floats(vectors: Any) -> npt.NDArray[np.float32]:
    """The rows of Part.vectors() as a float32 matrix."""
    floats: npt.NDArray[np.float32] = (
        vectors.floats(slice(None)) if isinstance(vectors, Rows) else vectors
    )
    return floats


def unique(oid: int, name: str, *attnums: int, nulls_not_distinct: bool = False) -> Index:
    columns = tuple(IndexColumn(a, "ops") for a in attnums)
    return Index(
        oid, name, ITEMS, "btree", columns, unique=True, nulls_not_distinct=nulls_not_distinct
    )


HNSW_INDEX = Index(
    HNSW, "items_embedding_idx", ITEMS, "hnsw", (IndexColumn(EMBEDDING, "vector_l2_ops"),)
)


def catalog(*indexes: Index, table: Table = TABLE) -> Catalog:
    every = (unique(PKEY, "items_pkey", ID), *indexes)
    return Catalog().evolve(tables={ITEMS: table}, indexes={i.oid: i for i in every})


def create(engine: StorageEngine, *indexes: Index) -> None:
    with engine.begin() as txn:
        txn.set_catalog(catalog(*indexes))


def embeddings(ids: Iterable[int]) -> pa.Array:
    values = np.array([[i, i / 2, -i, 1] for i in ids], np.float32).reshape(-1)
    return pa.FixedSizeListArray.from_arrays(pa.array(values), DIMS)


def rows(ids: Iterable[int], names: list[str | None] | None = None) -> dict[int, pa.Array]:
    ids = list(ids)
    return {
        ID: pa.array(ids, pa.int64()),
        NAME: pa.array([f"item {i}" for i in ids] if names is None else names, pa.string()),
        EMBEDDING: embeddings(ids),
    }


def insert(
    engine: StorageEngine, ids: Iterable[int], names: list[str | None] | None = None
) -> None:
    with engine.begin() as txn:
        txn.insert(ITEMS, rows(ids, names))


def delete(engine: StorageEngine, *ids: int) -> None:
    with engine.begin() as txn:
        table = txn.snapshot().table(ITEMS)
        rowids = np.array([table.find_key(PKEY, (i,)) for i in ids], np.int64)
        txn.lock_rows(ITEMS, rowids)
        txn.delete(ITEMS, rowids)


def contents(snapshot: Snapshot) -> dict[int, str | None]:
    """id -> name, after checking that every way to read the table says the same."""
    table = snapshot.table(ITEMS)
    arrow = table.arrow([ID, NAME, EMBEDDING], with_rowid=True)
    assert arrow.num_rows == table.num_rows
    ids = arrow["c1"].to_pylist()
    assert arrow["c3"].to_pylist() == [[i, i / 2, -i, 1] for i in ids]
    for i, rowid in zip(ids, arrow["rowid"].to_pylist(), strict=True):
        assert table.find_key(PKEY, (i,)) == rowid
    reversed_rowids = arrow["rowid"].to_numpy()[::-1].copy()
    assert table.take([ID], reversed_rowids)[0].to_pylist() == ids[::-1]
    return dict(zip(ids, arrow["c2"].to_pylist(), strict=True))
