"""Arrow column helpers that parts share: joining, row selection, and vectors as float32 matrices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.storage.interface import Bools

Array: TypeAlias = pa.Array
NOTHING = np.zeros(0, np.float32)
Matrix = npt.NDArray[np.float32]


def is_vector(kind: pa.DataType) -> bool:
    """Whether a column of this type is stored as a raw float32 matrix: vector(d), not vector or real[]."""
    return bool(pa.types.is_fixed_size_list(kind) and pa.types.is_float32(kind.value_type))


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


def array_of(matrix: Matrix, valid: Bools | None) -> pa.Array:
    """The Arrow column over a matrix, zero copy."""
    mask = None if valid is None else pa.array(~valid)
    flat = pa.array(matrix.reshape(-1))
    return pa.FixedSizeListArray.from_arrays(flat, matrix.shape[1], mask=mask)
