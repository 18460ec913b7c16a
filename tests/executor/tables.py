"""A small table in a real engine, for tests of the direct operators."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.catalog.model import Column, Constraint, Index, IndexColumn, Table
from vecsql.executor.context import ExecContext, Result
from vecsql.planner.plan import Const, Output, Param, ResultColumn, ScalarExpr
from vecsql.settings.session import Settings
from vecsql.storage.engine import open_engine
from vecsql.types import FLOAT8, INT4, INT8, TEXT, VECTOR
from vecsql.types.base import ColumnType

ID, GROUP, NAME, VEC = 1, 2, 3, 4
TABLE_OID, PKEY_OID, VECTOR_INDEX_OID = 16500, 16501, 16503


def table(dimensions: int) -> Table:
    columns = (
        Column(ID, "id", ColumnType(INT8), True),
        Column(GROUP, "grp", ColumnType(INT4)),
        Column(NAME, "name", ColumnType(TEXT)),
        Column(VEC, "embedding", ColumnType(VECTOR, dimensions)),
    )
    return Table(
        TABLE_OID,
        2200,
        "items",
        columns,
        (Constraint(16502, "items_pkey", "p", (ID,), PKEY_OID),),
        5,
    )


PKEY = Index(
    PKEY_OID, "items_pkey", TABLE_OID, "btree", (IndexColumn(ID, "int8_ops"),),
    unique=True, primary=True, constraint=True,
)  # fmt: skip


class Items:
    """items(id, grp, name, embedding) with the rows given batch by batch; rows are (id, grp, name, vector or None)."""

    def __init__(self, dimensions: int, *, opclass: str | None = None) -> None:
        self.dimensions = dimensions
        self.table = table(dimensions)
        self.engine = open_engine(":memory:")
        indexes = {PKEY_OID: PKEY}
        if opclass:
            indexes[VECTOR_INDEX_OID] = Index(
                VECTOR_INDEX_OID,
                "items_embedding_idx",
                TABLE_OID,
                "hnsw",
                (IndexColumn(VEC, opclass),),
            )
        txn = self.engine.begin()
        catalog = txn.snapshot().catalog
        txn.set_catalog(catalog.evolve(tables={TABLE_OID: self.table}, indexes=indexes))
        txn.commit()
        self.ctx = ExecContext(self.engine, Settings(), self.engine.begin())

    def insert(
        self, rows: Sequence[tuple[int, int | None, str | None, Sequence[float] | None]]
    ) -> None:
        ids, groups, names, vectors = zip(*rows, strict=True)
        txn = self.engine.begin()
        txn.insert(
            TABLE_OID,
            {
                ID: pa.array(ids, pa.int64()),
                GROUP: pa.array(groups, pa.int32()),
                NAME: pa.array(names, pa.string()),
                VEC: _vectors(vectors, self.dimensions),
            },
        )
        txn.commit()
        self.refresh()

    def delete(self, ids: Sequence[int]) -> None:
        txn = self.engine.begin()
        version = txn.snapshot().table(TABLE_OID)
        rowids = [version.find_key(PKEY_OID, (i,)) for i in ids]
        found = np.array([r for r in rowids if r is not None], np.int64)
        txn.lock_rows(TABLE_OID, found)
        txn.delete(TABLE_OID, found)
        txn.commit()
        self.refresh()

    def refresh(self) -> None:
        self.ctx.txn.rollback()
        self.ctx.txn = self.engine.begin()


def _vectors(rows: Sequence[Sequence[float] | None], dimensions: int) -> pa.Array:
    values = [[0.0] * dimensions if row is None else row for row in rows]
    flat = pa.array(np.array(values, np.float32).reshape(-1))
    mask = pa.array([row is None for row in rows])
    return pa.FixedSizeListArray.from_arrays(flat, dimensions, mask=mask)


def vector_param(dimensions: int) -> ScalarExpr:
    return ScalarExpr(ColumnType(VECTOR, dimensions), Param(1))


def count(value: int | None) -> ScalarExpr:
    return ScalarExpr(ColumnType(INT8), Const(value))


ID_OUTPUT = Output(ResultColumn("id", ColumnType(INT8)), "column", ID)
DISTANCE = Output(ResultColumn("distance", ColumnType(FLOAT8)), "distance")


def rows_of(result: Result) -> list[tuple[Any, ...]]:
    """A result's rows as Python values."""
    rows: list[tuple[Any, ...]] = []
    for chunk in result.chunks:
        columns = [c.to_pylist() if isinstance(c, pa.Array) else list(c) for c in chunk.columns]
        rows.extend(zip(*columns, strict=True))
    return rows
