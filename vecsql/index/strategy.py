"""What the ways of searching one segment cost, and which of them to take."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

LINE: Final = 64
CODING: Final = 2500.0  # nanoseconds to encode a query
# Under a filter rows that pass lie apart, and hard queries go on for long: walks and searches of lists cost so much more.
FILTERED: Final = 1.4
FAR_LISTS: Final = 2.5  # by how much more a search of the inverted file costs where rows that pass are far from the query


@dataclass(frozen=True, slots=True)
class Costs:
    """Nanoseconds on the machine that built the index: per place in the pool of a walk, per row whose code is read by
    position, per row compared in float32, by share of rows missed, of a search of the inverted file for ten rows, and of what a
    walk spends besides its places."""

    place: float
    row: float
    vector: float
    # (misses, ns), fewer misses first; empty: no inverted file
    lists: tuple[tuple[float, float], ...] = ()
    walk: float = CODING

    @staticmethod
    def usual(code_bytes: int, vector_bytes: int) -> Costs:
        """Where nothing was measured: a Zen 4 core, from rows that do not fit its L2 cache."""
        lines = -(-code_bytes // LINE)
        return Costs(
            place=17 * (23 + 5.3 * lines),
            row=4.5 + 2.6 * lines,
            vector=6 + 3.5 * -(-vector_bytes // LINE),
        )

    def stored(self) -> dict[str, Any]:
        return {**asdict(self), "lists": [list(pair) for pair in self.lists]}

    @staticmethod
    def loaded(values: Mapping[str, Any]) -> Costs:
        lists = tuple((float(misses), float(ns)) for misses, ns in values["lists"])
        return Costs(**{**values, "lists": lists})

    def of_lists(self, misses: float, k: int) -> float | None:
        """What a search of the inverted file costs; None if there is no such file."""
        if not self.lists:
            return None
        known = [(math.log(missed), ns) for missed, ns in self.lists]
        at = math.log(max(misses, 1e-4))
        ns = known[0][1] if at < known[0][0] else known[-1][1]
        for (fewer, dearer), (more, cheaper) in itertools.pairwise(known):
            if fewer <= at <= more:
                ns = dearer + (at - fewer) / (more - fewer) * (cheaper - dearer)
        return ns * (1 + max(k - 10, 0) / 150)


@dataclass(frozen=True, slots=True)
class Choice:
    """A way to search: 'graph', 'ivf', 'codes' or 'exact'; and what all that are possible would cost, in nanoseconds."""

    name: str
    times: dict[str, float]
    forced: bool

    @property
    def ways(self) -> list[str]:
        """All of them, cheapest first."""
        return sorted(self.times, key=self.times.__getitem__)

    @property
    def milliseconds(self) -> float:
        """How long it is expected to take."""
        return self.times[self.name] / 1e6

    @property
    def reason(self) -> str:
        """Why it was chosen."""
        if self.forced:
            return "forced"
        others = [
            f"{name} {ns / 1e6:.3f} ms" for name, ns in self.times.items() if name != self.name
        ]
        return "; ".join([f"{self.milliseconds:.3f} ms expected", ", ".join(others)])


def reranked_for(k: int) -> int:
    """How many rows a scan of codes compares in float32 for the `k` nearest."""
    return 2 * k + 32


def choose(
    costs: Costs,
    passing: int,
    k: int,
    beam: float | None,
    lists: float | None,
    forced: str | None,
    lost: float = 0.0,
) -> Choice:
    """The cheapest way to the `k` nearest of `passing` rows; `beam` is how wide a walk would usually be, None if it cannot be,
    and `lists` the nanoseconds of a search of the inverted file.

    `forced` names the one to take where it is possible; `lost` is how likely the rows that pass are so far that a walk finds none.
    """
    reranked = min(reranked_for(k), passing) * costs.vector
    times = {"exact": passing * costs.vector, "codes": CODING + passing * costs.row + reranked}
    if lists is not None:
        times["ivf"] = lists * (1 + lost * FAR_LISTS)
    if beam is not None:
        times["graph"] = costs.walk + beam * costs.place + lost * min(times.values())
    if forced in times:
        return Choice(forced, times, forced=True)
    return Choice(min(times, key=times.__getitem__), times, forced=False)
