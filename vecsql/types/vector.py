"""pgvector's vector(n): a 1-D float32 numpy array."""

from __future__ import annotations

import re
import struct
import warnings
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
from vecsql.types.floats import float4_to_text

Vector = npt.NDArray[np.float32]

MAX_DIMENSIONS = 16_000
VECTOR_OID = 16385
VECTOR_ARRAY_OID = 16386
_SPACE = " \t\n\r\f\v"
_HEADER = struct.Struct("!hh")
# What strtof() reads: a number, infinity or nan.
_ELEMENT = re.compile(
    rf"[{_SPACE}]*([-+]?(?:(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|inf(?:inity)?|nan))[{_SPACE}]*",
    re.ASCII | re.IGNORECASE,
)


def check_dimensions(dimensions: int, typmod: int) -> None:
    """pgvector's check of a value against vector(n)."""
    if typmod not in (-1, dimensions):
        raise DataException(f"expected {typmod} dimensions, not {dimensions}")


def check_values(vector: Vector) -> None:
    """1 to 16000 dimensions, all finite."""
    if len(vector) < 1:
        raise DataException("vector must have at least 1 dimension")
    if len(vector) > MAX_DIMENSIONS:
        raise ProgramLimitExceeded(f"vector cannot have more than {MAX_DIMENSIONS} dimensions")
    if not np.isfinite(vector).all():
        kind = "NaN" if np.isnan(vector[~np.isfinite(vector)][0]) else "infinite value"
        raise DataException(f"{kind} not allowed in vector")


def vectors_to_text(matrix: Vector) -> list[str]:
    """The text form of each row of an (n, d) matrix."""
    rows, dimensions = matrix.shape
    flat = np.ascontiguousarray(matrix, dtype=np.float32).reshape(-1)
    texts = pa.array(flat).cast(pa.string()).to_pylist()
    size = np.abs(flat)
    # Arrow writes the same shortest digits, but PostgreSQL changes to exponents earlier.
    for i in np.flatnonzero(((size < 1e-4) & (size > 0)) | (size >= 1e6)):
        texts[i] = float4_to_text(flat[i])
    return ["[" + ",".join(texts[i * dimensions : (i + 1) * dimensions]) + "]" for i in range(rows)]


def to_text(value: Vector) -> str:
    return vectors_to_text(np.asarray(value, dtype=np.float32).reshape(1, -1))[0]


def from_text(text: str, typmod: int = -1) -> Vector:
    start, end = text.find("["), text.rfind("]")
    if text[:1] == "[" and end == len(text) - 1 and end > 1:
        vector = _parse_fast(text[1:end])
        if vector is not None:
            check_values(vector)
            check_dimensions(len(vector), typmod)
            return vector
    return _parse_strictly(text, typmod, start)


def _parse_fast(inner: str) -> Vector | None:
    """The usual '1,2,3' by Arrow's float parser; None sends the text to the strict parser."""
    try:
        vector: Vector = pa.array(inner.split(",")).cast(pa.float32()).to_numpy()
    except pa.ArrowInvalid:
        return None
    return vector if np.isfinite(vector).all() else None


def _parse_strictly(text: str, typmod: int, start: int) -> Vector:
    """pgvector's vector_in, error by error."""
    stripped = text.lstrip(_SPACE)
    if not stripped.startswith("["):
        raise _invalid(text, 'Vector contents must start with "[".')
    pos = start + 1
    while pos < len(text) and text[pos] in _SPACE:
        pos += 1
    if text[pos : pos + 1] == "]":
        raise DataException("vector must have at least 1 dimension")
    values: list[float] = []
    while True:
        if len(values) == MAX_DIMENSIONS:
            raise ProgramLimitExceeded(f"vector cannot have more than {MAX_DIMENSIONS} dimensions")
        match = _ELEMENT.match(text, pos)
        if match is None:
            raise _invalid(text)
        values.append(_element(match[1]))
        pos = match.end()
        if text[pos : pos + 1] == "]":
            break
        if text[pos : pos + 1] != ",":
            raise _invalid(text)
        pos += 1
    if text[pos + 1 :].strip(_SPACE):
        raise _invalid(text, "Junk after closing right brace.")
    vector = np.array(values, dtype=np.float32)
    check_dimensions(len(vector), typmod)
    check_values(vector)
    return vector


def _invalid(text: str, detail: str | None = None) -> InvalidTextRepresentation:
    return InvalidTextRepresentation(
        f'invalid input syntax for type vector: "{text}"', detail=detail
    )


def _element(text: str) -> float:
    value = float(text)
    with np.errstate(over="ignore"):
        if np.isinf(np.float32(value)) and "n" not in text.lower():
            raise NumericValueOutOfRange(f'"{text}" is out of range for type vector')
    return value


def to_binary(value: Vector) -> bytes:
    return _HEADER.pack(len(value), 0) + np.asarray(value).astype(">f4").tobytes()


def from_binary(data: bytes, typmod: int = -1) -> Vector:
    if len(data) < 4:
        raise InvalidBinaryRepresentation("insufficient data left in message")
    dimensions, unused = _HEADER.unpack_from(data)
    if dimensions < 1:
        raise DataException("vector must have at least 1 dimension")
    if dimensions > MAX_DIMENSIONS:
        raise ProgramLimitExceeded(f"vector cannot have more than {MAX_DIMENSIONS} dimensions")
    check_dimensions(dimensions, typmod)
    if unused != 0:
        raise DataException(f"expected unused to be 0, not {unused}")
    if len(data) != 4 + 4 * dimensions:
        short = len(data) < 4 + 4 * dimensions
        raise InvalidBinaryRepresentation(
            "insufficient data left in message" if short else "incorrect binary data format"
        )
    vector = np.frombuffer(data, dtype=">f4", offset=4).astype(np.float32)
    if not np.isfinite(vector).all():
        check_values(vector)
    return vector


def coerce(value: Any, typmod: int = -1) -> Vector:
    """Any 1-D sequence of numbers as a checked float32 vector of the column's dimensions."""
    if isinstance(value, str):
        return from_text(value, typmod)
    with warnings.catch_warnings(), np.errstate(over="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        vector = np.ascontiguousarray(value, dtype=np.float32)
    if vector.ndim != 1:
        raise DataException("array must be 1-D")
    check_values(vector)
    check_dimensions(len(vector), typmod)
    return vector


def parse_typmod(modifiers: list[int]) -> int:
    if len(modifiers) != 1:
        raise InvalidParameterValue("invalid type modifier")
    if modifiers[0] < 1:
        raise InvalidParameterValue("dimensions for type vector must be at least 1")
    if modifiers[0] > MAX_DIMENSIONS:
        raise InvalidParameterValue(f"dimensions for type vector cannot exceed {MAX_DIMENSIONS}")
    return modifiers[0]


def arrow(typmod: int) -> pa.DataType:
    return pa.list_(pa.float32(), typmod) if typmod > 0 else pa.list_(pa.float32())


VECTOR = define(
    SqlType(
        oid=VECTOR_OID,
        name="vector",
        sql_name="vector",
        category="U",
        size=-1,
        array_oid=VECTOR_ARRAY_OID,
        to_text=to_text,
        from_text=from_text,
        to_binary=to_binary,
        from_binary=from_binary,
        coerce=coerce,
        arrow=arrow,
        duckdb=lambda typmod: f"FLOAT[{typmod}]" if typmod > 0 else "FLOAT[]",
        format_typmod=lambda typmod: f"({typmod})" if typmod > 0 else "",
        parse_typmod=parse_typmod,
    )
)
