"""`python -m benchmarks.writes`: rows into a table of 100,000 GloVe vectors with a vector index, vecsql and pgvector taking turns.

COPY BINARY of many rows, and single-row INSERTs that commit durably one by one, through psycopg. After each round the first and the last new row
must be the nearest to their own vectors. Commits come first, so that neither server still works on the rows of a COPY meanwhile. Writes benchmarks/results/writes.md.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections import defaultdict
from collections.abc import Callable
from statistics import median

import numpy as np

from benchmarks import data, peers, report
from benchmarks.index_build.__main__ import HNSW, OURS
from benchmarks.load.copy_parquet import copy_bytes, copy_into

Connection = peers.psycopg.Connection[tuple[object, ...]]
Writer = Callable[[Connection, int, data.Floats], None]


def copy(connection: Connection, first: int, rows: data.Floats) -> None:
    stream = copy_bytes(rows, first)
    with connection.cursor().copy("COPY items FROM STDIN (FORMAT BINARY)") as copying:
        copying.write(stream)


def commits(connection: Connection, first: int, rows: data.Floats) -> None:
    cursor = connection.cursor()
    for number, vector in enumerate(rows, first):
        cursor.execute("INSERT INTO items VALUES (%b, %b)", (number, vector), prepare=True)


def check(connection: Connection, first: int, rows: data.Floats) -> None:
    for place in (0, len(rows) - 1):
        nearest = connection.execute(
            "SELECT id FROM items ORDER BY embedding <=> %b LIMIT 10", (rows[place],)
        ).fetchall()
        if (first + place,) not in nearest:
            raise RuntimeError(f"row {first + place} was written but is not found")


def run(rows: int, rounds: int, counts: dict[str, int]) -> dict[tuple[str, str], list[float]]:
    """Rows per second by (what, server)."""
    every = data.glove(1).base
    base, fresh = every[:rows], every[rows:]
    writers: dict[str, Writer] = {"single-row commits": commits, "COPY BINARY": copy}
    rates: dict[tuple[str, str], list[float]] = defaultdict(list)
    with contextlib.ExitStack() as stack:
        servers = {
            "vecsql": (peers.connect(stack.enter_context(peers.vecsql())), OURS),
            "pgvector": (peers.connect(stack.enter_context(peers.postgres())), HNSW),
        }
        for connection, index in servers.values():
            copy_into(connection, copy_bytes(base), base.shape[1])
            connection.execute(index)
        done = 0
        for what, write in writers.items():
            for _ in range(rounds):
                new = np.ascontiguousarray(fresh[done : done + counts[what]])
                for name, (connection, _) in servers.items():
                    started = time.perf_counter()
                    write(connection, rows + done, new)
                    rates[what, name].append(len(new) / (time.perf_counter() - started))
                    check(connection, rows + done, new)
                done += len(new)
        for connection, _ in servers.values():
            connection.close()
    return rates


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.writes", description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--copied", type=int, default=4000)
    parser.add_argument("--commits", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    counts = {"single-row commits": options.commits, "COPY BINARY": options.copied}
    rates = run(options.rows, options.rounds, counts)
    lines = []
    for what, count in counts.items():
        ours, theirs = (median(rates[what, name]) for name in ("vecsql", "pgvector"))
        lines.append(
            [f"{what}, {count:,} rows", f"{ours:,.0f}", f"{theirs:,.0f}", f"{ours / theirs:.1f}x"]
        )
    report.write("writes", "\n".join([
        f"# Writes with a vector index present: GloVe, {options.rows:,} x 50",
        "",
        f"`python -m benchmarks.writes` on {report.machine()}; rows per second, durable, searchable at once, medians of "
        f"{options.rounds} rounds.",
        "",
        report.table(["what", "vecsql", "pgvector (hnsw)", "ratio"], lines),
    ]))  # fmt: skip


if __name__ == "__main__":
    main()
