"""`python -m benchmarks.load`: the same 70k rows into both, taking turns; prints a Markdown table of medians.

`vecsql load` is timed as a whole process on a Parquet file, start-up included; COPY BINARY as one psycopg statement
fed from bytes made beforehand, so that the client's encoding is not part of it.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import data, peers


def copy_bytes(base: data.Floats) -> bytes:
    """The binary COPY stream of (id bigint, embedding vector) rows."""
    dims = base.shape[1]
    layout = np.dtype([
        ("fields", ">i2"), ("id_len", ">i4"), ("id", ">i8"),
        ("len", ">i4"), ("dims", ">i2"), ("unused", ">i2"), ("v", ">f4", (dims,)),
    ])  # fmt: skip
    rows = np.zeros(len(base), layout)
    rows["fields"], rows["id_len"], rows["id"] = 2, 8, np.arange(len(base))
    rows["len"], rows["dims"], rows["v"] = 4 + 4 * dims, dims, base
    stream = io.BytesIO()
    stream.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
    stream.write(rows.tobytes())
    stream.write(b"\xff\xff")
    return stream.getvalue()


def time_copy(conninfo: str, stream: bytes, dims: int) -> float:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        connection.execute("DROP TABLE IF EXISTS items")
        connection.execute(f"CREATE TABLE items (id bigint PRIMARY KEY, embedding vector({dims}))")
        started = time.perf_counter()
        with (
            connection.cursor() as cursor,
            cursor.copy("COPY items FROM STDIN (FORMAT BINARY)") as copy,
        ):
            for start in range(0, len(stream), 1 << 20):
                copy.write(stream[start : start + (1 << 20)])
        return time.perf_counter() - started


def time_load(folder: Path, parquet: Path, number: int) -> float:
    target = folder / f"load{number}.vecsql"
    command = [sys.executable, "-m", "vecsql", "load", str(target), "items", str(parquet)]
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    elapsed = time.perf_counter() - started
    target.unlink()
    return elapsed


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    dataset = data.default(1)
    rows, dims = dataset.base.shape
    stream = copy_bytes(dataset.base)
    times: dict[str, list[float]] = {
        "vecsql load (Parquet)": [],
        "vecsql COPY": [],
        "PostgreSQL COPY": [],
    }
    with tempfile.TemporaryDirectory() as name, peers.vecsql() as ours, peers.postgres() as theirs:
        folder = Path(name)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(dataset.base.ravel()), dims)
        parquet = folder / "items.parquet"
        pq.write_table(pa.table({"id": np.arange(rows), "embedding": vectors}), parquet)
        for number in range(options.rounds):
            times["vecsql load (Parquet)"].append(time_load(folder, parquet, number))
            times["vecsql COPY"].append(time_copy(ours, stream, dims))
            times["PostgreSQL COPY"].append(time_copy(theirs, stream, dims))
    print(f"{dataset.name}, {rows:,} x {dims}, medians of {options.rounds} rounds, taking turns\n")
    print("| what | seconds | rows/s |\n|---|---:|---:|")
    for what, seconds in times.items():
        print(f"| {what} | {median(seconds):.2f} | {rows / median(seconds):,.0f} |")


if __name__ == "__main__":
    main()
