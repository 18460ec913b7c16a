"""Recall as a function of effort and of how hard a query is, measured on the rows of an index itself.

Each sampled row is a query from which the row itself is hidden. What share of its true nearest rows a walk finds is
modelled as a logistic function of the logarithm of the beam, of the query's hardness, which is how far its nearest rows seem to be
after the first steps, and of its length. That early signal, as in DARTH (Chatzakis et al., 2025), makes a walk go on where a query is
harder than most: queries out of the distribution of the rows lie farther from them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Doubles = npt.NDArray[np.float64]

MARGIN: Final = 0.9  # so many of the misses that a target allows are planned for: samples are small
STEEPEST_MISS: Final = 1e-4  # a target is not taken to mean fewer misses than this
ROUNDS: Final = 30  # of Newton's method; it converges in less than ten
SAME: Final = 1e-6  # relative: a signal that varies less than this tells nothing
RIDGE: Final = 1e-3
LEAST_GROWTH: Final = 0.2  # of the logit per e-fold of the beam, should a sample show none


@dataclass(frozen=True, slots=True)
class Curve:
    """logit(recall) = level + growth ln(beam) + slope hardness + tilt length, for the nearest `k` rows of a query;
    `hardness` and `length` are those of a usual query, and `spread` is the standard deviation of ln(beam) between queries."""

    k: int
    level: float
    growth: float
    slope: float
    tilt: float
    hardness: float = 0.0
    length: float = 0.0
    spread: float = 0.0

    def plan(self, recall: float) -> tuple[float, float, float]:
        """(base, slope, tilt): exp(base + slope hardness + tilt length) is the beam that finds that share of the rows."""
        misses = min(MARGIN * (1 - recall) + STEEPEST_MISS, 0.999)
        wanted = math.log(misses / (1 - misses))
        growth = self.growth
        return (-wanted - self.level) / growth, -self.slope / growth, -self.tilt / growth

    def usual_beam(self, recall: float) -> float:
        """The mean beam of queries like the sampled ones, whose beams are about log-normal."""
        base, slope, tilt = self.plan(recall)
        middle = base + slope * self.hardness + tilt * self.length
        return math.exp(min(middle + self.spread**2 / 2, 20.0))

    def predict(self, beam: float, hardness: float, length: float) -> float:
        """The share of the nearest rows that such a walk finds of such a query."""
        logit = (
            self.level + self.growth * math.log(beam) + self.slope * hardness + self.tilt * length
        )
        return 1 / (1 + math.exp(-min(max(logit, -30.0), 30.0)))

    def stored(self) -> list[float]:
        return [
            self.k, self.level, self.growth, self.slope, self.tilt, self.hardness, self.length, self.spread,
        ]  # fmt: skip

    @staticmethod
    def loaded(values: Sequence[Any]) -> Curve:
        k, *weights = values
        return Curve(int(k), *map(float, weights))


def fit(k: int, beams: Doubles, hardness: Doubles, lengths: Doubles, shares: Doubles) -> Curve:
    """The curve through measurements (all of one length): share of the `k` nearest rows found with a beam.

    Logistic regression by Newton's method with a small ridge; a query whose rows are farther is never predicted to be easier.
    """
    signals = np.stack([hardness, lengths], axis=1)
    middle, spread = signals.mean(axis=0), signals.std(axis=0)
    spread = np.where(spread > SAME * np.abs(middle), spread, np.inf)
    features = np.column_stack([np.ones(len(beams)), np.log(beams), (signals - middle) / spread])
    weights = _regress(features, shares)
    if weights[2] > 0:
        weights = np.append(_regress(features[:, :2], shares), (0.0, 0.0))
    slope, tilt = (weights[2:] / spread).tolist()
    level, growth = float(weights[0]), max(float(weights[1]), LEAST_GROWTH)
    usual, length = middle.tolist()
    varied = float((signals @ (weights[2:] / spread)).std()) / growth
    return Curve(
        k, level - slope * usual - tilt * length, growth, slope, tilt, usual, length, varied
    )


def _regress(features: Doubles, shares: Doubles) -> Doubles:
    """Weights of a logistic regression onto shares between 0 and 1."""
    weights = np.zeros(features.shape[1])
    ridge = RIDGE * np.eye(features.shape[1])
    for _ in range(ROUNDS):
        expected = 1 / (1 + np.exp(-np.clip(features @ weights, -30, 30)))
        gradient = features.T @ (shares - expected) - ridge @ weights
        curvature = (features * (expected * (1 - expected))[:, None]).T @ features + ridge
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step
        if float(np.abs(step).max()) < 1e-8:
            break
    return weights
