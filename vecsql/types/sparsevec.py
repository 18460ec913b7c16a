"""pgvector's sparsevec(n): the non-zero elements of a long vector.

Stored, and held in DuckDB, as bytes: little-endian 32-bit words with the dimensions, the number of elements and a zero,
then the indices (from 0, ascending), then the values as float32. Equal values are equal bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.errors import (
    DataException,
    InvalidBinaryRepresentation,
    InvalidParameterValue,
    InvalidTextRepresentation,
    NumericValueOutOfRange,
    ProgramLimitExceeded,
)
from vecsql.types.base import SqlType
from vecsql.types.define import define
from vecsql.types.dense import element_error, numbers_of
from vecsql.types.floats import float4_to_text

SPARSEVEC_OID = 16389
SPARSEVEC_ARRAY_OID = 16390
MAX_DIMENSIONS = 1_000_000_000
MAX_ELEMENTS = 16_000
HEAD_WORDS = 3  # dimensions, elements, zero

_SPACE = " \t\n\r\f\v"
_HEAD = struct.Struct("<iii")
_WIRE_HEAD = struct.Struct("!iii")
_INTEGER = re.compile(rf"[{_SPACE}]*([-+]?\d+)[{_SPACE}]*", re.ASCII)
_VALUE = re.compile(
    rf"[{_SPACE}]*([-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan))[{_SPACE}]*",
    re.ASCII | re.IGNORECASE,
)


class SparseVector:
    """A vector of `dim` dimensions by its non-zero elements: ascending `indices` from 0 (int32) and `values` (float32).

    Equal and hashed by value; str() is the SQL text.
    """

    __slots__ = ("dim", "indices", "values")

    def __init__(
        self, dim: int, indices: npt.NDArray[np.int32], values: npt.NDArray[np.float32]
    ) -> None:
        self.dim, self.indices, self.values = dim, indices, values

    @classmethod
    def of(cls, elements: Mapping[int, float] | Iterable[float], dim: int = 0) -> SparseVector:
        """A checked vector from a mapping of index (from 0) to value with `dim` dimensions, or from all elements."""
        if not isinstance(elements, Mapping):
            return from_dense(numbers_of(list(elements)))
        pairs = sorted((int(i), float(v)) for i, v in elements.items() if v != 0)
        indices = np.array([i for i, _ in pairs], np.int32)
        return checked(cls(dim, indices, np.array([v for _, v in pairs], np.float32)))

    def to_numpy(self) -> npt.NDArray[np.float32]:
        """All `dim` elements."""
        dense = np.zeros(self.dim, np.float32)
        dense[self.indices] = self.values
        return dense

    def to_list(self) -> list[float]:
        """All `dim` elements."""
        values: list[float] = self.to_numpy().tolist()
        return values

    def words(self) -> bytes:
        """The stored form."""
        return b"".join(
            (
                _HEAD.pack(self.dim, len(self.indices), 0),
                self.indices.astype("<i4").tobytes(),
                self.values.astype("<f4").tobytes(),
            )
        )

    @classmethod
    def from_words(cls, data: bytes) -> SparseVector:
        """The vector of a stored form."""
        dim, count, _ = _HEAD.unpack_from(data)
        indices = np.frombuffer(data, "<i4", count, _HEAD.size)
        return cls(dim, indices, np.frombuffer(data, "<f4", count, _HEAD.size + 4 * count))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SparseVector) and self.words() == other.words()

    def __hash__(self) -> int:
        return hash(self.words())

    def __str__(self) -> str:
        return to_text(self)

    def __repr__(self) -> str:
        elements = dict(zip(self.indices.tolist(), self.values.tolist(), strict=True))
        return f"SparseVector.of({elements}, {self.dim})"


def checked(vector: SparseVector, typmod: int = -1) -> SparseVector:
    """The vector, if it keeps all of pgvector's rules."""
    check_dimensions(vector.dim, typmod)
    check_count(len(vector.indices), vector.dim)
    _check_indices(vector.indices, vector.dim)
    if not np.isfinite(vector.values).all():
        raise element_error(vector.values[~np.isfinite(vector.values)][0], "sparsevec")
    return vector


def check_dimensions(dim: int, typmod: int) -> None:
    if dim < 1:
        raise DataException("sparsevec must have at least 1 dimension")
    if dim > MAX_DIMENSIONS:
        raise ProgramLimitExceeded(f"sparsevec cannot have more than {MAX_DIMENSIONS} dimensions")
    if typmod not in (-1, dim):
        raise DataException(f"expected {typmod} dimensions, not {dim}")


def check_count(count: int, dim: int) -> None:
    if count < 0:
        raise DataException("sparsevec cannot have negative number of elements")
    if count > MAX_ELEMENTS:
        raise ProgramLimitExceeded(
            f"sparsevec cannot have more than {MAX_ELEMENTS} non-zero elements"
        )
    if count > dim:
        raise DataException("sparsevec cannot have more elements than dimensions")


def _check_indices(indices: npt.NDArray[np.int32], dim: int) -> None:
    """Raise the error of the first index that is wrong."""
    outside = (indices < 0) | (indices >= dim)
    steps = np.diff(indices, prepend=np.int32(-1)).astype(np.int64)
    wrong = outside.copy()
    wrong[1:] |= steps[1:] <= 0
    if not wrong.any():
        return
    first = int(np.argmax(wrong))
    if outside[first]:
        raise DataException("sparsevec index out of bounds")
    if steps[first] < 0:
        raise DataException("sparsevec indices must be in ascending order")
    raise DataException("sparsevec indices must not contain duplicates")


def from_dense(values: npt.NDArray[np.floating[Any]]) -> SparseVector:
    """All elements of a vector as a sparse one."""
    values = np.asarray(values, np.float32)
    if not np.isfinite(values).all():
        raise element_error(values[~np.isfinite(values)][0], "sparsevec")
    indices = np.flatnonzero(values).astype(np.int32)
    return checked(SparseVector(len(values), indices, values[indices]))


def to_text(value: SparseVector) -> str:
    pairs = zip(value.indices.tolist(), value.values, strict=True)
    return "{" + ",".join(f"{i + 1}:{float4_to_text(v)}" for i, v in pairs) + f"}}/{value.dim}"


def from_text(text: str, typmod: int = -1) -> SparseVector:
    """pgvector's sparsevec_in, error by error."""
    stripped = text.lstrip(_SPACE)
    if text.count(",") >= MAX_ELEMENTS:
        raise ProgramLimitExceeded(
            f"sparsevec cannot have more than {MAX_ELEMENTS} non-zero elements"
        )
    if not stripped.startswith("{"):
        raise _invalid(text, 'Vector contents must start with "{".')
    indices, values, pos = _elements(text, len(text) - len(stripped) + 1)
    pos = _skip(text, pos)
    if text[pos : pos + 1] != "/":
        raise _invalid(text, "Unexpected end of input.")
    match = _INTEGER.match(text, pos + 1)
    if match is None:
        raise _invalid(text)
    if match.end() != len(text):
        raise _invalid(text, "Junk after closing.")
    dim = int(match[1])
    check_dimensions(dim, typmod)
    order = np.argsort(np.array(indices, np.int64), kind="stable")
    found = np.array(indices, np.int64)[order]
    _check_indices(found.astype(np.int32), dim)
    return SparseVector(dim, found.astype(np.int32), np.array(values, np.float32)[order])


def _elements(text: str, pos: int) -> tuple[list[int], list[float], int]:
    """The indices (from 0) and values between the braces, zeros left out, and where they end."""
    indices: list[int] = []
    values: list[float] = []
    pos = _skip(text, pos)
    if text[pos : pos + 1] == "}":
        return indices, values, pos + 1
    while True:
        match = _INTEGER.match(text, pos)
        if match is None or text[match.end() : match.end() + 1] != ":":
            raise _invalid(text)
        number = _VALUE.match(text, match.end() + 1)
        if number is None:
            raise _invalid(text)
        value = _value(number[1])
        if value != 0:
            indices.append(max(min(int(match[1]), 2**31 - 1), -(2**31) + 1) - 1)
            values.append(value)
        pos = number.end() + 1
        end = text[pos - 1 : pos]
        if end == "}":
            return indices, values, pos
        if end != ",":
            raise _invalid(text)


def _value(text: str) -> float:
    with np.errstate(over="ignore", under="ignore"):
        value = float(np.float32(float(text)))
    written_zero = re.search("[1-9]", re.split("[eE]", text)[0]) is None
    if "n" not in text.lower() and (np.isinf(value) or (value == 0 and not written_zero)):
        raise NumericValueOutOfRange(f'"{text}" is out of range for type sparsevec')
    if not np.isfinite(value):
        raise element_error(value, "sparsevec")
    return value


def _skip(text: str, pos: int) -> int:
    while pos < len(text) and text[pos] in _SPACE:
        pos += 1
    return pos


def _invalid(text: str, detail: str | None = None) -> InvalidTextRepresentation:
    return InvalidTextRepresentation(
        f'invalid input syntax for type sparsevec: "{text}"', detail=detail
    )


def to_binary(value: SparseVector) -> bytes:
    head = _WIRE_HEAD.pack(value.dim, len(value.indices), 0)
    return head + value.indices.astype(">i4").tobytes() + value.values.astype(">f4").tobytes()


def from_binary(data: bytes, typmod: int = -1) -> SparseVector:
    """pgvector's sparsevec_recv."""
    if len(data) < _WIRE_HEAD.size:
        raise InvalidBinaryRepresentation("insufficient data left in message")
    dim, count, unused = _WIRE_HEAD.unpack_from(data)
    check_dimensions(dim, -1)
    check_count(count, dim)
    check_dimensions(dim, typmod)
    if unused != 0:
        raise DataException(f"expected unused to be 0, not {unused}")
    expected = _WIRE_HEAD.size + 8 * count
    if len(data) < expected:
        raise InvalidBinaryRepresentation("insufficient data left in message")
    indices = np.frombuffer(data, ">i4", count, _WIRE_HEAD.size).astype(np.int32)
    values = np.frombuffer(data, ">f4", count, _WIRE_HEAD.size + 4 * count).astype(np.float32)
    found = checked(SparseVector(dim, indices, values))
    if (values == 0).any():
        raise DataException("binary representation of sparsevec cannot contain zero values")
    if len(data) > expected:
        raise InvalidBinaryRepresentation("incorrect binary data format")
    return found


def coerce(value: Any, typmod: int = -1) -> SparseVector:
    """A sparse vector, a sequence of all elements, or text as a checked value of the column's dimensions."""
    if isinstance(value, str):
        return from_text(value, typmod)
    found = value if isinstance(value, SparseVector) else from_dense(numbers_of(value))
    check_dimensions(found.dim, typmod)
    return found


def parse_typmod(modifiers: list[int]) -> int:
    if len(modifiers) != 1:
        raise InvalidParameterValue("invalid type modifier")
    if modifiers[0] < 1:
        raise InvalidParameterValue("dimensions for type sparsevec must be at least 1")
    if modifiers[0] > MAX_DIMENSIONS:
        raise InvalidParameterValue(f"dimensions for type sparsevec cannot exceed {MAX_DIMENSIONS}")
    return modifiers[0]


SPARSEVEC = define(
    SqlType(
        oid=SPARSEVEC_OID,
        name="sparsevec",
        sql_name="sparsevec",
        category="U",
        size=-1,
        array_oid=SPARSEVEC_ARRAY_OID,
        to_text=to_text,
        from_text=from_text,
        to_binary=to_binary,
        from_binary=from_binary,
        coerce=coerce,
        arrow=lambda typmod: pa.binary(),
        duckdb=lambda typmod: "BLOB",
        format_typmod=lambda typmod: f"({typmod})" if typmod > 0 else "",
        parse_typmod=parse_typmod,
    )
)
