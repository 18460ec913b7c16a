"""Result columns as DataRow messages: column by column into fields, then rows joined into one buffer.

A column is a list of Python values (None for NULL), a numpy array (2-D float32 for vectors) or an Arrow array.
A field is a value with its length prefix; NULL is the length -1.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from vecsql.types.arrow import from_arrow, vector_matrix
from vecsql.types.base import ColumnType, SqlType
from vecsql.types.dense import rows_to_text
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat
from vecsql.types.halfvec import HALFVEC_OID
from vecsql.types.vector import VECTOR_OID

Column = Any  # a list of values, a numpy array, a pa.Array or pa.ChunkedArray

NULL = b"\xff\xff\xff\xff"
_LENGTH = struct.Struct("!i")
_SHORT = [_LENGTH.pack(n) for n in range(512)]  # prefixes of most fields
_ROW = struct.Struct("!ciH")
_ROW_OVERHEAD = 6  # in a DataRow's length: the length itself and the number of columns

_BOOL_OID = 16
_BOOLS = (
    {True: b"\0\0\0\x01t", False: b"\0\0\0\x01f", None: NULL},
    {True: b"\0\0\0\x01\x01", False: b"\0\0\0\x01\0", None: NULL},
)
_INTEGERS = (20, 21, 23)
_PLAIN_STRINGS = (25, 1043, 1042, 19, 114)  # bytes on the wire are the text, in both formats
# Binary types that are one struct field: oid -> (layout with prefix, numpy type, size)
FIXED: dict[int, tuple[struct.Struct, str, int]] = {
    21: (struct.Struct("!ih"), ">i2", 2),
    23: (struct.Struct("!ii"), ">i4", 4),
    20: (struct.Struct("!iq"), ">i8", 8),
    26: (struct.Struct("!iI"), ">u4", 4),
    700: (struct.Struct("!if"), ">f4", 4),
    701: (struct.Struct("!id"), ">f8", 8),
}
_DENSE = {VECTOR_OID: ("f4", np.float32), HALFVEC_OID: ("f2", np.float16)}
_BULK = 32  # rows from which numpy pays for fixed-width columns


def encode_rows(
    num_rows: int,
    columns: Sequence[Column],
    types: Sequence[ColumnType],
    formats: Sequence[int],
    style: TextFormat = DEFAULT_FORMAT,
) -> bytes:
    """The complete DataRow messages of `num_rows` rows; `formats` has 0 (text) or 1 (binary) per column."""
    if not columns:
        return _ROW.pack(b"D", _ROW_OVERHEAD, 0) * num_rows
    fields = [
        encode_column(column, ctype, code, style)
        for column, ctype, code in zip(columns, types, formats, strict=True)
    ]
    count, pack = len(fields), _ROW.pack
    parts = []
    for row in zip(*fields, strict=True):
        body = b"".join(row)
        parts.append(pack(b"D", len(body) + _ROW_OVERHEAD, count))
        parts.append(body)
    return b"".join(parts)


def encode_column(
    column: Column, ctype: ColumnType, code: int, style: TextFormat = DEFAULT_FORMAT
) -> list[bytes]:
    """The fields of one column in format `code`."""
    oid = ctype.type.oid
    if oid in _DENSE:
        return _vector_fields(column, ctype, code)
    if code == 1 and oid in FIXED:
        return _fixed_fields(column, ctype)
    values = values_of(column, ctype)
    if oid == _BOOL_OID:
        texts = _BOOLS[code]
        return [texts[value] for value in values]
    return _prefixed(values, value_encoder(ctype.type, code, style))


def value_encoder(
    sql_type: SqlType, code: int, style: TextFormat = DEFAULT_FORMAT
) -> Callable[[Any], bytes]:
    """Value -> bytes without length prefix."""
    if sql_type.oid in _PLAIN_STRINGS:
        return str.encode
    if code == 1:
        return sql_type.to_binary
    if sql_type.oid in _INTEGERS:
        return b"%d".__mod__
    to_text = style.encoder(sql_type)
    return lambda value: to_text(value).encode()


def values_of(column: Column, ctype: ColumnType) -> list[Any]:
    """A column's Python values, None for NULL."""
    if isinstance(column, list):
        return column
    if isinstance(column, (pa.Array, pa.ChunkedArray)):
        return from_arrow(column, ctype)
    if isinstance(column, np.ndarray) and column.ndim == 1:
        values: list[Any] = column.tolist()
        return values
    return list(column)


def _prefixed(values: Iterable[Any], encode: Callable[[Any], bytes]) -> list[bytes]:
    out = []
    for value in values:
        if value is None:
            out.append(NULL)
            continue
        data = encode(value)
        size = len(data)
        out.append((_SHORT[size] if size < 512 else _LENGTH.pack(size)) + data)
    return out


def _fixed_fields(column: Column, ctype: ColumnType) -> list[bytes]:
    layout, dtype, size = FIXED[ctype.type.oid]
    if len(column) >= _BULK:
        numbers = _without_nulls(column)
        if numbers is not None:
            return _number_fields(numbers, dtype, size)
    pack = layout.pack
    return [
        NULL if value is None else pack(size, value)
        for value in _plain_numbers(column, ctype, dtype)
    ]


def _plain_numbers(column: Column, ctype: ColumnType, dtype: str) -> list[Any]:
    """The column's numbers as what struct packs: DuckDB may give a Decimal for a bigint."""
    values = values_of(column, ctype)
    wanted = float if dtype[1] == "f" else int
    return [v if v is None or type(v) is wanted else wanted(v) for v in values]


def _without_nulls(column: Column) -> np.ndarray[Any, Any] | None:
    """A numeric column as numpy when it has no NULLs and is of plain numbers."""
    if isinstance(column, np.ndarray):
        return column if column.dtype.kind in "iuf" else None
    if isinstance(column, (pa.Array, pa.ChunkedArray)) and column.null_count == 0:
        primitive = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        return np.asarray(column) if primitive else None
    return None


def _number_fields(numbers: np.ndarray[Any, Any], dtype: str, size: int) -> list[bytes]:
    table = np.empty(len(numbers), dtype=[("length", ">i4"), ("value", dtype)])
    table["length"] = size
    table["value"] = numbers
    return _split(table.tobytes(), 4 + size)


def _split(buffer: bytes, width: int) -> list[bytes]:
    return [buffer[i : i + width] for i in range(0, len(buffer), width)]


def _vector_fields(column: Column, ctype: ColumnType, code: int) -> list[bytes]:
    layout, dtype = _DENSE[ctype.type.oid]
    matrix, valid = _matrix(column)
    if matrix is None:
        return [
            NULL if row is None else _matrix_fields(np.asarray(row, dtype)[None], layout, code)[0]
            for row in values_of(column, ctype)
        ]
    fields = _matrix_fields(matrix, layout, code)
    if valid is None:
        return fields
    return [field if ok else NULL for field, ok in zip(fields, valid.tolist(), strict=True)]


def _matrix(column: Column) -> tuple[np.ndarray[Any, Any] | None, np.ndarray[Any, Any] | None]:
    """The column as (n, d) floats with its validity (None: no NULLs), if its rows have equal lengths."""
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if isinstance(column, pa.Array) and pa.types.is_fixed_size_list(column.type):
        return vector_matrix(column)
    if isinstance(column, np.ndarray) and column.ndim == 2:
        return column, None
    return None, None


def _matrix_fields(matrix: np.ndarray[Any, Any], layout: str, code: int) -> list[bytes]:
    """The fields of (n, d) floats of the layout 'f4' or 'f2'."""
    if code == 0:
        return _prefixed(rows_to_text(matrix), str.encode)
    count, dimensions = matrix.shape
    size = int(layout[1]) * dimensions
    table = np.empty(
        count, [("length", ">i4"), ("dims", ">i2"), ("unused", ">i2"), ("row", f">{layout}", dimensions)]
    )  # fmt: skip
    table["length"], table["dims"], table["unused"] = 4 + size, dimensions, 0
    table["row"] = matrix
    return _split(table.tobytes(), 8 + size)
