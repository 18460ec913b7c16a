"""`python -m benchmarks.load`: the same 70k rows into both, taking turns; prints a Markdown table of medians.

Two comparisons: from a Parquet file, each as a whole process with its start-up; and COPY BINARY alone, as one psycopg
statement fed from bytes made beforehand, so that the client's encoding is not part of it.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import data, peers
from benchmarks.load.copy_parquet import copy_bytes, copy_into


def time_copy(conninfo: str, stream: bytes, dims: int) -> float:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        started = time.perf_counter()
        copy_into(connection, stream, dims)
        return time.perf_counter() - started


def time_process(*arguments: str) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-m", *arguments], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def time_load(folder: Path, parquet: Path) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as name:
        return time_process("vecsql", "load", f"{name}/load.vecsql", "items", str(parquet))


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    dataset = data.default(1)
    rows, dims = dataset.base.shape
    stream = copy_bytes(dataset.base)
    times: dict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as name, peers.vecsql() as ours, peers.postgres() as theirs:
        folder = Path(name)
        vectors = pa.FixedSizeListArray.from_arrays(pa.array(dataset.base.ravel()), dims)
        parquet = folder / "items.parquet"
        pq.write_table(pa.table({"id": np.arange(rows), "embedding": vectors}), parquet)
        for _ in range(options.rounds):
            times["`vecsql load` of a Parquet file, whole process"].append(
                time_load(folder, parquet)
            )
            times["the same file into PostgreSQL by COPY BINARY, whole process"].append(
                time_process("benchmarks.load.copy_parquet", theirs, str(parquet))
            )
            times["COPY BINARY into vecsql"].append(time_copy(ours, stream, dims))
            times["COPY BINARY into PostgreSQL"].append(time_copy(theirs, stream, dims))
    print(f"{dataset.name}, {rows:,} x {dims}, medians of {options.rounds} rounds, taking turns\n")
    print("| what | seconds | rows/s |\n|---|---:|---:|")
    for what, seconds in times.items():
        print(f"| {what} | {median(seconds):.2f} | {rows / median(seconds):,.0f} |")


if __name__ == "__main__":
    main()
