"""`python -m benchmarks.index_build`: vecsql, pgvector and hnswlib build over the same rows, two threads each, taking turns.

vecsql is timed by the index's own build (as hnswlib is called) and by CREATE INDEX through its server (as pgvector is), each `USING vecsql`, which makes an
inverted file beside the graph, and `USING hnsw`, a graph alone as the others make. PostgreSQL gets two parallel workers beside its leader, and enough maintenance_work_mem. Writes benchmarks/results/index_build_*.md.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from statistics import median

from benchmarks import data, peers, report
from benchmarks.in_process.hnsw import hnswlib_build
from benchmarks.load.copy_parquet import copy_bytes, copy_into
from vecsql import index, kernels
from vecsql.index.base import VectorIndex

THREADS = 2
Connection = peers.psycopg.Connection[tuple[object, ...]]


def seconds(action: object) -> float:
    started = time.perf_counter()
    action()  # type: ignore[operator]
    return time.perf_counter() - started


def create_index(connection: Connection, sql: str) -> float:
    connection.execute("DROP INDEX IF EXISTS built")
    return seconds(lambda: connection.execute(sql))


def sizes(connection: Connection) -> tuple[int, int]:
    """Bytes of pgvector's index and of its table."""
    row = connection.execute("SELECT pg_relation_size('built'), pg_table_size('items')").fetchone()
    assert row is not None
    return int(str(row[0])), int(str(row[1]))


def built_as(kind: str, base: data.Floats) -> VectorIndex:
    return index.build(kind, base, "cosine", {}, threads=THREADS)


HNSW = "CREATE INDEX built ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
OURS = "CREATE INDEX built ON items USING vecsql (embedding vector_cosine_ops)"


def measure(dataset: data.Dataset, rounds: int) -> str:
    base = dataset.base
    times: dict[str, list[float]] = defaultdict(list)
    stream = copy_bytes(base)
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "build.vecsql"
        ours = peers.connect(stack.enter_context(peers.vecsql(file)))
        theirs = peers.connect(
            stack.enter_context(peers.postgres(max_parallel_maintenance_workers="2"))
        )
        ours.execute(f"SET max_parallel_maintenance_workers = {THREADS}")
        theirs.execute("SET max_parallel_maintenance_workers = 2")
        for connection in (ours, theirs):
            copy_into(connection, stream, base.shape[1])
        theirs.execute("ALTER TABLE items SET (parallel_workers = 2)")
        stored = 0
        for _ in range(rounds):
            times["vecsql, CREATE INDEX"].append(create_index(ours, OURS))
            if not stored:
                ours.execute("CHECKPOINT")
                stored = sum(path.stat().st_size for path in folder.glob("build.vecsql*"))
            times["pgvector, CREATE INDEX"].append(create_index(theirs, HNSW))
            times["hnsw, CREATE INDEX"].append(create_index(ours, HNSW))
            for kind in ("vecsql", "hnsw"):
                times[f"{kind}, index.build"].append(seconds(partial(built_as, kind, base)))
            times["hnswlib"].append(seconds(lambda: hnswlib_build(base, THREADS)))
        built = built_as("vecsql", base).nbytes
        graph, heap = sizes(theirs)
        ours.close()
        theirs.close()
    return text(
        dataset, times, rounds, {"built": built, "graph": graph, "heap": heap, "file": stored}
    )


def text(
    dataset: data.Dataset, times: dict[str, list[float]], rounds: int, size: dict[str, int]
) -> str:
    rows, dims = dataset.base.shape
    took = {what: median(values) for what, values in times.items()}
    kind = {"pgvector, CREATE INDEX": "CREATE INDEX", "hnswlib": "index.build"}

    def faster(peer: str, who: str) -> str:
        return f"{took[peer] / took[f'{who}, {kind[peer]}']:.1f}x" if peer in kind else ""

    lines = [
        [
            what,
            f"{value:.2f}",
            f"{rows / value:,.0f}",
            *(faster(what, w) for w in ("vecsql", "hnsw")),
        ]
        for what, value in took.items()
    ]
    theirs = size["graph"] + size["heap"]
    bytes_table = [
        ["in memory: codes and graph / pgvector's index", f"{size['built'] / rows:,.0f}", f"{size['graph'] / rows:,.0f}", f"{size['graph'] / size['built']:.1f}x"],
        ["on disk: file / index and heap", f"{size['file'] / rows:,.0f}", f"{theirs / rows:,.0f}", f"{theirs / size['file']:.1f}x"],
        ["in memory: codes and graph / pgvector's index and heap", f"{size['built'] / rows:,.0f}", f"{theirs / rows:,.0f}", f"{theirs / size['built']:.1f}x"],
    ]  # fmt: skip
    return "\n".join([
        f"# Building an index: {dataset.name}, {rows:,} x {dims}",
        "",
        f"`python -m benchmarks.index_build` on {report.machine()}; two threads each, rounds taking turns: {rounds}; medians.",
        "pgvector: m = 16, ef_construction = 64, two parallel workers; hnswlib: M = 16, efConstruction = 100.",
        "",
        report.table(["what", "seconds", "rows/s", "USING vecsql is faster by", "USING hnsw"], lines),
        report.table(["bytes per row", "vecsql", "pgvector", "pgvector / vecsql"], bytes_table),
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.index_build", description=__doc__)
    parser.add_argument("--data", choices=["text", "glove"], default="text")
    parser.add_argument("--rows", type=int, default=0, help="only the first rows")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    dataset = data.named(options.data, 10)
    if options.rows:
        dataset = data.Dataset(
            dataset.name, dataset.base[: options.rows], dataset.queries, dataset.truth
        )
    kernels.build_kernels()
    report.write(f"index_build_{options.data}", measure(dataset, options.rounds))


if __name__ == "__main__":
    main()
