"""`python -m benchmarks.growth`: vecsql's index in process, one thread, on 10k to 1M generated rows of 128 dimensions.

Built indexes are kept in .bench/ (`--build` only makes them; a million rows take minutes). Writes benchmarks/results/growth.md and .png.
"""

from __future__ import annotations

import argparse

import numpy as np

from benchmarks import data, report
from benchmarks.built import once, place
from benchmarks.in_process.ours import EFFORTS, IndexCall
from benchmarks.measure import Series, qps_at, recall_of, taking_turns

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
TARGET = 0.95
CONTRACT = ("vecsql.recall", TARGET)


class Sized(IndexCall):
    """The index over one size, with its own queries' truth."""

    settings = tuple(e for e in EFFORTS if e[0] == "hnsw.ef_search" or e == CONTRACT)

    def __init__(self, dataset: data.Dataset) -> None:
        super().__init__(dataset.base)
        self.name = f"{len(dataset.base):,}"
        self.truth = dataset.truth


def sets(sizes: list[int], queries: int) -> list[data.Dataset]:
    """Each size is the head of the largest; truth is by cosine, kept in .bench/."""
    whole = data.growth(max(sizes), queries, truth=False)

    def truth(rows: int) -> np.ndarray:
        base = whole.base[:rows]
        path = place(f"growth-truth-{queries}", base)

        def make(draft: object) -> None:
            with open(str(draft), "wb") as file:
                np.save(file, data.exact_cosine(base, whole.queries, 10))

        return np.load(once(path, make))

    return [
        data.Dataset(whole.name, whole.base[:rows], whole.queries, truth(rows)) for rows in sizes
    ]


def text(results: dict[str, list[Series]], queries: int) -> str:
    rows = []
    first = next(iter(results.values()))
    start = qps_at(first, TARGET)
    for size, series in results.items():
        interpolated = qps_at(series, TARGET)
        contract = next(s for s in series if s.setting == CONTRACT)
        fall = f"{start / interpolated:.2f}x" if start and interpolated else ""
        shown = f"{interpolated:,.0f}" if interpolated else "not reached"
        rows.append([size, shown, fall, f"{contract.qps:,.0f}", f"{contract.recall:.3f}"])
    head = [
        "rows",
        f"QPS at recall {TARGET}",
        "slower than the smallest",
        "QPS by the recall contract",
        "its recall",
    ]
    return "\n".join([
        "# Growth: generated, 128-d, cosine, in process, one thread",
        "",
        f"`python -m benchmarks.growth` on {report.machine()}; {queries} queries, the sizes take turns, medians.",
        "The first QPS is interpolated over hnsw.ef_search, the second what vecsql.recall = 0.95 chooses.",
        "",
        report.table(head, rows),
    ])  # fmt: skip


def plot(results: dict[str, list[Series]]) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    points = [(int(size.replace(",", "")), qps_at(s, TARGET)) for size, s in results.items()]
    axes.plot(*zip(*[p for p in points if p[1]], strict=True), marker="o")
    axes.set(xscale="log", yscale="log", xlabel="rows", ylabel=f"QPS at recall {TARGET}")
    axes.grid(alpha=0.3, which="both")
    figure.savefig(report.RESULTS / "growth.png", dpi=130)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--queries", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--build", action="store_true", help="build the indexes, measure nothing")
    options = parser.parse_args()
    datasets = sets(options.sizes, options.queries)
    sides = [Sized(dataset) for dataset in datasets]
    if options.build:
        return
    truths = {side.name: side.truth for side in sides}
    results = taking_turns(sides, datasets[0].queries, datasets[0].truth, options.rounds)
    for side in sides:
        for series in results[side.name]:
            call = side.at(series.setting)
            series.recall = recall_of(map(call, datasets[0].queries), truths[side.name])
    report.write("growth", text(results, options.queries))
    plot(results)


if __name__ == "__main__":
    main()
