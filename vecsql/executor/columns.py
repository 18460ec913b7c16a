"""Result columns of a query as Arrow arrays, and casts of whole columns to the type of a table column."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.planner.dml.casts import assignment
from vecsql.storage.columns import single
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType

_INTEGERS = ("int2", "int4", "int8")
DENSE = {"vector": np.float32, "halfvec": np.float16}
_DIRECT = ("bool", *_INTEGERS, "float4", "float8", "text", "varchar", "bpchar", "bytea", "date", "timestamptz",
           "timestamp", "json", "jsonb")  # fmt: skip


@lru_cache(maxsize=4096)
def encoder(ctype: ColumnType) -> Callable[[list[Any]], pa.Array]:
    """The function that makes a column of Python values of a type; the quickest one for a few values."""
    if ctype.type.name in _DIRECT:
        stored = ctype.arrow
        return lambda values: pa.array(values, stored)
    return lambda values: to_arrow(values, ctype)


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
    fast = _arrow_cast(array, source, target)
    if fast is not None:
        return fast
    cast = assignment(source, target)
    assert cast is not None
    values = from_arrow(array, source)
    return to_arrow([None if v is None else cast(v) for v in values], target)


def _arrow_cast(array: pa.Array, source: ColumnType, target: ColumnType) -> pa.Array | None:
    """Casts that Arrow does exactly as PostgreSQL; None for the others, and where an error is due."""
    kinds = (source.type.name, target.type.name)
    numbers = kinds[0] in _INTEGERS and kinds[1] in (*_INTEGERS, "float4", "float8")
    texts = (
        kinds[0] in ("text", "varchar", "name")
        and kinds[1] in ("text", "varchar")
        and target.typmod < 0
    )
    if numbers or texts or kinds == ("float4", "float8"):
        try:
            return array.cast(target.arrow)
        except pa.ArrowInvalid:
            return None
    if kinds[1] in DENSE and kinds[0] in (*DENSE, "_float4", "_float8", "_int4"):
        return _vectors(array, target)
    return None


def _stored(array: pa.Array, target: ColumnType) -> pa.Array:
    """The same values in the Arrow type that storage uses."""
    if target.type.name in DENSE:
        fast = _vectors(array, target)
        return fast if fast is not None else to_arrow(from_arrow(array, target), target)
    try:
        return array.cast(target.arrow)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return to_arrow(from_arrow(array, target), target)


def _vectors(array: pa.Array, target: ColumnType) -> pa.Array | None:
    """Lists of numbers of one length as vector(d), without a detour over Python; None where that does not work."""
    kind = array.type
    if target.typmod <= 0 or not (
        pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    ):
        return None
    dims = target.typmod
    if pa.types.is_fixed_size_list(kind):
        if kind.list_size != dims:
            return None
    elif array.null_count or not pc.all(pc.equal(pc.list_value_length(array), dims)).as_py():
        return None
    if array.null_count:
        flat = array.values.slice(array.offset * dims, len(array) * dims)
    else:
        flat = array.flatten()
    if flat.null_count and not array.null_count:
        return None
    mask = array.is_null() if array.null_count else None
    with np.errstate(over="ignore", under="ignore"):
        values = flat.to_numpy(zero_copy_only=False).astype(np.float32, copy=False)
        values = np.ascontiguousarray(values, DENSE[target.type.name])
    if mask is not None:
        values = values.copy()
        values.reshape(-1, dims)[np.asarray(mask)] = 0
    if not np.isfinite(values).all():
        return None
    return pa.FixedSizeListArray.from_arrays(pa.array(values), dims, mask=mask)
