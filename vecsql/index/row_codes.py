"""SQ8 rows: the codes that graphs are built and walked on, and that scans read instead of the vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql.index import flat
from vecsql.index.base import Mask, Metric, Vectors
from vecsql.index.graph import HEAD_BYTES
from vecsql.index.workers import Run

LINE: Final = 64
SAMPLE: Final = 2048  # rows that decide centre and unit
CLIP_RMS: Final = 8.0  # l1: codes reach this many times the root mean square


@dataclass(frozen=True, slots=True)
class RowCodes:
    """Rows of codes with their heads (scale and bias), as (n, stride) bytes that start at a cache line and as float32."""

    rows: npt.NDArray[np.int8]
    heads: npt.NDArray[np.float32]
    center: npt.NDArray[np.float32]  # what is subtracted before coding
    unit: float  # what lengths are coded in
    indexed: int  # rows that have codes


def code_rows(kernels: Any, vectors: Vectors, metric: Metric, valid: Mask, run: Run) -> RowCodes:
    """The codes of all valid rows that the metric can order; `valid` is flat.ALL_ROWS or (n,)."""
    n, d = vectors.shape
    rows = aligned_zeros(n, -(-(d + HEAD_BYTES) // LINE) * LINE)
    heads = rows.view(np.float32)
    center, unit = _survey(vectors, metric, valid)
    code = flat.METRIC_CODES[metric]

    def work(start: int, stop: int) -> int:
        return int(kernels.quantise(vectors, valid, code, center, unit, start, stop, rows, heads))

    return RowCodes(rows, heads, center, unit, sum(run(work, 0, n, 1024)))


def aligned_zeros(rows: int, stride: int) -> npt.NDArray[np.int8]:
    """(rows, stride) zero bytes that start at a cache line."""
    room = np.zeros(rows * stride + LINE, np.int8)
    start = -room.ctypes.data % LINE
    return room[start : start + rows * stride].reshape(rows, stride)


def _survey(vectors: Vectors, metric: Metric, valid: Mask) -> tuple[npt.NDArray[np.float32], float]:
    """Centre and unit."""
    n, d = vectors.shape
    shown = np.flatnonzero(valid) if len(valid) else np.arange(n)
    if not len(shown):
        return np.zeros(d, np.float32), 1.0
    sample = vectors[shown[:: max(1, len(shown) // SAMPLE)]].astype(np.float64)
    if metric == "cosine":
        norms = np.linalg.norm(sample, axis=1, keepdims=True)
        sample = np.divide(sample, norms, out=np.zeros_like(sample), where=norms > 0)
    center = np.zeros(d) if metric == "ip" else sample.mean(axis=0)
    apart = sample - center
    rms = float(np.sqrt(np.mean(apart * apart)))
    unit = rms * d**0.5
    if metric == "l1":
        unit = min(float(np.abs(apart).max()), CLIP_RMS * rms) / 127.0
    return center.astype(np.float32), unit or 1.0
