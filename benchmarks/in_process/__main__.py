"""`python -m benchmarks.in_process`: vecsql, hnswlib, faiss HNSW and ScaNN, one thread, one Python call per query.

Built indexes are kept in .bench/; `--build` makes them and measures nothing. Writes benchmarks/results/in_process_*.md and .png.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from benchmarks import data, report
from benchmarks.in_process.hnsw import Faiss, Hnswlib, unit
from benchmarks.in_process.ours import Embedded, IndexCall
from benchmarks.in_process.scann_peer import Scann, trees
from benchmarks.measure import Contestant, Series, frontier, qps_at, taking_turns

TARGETS = (0.90, 0.95, 0.99)
OURS = "vecsql index"


def contestants(base: data.Floats, wanted: Sequence[str]) -> Iterator[Contestant]:
    every = {
        "index": lambda: [IndexCall(base)],
        "sql": lambda: [Embedded(base)],
        "hnswlib": lambda: [Hnswlib(base)],
        "faiss": lambda: [Faiss(base)],
        "scann": lambda: [Scann(base, leaves, soar) for leaves, soar in trees(len(base))],
    }
    for name, make in every.items():
        if name in wanted:
            yield from make()


def gathered(results: dict[str, list[Series]]) -> dict[str, list[Series]]:
    """All trees of ScaNN as one contestant, each point labelled with its tree."""
    groups: dict[str, list[Series]] = {}
    for name, series in results.items():
        who, _, tree = name.partition(", ")
        for one in series:
            one.setting = f"{tree} {one.setting}".strip()
        groups.setdefault(who, []).extend(series)
    return groups


def summary(results: dict[str, list[Series]]) -> str:
    """QPS of each at the targets, and how many times as fast vecsql's index call is."""
    rows = []
    for who, series in results.items():
        row = [who]
        for target in TARGETS:
            theirs, ours = qps_at(series, target), qps_at(results.get(OURS, []), target)
            ratio = f" ({ours / theirs:.2f}x)" if theirs and ours and who != OURS else ""
            row.append(f"{theirs:,.0f}{ratio}" if theirs else "not reached")
        rows.append(row)
    return report.table(
        ["QPS (vecsql index is … as fast)", *(f"at {t:.2f}" for t in TARGETS)], rows
    )


def text(dataset: data.Dataset, results: dict[str, list[Series]], command: str) -> str:
    rows, dims = dataset.base.shape
    points = [
        [who, str(p.setting), f"{p.recall:.3f}", f"{p.qps:,.0f}"]
        for who, series in results.items()
        for p in frontier(series)
    ]
    return "\n".join([
        f"# In process, one thread: {dataset.name}, {rows:,} x {dims}, cosine",
        "",
        f"`{command}` on {report.machine()}. One Python call per query, {len(dataset.queries)} queries, medians of",
        "rounds in which all take turns. QPS at a recall is interpolated between measured points.",
        "",
        summary(results),
        report.table(["what", "setting", "recall@10", "QPS"], points),
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.in_process", description=__doc__)
    names = ["index", "sql", "hnswlib", "faiss", "scann"]
    parser.add_argument("--data", choices=["text", "glove"], nargs="+", default=["text", "glove"])
    parser.add_argument("--only", choices=names, nargs="+", default=names)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", action="store_true", help="build the indexes, measure nothing")
    options = parser.parse_args()
    for name in options.data:
        dataset = data.named(name, options.queries)
        sides = list(contestants(dataset.base, options.only))
        if options.build:
            continue
        results = gathered(
            taking_turns(sides, unit(dataset.queries), dataset.truth, options.rounds)
        )
        report.write(
            f"in_process_{name}",
            text(dataset, results, f"python -m benchmarks.in_process --data {name}"),
        )
        report.curves(f"in_process_{name}", f"{dataset.name}, one thread, in process", results)


if __name__ == "__main__":
    main()
