"""pgvector's functions on vector and halfvec, which are both FLOAT[] here, by numpy over whole Arrow arrays."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.errors import DataException, NullValueNotAllowed, NumericValueOutOfRange
from vecsql.executor.duck_functions.registry import duck
from vecsql.types import halfvec, vector
from vecsql.types.dense import DenseCodec

Matrix = npt.NDArray[np.float32]

CODECS = (vector.CODEC, halfvec.CODEC)
DOUBLE, FLOATS = pa.float64(), pa.list_(pa.float32())


def lists(array: Any, dtype: Any = np.float32) -> list[Any]:
    """The rows of a list column as arrays, None for NULL."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_null(array.type):
        return [None] * len(array)
    with np.errstate(over="ignore", under="ignore"):
        flat = np.asarray(array.values).astype(dtype, copy=False)
    if pa.types.is_fixed_size_list(array.type):
        size = array.type.list_size
        bounds = np.arange(array.offset, array.offset + len(array) + 1) * size
    else:
        bounds = np.asarray(array.offsets)
    valid = array.is_valid().to_pylist() if array.null_count else None
    return [
        None if valid is not None and not valid[i] else flat[bounds[i] : bounds[i + 1]]
        for i in range(len(array))
    ]


def check_same(name: str, a: int, b: int) -> None:
    """pgvector's error for two values of different dimensions."""
    if a != b:
        raise DataException(f"different {name} dimensions {a} and {b}")


def pairs(
    name: str, body: Callable[[Matrix, Matrix], Any], kind: pa.DataType
) -> Callable[[Any, Any], pa.Array]:
    """A function of two list columns: NULL for NULL, an error for different dimensions."""

    def call(left: Any, right: Any) -> pa.Array:
        out: list[Any] = []
        with np.errstate(all="ignore"):
            for a, b in zip(lists(left), lists(right), strict=True):
                if a is None or b is None:
                    out.append(None)
                else:
                    check_same(name, len(a), len(b))
                    out.append(body(a, b))
        return pa.array(out, kind)

    return call


def unary(body: Callable[[Matrix], Any], kind: pa.DataType) -> Callable[[Any], pa.Array]:
    """A function of one list column: NULL for NULL."""

    def call(column: Any) -> pa.Array:
        with np.errstate(all="ignore"):
            return pa.array([None if v is None else body(v) for v in lists(column)], kind)

    return call


def l2_squared(a: Matrix, b: Matrix) -> float:
    difference = a - b
    return float(np.dot(difference, difference))


def l2(a: Matrix, b: Matrix) -> float:
    return float(np.sqrt(l2_squared(a, b)))


def inner(a: Matrix, b: Matrix) -> float:
    return float(np.dot(a, b))


def cosine(a: Matrix, b: Matrix) -> float:
    """1 - cosine similarity, clamped; NaN for zero vectors, as pgvector."""
    norms = float(np.dot(a, a)) * float(np.dot(b, b))
    if norms == 0:
        return float("nan")
    return 1.0 - max(-1.0, min(1.0, float(np.dot(a, b)) / float(np.sqrt(norms))))


def l1(a: Matrix, b: Matrix) -> float:
    return float(np.abs(a - b).sum(dtype=np.float32))


def norm(v: Matrix) -> float:
    wide = v.astype(np.float64)
    return float(np.sqrt(np.dot(wide, wide)))


DISTANCES: tuple[tuple[str, Callable[[Matrix, Matrix], float]], ...] = (
    ("l2", l2), ("l2_squared", l2_squared), ("ip", inner), ("negative_ip", lambda a, b: -inner(a, b)),
    ("cosine", cosine), ("l1", l1),
)  # fmt: skip
ARITHMETIC = (("add", np.add), ("sub", np.subtract), ("mul", np.multiply))


def _stored(codec: DenseCodec, values: npt.NDArray[Any]) -> Matrix:
    """Computed values rounded to the type, as float32; infinity where they are too large."""
    return values.astype(codec.dtype).astype(np.float32)


def _calculate(codec: DenseCodec, operation: Any, a: Matrix, b: Matrix) -> Matrix:
    result = _stored(codec, operation(a, b))
    if not np.isfinite(result).all():
        raise NumericValueOutOfRange("value out of range: overflow")
    if operation is np.multiply and ((result == 0) & (a != 0) & (b != 0)).any():
        raise NumericValueOutOfRange("value out of range: underflow")
    return result


def _normalize(codec: DenseCodec, v: Matrix) -> Matrix:
    size = norm(v)
    return v if size == 0 else _stored(codec, v.astype(np.float64) / size)


def _from_array(codec: DenseCodec, column: Any) -> pa.Array:
    """Casts from arrays of numbers (DOUBLE[])."""
    if column.null_count < len(column) and pc.list_flatten(column).null_count:
        raise NullValueNotAllowed("array must not contain nulls")
    coerce = codec.coerce
    rows = [None if v is None else coerce(v).astype(np.float32) for v in lists(column)]
    return pa.array(rows, FLOATS)


def _total(codec: DenseCodec, values: Any, mean: bool) -> Any:
    """sum() and avg() of a list of vectors: in float64 and, for the sum, checked for overflow."""
    known = [np.asarray(v, np.float32) for v in values or () if v is not None]
    if not known:
        return None
    for v in known[1:]:
        if len(v) != len(known[0]) and mean:
            raise DataException(f"expected {len(known[0])} dimensions, not {len(v)}")
        check_same(codec.name, len(known[0]), len(v))
    rows = np.stack(known)
    with np.errstate(over="ignore"):
        if mean:
            return _stored(codec, rows.sum(axis=0, dtype=np.float64) / len(rows)).tolist()
        total = _stored(codec, rows[0])
        for row in rows[1:]:
            total = _stored(codec, total + row)
    if not np.isfinite(total).all():
        raise NumericValueOutOfRange("value out of range: overflow")
    return total.tolist()


def _subvector(name: str, v: list[float], start: int, count: int) -> list[float]:
    end = min(start + count, len(v) + 1)
    start = max(start, 1)
    if count < 1 or start > len(v) or end <= start:
        raise DataException(f"{name} must have at least 1 dimension")
    return v[start - 1 : end - 1]


def _define(codec: DenseCodec) -> None:
    """The functions of one of the two types."""
    name = codec.name
    for suffix, body in DISTANCES:
        duck(f"vs_{name}_{suffix}(FLOAT[], FLOAT[]) -> DOUBLE", arrow=True, nulls=True)(
            pairs(name, body, DOUBLE)
        )
    for suffix, operation in ARITHMETIC:
        duck(f"vs_{name}_{suffix}(FLOAT[], FLOAT[]) -> FLOAT[]", arrow=True, nulls=True)(
            pairs(name, partial(_calculate, codec, operation), FLOATS)
        )
    duck(f"vs_{name}_normalize(FLOAT[]) -> FLOAT[]", arrow=True, nulls=True)(
        unary(partial(_normalize, codec), FLOATS)
    )
    duck(f"vs_{name}_from_array(DOUBLE[]) -> FLOAT[]", arrow=True, nulls=True)(
        partial(_from_array, codec)
    )
    duck(f"vs_{name}_sum(FLOAT[][]) -> FLOAT[]", nulls=True)(partial(_total, codec, mean=False))
    duck(f"vs_{name}_avg(FLOAT[][]) -> FLOAT[]", nulls=True)(partial(_total, codec, mean=True))
    duck(f"vs_{name}_binary_quantize(FLOAT[]) -> VARCHAR", arrow=True, nulls=True)(
        unary(lambda v: ((v > 0) + np.uint8(48)).tobytes().decode(), pa.string())
    )
    duck(f"vs_{name}_subvector(FLOAT[], INTEGER, INTEGER) -> FLOAT[]")(partial(_subvector, name))


for _codec in CODECS:
    _define(_codec)

duck("vs_vector_norm(FLOAT[]) -> DOUBLE", arrow=True, nulls=True)(unary(norm, DOUBLE))
duck("vs_halfvec_from_vector(FLOAT[]) -> FLOAT[]", arrow=True, nulls=True)(
    unary(lambda v: halfvec.CODEC.narrowed(v).astype(np.float32), FLOATS)
)


@duck("vs_vector_compare(FLOAT[], FLOAT[]) -> INTEGER", arrow=True, nulls=True)
def compare(left: Any, right: Any) -> pa.Array:
    """-1, 0, 1: element by element, then the shorter one first."""
    out: list[int | None] = []
    for a, b in zip(lists(left), lists(right), strict=True):
        if a is None or b is None:
            out.append(None)
        else:
            x, y = a.tolist(), b.tolist()
            out.append((x > y) - (x < y))
    return pa.array(out, pa.int32())


@duck("vs_vector_dims(FLOAT[], INTEGER) -> FLOAT[]")
def with_dimensions(v: list[float], dims: int) -> list[float]:
    """The vector, if it has the dimensions of the type modifier."""
    if len(v) != dims:
        raise DataException(f"expected {dims} dimensions, not {len(v)}")
    return v
