"""`python -m benchmarks.streaming`: searches over the wire while another process inserts, deletes and replaces rows.

A runbook in the manner of big-ann-benchmarks' streaming track, on sentence embeddings: half of the rows are loaded and indexed (`USING vecsql`), then
every step inserts new rows (COPY BINARY), deletes the oldest and replaces the vectors of others (UPDATE), a transaction for each batch, at a steady rate of rows per second.
One client searches all the while. Right after a step its queries are asked once more and compared with exact answers over the rows that are live; nothing waits for flushes or merges.
The quiet p99 is that of the same searches when all is written and merged. Writes benchmarks/results/streaming.md.
"""

from __future__ import annotations

import argparse
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks import data, peers, report
from benchmarks.load.copy_parquet import copy_bytes, copy_into
from benchmarks.measure import K, recall_of

Connection = peers.psycopg.Connection[tuple[object, ...]]
Ids = npt.NDArray[np.int64]

TARGET = 0.95
BATCH = 100
SEARCH = f"SELECT id FROM items ORDER BY embedding <=> %b LIMIT {K}"
QUIET_SECONDS = 5.0  # so long no segment may come or go before all counts as merged


@dataclass(frozen=True)
class Step:
    """What one step writes: rows first ... first + len(inserted) - 1 come, `deleted` go, `replaced` get new vectors."""

    first: int
    inserted: data.Floats
    deleted: Ids
    replaced: Ids
    vectors: data.Floats

    @property
    def rows(self) -> int:
        return len(self.inserted) + len(self.deleted) + len(self.replaced)


class Live:
    """The rows as they should be: (n, d) vectors by id, and which ids are there."""

    def __init__(self, vectors: data.Floats, loaded: int) -> None:
        self.vectors = vectors.copy()
        self.there = np.arange(len(vectors)) < loaded

    def apply(self, step: Step) -> None:
        self.there[step.first : step.first + len(step.inserted)] = True
        self.there[step.deleted] = False
        self.vectors[step.replaced] = step.vectors

    def nearest(self, queries: data.Floats) -> npt.NDArray[np.int32]:
        ids = np.flatnonzero(self.there)
        found: npt.NDArray[np.int32] = ids[data.exact_cosine(self.vectors[ids], queries, K)]
        return found


def steps(live: Live, loaded: int, count: int) -> Iterator[Step]:
    """`count` steps that insert what is not loaded, delete half as many rows, oldest first, and replace a fifth as many."""
    rng = np.random.default_rng(3)
    each = (len(live.vectors) - loaded) // count
    for number in range(count):
        first = loaded + number * each
        deleted = np.arange(number * (each // 2), (number + 1) * (each // 2))
        kept = np.flatnonzero(live.there)
        replaced = rng.choice(kept[kept > deleted[-1]], each // 5, replace=False)
        sources = rng.choice(len(live.vectors), len(replaced), replace=False)
        noise = rng.standard_normal((len(replaced), live.vectors.shape[1])).astype(np.float32)
        step = Step(
            first,
            live.vectors[first : first + each],
            deleted,
            replaced,
            live.vectors[sources] + np.float32(0.01) * noise,
        )
        live.apply(step)
        yield step


def write(conninfo: str, step: Step, rate: float) -> None:
    """Write a step, batch by batch, not faster than `rate` rows per second."""
    with peers.connect(conninfo) as connection:
        cursor = connection.cursor()
        started, done = time.perf_counter(), 0

        def wait(rows: int) -> None:
            nonlocal done
            done += rows
            time.sleep(max(0.0, started + done / rate - time.perf_counter()))

        for at in range(0, len(step.inserted), BATCH):
            rows = np.ascontiguousarray(step.inserted[at : at + BATCH])
            with cursor.copy("COPY items FROM STDIN (FORMAT BINARY)") as copying:
                copying.write(copy_bytes(rows, step.first + at))
            wait(len(rows))
            share = slice(*(len(step.deleted) * i // len(step.inserted) for i in (at, at + BATCH)))
            cursor.execute("DELETE FROM items WHERE id = ANY(%b)", (step.deleted[share].tolist(),))
            wait(len(step.deleted[share]))
            share = slice(*(len(step.replaced) * i // len(step.inserted) for i in (at, at + BATCH)))
            with connection.transaction():
                for number, vector in zip(step.replaced[share], step.vectors[share], strict=True):
                    cursor.execute(
                        "UPDATE items SET embedding = %b WHERE id = %b",
                        (vector, int(number)),
                        prepare=True,
                    )
            wait(len(step.replaced[share]))


def search(connection: Connection, query: data.Floats) -> tuple[list[int], float]:
    """(ids, seconds) of one search, which must fill its LIMIT."""
    started = time.perf_counter()
    rows = connection.execute(SEARCH, (query,), prepare=True, binary=True).fetchall()
    seconds = time.perf_counter() - started
    if len(rows) != K:
        raise RuntimeError(f"{len(rows)} rows came back instead of {K}")
    return [int(str(row[0])) for row in rows], seconds


def while_written(
    connection: Connection, queries: data.Floats, conninfo: str, step: Step, rate: float
) -> list[float]:
    """Seconds of the searches that were made while a process wrote the step."""
    writer = multiprocessing.get_context("fork").Process(target=write, args=(conninfo, step, rate))
    writer.start()
    seconds = []
    while writer.is_alive():
        seconds += [search(connection, query)[1] for query in queries]
    writer.join()
    if writer.exitcode:
        raise RuntimeError("the writer failed")
    return seconds


def settle(connection: Connection) -> None:
    """Flush, and wait until merges have come to an end."""
    connection.execute("CHECKPOINT")
    parts, since = None, time.perf_counter()
    while time.perf_counter() - since < QUIET_SECONDS:
        time.sleep(0.2)
        now = segments(connection)
        if now != parts:
            parts, since = now, time.perf_counter()


def segments(connection: Connection) -> object:
    """What EXPLAIN says of the segments that a search reads."""
    plan = connection.execute(
        "EXPLAIN SELECT id FROM items ORDER BY embedding <=> (SELECT embedding FROM items LIMIT 1) LIMIT 1"
    ).fetchall()
    return [line for (line,) in plan if "Segments" in str(line)]


def percentiles(seconds: list[float]) -> tuple[float, float]:
    """(p50, p99) in milliseconds."""
    p50, p99 = np.percentile(np.array(seconds) * 1e3, [50, 99]).tolist()
    return p50, p99


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.streaming", description=__doc__)
    parser.add_argument("--rows", type=int, default=70_000)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rate", type=float, default=1000, help="rows written per second")
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--quick", action="store_true", help="20,000 rows, 2 steps")
    options = parser.parse_args()
    if options.quick:
        options.rows, options.steps = 20_000, 2
    dataset = data.named("text", options.queries)
    queries = dataset.queries
    loaded = options.rows // 2
    live = Live(dataset.base[: options.rows], loaded)
    lines, recalls, ratios = [], [], []
    with peers.vecsql() as conninfo, peers.connect(conninfo) as connection:
        copy_into(connection, copy_bytes(live.vectors[:loaded]), live.vectors.shape[1])
        connection.execute("CREATE INDEX ON items USING vecsql (embedding vector_cosine_ops)")
        measured = []
        for number, step in enumerate(steps(live, loaded, options.steps), 1):
            seconds = while_written(connection, queries, conninfo, step, options.rate)
            found = [search(connection, query)[0] for query in queries]
            recalls.append(recall_of(found, live.nearest(queries)))
            measured.append((number, step.rows, int(live.there.sum()), *percentiles(seconds)))
        settle(connection)
        for query in queries:
            search(connection, query)
        quiet = percentiles([search(connection, q)[1] for _ in range(10) for q in queries])
        found = [search(connection, query)[0] for query in queries]
        recalls.append(recall_of(found, live.nearest(queries)))
    for (number, written, rows, p50, p99), recall in zip(measured, recalls, strict=False):
        ratios.append(p99 / quiet[1])
        lines.append(
            [str(number), f"{written:,}", f"{rows:,}", f"{recall:.3f}", f"{p50:.2f}", f"{p99:.2f}", f"{ratios[-1]:.1f}x"]
        )  # fmt: skip
    lines.append(
        ["quiet", "", f"{rows:,}", f"{recalls[-1]:.3f}", f"{quiet[0]:.2f}", f"{quiet[1]:.2f}", "1.0x"]
    )  # fmt: skip
    report.write("streaming", "\n".join([
        f"# Streaming: {dataset.name}, {options.rows:,} x {dataset.base.shape[1]}, {options.rate:,.0f} rows written per second",
        "",
        f"`python -m benchmarks.streaming` on {report.machine()}; one client searches over the wire at vecsql.recall = {TARGET}, another",
        "inserts, deletes and replaces rows. Recall right after each step, against exact answers over the live rows.",
        "",
        report.table(
            ["step", "rows written", "rows live", "recall@10", "p50, ms", "p99, ms", "p99 / quiet p99"], lines
        ),
        f"Smallest recall {min(recalls):.3f} (target {TARGET}), largest p99 {max(ratios):.1f} times the quiet one.",
        "",
    ]))  # fmt: skip


if __name__ == "__main__":
    main()
