"""Between Python values and the Arrow arrays that storage and DuckDB hold, by SQL type."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.errors import FeatureNotSupported
from vecsql.types import numeric, timetz
from vecsql.types.base import ColumnType
from vecsql.types.halfvec import HALFVEC_OID
from vecsql.types.intervals import Interval
from vecsql.types.sparsevec import SPARSEVEC_OID, SparseVector
from vecsql.types.vector import VECTOR_OID

_NUMERIC, _UUID, _INTERVAL, _TIMETZ = 1700, 2950, 1186, 1266
_DENSE = {VECTOR_OID: np.float32, HALFVEC_OID: np.float16}


def to_arrow(
    values: Sequence[Any] | np.ndarray[Any, Any] | pa.Array, ctype: ColumnType
) -> pa.Array:
    """An array of `ctype.arrow` from Python values (None is NULL), a numpy array, or another Arrow array."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        return _cast(values, ctype)
    dtype = _DENSE.get(ctype.type.oid)
    if dtype is not None:
        return _vectors_to_arrow(values, ctype, dtype)
    if isinstance(values, np.ndarray) and values.ndim == 1 and values.dtype != object:
        return pa.array(values).cast(ctype.arrow)
    convert = _TO_ARROW.get(_element_oid(ctype))
    if convert is not None:
        plain = _stored_as_text(ctype) or ctype.type.oid != _NUMERIC
        values = [_map(v, convert) for v in values] if plain else values
    if ctype.type.element is not None:
        _check_flat(values)
    return pa.array(values, ctype.arrow)


def from_arrow(array: pa.Array | pa.ChunkedArray, ctype: ColumnType) -> list[Any]:
    """Python values of an Arrow column, which may have come from DuckDB with a neighbouring Arrow type."""
    dtype = _DENSE.get(ctype.type.oid)
    if dtype is not None:
        return _vectors_from_arrow(array, dtype)
    values: list[Any] = array.to_pylist()
    dtype = _DENSE.get(_element_oid(ctype))
    if dtype is not None:
        return [None if v is None else [_vector(item, dtype) for item in v] for v in values]
    convert = _FROM_ARROW.get(_element_oid(ctype))
    if convert is None:
        return values
    return [_map(v, convert) for v in values]


def vector_matrix(array: pa.Array) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """(n, d) floats, zero copy where nothing is NULL, and the validity (None: no NULLs) of a fixed-size list array."""
    dims = array.type.list_size
    flat = np.asarray(array.values)[array.offset * dims : (array.offset + len(array)) * dims]
    matrix = flat.reshape(len(array), dims)
    if array.null_count == 0:
        return matrix, None
    valid = np.asarray(array.is_valid())
    return np.where(valid[:, None], matrix, matrix.dtype.type(0)), valid


def widened(table: pa.Table) -> pa.Table:
    """The table with float16, which DuckDB does not read, as float32."""
    for i, field in enumerate(table.schema):
        wide = widened_type(field.type)
        if wide is not field.type:
            chunks = [widened_array(chunk) for chunk in table.column(i).chunks]
            table = table.set_column(i, field.name, pa.chunked_array(chunks, wide))
    return table


def widened_type(kind: pa.DataType) -> pa.DataType:
    """The type with float16 inside lists as float32; itself when there is none."""
    if pa.types.is_float16(kind):
        return pa.float32()
    if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind):
        inner = widened_type(kind.value_type)
        if inner is not kind.value_type:
            size = kind.list_size if pa.types.is_fixed_size_list(kind) else -1
            return pa.list_(inner, size)
    return kind


def widened_array(array: pa.Array) -> pa.Array:
    """The array with float16 inside lists as float32."""
    kind = widened_type(array.type)
    if kind is array.type:
        return array
    if pa.types.is_float16(array.type):
        values = array.to_numpy(zero_copy_only=False).astype(np.float32)
        return pa.array(values, mask=array.is_null().to_numpy(zero_copy_only=False))
    mask = array.is_null() if array.null_count else None
    if pa.types.is_fixed_size_list(kind):
        size = kind.list_size
        inner = array.values.slice(array.offset * size, len(array) * size)
        return pa.FixedSizeListArray.from_arrays(widened_array(inner), size, mask=mask)
    start, end = array.offsets[0].as_py(), array.offsets[-1].as_py()
    offsets = pc.subtract(array.offsets, start)
    inner = widened_array(array.values.slice(start, end - start))
    return pa.ListArray.from_arrays(offsets, inner, mask=mask)


def _element_oid(ctype: ColumnType) -> int:
    return ctype.type.element.oid if ctype.type.element is not None else ctype.type.oid


def _stored_as_text(ctype: ColumnType) -> bool:
    kind = ctype.arrow
    return bool(pa.types.is_string(kind.value_type if pa.types.is_list(kind) else kind))


def _map(value: Any, convert: Callable[[Any], Any]) -> Any:
    if value is None:
        return None
    return [_map(v, convert) for v in value] if isinstance(value, list) else convert(value)


def _check_flat(values: Iterable[Any]) -> None:
    if any(isinstance(item, list) for value in values if value is not None for item in value):
        raise FeatureNotSupported("multidimensional arrays cannot be stored")


def _cast(array: pa.Array, ctype: ColumnType) -> pa.Array:
    target = ctype.arrow
    if array.type == target:
        return array
    if _element_oid(ctype) in _TO_ARROW or _element_oid(ctype) in _DENSE:
        return to_arrow(from_arrow(array, ctype), ctype)
    return array.cast(target)


def _vectors_to_arrow(values: Any, ctype: ColumnType, dtype: Any) -> pa.Array:
    if isinstance(values, np.ndarray) and values.ndim == 2:
        flat = np.ascontiguousarray(values, dtype).ravel()
        if ctype.typmod > 0:
            return pa.FixedSizeListArray.from_arrays(pa.array(flat), ctype.typmod)
        offsets = np.arange(len(values) + 1, dtype=np.int32) * values.shape[1]
        return pa.ListArray.from_arrays(pa.array(offsets), pa.array(flat))
    if ctype.typmod <= 0:
        return pa.array(values, ctype.arrow)
    mask = None
    missing = [v is None for v in values]
    if any(missing):
        blank = np.zeros(ctype.typmod, dtype)
        values = [blank if v is None else v for v in values]
        mask = pa.array(missing)
    matrix = np.asarray(values, dtype).reshape(len(values), ctype.typmod)
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.ravel()), ctype.typmod, mask=mask)


def _vector(value: list[float] | None, dtype: Any) -> Any:
    return None if value is None else np.asarray(value, dtype)


def _vectors_from_arrow(array: pa.Array | pa.ChunkedArray, dtype: Any) -> list[Any]:
    if isinstance(array, pa.ChunkedArray):
        return [value for chunk in array.chunks for value in _vectors_from_arrow(chunk, dtype)]
    if pa.types.is_fixed_size_list(array.type):
        matrix, valid = vector_matrix(array)
        matrix = np.ascontiguousarray(matrix, dtype)
        if valid is None:
            return list(matrix)
        return [row if ok else None for row, ok in zip(matrix, valid.tolist(), strict=True)]
    return [_vector(v, dtype) for v in array.to_pylist()]


def _to_decimal(value: Any) -> Decimal:
    return value if isinstance(value, Decimal) else numeric.coerce(
        Decimal(value) if isinstance(value, str) else value
    )  # fmt: skip


def _interval_to_arrow(value: Interval) -> pa.MonthDayNano:
    return pa.MonthDayNano([value.months, value.days, value.microseconds * 1000])


def _interval_from_arrow(value: Any) -> Interval:
    months, days, nanoseconds = value
    return Interval(months, days, nanoseconds // 1000)


def _to_uuid(value: Any) -> uuid.UUID:
    if isinstance(value, uuid.UUID):
        return value
    return uuid.UUID(bytes=value) if isinstance(value, bytes) else uuid.UUID(value)


_TO_ARROW: dict[int, Callable[[Any], Any]] = {
    _NUMERIC: lambda value: numeric.to_text(_to_decimal(value)),
    _UUID: str,
    _INTERVAL: _interval_to_arrow,
    _TIMETZ: timetz.to_text,
    SPARSEVEC_OID: SparseVector.words,
}
_FROM_ARROW: dict[int, Callable[[Any], Any]] = {
    _NUMERIC: _to_decimal,
    _UUID: _to_uuid,
    _INTERVAL: _interval_from_arrow,
    _TIMETZ: timetz.from_text,
    SPARSEVEC_OID: SparseVector.from_words,
}
