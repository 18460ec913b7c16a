"""`python -m benchmarks.vs_pgvector`: load, build and search on both servers; writes a table and a plot.

psycopg clients, prepared statements, binary parameters and results. The servers take turns at every setting, several
rounds; a figure is the median of its rounds. vecsql is asked for a recall, as it is meant to be, and for the same
hnsw.ef_search as pgvector. With `--clients 8` as many client processes ask at once and share the cores with the servers.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psycopg

from benchmarks import data, peers
from benchmarks.vs_pgvector.clients import Clients, Setting, clients

RESULTS = Path(__file__).parents[1] / "results"
RECALLS = (0.9, 0.95, 0.98, 0.99)


@dataclass
class Server:
    name: str
    conninfo: str
    settings: list[Setting]
    load_seconds: float = 0.0
    build_seconds: float = 0.0
    qps: dict[Setting, list[float]] = field(default_factory=dict)
    recall: dict[Setting, float] = field(default_factory=dict)

    def points(self) -> list[tuple[Setting, float, float]]:
        """(setting, recall@10, median QPS), in the order of the settings."""
        return [(s, self.recall[s], median(self.qps[s])) for s in self.settings]

    def qps_at(self, recall: float) -> tuple[Setting, float, float] | None:
        """The fastest measured setting whose recall is at least this."""
        enough = [point for point in self.points() if point[1] >= recall]
        return max(enough, key=lambda point: point[2], default=None)


def load(
    server: Server, connection: psycopg.Connection[tuple[object, ...]], base: data.Floats
) -> None:
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


def build(server: Server, connection: psycopg.Connection[tuple[object, ...]]) -> None:
    started = time.perf_counter()
    connection.execute(
        "CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)"
    )
    server.build_seconds = time.perf_counter() - started
    with contextlib.suppress(psycopg.Error):
        connection.execute("VACUUM ANALYZE items")


def fill(server: Server, base: data.Floats) -> None:
    with peers.connect(server.conninfo) as connection:
        load(server, connection, base)
        print(f"{server.name}: COPY BINARY {server.load_seconds:.2f} s", flush=True)
        build(server, connection)
        print(f"{server.name}: CREATE INDEX {server.build_seconds:.1f} s", flush=True)


def measure(servers: list[Server], asking: Clients, rounds: int) -> None:
    """A B A B: the servers go through their settings in step."""
    for number in range(rounds):
        for step in range(max(len(server.settings) for server in servers)):
            for place, server in enumerate(servers):
                if step < len(server.settings):
                    setting = server.settings[step]
                    qps, server.recall[setting] = asking.round(place, setting)
                    server.qps.setdefault(setting, []).append(qps)
        print(f"round {number + 1} of {rounds} done", flush=True)


def report(dataset: data.Dataset, servers: list[Server], count: int) -> str:
    rows, dims = dataset.base.shape
    who = "One psycopg client" if count == 1 else f"{count} psycopg clients, a process each"
    lines = [
        f"# recall@10 against QPS: {dataset.name}, {rows:,} x {dims}",
        "",
        f"{who}, prepared, binary, TCP on 127.0.0.1; HNSW m=16, ef_construction=64, one build thread each;",
        f"the servers take turns, medians of the rounds. Command: `python -m benchmarks.vs_pgvector --clients {count}`.",
        "",
        "| server | COPY BINARY, s | build, s | setting | recall@10 | QPS |",
        "|---|---:|---:|---|---:|---:|",
    ]
    for server in servers:
        for setting, recall, qps in server.points():
            lines.append(
                f"| {server.name} | {server.load_seconds:.1f} | {server.build_seconds:.1f} "
                f"| {setting} | {recall:.3f} | {qps:,.0f} |"
            )
    lines += ["", "| recall at least | pgvector QPS | vecsql QPS | ratio |", "|---|---:|---:|---:|"]
    ours, theirs = servers
    for recall in (0.90, 0.95, 0.98, 0.99):
        us, them = ours.qps_at(recall), theirs.qps_at(recall)
        if us and them:
            lines.append(
                f"| {recall:.2f} | {them[2]:,.0f} ({them[0]}, {them[1]:.3f}) "
                f"| {us[2]:,.0f} ({us[0]}, {us[1]:.3f}) | {us[2] / them[2]:.1f}x |"
            )
    lines += ["", f"Build: {theirs.build_seconds / ours.build_seconds:.1f}x faster than pgvector."]
    return "\n".join(lines) + "\n"


def plot(dataset: data.Dataset, servers: list[Server], count: int, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    markers = {"hnsw.ef_search": "o", "vecsql.recall": "*"}
    for server in servers:
        for name in dict.fromkeys(setting.name for setting in server.settings):
            points = [point for point in server.points() if point[0].name == name]
            axes.plot(
                [p[1] for p in points],
                [p[2] for p in points],
                marker=markers[name],
                label=f"{server.name}, {name}",
            )
            for setting, recall, qps in points:
                axes.annotate(
                    f"{setting.value:g}",
                    (recall, qps),
                    xytext=(4, 4),
                    textcoords="offset points",
                    fontsize=7,
                )
    axes.axvline(0.95, color="grey", linewidth=0.8, linestyle=":")
    axes.set(
        yscale="log",
        xlabel="recall@10",
        ylabel="queries per second (log scale)",
        title=f"{dataset.name}, {len(dataset.base):,} x {dataset.base.shape[1]}\n"
        f"psycopg clients: {count}; labels are the setting's values",
    )
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(path, dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.vs_pgvector", description=__doc__)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--clients", type=int, default=1, help="processes that ask at once")
    parser.add_argument(
        "--rows", type=int, default=0, help="use only the first rows (truth is recomputed)"
    )
    parser.add_argument(
        "--ef", type=int, nargs="+", default=[10, 20, 40, 60, 80, 100, 140, 200, 300, 400]
    )
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()

    dataset = data.default(options.queries)
    if options.rows:
        base = dataset.base[: options.rows]
        truth = data.exact_cosine(base, dataset.queries, 10)
        dataset = data.Dataset(dataset.name, base, dataset.queries, truth)
    by_ef = [Setting("hnsw.ef_search", ef) for ef in options.ef]
    by_recall = [Setting("vecsql.recall", recall) for recall in RECALLS]
    with peers.vecsql() as ours, peers.postgres() as theirs:
        servers = [Server("vecsql", ours, by_recall + by_ef), Server("pgvector", theirs, by_ef)]
        for server in servers:
            fill(server, dataset.base)
        with clients(dataset, [ours, theirs], options.clients) as asking:
            measure(servers, asking, options.rounds)
    options.out.mkdir(parents=True, exist_ok=True)
    text = report(dataset, servers, options.clients)
    name = "vs_pgvector" if options.clients == 1 else f"vs_pgvector_{options.clients}"
    (options.out / f"{name}.md").write_text(text)
    plot(dataset, servers, options.clients, options.out / f"{name}.png")
    print(text)


if __name__ == "__main__":
    main()
