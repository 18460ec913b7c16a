"""Over the wire, one psycopg client, prepared and binary: vecsql and pgvector's plans; and lancedb, which has no wire, embedded."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pyarrow as pa
from psycopg.types.numeric import Int4

from benchmarks import peers
from benchmarks.built import once, place
from benchmarks.data import Floats
from benchmarks.filtered.embedded import OURS
from benchmarks.filtered.grid import Asked, Columns
from benchmarks.in_process.hnsw import unit
from benchmarks.in_process.ours import SOURCES
from benchmarks.measure import Call, K

Connection = psycopg.Connection[tuple[object, ...]]


def statement(connection: Connection, table: str) -> Call:
    cursor = connection.cursor(binary=True)

    def search(asked: Asked) -> list[Any]:
        condition = asked.condition
        sql = f"SELECT id FROM {table} WHERE {condition.sql('%b')} ORDER BY embedding <=> %b LIMIT {K}"
        cursor.execute(sql, (Int4(condition.value), asked.vector), prepare=True)
        return [row[0] for row in cursor.fetchall()]

    return search


class Vecsql:
    name = "vecsql"
    settings: Sequence[Any] = OURS

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def at(self, setting: Any) -> Call:
        self._connection.execute(f"SET {setting[0]} = {setting[1]}")
        return statement(self._connection, "items")


EF = (20, 40, 60, 80, 120, 200, 400, 800)
PROBES = (2, 5, 10, 20, 40, 80, 160)

# What each plan of pgvector's switches off, so that it is the one that runs.
PLANS = {
    "exact": {"enable_indexscan": "off", "enable_bitmapscan": "off"},
    "btree": {"enable_indexscan": "off", "enable_seqscan": "off"},
    "hnsw": {"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off"},
    "ivfflat": {"enable_seqscan": "off", "enable_bitmapscan": "off", "enable_sort": "off"},
}
SWITCHES = ("enable_indexscan", "enable_bitmapscan", "enable_seqscan", "enable_sort")


class Pgvector:
    """Every plan a user could get: exact, exact over a btree's rows, hnsw and ivfflat with iterative scans."""

    name = "pgvector"
    settings: Sequence[Any] = (
        ("exact",),
        ("btree",),
        *(("hnsw relaxed", ef, 20_000) for ef in EF),
        *(("hnsw strict", ef, 20_000) for ef in EF),
        *(("hnsw relaxed, deep", ef, 200_000) for ef in EF[1::2]),
        *(("ivfflat relaxed", probes) for probes in PROBES),
    )

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def at(self, setting: Any) -> Call:
        plan = setting[0].split()[0]
        values = dict.fromkeys(SWITCHES, "on") | PLANS[plan]
        values["plan_cache_mode"] = "force_generic_plan"
        if plan == "hnsw":
            order = "relaxed_order" if "relaxed" in setting[0] else "strict_order"
            values |= {"hnsw.iterative_scan": order, "hnsw.ef_search": str(setting[1])}
            values |= {"hnsw.max_scan_tuples": str(setting[2]), "hnsw.scan_mem_multiplier": "4"}
        if plan == "ivfflat":
            values |= {"ivfflat.iterative_scan": "relaxed_order", "ivfflat.probes": str(setting[1])}
        for name, value in values.items():
            self._connection.execute(f"SET {name} = {value}")
        self._connection.execute("DISCARD PLANS")
        return statement(self._connection, "items_ivf" if plan == "ivfflat" else "items")


class Lance:
    """lancedb, embedded: scalar indexes on the filter columns, filters applied first."""

    name = "lancedb"
    settings: Sequence[Any] = (
        ("flat", 0, 0),
        *(("hnsw_sq", ef, refine) for ef in (40, 80, 160) for refine in (1, 3)),
        *(("ivf_pq", probes, 10) for probes in (5, 10, 20, 40)),
        ("ivf_pq", 40, 30),
    )

    def __init__(self, base: Floats, columns: Columns) -> None:
        import lancedb

        path = once(place("lancedb", base), lambda p: self._build(p, base, columns))
        database = lancedb.connect(str(path))
        self._tables = {name: database.open_table(name) for name in ("hnsw_sq", "ivf_pq")}

    @staticmethod
    def _build(path: Path, base: Floats, columns: Columns) -> None:
        import lancedb
        from lancedb.index import Bitmap, BTree, HnswSq, IvfPq

        vectors = pa.FixedSizeListArray.from_arrays(pa.array(unit(base).ravel()), base.shape[1])
        rows = pa.table({"id": np.arange(len(base)), **columns, "vector": vectors})
        parts = round(len(base) ** 0.5 / 2)
        dims = base.shape[1]
        blocks = next(n for n in range(dims // 5, 0, -1) if dims % n == 0)
        pq = IvfPq(distance_type="cosine", num_partitions=parts, num_sub_vectors=blocks)
        hnsw = HnswSq(distance_type="cosine", num_partitions=1, m=16, ef_construction=150)
        for name, config in {"hnsw_sq": hnsw, "ivf_pq": pq}.items():
            table = lancedb.connect(str(path)).create_table(name, rows)
            table.create_index("vector", config=config)
            for column in columns:
                table.create_index(column, config=BTree() if column == "u" else Bitmap())

    def at(self, setting: Any) -> Call:
        how, effort, refine = setting
        table = self._tables["ivf_pq" if how == "ivf_pq" else "hnsw_sq"]

        def search(asked: Asked) -> list[Any]:
            condition = asked.condition
            query = table.search(asked.vector, vector_column_name="vector").distance_type("cosine")
            query = query.where(condition.sql(str(condition.value)), prefilter=True)
            query = query.limit(K).select(["id", "_distance"])
            if how == "flat":
                query = query.bypass_vector_index()
            elif how == "hnsw_sq":
                query = query.ef(effort).refine_factor(refine)
            else:
                query = query.nprobes(effort).refine_factor(refine)
            return query.to_arrow()["id"].to_pylist()

        return search


def _fill(connection: Connection, table: str, base: Floats, columns: Columns) -> None:
    integers = ", ".join(f"{name} int" for name in columns)
    connection.execute(
        f"CREATE TABLE {table} (id bigint PRIMARY KEY, {integers}, embedding vector({base.shape[1]}))"
    )
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY {table} FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", *["int4"] * len(columns), "vector"])
        values = zip(*[column.tolist() for column in columns.values()], strict=True)
        for number, (vector, numbers) in enumerate(zip(base, values, strict=True)):
            copy.write_row((number, *numbers, vector))
    for name in columns:
        connection.execute(f"CREATE INDEX ON {table} ({name})")


def _postgres(path: Path, base: Floats, columns: Columns) -> None:
    with (
        peers.postgres(path, max_parallel_maintenance_workers="2") as conninfo,
        peers.connect(conninfo) as connection,
    ):
        _fill(connection, "items", base, columns)
        connection.execute(
            "CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
        )
        connection.execute("CREATE TABLE items_ivf AS SELECT * FROM items")
        lists = max(1, len(base) // 1000) if len(base) < 1_000_000 else round(len(base) ** 0.5)
        connection.execute(
            f"CREATE INDEX ON items_ivf USING ivfflat (embedding vector_cosine_ops) WITH (lists = {lists})"
        )
        connection.execute("VACUUM ANALYZE")


def _vecsql(path: Path, base: Floats, columns: Columns) -> None:
    path.mkdir()
    with peers.vecsql(path / "items.vecsql") as conninfo, peers.connect(conninfo) as connection:
        _fill(connection, "items", base, columns)
        connection.execute("CREATE INDEX ON items USING vecsql (embedding vector_cosine_ops)")


@contextlib.contextmanager
def contestants(base: Floats, columns: Columns) -> Iterator[list[Any]]:
    """Both servers running, with the data in them."""
    theirs = once(place("postgres", base), lambda p: _postgres(p, base, columns))
    ours = once(place("vecsql-wire", base, *SOURCES), lambda p: _vecsql(p, base, columns))
    lance = Lance(base, columns)
    with contextlib.ExitStack() as stack:
        vecsql = stack.enter_context(peers.vecsql(ours / "items.vecsql"))
        postgres = stack.enter_context(peers.postgres(theirs))
        connections = [stack.enter_context(peers.connect(info)) for info in (vecsql, postgres)]
        yield [Vecsql(connections[0]), Pgvector(connections[1]), lance]
