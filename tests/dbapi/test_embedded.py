"""The embedded database beyond PEP 249: parameters, result forms, loading, sharing a file."""

from __future__ import annotations

import datetime
import threading
import uuid
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import csv, feather, parquet

import vecsql
from vecsql.dbapi.parameters import bind, rewrite

VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def db() -> Iterator[vecsql.Connection]:
    with vecsql.connect() as connection:
        yield connection


@pytest.fixture
def items(db: vecsql.Connection) -> vecsql.Connection:
    db.load("items", {"id": [1, 2, 3, 4], "embedding": VECTORS})
    return db


# Parameters


@pytest.mark.parametrize(
    ("sql", "params", "text", "values"),
    [
        ("a = %s AND b = %s", [1, 2], "a = $1 AND b = $2", [1, 2]),
        (
            "a = %(x)s OR b = %(y)s OR c = %(x)s",
            {"x": 1, "y": 2},
            "a = $1 OR b = $2 OR c = $1",
            [1, 2],
        ),
        ("a = $1 AND b % 2 = $2", [1, 2], "a = $1 AND b % 2 = $2", [1, 2]),
        ("a LIKE '50%%' AND b %% 2 = %s", [1], "a LIKE '50%' AND b % 2 = $1", [1]),
        ("a = '%s' -- %s\n AND b = %s", [1], "a = '%s' -- %s\n AND b = $1", [1]),
        ("a % 2 = '%s'", None, "a % 2 = '%s'", []),
        ("$x$ %s $x$ || %s", ["a"], "$x$ %s $x$ || $1", ["a"]),
    ],
)
def test_placeholders(sql: str, params: Any, text: str, values: list[Any]) -> None:
    assert bind(sql, params) == (text, values)


@pytest.mark.parametrize(
    ("sql", "params"),
    [
        ("%s %(a)s", [1]),
        ("%s", [1, 2]),
        ("%s", {"a": 1}),
        ("%(a)s", [1]),
        ("%(a)s", {"b": 1}),
        ("%s", "x"),
    ],
)
def test_wrong_parameters(sql: str, params: Any) -> None:
    with pytest.raises(vecsql.ProgrammingError):
        bind(sql, params)


@given(st.text(alphabet="ab '\"%s$1-/*\n", max_size=30))
def test_rewriting_never_fails_otherwise(sql: str) -> None:
    try:
        rewrite(sql)
    except vecsql.ProgrammingError as error:
        assert "must be all" in str(error)  # noqa: PT017


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (True, "boolean"), (1, "integer"), (2**40, "bigint"), (2**70, "numeric"), (0.1, "double precision"),
        (Decimal("1.50"), "numeric"), (b"\0", "bytea"), (datetime.date(2024, 1, 2), "date"),
        (datetime.datetime(2024, 1, 2, 3), "timestamp without time zone"),
        (datetime.datetime(2024, 1, 2, 3, tzinfo=datetime.UTC), "timestamp with time zone"),
        (datetime.time(1, 2), "time without time zone"), (uuid.UUID(int=7), "uuid"),
    ],
)  # fmt: skip
def test_values_have_their_own_types(db: vecsql.Connection, value: Any, kind: str) -> None:
    row = db.execute("SELECT %s, pg_typeof(%s)::text", [value, value]).fetchone()
    assert row == (value, kind)


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1, "text", "1"), ("2024-01-02", "date", datetime.date(2024, 1, 2)), (1, "numeric", Decimal(1)),
        ({"a": [1]}, "jsonb", {"a": [1]}), ([1, 2], "int[]", [1, 2]), (["a", None], "text[]", ["a", None]),
        (np.int64(7), "int", 7), (np.float32(0.5), "float8", 0.5), ("7", "int", 7), (None, "int", None),
    ],
)  # fmt: skip
def test_values_become_what_is_asked_for(
    db: vecsql.Connection, value: Any, kind: str, expected: Any
) -> None:
    assert db.execute(f"SELECT %s::{kind}", [value]).fetchone() == (expected,)


def test_numbers_out_of_range(db: vecsql.Connection) -> None:
    db.execute("CREATE TABLE t (n int)")
    with pytest.raises(vecsql.Error):
        db.execute("INSERT INTO t VALUES (%s)", [2**40])
    with pytest.raises(vecsql.InterfaceError):
        db.execute("SELECT %s::int", [object()])


@pytest.mark.parametrize(
    "query", [VECTORS[1], VECTORS[1].tolist(), "[3,4,5]", VECTORS[1].astype(np.float64)]
)
def test_vectors_in_and_out(items: vecsql.Connection, query: Any) -> None:
    rows = items.execute(
        "SELECT id, embedding, embedding <-> %(q)s AS d FROM items ORDER BY embedding <-> %(q)s LIMIT 2",
        {"q": query},
    ).fetchall()
    assert [row[0] for row in rows] == [2, 1]
    assert isinstance(rows[0][1], np.ndarray)
    assert rows[0][1].dtype == np.float32
    assert rows[0][1].tolist() == [3, 4, 5]
    assert rows[0][2] == 0


def test_wrong_vectors(items: vecsql.Connection) -> None:
    with pytest.raises(vecsql.DataError, match="different vector dimensions 3 and 2"):
        items.execute("SELECT id FROM items ORDER BY embedding <-> %s LIMIT 1", [np.zeros(2)])
    with pytest.raises(vecsql.DataError, match="NaN not allowed in vector"):
        items.execute("INSERT INTO items VALUES (9, %s)", [np.array([1, np.nan, 2])])


# Results


def test_arrow_frame_and_numpy(items: vecsql.Connection) -> None:
    result = items.execute(
        "SELECT id, embedding, id::numeric / 4 AS n, 'x' AS s FROM items ORDER BY id"
    )
    table = result.arrow()
    assert table.schema.field("embedding").type == pa.list_(pa.float32(), 3)
    assert table.column("n").to_pylist()[0] == Decimal("0.25")
    frame = result.df()
    assert frame["id"].tolist() == [1, 2, 3, 4]
    assert frame["embedding"][1].tolist() == [3, 4, 5]
    arrays = result.fetchnumpy()
    assert np.array_equal(arrays["embedding"], VECTORS)
    assert result.fetchone() is not None


def test_empty_results_keep_their_columns(items: vecsql.Connection) -> None:
    result = items.execute("SELECT id, embedding FROM items WHERE id > 100")
    assert result.arrow().num_rows == 0
    assert result.arrow().column_names == ["id", "embedding"]
    assert result.df().empty
    assert result.fetchnumpy()["embedding"].shape == (0, 3)
    assert repr(result).endswith("(0 rows)")


def test_results_print_as_tables(items: vecsql.Connection) -> None:
    shown = repr(items.execute("SELECT id, 'a' AS name FROM items ORDER BY id LIMIT 2"))
    assert shown == "id | name\n---+-----\n 1 | a\n 2 | a\n(2 rows)"
    assert "... 80 more" in repr(items.execute("SELECT g FROM generate_series(1, 100) AS g"))


# Loading


def sources(folder: Path) -> dict[str, Any]:
    table = pa.table({"id": pa.array([1, 2, 3, 4]), "name": ["a", "b", None, "d"]})
    parquet.write_table(table, folder / "x.parquet")
    csv.write_csv(table.select(["id"]), folder / "x.csv")
    (folder / "x.tsv").write_text("id\tname\n1\ta\n2\tb\n3\tc\n4\td\n")
    (folder / "x.jsonl").write_text('{"id": 1}\n{"id": 2}\n{"id": 3}\n{"id": 4}\n')
    feather.write_feather(table, folder / "x.arrow")
    with pa.ipc.new_stream(folder / "stream.arrow", table.schema) as writer:
        writer.write_table(table)
    np.savez(folder / "x.npz", id=np.arange(1, 5), embedding=VECTORS)
    named = ("x.parquet", "x.csv", "x.tsv", "x.jsonl", "x.arrow", "stream.arrow", "x.npz")
    return {
        **{name: folder / name for name in named},
        "table": table,
        "batch": table.to_batches()[0],
        "reader": table.to_reader(),
        "frame": table.to_pandas(),
        "dict": {"id": [1, 2, 3, 4], "v": VECTORS},
    }


@pytest.mark.parametrize(
    "name",
    ["x.parquet", "x.csv", "x.tsv", "x.jsonl", "x.arrow", "stream.arrow", "x.npz", "table", "batch", "reader",
     "frame", "dict"],
)  # fmt: skip
def test_sources(db: vecsql.Connection, tmp_path: Path, name: str) -> None:
    source = sources(tmp_path)[name]
    assert db.load("loaded", source) == 4
    assert db.execute("SELECT sum(id), count(*) FROM loaded").fetchone() == (10, 4)


def test_npy_is_a_table_of_vectors(db: vecsql.Connection, tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VECTORS)
    db.load("v", str(tmp_path / "v.npy"))
    assert np.array_equal(db.execute("SELECT embedding FROM v").fetchnumpy()["embedding"], VECTORS)


def test_vectors_in_lists_and_frames(db: vecsql.Connection) -> None:
    db.load("lists", pa.table({"v": pa.array(VECTORS.tolist())}))
    db.load("frames", pd.DataFrame({"v": list(VECTORS)}))
    for table in ("lists", "frames"):
        arrow = db.execute(f"SELECT v FROM {table}").arrow()
        assert arrow.schema.field("v").type == pa.list_(pa.float32(), 3)


def test_append_uses_defaults_and_constraints(db: vecsql.Connection) -> None:
    db.execute(
        "CREATE TABLE t (id bigserial PRIMARY KEY, name text NOT NULL, at timestamptz DEFAULT now())"
    )
    assert db.load("t", {"name": ["a", "b"]}, mode="append") == 2
    assert db.execute("SELECT id, name FROM t WHERE at IS NOT NULL ORDER BY id").fetchall() == [
        (1, "a"),
        (2, "b"),
    ]
    with pytest.raises(vecsql.IntegrityError, match="violates not-null"):
        db.load("t", {"name": ["c", None]})
    with pytest.raises(vecsql.IntegrityError, match="duplicate key"):
        db.load("t", {"id": [7, 7], "name": ["x", "y"]})
    assert db.execute("SELECT count(*) FROM t").fetchone() == (2,)


def test_load_errors(items: vecsql.Connection, tmp_path: Path) -> None:
    with pytest.raises(vecsql.ProgrammingError, match='relation "nope" does not exist'):
        items.load("nope", {"a": [1]}, mode="append")
    with pytest.raises(vecsql.ProgrammingError, match='relation "items" already exists'):
        items.load("items", {"id": [1]}, mode="create")
    with pytest.raises(
        vecsql.ProgrammingError, match='column "b" of relation "items" does not exist'
    ):
        items.load("items", {"b": [1]})
    with pytest.raises(vecsql.DataError, match="expected 3 dimensions, not 2"):
        items.load("items", {"embedding": np.zeros((1, 2), np.float32)})
    with pytest.raises(OSError, match="No such file"):
        items.load("items", tmp_path / "missing.parquet")
    (tmp_path / "x.xyz").write_text("")
    with pytest.raises(vecsql.NotSupportedError, match="unknown file type"):
        items.load("items", tmp_path / "x.xyz")


def test_load_takes_part_in_an_open_transaction(items: vecsql.Connection) -> None:
    items.execute("BEGIN")
    items.load("items", {"id": [9]})
    items.execute("ROLLBACK")
    assert items.execute("SELECT count(*) FROM items").fetchone() == (4,)


# Sharing


def test_two_connections_share_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.vecsql"
    with vecsql.connect(path) as first:
        first.execute("CREATE TABLE t (a int)")
        with vecsql.connect(path) as second:
            second.execute("INSERT INTO t VALUES (1)")
        assert first.execute("SELECT * FROM t").fetchall() == [(1,)]
        with pytest.raises(vecsql.OperationalError):
            vecsql.connect(path, read_only=True)


def test_read_only(tmp_path: Path) -> None:
    path = tmp_path / "x.vecsql"
    with vecsql.connect(path) as db:
        db.execute("CREATE TABLE t (a int)")
    with vecsql.connect(path, read_only=True) as db:
        assert db.execute("SELECT count(*) FROM t").fetchone() == (0,)
        with pytest.raises(vecsql.InternalError, match="read-only transaction"):
            db.execute("INSERT INTO t VALUES (1)")


def test_threads_may_share_a_connection(db: vecsql.Connection) -> None:
    db.execute("CREATE TABLE t (a int)")

    def insert(start: int) -> None:
        for number in range(start, start + 20):
            db.execute("INSERT INTO t VALUES (%s)", [number])

    threads = [threading.Thread(target=insert, args=(100 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert db.execute("SELECT count(DISTINCT a) FROM t").fetchone() == (80,)


def test_halfvec_sparsevec_and_bit() -> None:
    """numpy's float16 and pgvector's classes go in; SparseVector comes out."""
    from pgvector import Bit, HalfVector, SparseVector

    from vecsql import types

    with vecsql.connect(":memory:") as db:
        db.execute("CREATE EXTENSION vector")
        db.execute("CREATE TABLE k (id int, h halfvec(3), s sparsevec(5), b bit(4))")
        insert = "INSERT INTO k VALUES (%s, %s, %s, %s)"
        db.execute(insert, [1, np.array([1, 2, 3], "f2"), SparseVector({1: 2.5}, 5), Bit("1010")])
        db.execute(insert, [2, HalfVector([1, 2, 4]), types.SparseVector.of({0: 1}, 5), "1111"])
        db.execute(insert, [3, [1, 2, 5], [0, 0, 0, 0, 1], np.array([True, False, False, False])])
        rows = db.execute(
            "SELECT h, s, b FROM k ORDER BY h <-> %s LIMIT 2", [np.array([1, 2, 3], "f2")]
        ).fetchall()
        assert rows[0][0].dtype == np.float16
        assert rows[0][0].tolist() == [1, 2, 3]
        assert rows[0][1] == types.SparseVector.of({1: 2.5}, 5)
        assert rows[1][2] == "1111"
        assert rows[1][1].to_list() == [1, 0, 0, 0, 0]
        near = db.execute("SELECT id FROM k ORDER BY s <#> %s LIMIT 1", [SparseVector({4: 1}, 5)])
        assert near.fetchall() == [(3,)]
        same = db.execute("SELECT id FROM k ORDER BY b <~> %s LIMIT 1", [Bit("1011")]).fetchall()
        assert same[0][0] in (1, 2)
        table = db.execute("SELECT h, b FROM k").arrow()
        assert "halffloat" in str(table.schema.field("h").type)
