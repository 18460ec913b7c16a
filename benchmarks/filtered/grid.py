"""The grid: columns to filter on, and for each cell the queries with their conditions and exact answers.

`u` is a random permutation of 0 … n-1, so that `u < s * n` keeps a share s of the rows, unrelated to the vectors. `c2` … `c1000` are balanced
clusterings of the vectors into that many parts, so that `c10 = 7` keeps a tenth: the query's own neighbourhood, or a far one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.built import once, place
from benchmarks.data import Dataset, Floats
from benchmarks.in_process.hnsw import unit
from benchmarks.measure import K

Columns = dict[str, npt.NDArray[np.int32]]

SHARES = {50.0: 2, 20.0: 5, 10.0: 10, 5.0: 20, 2.0: 50, 1.0: 100, 0.5: 200, 0.1: 1000}  # %: parts
KINDS = ("uncorrelated", "own cluster", "far cluster")


@dataclass(frozen=True)
class Condition:
    """`column < value` for `u`, else `column = value`."""

    column: str
    value: int

    @property
    def operator(self) -> str:
        return "<" if self.column == "u" else "="

    def sql(self, value: str) -> str:
        return f"{self.column} {self.operator} {value}"

    def mask(self, columns: Columns) -> npt.NDArray[np.bool_]:
        stored = columns[self.column]
        return stored < self.value if self.column == "u" else stored == self.value


@dataclass(frozen=True)
class Asked:
    """One filtered query; `unit` is its vector as a list of Python floats, normalised, for peers that take lists."""

    vector: Floats
    unit: list[float]
    condition: Condition


@dataclass(frozen=True)
class Cell:
    """`truth` (q, K): row numbers by exact search over the passing rows, -1 where fewer pass."""

    share: float  # % of the rows kept
    kind: str
    queries: list[Asked]
    truth: npt.NDArray[np.int32]

    @property
    def name(self) -> str:
        return f"{self.share:g} %, {self.kind}"


def columns(base: Floats) -> Columns:
    """The columns of the grid for these rows; clusterings are kept in .bench/."""

    def make(path: object) -> None:
        rng = np.random.default_rng(5)
        made = {f"c{parts}": balanced(base, parts, rng) for parts in SHARES.values()}
        with open(str(path), "wb") as file:
            np.savez(file, u=rng.permutation(len(base)).astype(np.int32), **made)

    with np.load(once(place("columns", base), make)) as stored:
        return {name: stored[name] for name in stored.files}


def balanced(base: Floats, parts: int, rng: np.random.Generator) -> npt.NDArray[np.int32]:
    """Cluster numbers 0 … parts-1 of all rows, of equal sizes: split in two along the line between two centres, again and again."""
    rows = unit(base)
    labels = np.empty(len(rows), np.int32)
    pending = [(np.arange(len(rows)), 0, parts)]
    while pending:
        members, first, count = pending.pop()
        if count == 1:
            labels[members] = first
            continue
        left = count // 2
        axis = _axis(rows[members[rng.permutation(len(members))[:4000]]], rng)
        order = np.argsort(rows[members] @ axis, kind="stable")
        cut = len(members) * left // count
        pending.append((members[order[:cut]], first, left))
        pending.append((members[order[cut:]], first + left, count - left))
    return labels


def _axis(sample: Floats, rng: np.random.Generator) -> Floats:
    """From one centre of 2-means to the other."""
    centres = sample[rng.permutation(len(sample))[:2]]
    for _ in range(8):
        near = np.argmax(sample @ centres.T - 0.5 * (centres**2).sum(1), axis=1)
        if near.min() == near.max():
            break
        centres = np.stack([sample[near == side].mean(axis=0) for side in (0, 1)])
    axis: Floats = centres[1] - centres[0]
    return axis


def cells(
    dataset: Dataset, shares: Iterable[float], kinds: Iterable[str], queries: int
) -> Iterable[Cell]:
    stored = columns(dataset.base)
    rows, wanted = unit(dataset.base), unit(dataset.queries[:queries])
    for kind in kinds:
        for share in shares:
            conditions = _conditions(kind, share, rows, wanted, stored)
            asked = [
                Asked(query, vector.tolist(), condition)
                for query, vector, condition in zip(
                    dataset.queries, wanted, conditions, strict=False
                )
            ]
            yield Cell(share, kind, asked, _truth(rows, wanted, conditions, stored))


def _conditions(
    kind: str, share: float, rows: Floats, wanted: Floats, stored: Columns
) -> list[Condition]:
    if kind == "uncorrelated":
        return [Condition("u", round(len(rows) * share / 100))] * len(wanted)
    parts = SHARES[share]
    labels = stored[f"c{parts}"]
    centres = np.stack([rows[labels == part].mean(axis=0) for part in range(parts)])
    closeness = wanted @ centres.T
    chosen = closeness.argmax(1) if kind == "own cluster" else closeness.argmin(1)
    return [Condition(f"c{parts}", int(part)) for part in chosen]


def _truth(
    rows: Floats, wanted: Floats, conditions: list[Condition], stored: Columns
) -> npt.NDArray[np.int32]:
    truth = np.full((len(wanted), K), -1, np.int32)
    for condition in set(conditions):
        members = np.flatnonzero(condition.mask(stored))
        asking = [number for number, other in enumerate(conditions) if other == condition]
        scores = wanted[asking] @ rows[members].T
        best = members[np.argsort(-scores, axis=1, kind="stable")[:, :K]]
        truth[asking, : best.shape[1]] = best
    return truth
