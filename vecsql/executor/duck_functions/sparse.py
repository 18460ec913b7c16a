"""pgvector's functions on sparsevec, which is a BLOB in DuckDB: the stored words of types.sparsevec."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.errors import DataException, NullValueNotAllowed
from vecsql.executor.duck_functions.registry import duck
from vecsql.executor.duck_functions.vectors import CODECS, check_same, lists
from vecsql.types import sparsevec
from vecsql.types.dense import DenseCodec
from vecsql.types.sparsevec import SparseVector


def _values(column: Any) -> list[SparseVector | None]:
    return [None if v is None else SparseVector.from_words(v) for v in column.to_pylist()]


def _aligned(a: SparseVector, b: SparseVector) -> tuple[Any, Any]:
    """The values of both at the indices that either has, as float32."""
    indices = np.union1d(a.indices, b.indices)
    left, right = np.zeros((2, len(indices)), np.float32)
    left[np.searchsorted(indices, a.indices)] = a.values
    right[np.searchsorted(indices, b.indices)] = b.values
    return left, right


def l2_squared(a: SparseVector, b: SparseVector) -> float:
    x, y = _aligned(a, b)
    return float(np.dot(x - y, x - y))


def inner(a: SparseVector, b: SparseVector) -> float:
    _, i, j = np.intersect1d(a.indices, b.indices, assume_unique=True, return_indices=True)
    return float(np.dot(a.values[i], b.values[j]))


def cosine(a: SparseVector, b: SparseVector) -> float:
    """1 - cosine similarity, clamped; NaN for zero vectors."""
    norms = float(np.dot(a.values, a.values)) * float(np.dot(b.values, b.values))
    if norms == 0:
        return float("nan")
    return 1.0 - max(-1.0, min(1.0, inner(a, b) / math.sqrt(norms)))


def l1(a: SparseVector, b: SparseVector) -> float:
    x, y = _aligned(a, b)
    return float(np.abs(x - y).sum(dtype=np.float32))


def norm(v: SparseVector) -> float:
    wide = v.values.astype(np.float64)
    return float(np.sqrt(np.dot(wide, wide)))


def _normalize(v: SparseVector) -> bytes:
    size = norm(v)
    if size == 0:
        return v.words()
    values = (v.values.astype(np.float64) / size).astype(np.float32)
    kept = values != 0
    return SparseVector(v.dim, v.indices[kept], values[kept]).words()


def compare(a: SparseVector, b: SparseVector) -> int:
    """-1, 0 or 1, in the order of all elements; then the one with fewer dimensions first."""
    x, y = a.values.tolist(), b.values.tolist()
    i, j = a.indices.tolist(), b.indices.tolist()
    for at in range(min(len(i), len(j))):
        if i[at] != j[at]:
            return _sign(x[at], 1) if i[at] < j[at] else _sign(y[at], -1)
        if x[at] != y[at]:
            return 1 if x[at] > y[at] else -1
    same = min(len(i), len(j))
    if len(i) < len(j) and j[same] < a.dim:
        return _sign(y[same], -1)
    if len(i) > len(j) and i[same] < b.dim:
        return _sign(x[same], 1)
    return (a.dim > b.dim) - (a.dim < b.dim)


def _sign(value: float, positive: int) -> int:
    """`positive` for an element above the zero it is compared with, the opposite below."""
    return -positive if value < 0 else positive


_ELEMENT, _END = struct.Struct(">BII"), struct.Struct(">BI")


def _key(v: SparseVector) -> bytes:
    """Bytes that order as the vectors do: a negative element comes before a zero in its place, a positive one after."""
    parts = []
    bits = v.values.view(np.uint32).tolist()
    for index, word in zip(v.indices.tolist(), bits, strict=True):
        if word >> 31:
            parts.append(_ELEMENT.pack(0, index, word ^ 0xFFFFFFFF))
        else:
            parts.append(_ELEMENT.pack(2, 0xFFFFFFFF - index, word))
    return b"".join(parts) + _END.pack(1, v.dim)


def _pairs(
    body: Callable[[SparseVector, SparseVector], Any], kind: pa.DataType, same: bool = True
) -> Callable[[Any, Any], pa.Array]:
    def call(left: Any, right: Any) -> pa.Array:
        out: list[Any] = []
        with np.errstate(all="ignore"):
            for a, b in zip(_values(left), _values(right), strict=True):
                if a is None or b is None:
                    out.append(None)
                    continue
                if same:
                    check_same("sparsevec", a.dim, b.dim)
                out.append(body(a, b))
        return pa.array(out, kind)

    return call


def _unary(body: Callable[[SparseVector], Any], kind: pa.DataType) -> Callable[[Any], pa.Array]:
    def call(column: Any) -> pa.Array:
        with np.errstate(all="ignore"):
            return pa.array([None if v is None else body(v) for v in _values(column)], kind)

    return call


def _to_dense(codec: DenseCodec, v: SparseVector) -> Any:
    codec.check_count(v.dim)
    return codec.narrowed(v.to_numpy()).astype(np.float32)


def _from_lists(column: Any) -> pa.Array:
    """Casts from vectors and from arrays of numbers."""
    if column.null_count < len(column) and pc.list_flatten(column).null_count:
        raise NullValueNotAllowed("array must not contain nulls")
    rows = lists(column)
    return pa.array([None if v is None else sparsevec.coerce(v).words() for v in rows], pa.binary())


DOUBLE, BLOB = pa.float64(), pa.binary()
for _name, _body in (
    ("l2", lambda a, b: math.sqrt(l2_squared(a, b))), ("l2_squared", l2_squared), ("ip", inner),
    ("negative_ip", lambda a, b: -inner(a, b)), ("cosine", cosine), ("l1", l1),
):  # fmt: skip
    duck(f"vs_sparsevec_{_name}(BLOB, BLOB) -> DOUBLE", arrow=True, nulls=True)(
        _pairs(_body, DOUBLE)
    )
for _codec in CODECS:
    duck(f"vs_sparsevec_to_{_codec.name}(BLOB) -> FLOAT[]", arrow=True, nulls=True)(
        _unary(partial(_to_dense, _codec), pa.list_(pa.float32()))
    )
duck("vs_sparsevec_compare(BLOB, BLOB) -> INTEGER", arrow=True, nulls=True)(
    _pairs(compare, pa.int32(), same=False)
)
duck("vs_sparsevec_key(BLOB) -> BLOB", arrow=True, nulls=True)(_unary(_key, BLOB))
duck("vs_sparsevec_norm(BLOB) -> DOUBLE", arrow=True, nulls=True)(_unary(norm, DOUBLE))
duck("vs_sparsevec_normalize(BLOB) -> BLOB", arrow=True, nulls=True)(_unary(_normalize, BLOB))
duck("vs_sparsevec_from_vector(FLOAT[]) -> BLOB", arrow=True, nulls=True)(_from_lists)
duck("vs_sparsevec_from_array(DOUBLE[]) -> BLOB", arrow=True, nulls=True)(_from_lists)


@duck("vs_sparsevec_dims(BLOB, INTEGER) -> BLOB")
def with_dimensions(v: bytes, dims: int) -> bytes:
    """The vector, if it has the dimensions of the type modifier."""
    dim = int.from_bytes(v[:4], "little")
    if dim != dims:
        raise DataException(f"expected {dims} dimensions, not {dim}")
    return v
