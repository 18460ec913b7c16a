"""What vector(n) and halfvec(n) have in common: 1-D numpy arrays of one float type, and pgvector's rules for them."""

from __future__ import annotations

import re
import struct
import warnings
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.errors import (
    DataException,
    InvalidBinaryRepresentation,
    InvalidParameterValue,
    InvalidTextRepresentation,
    NullValueNotAllowed,
    NumericValueOutOfRange,
    ProgramLimitExceeded,
)
from vecsql.types.base import SqlType
from vecsql.types.define import define
from vecsql.types.floats import float4_to_text

Dense = npt.NDArray[Any]  # 1-D, of the codec's dtype

MAX_DIMENSIONS = 16_000
_SPACE = " \t\n\r\f\v"
_HEADER = struct.Struct("!hh")
# What strtof() reads: a number, infinity or nan.
ELEMENT = re.compile(
    rf"[{_SPACE}]*([-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan))[{_SPACE}]*",
    re.ASCII | re.IGNORECASE,
)


def rows_to_text(matrix: Dense) -> list[str]:
    """The text form of each row of an (n, d) matrix, with the digits of float32."""
    rows, dimensions = matrix.shape
    flat = np.ascontiguousarray(matrix, dtype=np.float32).reshape(-1)
    texts = pa.array(flat).cast(pa.string()).to_pylist()
    size = np.abs(flat)
    # Arrow writes the same shortest digits, but PostgreSQL changes to exponents earlier.
    for i in np.flatnonzero(((size < 1e-4) & (size > 0)) | (size >= 1e6)):
        texts[i] = float4_to_text(flat[i])
    return ["[" + ",".join(texts[i * dimensions : (i + 1) * dimensions]) + "]" for i in range(rows)]


def element_error(value: float, name: str) -> DataException:
    """pgvector's error for a NaN or an infinity within a value of type `name`."""
    kind = "NaN" if np.isnan(value) else "infinite value"
    return DataException(f"{kind} not allowed in {name}")


@dataclass(frozen=True, slots=True)
class DenseCodec:
    """The codecs of one type: `name` as in pgvector's errors, `dtype` of its values."""

    name: str
    dtype: type[np.floating[Any]]
    wire: np.dtype[Any] = field(init=False)  # of an element in binary

    def __post_init__(self) -> None:
        object.__setattr__(self, "wire", np.dtype(self.dtype).newbyteorder(">"))

    def check_dimensions(self, dimensions: int, typmod: int) -> None:
        """pgvector's check of a value against a column with (n)."""
        if typmod not in (-1, dimensions):
            raise DataException(f"expected {typmod} dimensions, not {dimensions}")

    def check_count(self, dimensions: int) -> None:
        """1 to 16000 dimensions."""
        if dimensions < 1:
            raise DataException(f"{self.name} must have at least 1 dimension")
        if dimensions > MAX_DIMENSIONS:
            raise ProgramLimitExceeded(
                f"{self.name} cannot have more than {MAX_DIMENSIONS} dimensions"
            )

    def check_values(self, vector: Dense) -> None:
        """1 to 16000 dimensions, all finite."""
        self.check_count(len(vector))
        if not np.isfinite(vector).all():
            raise element_error(vector[~np.isfinite(vector)][0], self.name)

    def narrowed(self, values: npt.NDArray[np.float32]) -> Dense:
        """float32 as the type's own floats. Raises 22003 for a finite value that becomes infinite."""
        if self.dtype is np.float32:
            return values
        with np.errstate(over="ignore", under="ignore"):
            narrow = values.astype(self.dtype)
        lost = np.isinf(narrow) & ~np.isinf(values)
        if lost.any():
            text = float4_to_text(float(values[lost][0]))
            raise NumericValueOutOfRange(f'"{text}" is out of range for type {self.name}')
        return narrow

    def to_text(self, value: Dense) -> str:
        return rows_to_text(np.asarray(value).reshape(1, -1))[0]

    def from_text(self, text: str, typmod: int = -1) -> Dense:
        end = text.rfind("]")
        if text[:1] == "[" and end == len(text) - 1 and end > 1:
            vector = self._parse_fast(text[1:end])
            if vector is not None:
                self.check_count(len(vector))
                self.check_dimensions(len(vector), typmod)
                return vector
        return self._parse_strictly(text, typmod)

    def _parse_fast(self, inner: str) -> Dense | None:
        """The usual '1,2,3' by Arrow's float parser; None sends the text to the strict parser."""
        try:
            values = pa.array(inner.split(",")).cast(pa.float32()).to_numpy()
        except pa.ArrowInvalid:
            return None
        with np.errstate(over="ignore", under="ignore"):
            vector = values.astype(self.dtype, copy=False)
        return vector if np.isfinite(vector).all() else None

    def _parse_strictly(self, text: str, typmod: int) -> Dense:
        """pgvector's input function, error by error."""
        if not text.lstrip(_SPACE).startswith("["):
            raise self._invalid(text, 'Vector contents must start with "[".')
        pos = text.find("[") + 1
        while pos < len(text) and text[pos] in _SPACE:
            pos += 1
        if text[pos : pos + 1] == "]":
            raise DataException(f"{self.name} must have at least 1 dimension")
        values: list[float] = []
        while True:
            self.check_count(len(values) + 1)
            match = ELEMENT.match(text, pos)
            if match is None:
                raise self._invalid(text)
            values.append(self._element(match[1]))
            pos = match.end()
            if text[pos : pos + 1] == "]":
                break
            if text[pos : pos + 1] != ",":
                raise self._invalid(text)
            pos += 1
        if text[pos + 1 :].strip(_SPACE):
            raise self._invalid(text, "Junk after closing right brace.")
        self.check_dimensions(len(values), typmod)
        return np.array(values, np.float32).astype(self.dtype)

    def _invalid(self, text: str, detail: str | None = None) -> InvalidTextRepresentation:
        return InvalidTextRepresentation(
            f'invalid input syntax for type {self.name}: "{text}"', detail=detail
        )

    def _element(self, text: str) -> float:
        value = float(text)
        with np.errstate(over="ignore", under="ignore"):
            stored = self.dtype(np.float32(value))
        if np.isinf(stored) and "n" not in text.lower():
            raise NumericValueOutOfRange(f'"{text}" is out of range for type {self.name}')
        if not np.isfinite(stored):
            raise element_error(value, self.name)
        return value

    def to_binary(self, value: Dense) -> bytes:
        return _HEADER.pack(len(value), 0) + np.asarray(value).astype(self.wire).tobytes()

    def from_binary(self, data: bytes, typmod: int = -1) -> Dense:
        if len(data) < 4:
            raise InvalidBinaryRepresentation("insufficient data left in message")
        dimensions, unused = _HEADER.unpack_from(data)
        self.check_count(dimensions)
        self.check_dimensions(dimensions, typmod)
        if unused != 0:
            raise DataException(f"expected unused to be 0, not {unused}")
        expected = 4 + self.wire.itemsize * dimensions
        if len(data) != expected:
            raise InvalidBinaryRepresentation(
                "insufficient data left in message"
                if len(data) < expected
                else "incorrect binary data format"
            )
        vector = np.frombuffer(data, self.wire, -1, 4).astype(self.dtype)
        if not _all_finite(vector):
            self.check_values(vector)
        return vector

    def coerce(self, value: Any, typmod: int = -1) -> Dense:
        """Any 1-D sequence of numbers as a checked vector of the column's dimensions."""
        if isinstance(value, str):
            return self.from_text(value, typmod)
        vector = numbers_of(value)
        self.check_count(len(vector))
        self.check_dimensions(len(vector), typmod)
        if not _all_finite(vector):
            self.check_values(vector)
        return self.narrowed(vector)

    def parse_typmod(self, modifiers: list[int]) -> int:
        if len(modifiers) != 1:
            raise InvalidParameterValue("invalid type modifier")
        if modifiers[0] < 1:
            raise InvalidParameterValue(f"dimensions for type {self.name} must be at least 1")
        if modifiers[0] > MAX_DIMENSIONS:
            raise InvalidParameterValue(
                f"dimensions for type {self.name} cannot exceed {MAX_DIMENSIONS}"
            )
        return modifiers[0]


def _all_finite(vector: Dense) -> bool:
    """Whether no element is NaN or infinite; bytes are searched quicker than .all() is called."""
    return 0 not in np.isfinite(vector).tobytes()


def numbers_of(value: Any) -> npt.NDArray[np.float32]:
    """Numbers in one dimension as float32, for a cast to a vector type."""
    if isinstance(value, list) and any(item is None for item in value):
        raise NullValueNotAllowed("array must not contain nulls")
    if isinstance(value, np.ndarray) and value.dtype == np.float32 and value.flags.carray:
        return _one_dimension(value)
    with warnings.catch_warnings(), np.errstate(over="ignore", under="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        vector = np.ascontiguousarray(value, dtype=np.float32)
    return _one_dimension(vector)


def _one_dimension(vector: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if vector.ndim != 1:
        raise DataException("array must be 1-D")
    return vector


def dense_type(codec: DenseCodec, oid: int, array_oid: int, element: pa.DataType) -> SqlType:
    """The SQL type of a codec, registered; Arrow keeps its values as lists of `element`."""
    return define(
        SqlType(
            oid=oid,
            name=codec.name,
            sql_name=codec.name,
            category="U",
            size=-1,
            array_oid=array_oid,
            to_text=codec.to_text,
            from_text=codec.from_text,
            to_binary=codec.to_binary,
            from_binary=codec.from_binary,
            coerce=codec.coerce,
            arrow=lambda typmod: pa.list_(element, typmod) if typmod > 0 else pa.list_(element),
            duckdb=lambda typmod: f"FLOAT[{typmod}]" if typmod > 0 else "FLOAT[]",
            format_typmod=lambda typmod: f"({typmod})" if typmod > 0 else "",
            parse_typmod=codec.parse_typmod,
        )
    )
