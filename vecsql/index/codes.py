"""Codes alone, for rows that have no graph yet: a scan of them reads a quarter of what the vectors take, and costs next to nothing to prepare."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.index import flat
from vecsql.index.base import Mask, Metric, Vectors
from vecsql.index.composite import CompositeIndex
from vecsql.index.graph import FORMAT_VERSION, GraphIndex
from vecsql.index.row_codes import code_rows
from vecsql.index.rows import Rows, floats_of
from vecsql.index.workers import workers

KIND: Final = "codes"


def build_codes(
    vectors: Vectors | Rows, metric: Metric, valid: Mask | None = None
) -> CompositeIndex:
    """An index of codes alone over all valid rows (n, d): searches scan the codes and re-rank, or compare the vectors where that
    costs less. Waits for the kernels to be compiled."""
    compiled = kernels.build_kernels()
    floats = flat.as_rows(floats_of(vectors))
    shown = flat.ALL_ROWS if valid is None else np.ascontiguousarray(valid)
    with workers(1) as run:
        coded = code_rows(compiled, floats, metric, shown, run)
    sections: dict[str, npt.NDArray[Any]] = {
        "rows": coded.rows,
        "graph": np.empty((0, 1), np.int32),
        "center": coded.center,
        "order": np.empty(0, np.int32),
        "levels": np.zeros(1, np.int64),
        "upper": np.empty((0, 1), np.int32),
    }
    parameters = {"version": FORMAT_VERSION, "unit": coded.unit, "indexed": coded.indexed}
    return CompositeIndex(KIND, GraphIndex(metric, parameters, sections))
