"""Result columns of a query as Arrow arrays, and casts of whole columns to the type of a table column."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.planner.dml.casts import assignment
from vecsql.storage.columns import single
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType


def joined(parts: list[Any], ctype: ColumnType) -> pa.Array:
    """One Arrow array of a result column's chunks, whichever form they have."""
    arrays = []
    for part in parts:
        if isinstance(part, (pa.Array, pa.ChunkedArray)):
            arrays.append(single(part))
        elif isinstance(part, np.ndarray) and part.ndim == 1:
            arrays.append(pa.array(part))
        else:
            arrays.append(to_arrow(list(part), ctype))
    return pa.concat_arrays(arrays) if arrays else pa.array([], ctype.arrow)


def cast_column(array: pa.Array, source: ColumnType, target: ColumnType) -> pa.Array:
    """A column under the assignment cast of its type to `target`; Arrow to Arrow where both are stored alike."""
    if source.type.oid == target.type.oid and target.typmod in (-1, source.typmod):
        return array if array.type == target.arrow else _stored(array, target)
    if array.null_count == len(array):
        return pa.nulls(len(array), target.arrow)
    cast = assignment(source, target)
    assert cast is not None
    values = from_arrow(array, source)
    return to_arrow([None if v is None else cast(v) for v in values], target)


def _stored(array: pa.Array, target: ColumnType) -> pa.Array:
    """The same values in the Arrow type that storage uses."""
    try:
        return array.cast(target.arrow)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return to_arrow(from_arrow(array, target), target)
