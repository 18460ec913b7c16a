"""`python -m benchmarks.vs_pgvector`: load, build and search on both servers; writes a table and a plot.

One psycopg client, prepared statements, binary parameters and results. The servers take turns at every setting
of hnsw.ef_search, several rounds; a figure is the median of its rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import numpy as np
import psycopg

from benchmarks import data, peers

QUERY = "SELECT id FROM items ORDER BY embedding <=> %b LIMIT 10"
RESULTS = Path(__file__).parents[1] / "results"


@dataclass
class Server:
    name: str
    connection: psycopg.Connection[tuple[object, ...]]
    load_seconds: float = 0.0
    build_seconds: float = 0.0
    qps: dict[int, list[float]] = field(default_factory=dict)
    recall: dict[int, float] = field(default_factory=dict)

    def points(self) -> list[tuple[int, float, float]]:
        """(ef_search, recall@10, median QPS), by growing ef_search."""
        return [(ef, self.recall[ef], median(rounds)) for ef, rounds in sorted(self.qps.items())]

    def qps_at(self, recall: float) -> tuple[int, float, float] | None:
        """The fastest measured setting whose recall is at least this."""
        enough = [point for point in self.points() if point[1] >= recall]
        return max(enough, key=lambda point: point[2], default=None)


def load(server: Server, base: data.Floats) -> None:
    connection = server.connection
    connection.execute(
        f"CREATE TABLE items (id bigint PRIMARY KEY, embedding vector({base.shape[1]}))"
    )
    started = time.perf_counter()
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY items FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(["int8", "vector"])
        for number, vector in enumerate(base):
            copy.write_row((number, vector))
    server.load_seconds = time.perf_counter() - started


def build(server: Server) -> None:
    started = time.perf_counter()
    server.connection.execute(
        "CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
    )
    server.build_seconds = time.perf_counter() - started
    with contextlib.suppress(psycopg.Error):
        server.connection.execute("VACUUM ANALYZE items")


def search(server: Server, dataset: data.Dataset, ef: int) -> None:
    """One round: every query once, after a short warm-up."""
    server.connection.execute(f"SET hnsw.ef_search = {ef}")
    cursor = server.connection.cursor(binary=True)
    for vector in dataset.queries[:20]:
        cursor.execute(QUERY, (vector,), prepare=True)
    started = time.perf_counter()
    found = [
        [row[0] for row in cursor.execute(QUERY, (vector,), prepare=True)]
        for vector in dataset.queries
    ]
    elapsed = time.perf_counter() - started
    server.qps.setdefault(ef, []).append(len(dataset.queries) / elapsed)
    hits = [
        len(set(ids) & set(truth[:10].tolist()))
        for ids, truth in zip(found, dataset.truth, strict=True)
    ]
    server.recall[ef] = float(np.mean(hits)) / 10


def report(dataset: data.Dataset, servers: list[Server]) -> str:
    rows, dims = dataset.base.shape
    lines = [
        f"# recall@10 against QPS: {dataset.name}, {rows:,} x {dims}",
        "",
        "One psycopg client, prepared, binary, TCP on 127.0.0.1; HNSW m=16, ef_construction=64, one build thread each;",
        "the servers take turns, medians of the rounds. Command: `make bench`.",
        "",
        "| server | COPY BINARY, s | build, s | ef_search | recall@10 | QPS |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for server in servers:
        for ef, recall, qps in server.points():
            lines.append(
                f"| {server.name} | {server.load_seconds:.1f} | {server.build_seconds:.1f} "
                f"| {ef} | {recall:.3f} | {qps:,.0f} |"
            )
    lines += ["", "| recall at least | pgvector QPS | vecsql QPS | ratio |", "|---|---:|---:|---:|"]
    ours, theirs = servers
    for recall in (0.90, 0.95, 0.98, 0.99):
        us, them = ours.qps_at(recall), theirs.qps_at(recall)
        if us and them:
            lines.append(
                f"| {recall:.2f} | {them[2]:,.0f} (ef {them[0]}, {them[1]:.3f}) "
                f"| {us[2]:,.0f} (ef {us[0]}, {us[1]:.3f}) | {us[2] / them[2]:.1f}x |"
            )
    lines += ["", f"Build: {theirs.build_seconds / ours.build_seconds:.1f}x faster than pgvector."]
    return "\n".join(lines) + "\n"


def plot(dataset: data.Dataset, servers: list[Server], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for server, marker in zip(servers, "os", strict=True):
        points = server.points()
        axes.plot([p[1] for p in points], [p[2] for p in points], marker=marker, label=server.name)
        for ef, recall, qps in points:
            axes.annotate(
                str(ef), (recall, qps), xytext=(4, 4), textcoords="offset points", fontsize=7
            )
    axes.axvline(0.95, color="grey", linewidth=0.8, linestyle=":")
    axes.set(
        yscale="log",
        xlabel="recall@10",
        ylabel="queries per second (log scale)",
        title=f"{dataset.name}, {len(dataset.base):,} x {dataset.base.shape[1]}\n"
        "one psycopg client; labels are hnsw.ef_search",
    )
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vs_pgvector", description=__doc__)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--rows", type=int, default=0, help="use only the first rows (truth is recomputed)"
    )
    parser.add_argument(
        "--ef",
        type=int,
        nargs="+",
        default=[10, 20, 40, 45, 50, 60, 70, 80, 100, 140, 200, 300, 400],
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    dataset = data.default(options.queries)
    if options.rows:
        base = dataset.base[: options.rows]
        truth = data.exact_cosine(base, dataset.queries, 10)
        dataset = data.Dataset(dataset.name, base, dataset.queries, truth)
    with peers.vecsql() as ours, peers.postgres() as theirs:
        servers = [Server("vecsql", peers.connect(ours)), Server("pgvector", peers.connect(theirs))]
        for server in servers:
            load(server, dataset.base)
            print(f"{server.name}: COPY BINARY {server.load_seconds:.2f} s", flush=True)
        for server in servers:
            build(server)
            print(f"{server.name}: CREATE INDEX {server.build_seconds:.1f} s", flush=True)
        for number in range(options.rounds):
            for ef in options.ef:
                for server in servers:
                    search(server, dataset, ef)
            print(f"round {number + 1} of {options.rounds} done", flush=True)
        for server in servers:
            server.connection.close()
    options.out.mkdir(parents=True, exist_ok=True)
    text = report(dataset, servers)
    (options.out / "vs_pgvector.md").write_text(text)
    plot(dataset, servers, options.out / "vs_pgvector.png")
    print(text)


if __name__ == "__main__":
    main()
