"""Columns of values to DataRow messages: one buffer for all rows, in text or binary by column."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.types.arrow import from_arrow, vector_matrix
from vecsql.types.base import ColumnType
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat

_LENGTH = struct.Struct("!i")
_pack_length = _LENGTH.pack
_NULL = _pack_length(-1)
_VECTOR = 16385
_FIXED_BINARY = {20: ">i8", 23: ">i4", 21: ">i2", 701: ">f8", 700: ">f4"}


Column = Sequence[Any] | np.ndarray[Any, Any] | pa.Array


def encode_rows(
    num_rows: int,
    columns: Sequence[Column],
    types: Sequence[ColumnType],
    formats: Sequence[int],
    style: TextFormat = DEFAULT_FORMAT,
) -> bytes:
    """Complete DataRow messages. `formats` has one code per column (0 text, 1 binary)."""
    encoded = [
        encode_column(column, ctype, code, style)
        for column, ctype, code in zip(columns, types, formats, strict=True)
    ]
    count = struct.pack("!h", len(encoded))
    parts: list[bytes] = []
    if not encoded:
        return (b"D" + _pack_length(6) + count) * num_rows
    for fields in zip(*encoded, strict=True):
        body = b"".join(fields)
        parts += (b"D", _pack_length(len(body) + 6), count, body)
    return b"".join(parts)


def encode_column(column: Column, ctype: ColumnType, code: int, style: TextFormat) -> list[bytes]:
    """Each value with its length before it, NULL as length -1."""
    if code == 1:
        fast = _binary_column(column, ctype)
        if fast is not None:
            return fast
    values = column if isinstance(column, list) else values_of(column, ctype)
    encode = ctype.type.to_binary if code == 1 else text_encoder(ctype, style)
    out: list[bytes] = []
    for value in values:
        if value is None:
            out.append(_NULL)
        else:
            data = encode(value)
            out.append(_pack_length(len(data)) + data)
    return out


def values_of(column: Column, ctype: ColumnType) -> list[Any]:
    """Python values of a column in whatever form it comes."""
    if isinstance(column, (pa.Array, pa.ChunkedArray)):
        return from_arrow(column, ctype)
    if isinstance(column, np.ndarray):
        return list(column) if column.ndim == 2 else column.tolist()
    return list(column)


def text_encoder(ctype: ColumnType, style: TextFormat) -> Callable[[Any], bytes]:
    """value -> text as bytes, in the session's style."""
    to_text = style.encoder(ctype.type)
    return lambda value: to_text(value).encode()


def _binary_column(column: Column, ctype: ColumnType) -> list[bytes] | None:
    """Vectorised encoding of fixed-width numbers and vectors; None where it does not apply."""
    layout = _FIXED_BINARY.get(ctype.type.oid)
    if layout is not None and isinstance(column, (np.ndarray, pa.Array)):
        return _numbers(column, layout)
    if ctype.type.oid == _VECTOR:
        return _vectors(column)
    return None


def _numbers(column: np.ndarray[Any, Any] | pa.Array, layout: str) -> list[bytes] | None:
    if isinstance(column, pa.Array):
        if column.null_count or not (
            pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        ):
            return None
        column = column.to_numpy()
    width = np.dtype(layout).itemsize
    raw = column.astype(layout).tobytes()
    prefix = _pack_length(width)
    return [prefix + raw[i : i + width] for i in range(0, len(raw), width)]


def _vectors(column: Column) -> list[bytes] | None:
    valid = None
    if isinstance(column, pa.Array) and pa.types.is_fixed_size_list(column.type):
        column, valid = vector_matrix(column)
    if not (isinstance(column, np.ndarray) and column.ndim == 2):
        return None
    dims = column.shape[1]
    prefix = struct.pack("!ihh", 4 + 4 * dims, dims, 0)
    raw = column.astype(">f4").tobytes()
    rows = [prefix + raw[i : i + 4 * dims] for i in range(0, len(raw), 4 * dims)]
    if valid is None:
        return rows
    return [row if ok else _NULL for row, ok in zip(rows, valid.tolist(), strict=True)]
