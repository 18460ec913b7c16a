"""pgvector's functions on FLOAT[] columns, by numpy over whole Arrow arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.errors import DataException, NumericValueOutOfRange
from vecsql.executor.duck_functions.registry import duck

Matrix = npt.NDArray[np.float32]


def _lists(array: Any) -> list[Matrix | None]:
    """The rows of a list column as float32 arrays, None for NULL."""
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if pa.types.is_null(array.type):
        return [None] * len(array)
    flat = np.asarray(array.values, dtype=np.float32)
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


def _check(a: Matrix, b: Matrix) -> None:
    if len(a) != len(b):
        raise DataException(f"different vector dimensions {len(a)} and {len(b)}")


def _pairs(
    body: Callable[[Matrix, Matrix], Any], kind: pa.DataType
) -> Callable[[Any, Any], pa.Array]:
    def call(left: Any, right: Any) -> pa.Array:
        out: list[Any] = []
        with np.errstate(all="ignore"):
            for a, b in zip(_lists(left), _lists(right), strict=True):
                if a is None or b is None:
                    out.append(None)
                else:
                    _check(a, b)
                    out.append(body(a, b))
        return pa.array(out, kind)

    return call


def _unary(body: Callable[[Matrix], Any], kind: pa.DataType) -> Callable[[Any], pa.Array]:
    def call(column: Any) -> pa.Array:
        with np.errstate(all="ignore"):
            return pa.array([None if v is None else body(v) for v in _lists(column)], kind)

    return call


def l2(a: Matrix, b: Matrix) -> float:
    difference = a - b
    return float(np.sqrt(float(np.dot(difference, difference))))


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


def _finite(result: Matrix, a: Matrix, b: Matrix, product: bool = False) -> Matrix:
    if not np.isfinite(result).all():
        raise NumericValueOutOfRange("value out of range: overflow")
    if product and ((result == 0) & (a != 0) & (b != 0)).any():
        raise NumericValueOutOfRange("value out of range: underflow")
    return result


DOUBLE, VECTOR = pa.float64(), pa.list_(pa.float32())
for _name, _body in (
    ("l2", l2), ("ip", inner), ("negative_ip", lambda a, b: -inner(a, b)), ("cosine", cosine), ("l1", l1)
):  # fmt: skip
    duck(f"vs_vector_{_name}(FLOAT[], FLOAT[]) -> DOUBLE", arrow=True, nulls=True)(
        _pairs(_body, DOUBLE)
    )

for _name, _result in (
    ("add", lambda a, b: _finite(a + b, a, b)),
    ("sub", lambda a, b: _finite(a - b, a, b)),
    ("mul", lambda a, b: _finite(a * b, a, b, product=True)),
):
    duck(f"vs_vector_{_name}(FLOAT[], FLOAT[]) -> FLOAT[]", arrow=True, nulls=True)(
        _pairs(_result, VECTOR)
    )


def _compare(left: Any, right: Any) -> pa.Array:
    out: list[int | None] = []
    for a, b in zip(_lists(left), _lists(right), strict=True):
        if a is None or b is None:
            out.append(None)
        else:
            x, y = a.tolist(), b.tolist()
            out.append((x > y) - (x < y))
    return pa.array(out, pa.int32())


duck("vs_vector_compare(FLOAT[], FLOAT[]) -> INTEGER", arrow=True, nulls=True)(_compare)


def _norm(v: Matrix) -> float:
    wide = v.astype(np.float64)
    return float(np.sqrt(np.dot(wide, wide)))


def _normalize(v: Matrix) -> Matrix:
    norm = _norm(v)
    return v if norm == 0 else (v.astype(np.float64) / norm).astype(np.float32)


def _valid(v: Matrix) -> Matrix:
    if len(v) == 0:
        raise DataException("vector must have at least 1 dimension")
    if np.isnan(v).any():
        raise DataException("NaN not allowed in vector")
    if np.isinf(v).any():
        raise DataException("infinite value not allowed in vector")
    return v


duck("vs_vector_norm(FLOAT[]) -> DOUBLE", arrow=True, nulls=True)(_unary(_norm, DOUBLE))
duck("vs_vector_normalize(FLOAT[]) -> FLOAT[]", arrow=True, nulls=True)(_unary(_normalize, VECTOR))
duck("vs_vector_check(FLOAT[]) -> FLOAT[]", arrow=True, nulls=True)(_unary(_valid, VECTOR))


@duck("vs_vector_dims(FLOAT[], INTEGER) -> FLOAT[]")
def with_dimensions(v: list[float], dims: int) -> list[float]:
    if len(v) != dims:
        raise DataException(f"expected {dims} dimensions, not {len(v)}")
    return v


@duck("vs_subvector(FLOAT[], INTEGER, INTEGER) -> FLOAT[]")
def subvector(v: list[float], start: int, count: int) -> list[float]:
    end = min(start + count, len(v) + 1)
    start = max(start, 1)
    if count < 1 or start > len(v) or end <= start:
        raise DataException("vector must have at least 1 dimension")
    return v[start - 1 : end - 1]


def _sum(values: list[list[float] | None] | None) -> tuple[npt.NDArray[np.float64], int] | None:
    known = [np.asarray(v, np.float32) for v in values or () if v is not None]
    if not known:
        return None
    for v in known[1:]:
        if len(v) != len(known[0]):
            raise DataException(f"expected {len(known[0])} dimensions, not {len(v)}")
    return np.sum(np.stack(known).astype(np.float64), axis=0), len(known)


@duck("vs_vector_sum(FLOAT[][]) -> FLOAT[]", nulls=True)
def total(values: list[list[float] | None] | None) -> list[float] | None:
    found = _sum(values)
    return None if found is None else found[0].astype(np.float32).tolist()


@duck("vs_vector_avg(FLOAT[][]) -> FLOAT[]", nulls=True)
def average(values: list[list[float] | None] | None) -> list[float] | None:
    found = _sum(values)
    return None if found is None else (found[0] / found[1]).astype(np.float32).tolist()
