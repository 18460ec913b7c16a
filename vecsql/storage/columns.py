"""Arrow column helpers that parts share: joining, row selection, and vectors as float32 matrices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.index.rows import BitRows, HalfRows, NarrowRows, Rows, SparseRows, packed, stored_matrix
from vecsql.storage.interface import Bools

Array: TypeAlias = pa.Array
Kind: TypeAlias = "Matrix | Rows"  # the rows of a column that has distances
NOTHING = np.zeros(0, np.float32)
Matrix = npt.NDArray[np.float32]


def is_vector(kind: pa.DataType) -> bool:
    """Whether a column of this type is stored as a raw matrix: vector(d) and halfvec(d), not vector or real[]."""
    return bool(pa.types.is_fixed_size_list(kind))


def concat(arrays: Sequence[pa.Array]) -> pa.Array:
    """One array of all the values; the arrays have one type."""
    return arrays[0] if len(arrays) == 1 else pa.concat_arrays(arrays)


def single(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    """A column as one contiguous array."""
    if not isinstance(column, pa.ChunkedArray):
        return column
    if column.num_chunks == 0:
        return pa.array([], type=column.type)
    return concat(column.chunks)


def keep(array: pa.Array, live: Bools | None) -> pa.Array:
    """The values of the live rows; the array itself when all are live."""
    return array if live is None else array.filter(pa.array(live))


def nbytes(arrays: Iterable[pa.Array]) -> int:
    return sum(int(a.nbytes) for a in arrays)


def matrix_of(array: pa.Array) -> tuple[Matrix, Bools | None]:
    """(n, d) float32 and validity of a vector(d) array; zero copy without NULLs, NULL rows are zeros."""
    dims = array.type.list_size
    child = array.values
    start = child.offset + array.offset * dims
    data = child.buffers()[1]  # not to_numpy(): the elements of NULL rows may be NULL themselves
    values = (
        np.frombuffer(data, np.float32, len(array) * dims, 4 * start) if len(array) else NOTHING
    )
    matrix = values.reshape(-1, dims)
    if array.null_count == 0:
        return matrix, None
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    return np.where(valid[:, None], matrix, np.float32(0)), valid


def rows_of(array: pa.Array) -> tuple[Kind, Bools | None]:
    """The rows of a vector(d), halfvec(d), bit(d) or sparsevec(d) column, with their validity (None: no NULLs)."""
    kind = array.type
    if pa.types.is_fixed_size_list(kind):
        return matrix_of(array) if pa.types.is_float32(kind.value_type) else _halves_of(array)
    valid = None
    if array.null_count:
        valid = array.is_valid().to_numpy(zero_copy_only=False)
    return _bits_of(array, valid) if pa.types.is_string(kind) else _sparse_of(array, valid), valid


def _halves_of(array: pa.Array) -> tuple[HalfRows, Bools | None]:
    dims = array.type.list_size
    values = array.values.to_numpy(zero_copy_only=False)
    matrix = values[array.offset * dims : (array.offset + len(array)) * dims].reshape(-1, dims)
    if array.null_count == 0:
        return HalfRows(matrix), None
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    return HalfRows(np.where(valid[:, None], matrix, np.float16(0))), valid


def _contents(array: pa.Array) -> tuple[npt.NDArray[np.int32], memoryview]:
    """The offsets (one more than rows) and the bytes of a string or binary array."""
    _, starts, data = array.buffers()
    offsets = np.frombuffer(starts, np.int32, len(array) + 1, 4 * array.offset)
    return offsets, memoryview(data if data is not None else b"")


def _bits_of(array: pa.Array, valid: Bools | None) -> BitRows:
    known = array.drop_null() if valid is not None else array
    if len(known) == 0:
        return BitRows(np.zeros((len(array), 0), np.uint64), 0)
    offsets, data = _contents(known)
    digits = np.frombuffer(data, np.uint8, int(offsets[-1] - offsets[0]), int(offsets[0]))
    ones = (digits & 1).reshape(len(known), -1)
    words = packed(ones)
    if valid is not None:
        spread = np.zeros((len(array), words.shape[1]), np.uint64)
        spread[valid] = words
        words = spread
    return BitRows(words, ones.shape[1])


def _sparse_of(array: pa.Array, valid: Bools | None) -> SparseRows:
    """NULL rows begin where the first other one does, so that nothing reads past the end."""
    offsets, data = _contents(array)
    words = np.frombuffer(data, np.int32, len(data) // 4)
    starts = offsets[:-1] >> 2
    if valid is not None:
        first = starts[np.argmax(valid)] if valid.any() else 0
        starts = np.where(valid, starts, first)
    known = len(starts) > 0 and (valid is None or bool(valid.any()))
    return SparseRows(words, starts, int(words[starts[0]]) if known else 0)


def narrowest(pieces: Sequence[npt.NDArray[Any]]) -> list[npt.NDArray[Any]]:
    """The pieces of a vector column, float32 or float16, all as float16 if that has every value exactly, else as float32."""
    halves = []
    for piece in pieces:
        narrow = NarrowRows(piece) if piece.dtype == np.float16 else NarrowRows.of(piece)
        if narrow is None:
            return [
                p if p.dtype == np.float32 else NarrowRows(p).floats(slice(None)) for p in pieces
            ]
        halves.append(narrow.matrix)
    return halves


def array_of(rows: Kind, valid: Bools | None) -> pa.Array:
    """The Arrow column over such rows, zero copy but for bits and vectors stored as float16."""
    if isinstance(rows, BitRows):
        return _texts_of(rows, valid)
    if isinstance(rows, NarrowRows):
        rows = rows.floats(slice(None))
    matrix = stored_matrix(rows)
    mask = None if valid is None else pa.array(~valid)
    flat = pa.array(matrix.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1], mask=mask)


def _texts_of(rows: BitRows, valid: Bools | None) -> pa.Array:
    digits = rows.ones(slice(None) if valid is None else valid) + np.uint8(48)
    lengths = np.full(len(rows), rows.shape[1]) if valid is None else valid * rows.shape[1]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    shown = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    buffers = [shown, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(digits))]
    return pa.Array.from_buffers(pa.string(), len(rows), buffers)
