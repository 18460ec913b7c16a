"""Whole columns of raw field values (COPY, many parameter sets) decoded at once where that pays.

Each decoder falls back to the type's own codec, value by value, for whatever its fast path does not take; so
answers and errors are those of the codec.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.types.base import ColumnType
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat
from vecsql.types.vector import VECTOR_OID

_INT_OIDS = (20, 21, 23)
_FLOAT8_OID, _TEXT_OID, _VARCHAR_OID = 701, 25, 1043
_BIG_ENDIAN = {20: ">i8", 21: ">i2", 23: ">i4", 26: ">u4", 700: ">f4", 701: ">f8"}


def decode_text_column(
    raw: Sequence[str | None], ctype: ColumnType, style: TextFormat = DEFAULT_FORMAT
) -> Any:
    """Values of text fields (None: NULL) as a list, an (n, d) float32 matrix or an Arrow array."""
    fast = _fast_text(raw, ctype)
    if fast is not None:
        return fast
    decode, typmod = style.decoder(ctype.type), ctype.typmod
    return [None if text is None else decode(text, typmod) for text in raw]


def decode_binary_column(raw: Sequence[bytes | None], ctype: ColumnType) -> Any:
    """Values of binary fields (None: NULL) as a list or a numpy array ((n, d) float32 for vectors)."""
    fast = _fast_binary(raw, ctype)
    if fast is not None:
        return fast
    decode, typmod = ctype.type.from_binary, ctype.typmod
    return [None if data is None else decode(data, typmod) for data in raw]


def _fast_text(raw: Sequence[str | None], ctype: ColumnType) -> Any:
    oid = ctype.type.oid
    if oid == _TEXT_OID or (oid == _VARCHAR_OID and ctype.typmod < 0):
        return list(raw)
    if oid == VECTOR_OID:
        return _matrix_from_text(raw, ctype.typmod)
    if oid in _INT_OIDS or oid == _FLOAT8_OID:
        return _numbers_from_text(raw, ctype)
    return None


def _numbers_from_text(raw: Sequence[str | None], ctype: ColumnType) -> pa.Array | None:
    try:
        array = pa.array(raw, pa.string()).cast(ctype.arrow)
    except pa.ArrowInvalid:
        return None
    if ctype.type.oid == _FLOAT8_OID and not np.isfinite(array.drop_null().to_numpy()).all():
        return None
    return array


def _matrix_from_text(raw: Sequence[str | None], typmod: int) -> np.ndarray[Any, Any] | None:
    """Rows '[1,2,3]' that all have the same dimensions; None for anything else."""
    if not raw or any(t is None or t[:1] != "[" or t[-1:] != "]" for t in raw):
        return None
    commas = {t.count(",") for t in raw if t is not None}
    if len(commas) != 1:
        return None
    dimensions = commas.pop() + 1
    try:
        numbers = ",".join([t[1:-1] for t in raw if t is not None]).split(",")
        flat = pa.array(numbers).cast(pa.float32()).to_numpy()
    except pa.ArrowInvalid:
        return None
    return _checked(flat.reshape(len(raw), dimensions), typmod)


def _checked(matrix: np.ndarray[Any, Any], typmod: int) -> np.ndarray[Any, Any] | None:
    """The matrix if every row is a valid vector(typmod), else None: the codec then raises the error."""
    fits = typmod in (-1, matrix.shape[1]) and 1 <= matrix.shape[1] <= 16_000
    return matrix if fits and np.isfinite(matrix).all() else None


def _fast_binary(raw: Sequence[bytes | None], ctype: ColumnType) -> Any:
    oid = ctype.type.oid
    if oid != VECTOR_OID and oid not in _BIG_ENDIAN:
        return None
    if not raw or any(data is None for data in raw):
        return None
    sizes = set(map(len, raw))  # type: ignore[arg-type]
    if len(sizes) != 1:
        return None
    size = sizes.pop()
    joined = b"".join(raw)  # type: ignore[arg-type]
    if oid == VECTOR_OID:
        return _matrix_from_binary(joined, len(raw), size, ctype.typmod)
    dtype = np.dtype(_BIG_ENDIAN[oid])
    return (
        np.frombuffer(joined, dtype).astype(dtype.newbyteorder("="))
        if size == dtype.itemsize
        else None
    )


def _matrix_from_binary(
    joined: bytes, count: int, size: int, typmod: int
) -> np.ndarray[Any, Any] | None:
    if size < 8 or size % 4:
        return None
    words = np.frombuffer(joined, ">u4").reshape(count, size // 4)
    if not (words[:, 0] == (size // 4 - 1) << 16).all():
        return None
    return _checked(words[:, 1:].view(">f4").astype(np.float32), typmod)
