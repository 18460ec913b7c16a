"""The grid as a Markdown table and a plot."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks import report
from benchmarks.data import Dataset
from benchmarks.filtered.grid import KINDS, SHARES

Results = dict[str, list[dict[str, Any]]]  # by cell: outcomes as dictionaries

OURS = {"process": ("vecsql index", "vecsql SQL"), "wire": ("vecsql",)}  # the first is what counts


def text(where: str, dataset: Dataset, results: Results, command: str) -> str:
    rows, dims = dataset.base.shape
    cells = {name: results[name] for name in ordered() if name in results}
    names = list(dict.fromkeys(o["who"] for outcomes in cells.values() for o in outcomes))
    table = report.table(
        ["rows kept", *names, *(f"{ours} / best peer" for ours in OURS[where])],
        [[name, *_row(outcomes, names, OURS[where])] for name, outcomes in cells.items()],
    )
    plot(where, dataset, cells)
    lines = [
        f"# Filtered, {'over the wire' if where == 'wire' else 'in process'}: {dataset.name}, {rows:,} x {dims}, cosine",
        "",
        f"`{command}` on {report.machine()}. QPS (recall@10) of the fastest setting with recall >= .95;",
        "vecsql at its default vecsql.recall = 0.95 everywhere, the peers tuned for each cell. Below .95: marked with !.",
        "",
        table,
        *_lows(cells, names),
        *(_ratios(cells, ours) for ours in OURS[where]),
        "",
    ]
    return "\n".join(lines)


def ordered() -> list[str]:
    return [f"{share:g} %, {kind}" for kind in KINDS for share in SHARES]


def _row(outcomes: list[dict[str, Any]], names: list[str], ours: Sequence[str]) -> list[str]:
    by_name = {o["who"]: o for o in outcomes}
    shown = [_shown(by_name[name]) if name in by_name else "" for name in names]
    ratios = [ratio_of(outcomes, side) for side in ours]
    return [*shown, *(f"{ratio:.2f}x" if ratio else "" for ratio in ratios)]


def _shown(outcome: dict[str, Any]) -> str:
    mark = "" if outcome["held"] else "!"
    setting = (
        "" if outcome["who"].startswith("vecsql") else " " + " ".join(map(str, outcome["setting"]))
    )
    return f"{outcome['qps']:,.0f} ({outcome['recall']:.3f}{mark}){setting}"


def ratio_of(outcomes: list[dict[str, Any]], ours: str) -> float | None:
    """vecsql's QPS over that of the fastest peer which held the recall (or of the fastest, if none did)."""
    us = [o for o in outcomes if o["who"] == ours]
    peers = [o for o in outcomes if not o["who"].startswith("vecsql")]
    fair = [o for o in peers if o["held"]] or peers
    return us[0]["qps"] / max(o["qps"] for o in fair) if us and fair else None


def _lows(cells: Results, names: list[str]) -> list[str]:
    lows = []
    for name in names:
        recalls = [
            (o["recall"], cell)
            for cell, outcomes in cells.items()
            for o in outcomes
            if o["who"] == name
        ]
        lowest, cell = min(recalls)
        lows.append(f"- {name}: smallest recall {lowest:.3f} ({cell})")
    return lows


def _ratios(cells: Results, ours: str) -> str:
    ratios = {cell: r for cell, outcomes in cells.items() if (r := ratio_of(outcomes, ours))}
    if not ratios:
        return ""
    worst = min(ratios, key=lambda cell: ratios[cell])
    return f"- {ours} against the best peer: median {median(ratios.values()):.1f}x, smallest {ratios[worst]:.2f}x ({worst})"


def plot(where: str, dataset: Dataset, cells: Results) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(1, 3, figsize=(13, 4.2), layout="constrained", sharey=True)
    for kind, axes in zip(KINDS, panels, strict=True):
        lines: dict[str, list[tuple[float, float]]] = {}
        for share in SHARES:
            for outcome in cells.get(f"{share:g} %, {kind}", []):
                lines.setdefault(outcome["who"], []).append((share, outcome["qps"]))
        for (who, points), marker in zip(lines.items(), report.MARKERS, strict=False):
            axes.plot(*zip(*points, strict=True), marker=marker, label=who)
        axes.set(xscale="log", yscale="log", xlabel="% of the rows kept", title=kind)
        axes.grid(alpha=0.3, which="both")
    panels[0].set_ylabel("queries per second at recall >= .95")
    panels[0].legend()
    figure.suptitle(f"{dataset.name}, {len(dataset.base):,} rows")
    report.RESULTS.mkdir(parents=True, exist_ok=True)
    name = "glove" if "GloVe" in dataset.name else "text"
    figure.savefig(report.RESULTS / f"filtered_{where}_{name}.png", dpi=130)
    plt.close(figure)
