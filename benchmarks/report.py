"""Markdown tables and recall-QPS plots, written to benchmarks/results."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks.measure import Series, frontier

RESULTS = Path(__file__).parent / "results"
MARKERS = "os^vDP*Xh<>"


def machine() -> str:
    """The processor and the number of cores, for the head of a report."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].split(":", 1)[1].strip() if lines else model
    return f"{model}, {os.cpu_count()} cores"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table; the first column is aligned left, the others right."""
    lines = ["| " + " | ".join(head) + " |", "|---" + "|---:" * (len(head) - 1) + "|"]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def write(name: str, text: str) -> None:
    """Save as benchmarks/results/NAME.md and show."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (RESULTS / f"{name}.md").write_text(text)
    print(text)


def curves(name: str, title: str, results: Mapping[str, Sequence[Series]]) -> None:
    """Plot each contestant's frontier into benchmarks/results/NAME.png."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for (who, series), marker in zip(results.items(), MARKERS, strict=False):
        points = [p for p in frontier(series) if p.recall >= 0.75]
        axes.plot([p.recall for p in points], [p.qps for p in points], marker=marker, label=who)
    for target in (0.95, 0.99):
        axes.axvline(target, color="grey", linewidth=0.8, linestyle=":")
    axes.set(yscale="log", xlabel="recall@10", ylabel="queries per second (log)", title=title)
    axes.grid(alpha=0.3, which="both")
    axes.legend()
    figure.savefig(RESULTS / f"{name}.png", dpi=130)
    plt.close(figure)
