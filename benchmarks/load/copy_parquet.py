"""`python -m benchmarks.load.copy_parquet CONNINFO FILE`: a Parquet file into PostgreSQL by COPY BINARY, as fast as Python can.

What `vecsql load` is compared with: one process that reads the file, makes the COPY stream with numpy and sends it.
"""

from __future__ import annotations

import io
import sys

import numpy as np
import psycopg
import pyarrow.parquet as pq

from benchmarks.data import Floats


def copy_bytes(base: Floats, first: int = 0) -> bytes:
    """The binary COPY stream of (id bigint, embedding vector) rows; ids count from `first`."""
    dims = base.shape[1]
    layout = np.dtype([
        ("fields", ">i2"), ("id_len", ">i4"), ("id", ">i8"),
        ("len", ">i4"), ("dims", ">i2"), ("unused", ">i2"), ("v", ">f4", (dims,)),
    ])  # fmt: skip
    rows = np.zeros(len(base), layout)
    rows["fields"], rows["id_len"], rows["id"] = 2, 8, np.arange(first, first + len(base))
    rows["len"], rows["dims"], rows["v"] = 4 + 4 * dims, dims, base
    stream = io.BytesIO()
    stream.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
    stream.write(rows.tobytes())
    stream.write(b"\xff\xff")
    return stream.getvalue()


def copy_into(connection: psycopg.Connection[tuple[object, ...]], stream: bytes, dims: int) -> None:
    """Make the table anew and fill it."""
    connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
    connection.execute("DROP TABLE IF EXISTS items")
    connection.execute(f"CREATE TABLE items (id bigint PRIMARY KEY, embedding vector({dims}))")
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY items FROM STDIN (FORMAT BINARY)") as copy,
    ):
        for start in range(0, len(stream), 1 << 20):
            copy.write(stream[start : start + (1 << 20)])


def main() -> None:
    conninfo, path = sys.argv[1:]
    embedding = pq.read_table(path)["embedding"].combine_chunks()
    base = np.asarray(embedding.flatten()).reshape(len(embedding), -1)
    with psycopg.connect(conninfo, autocommit=True) as connection:
        copy_into(connection, copy_bytes(base), base.shape[1])


if __name__ == "__main__":
    main()
