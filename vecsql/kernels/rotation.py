"""A random rotation in O(D log D): random signs and Hadamard transforms over both ends of a vector, four times.

A transform needs a power of two, so each covers the first or the last `span` dimensions, which overlap
unless D is a power of two itself; signs and alternation make up for that (as in Gao and Long's RaBitQ library).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from vecsql.kernels.jit import helper

ROUNDS = 4


@helper
def hadamard(data: Any, other: Any) -> None:
    """Transform `data` (a power of two long, normalised) in place; `other` is scratch of that length."""
    n = data.shape[0]
    half = n >> 1
    scale = np.float32(1.0 / math.sqrt(n))
    for i in range(n):
        data[i] *= scale
    source, target = data, other
    stages = np.int64(0)
    while (np.int64(1) << stages) < n:
        # reading halves and writing pairs is the same for all stages, and vectorises
        for i in range(half):
            a, b = source[i], source[half + i]
            target[2 * i] = a + b
            target[2 * i + 1] = a - b
        source, target = target, source
        stages += 1
    if stages & 1:
        data[:] = other


@helper
def rotate(data: Any, signs: Any, other: Any) -> None:
    """Rotate `data` (D,) in place; `signs` (ROUNDS * D) are +-1, `other` (D,) is scratch."""
    dimensions = data.shape[0]
    span = np.int64(1)
    while 2 * span <= dimensions:
        span *= 2
    for turn in range(ROUNDS):
        for i in range(dimensions):
            data[i] *= signs[turn * dimensions + i]
        start = (dimensions - span) * (turn & 1)
        hadamard(data[start : start + span], other[:span])
