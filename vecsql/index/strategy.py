"""What the ways of searching one segment cost, and which of them to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

LINE: Final = 64


@dataclass(frozen=True, slots=True)
class Costs:
    """Nanoseconds on the machine that built the index: per place in the pool of a walk, per row whose code is read by
    position, and per row compared in float32."""

    place: float
    row: float
    vector: float

    @staticmethod
    def usual(code_bytes: int, vector_bytes: int) -> Costs:
        """Where nothing was measured: a Zen 4 core, from rows that do not fit its L2 cache."""
        lines = -(-code_bytes // LINE)
        return Costs(
            place=17 * (23 + 5.3 * lines),
            row=4.5 + 2.6 * lines,
            vector=6 + 3.5 * -(-vector_bytes // LINE),
        )

    def stored(self) -> list[float]:
        return [self.place, self.row, self.vector]

    @staticmethod
    def loaded(values: Sequence[Any]) -> Costs:
        return Costs(*map(float, values))


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to search, its expected time, and why it was chosen."""

    name: str  # 'graph', 'codes', 'exact'
    milliseconds: float
    reason: str


def choose(costs: Costs, passing: int, k: int, beam: float | None, forced: str | None) -> Choice:
    """The cheapest way to the `k` nearest of `passing` rows; `beam` is how wide a walk would usually be, None if it cannot be.

    `forced` names the one to take where it is possible.
    """
    reranked = min(2 * k + 32, passing) * costs.vector
    times = {
        "exact": passing * costs.vector,
        "codes": passing * costs.row + reranked,
    }
    if beam is not None:
        times["graph"] = beam * costs.place + reranked
    if forced in times:
        return Choice(forced, times[forced] / 1e6, "forced")
    best = min(times, key=lambda name: times[name])
    others = ", ".join(f"{name} {ns / 1e6:.3f} ms" for name, ns in times.items() if name != best)
    return Choice(best, times[best] / 1e6, f"{times[best] / 1e6:.3f} ms expected; {others}")
