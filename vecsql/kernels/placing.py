"""Writes the rows of a pool with their exact distances, in order."""

from __future__ import annotations

from typing import Any

from vecsql.kernels.jit import helper


@helper
def place(out: Any, values: Any, count: Any, row: Any, value: Any) -> None:
    """Insert a row and its float64 distance into the first `count` of both, which ascend; NaN goes last.

    float64 tells apart what the float32 of a key could not; rows come nearly in order.
    """
    at = count
    while at > 0 and values[at - 1] > value:
        values[at] = values[at - 1]
        out[at] = out[at - 1]
        at -= 1
    values[at] = value
    out[at] = row
