"""Bulk append of Arrow data: casts, defaults, constraints, and tables inferred from Arrow schemas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vecsql.errors import (
    CheckViolation,
    DataException,
    DatatypeMismatch,
    NotNullViolation,
    NumericValueOutOfRange,
    StringDataRightTruncation,
    UndefinedColumn,
)
from vecsql.executor.bulk import append, create_table_sql
from vecsql.session.session import Session
from vecsql.storage.engine import open_engine
from vecsql.types.rows import values_of


class Database:
    """One session, with append() in a transaction of its own."""

    def __init__(self) -> None:
        self.engine = open_engine(":memory:")
        self.session = Session(self.engine)

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for _, result in self.session.simple(sql):
            for chunk in result.chunks:
                columns = [
                    values_of(data, c.type)
                    for data, c in zip(chunk.columns, result.columns or (), strict=True)
                ]
                rows += zip(*columns, strict=True)
        return rows

    def append(self, table: str, rows: pa.Table | pa.RecordBatch) -> int:
        ctx = self.session.ctx
        before = ctx.txn
        with self.engine.begin() as txn:
            ctx.txn = txn
            try:
                catalog = txn.snapshot().catalog
                oid = next(t.oid for t in catalog.tables.values() if t.name == table)
                return append(ctx, oid, rows)
            finally:
                ctx.txn = before


@pytest.fixture
def db() -> Iterator[Database]:
    database = Database()
    yield database
    database.session.close()
    database.engine.close()


def test_defaults_and_sequences_fill_missing_columns(db: Database) -> None:
    db.run(
        "CREATE TABLE t (id bigserial, a int, d text DEFAULT 'x', g int GENERATED ALWAYS AS (a * 2) STORED)"
    )
    assert db.append("t", pa.table({"a": [1, 2, None]})) == 3
    assert db.run("SELECT * FROM t ORDER BY id") == [
        (1, 1, "x", 2), (2, 2, "x", 4), (3, None, "x", None)
    ]  # fmt: skip


VECTORS = np.arange(6, dtype=np.float32).reshape(2, 3)


@pytest.mark.parametrize(
    "array",
    [
        pa.array(VECTORS.tolist(), pa.list_(pa.float32())),
        pa.array(VECTORS.tolist(), pa.list_(pa.float64())),
        pa.array(VECTORS.tolist(), pa.large_list(pa.float32())),
        pa.array(VECTORS.astype(np.int32).tolist(), pa.list_(pa.int32())),
        pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel()), 3),
        pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.astype(np.float16).ravel()), 3),
        pa.array(["[0,1,2]", "[3, 4, 5]"]),
    ],
    ids=lambda a: str(a.type),
)
def test_lists_become_vectors(db: Database, array: pa.Array) -> None:
    db.run("CREATE TABLE t (v vector(3))")
    db.append("t", pa.table({"v": array}))
    found = [row[0].tolist() for row in db.run("SELECT v FROM t")]
    assert found == VECTORS.tolist()


def test_null_vectors_and_sliced_input(db: Database) -> None:
    db.run("CREATE TABLE t (a int, v vector(3))")
    vectors = pa.array([[9, 9, 9], None, [1, 2, 3]], pa.list_(pa.float32(), 3))
    db.append("t", pa.table({"a": [0, 1, 2], "v": vectors}).slice(1))
    assert [(a, None if v is None else v.tolist()) for a, v in db.run("SELECT a, v FROM t ORDER BY a")] == [
        (1, None), (2, [1, 2, 3])
    ]  # fmt: skip


def test_scalars_are_cast_as_assignments_do(db: Database) -> None:
    db.run("CREATE TABLE t (i int, n numeric(6,2), s varchar(3), d date, tz timestamptz, j jsonb)")
    rows = pa.table(
        {
            "i": pa.array([1.5], pa.float64()),
            "n": pa.array([2.005], pa.float64()),
            "s": pa.array(["abc"]).dictionary_encode(),
            "d": ["2024-02-29"],
            "tz": [datetime(2024, 1, 2, 3, 4, 5)],
            "j": ['{"a": 1}'],
        }
    )
    db.append("t", rows)
    assert db.run("SELECT i, n, s, d, tz FROM t") == [
        (2, Decimal("2.01"), "abc", date(2024, 2, 29), datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ({"nosuch": [1]}, UndefinedColumn),
        ({"a": [None]}, NotNullViolation),
        ({"a": [-1]}, CheckViolation),
        ({"a": [2**40]}, NumericValueOutOfRange),
        ({"a": [1], "s": ["abcd"]}, StringDataRightTruncation),
        ({"a": [1], "v": [[1.0, 2.0]]}, DataException),
        ({"a": [True]}, DatatypeMismatch),
    ],
    ids=["column", "null", "check", "range", "length", "dimensions", "type"],
)  # fmt: skip
def test_bad_rows_leave_the_table_empty(
    db: Database, rows: dict[str, list[Any]], error: type[Exception]
) -> None:
    db.run("CREATE TABLE t (a int NOT NULL CHECK (a > 0), s varchar(3), v vector(3))")
    with pytest.raises(error):
        db.append("t", pa.table(rows))
    assert db.run("SELECT count(*) FROM t") == [(0,)]


def test_table_for_an_arrow_schema(db: Database) -> None:
    rows = pa.table(
        {
            "id": [1, 2],
            "small": pa.array([1, 2], pa.uint8()),
            "Name": ["a", "b"],
            "price": pa.array([Decimal("1.25"), None], pa.decimal128(10, 2)),
            "embedding": pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_(pa.float64())),
            "ragged": pa.array([[1.0], [3.0, 4.0]], pa.list_(pa.float64())),
            "tags": [["x"], []],
            "at": pa.array([0, 1], pa.timestamp("us", tz="UTC")),
            "flag": [True, None],
        }
    )
    sql = create_table_sql("t", rows)
    assert sql == (
        'CREATE TABLE t (id bigint, small smallint, "Name" text, price numeric(10,2), embedding vector(2), '
        "ragged double precision[], tags text[], at timestamp with time zone, flag boolean)"
    )
    db.run(sql)
    assert db.append("t", rows) == 2
    assert db.run('SELECT id, "Name", price, ragged, tags FROM t ORDER BY id') == [
        (1, "a", Decimal("1.25"), [1.0], ["x"]), (2, "b", None, [3.0, 4.0], [])
    ]  # fmt: skip
