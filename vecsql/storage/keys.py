"""Keys of unique indexes as 64-bit hashes: of whole Arrow columns at once and of one Python key.

A hash says "maybe equal", except for single integer-like columns where it is the value itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from vecsql.catalog.model import Column, Index
from vecsql.storage.interface import Bools
from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType

Hashes = npt.NDArray[np.uint64]
MASK = (1 << 64) - 1
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio (Knuth's multiplicative hashing)
NULL_HASH = np.uint64(0x5851F42D4C957F2D)
FLOAT_NAN = np.uint64(0x7FF8000000000000)
NUMERIC = Context(prec=150_000)  # more digits than PostgreSQL's numeric can hold

_digest = xxhash.xxh64_intdigest


def _is_integral(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind)
        or pa.types.is_date(kind)
        or pa.types.is_time(kind)
        or pa.types.is_timestamp(kind)
        or pa.types.is_boolean(kind)
    )


def _integral(array: pa.Array) -> Hashes:
    kind = array.type
    if pa.types.is_boolean(kind):
        array = array.cast(pa.int8())
    elif pa.types.is_date32(kind) or pa.types.is_time32(kind):
        array = array.view(pa.int32())
    elif not pa.types.is_integer(kind):
        array = array.view(pa.int64())
    if array.null_count:
        array = array.fill_null(0)
    values: npt.NDArray[np.int64] = array.to_numpy(zero_copy_only=False).astype(np.int64)
    return values.view(np.uint64)


def _floating(array: pa.Array) -> Hashes:
    values: npt.NDArray[np.float64] = array.fill_null(0).to_numpy(zero_copy_only=False)
    values = values.astype(np.float64) + 0.0  # makes -0.0 and 0.0 the same bits
    bits = values.view(np.uint64).copy()
    bits[np.isnan(values)] = FLOAT_NAN
    return bits


def _bytes(values: Sequence[bytes | None]) -> Hashes:
    return np.fromiter((_digest(v or b"") for v in values), np.uint64, len(values))


def _textual(array: pa.Array) -> Hashes:
    return _bytes(array.cast(pa.large_binary()).to_pylist())


def _numeric(text: str) -> str:
    """The same text for equal values of numeric kept as text: 1.0 and 1.00."""
    return str(Decimal(text).normalize(NUMERIC))


def _numeric_text(array: pa.Array) -> Hashes:
    return _bytes([None if v is None else _numeric(v).encode() for v in array.to_pylist()])


def _padded(array: pa.Array) -> Hashes:
    return _bytes([None if v is None else v.rstrip(" ").encode() for v in array.to_pylist()])


def _anything(array: pa.Array) -> Hashes:
    return _bytes([repr(v).encode() for v in array.to_pylist()])


def _hasher(column: ColumnType) -> Callable[[pa.Array], Hashes]:
    kind = column.arrow
    if _is_integral(kind):
        return _integral
    if pa.types.is_floating(kind):
        return _floating
    if column.type.name == "numeric" and pa.types.is_string(kind):
        return _numeric_text
    if column.type.name == "bpchar":
        return _padded
    if any(f(kind) for f in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary)):
        return _textual
    return _anything


@dataclass(frozen=True, slots=True, eq=False)
class KeySpec:
    """How the key of one unique index is hashed and compared."""

    index: Index
    columns: tuple[Column, ...]
    hashers: tuple[Callable[[pa.Array], Hashes], ...]
    exact: bool  # equal hashes are equal keys
    fast_int: bool
    fast_text: bool

    @classmethod
    def of(cls, index: Index, columns: tuple[Column, ...]) -> KeySpec:
        hashers = tuple(_hasher(c.type) for c in columns)
        single = len(columns) == 1
        exact = single and hashers[0] is _integral and not index.nulls_not_distinct
        return cls(
            index, columns, hashers, exact,
            exact and pa.types.is_integer(columns[0].type.arrow),
            single and columns[0].type.type.name in ("text", "varchar", "name"),
        )  # fmt: skip

    @property
    def attnums(self) -> tuple[int, ...]:
        return tuple(c.attnum for c in self.columns)

    def hash_columns(self, arrays: Sequence[pa.Array]) -> tuple[Hashes, Bools | None]:
        """A hash per row, and which rows have a key that can collide (None: all; NULL keys are distinct)."""
        present = [
            a.is_valid().to_numpy(zero_copy_only=False) if a.null_count else None for a in arrays
        ]
        hashed = [h(a) for h, a in zip(self.hashers, arrays, strict=True)]
        if self.index.nulls_not_distinct:
            hashed = [
                h if p is None else np.where(p, h, NULL_HASH)
                for h, p in zip(hashed, present, strict=True)
            ]
            present = []
        total = hashed[0]
        for column in hashed[1:]:
            total = (total ^ (total >> np.uint64(29))) * MULTIPLIER ^ column
        valid = [p for p in present if p is not None]
        return total, np.logical_and.reduce(valid) if valid else None

    def hash_key(self, key: tuple[Any, ...]) -> int:
        """The hash of one key of Python values without NULLs; the same as hash_columns gives."""
        if self.fast_int:
            return int(key[0]) & MASK
        if self.fast_text:
            return _digest(key[0].encode())
        return int(self.hash_columns(self.arrays(key))[0][0])

    def arrays(self, key: tuple[Any, ...]) -> list[pa.Array]:
        """One-element columns with the key's values."""
        return [to_arrow([v], c.type) for v, c in zip(key, self.columns, strict=True)]

    def same(self, left: Sequence[Any], right: Sequence[Any]) -> bool:
        """Whether two keys (as Arrow gives Python values) are equal, NULL being equal to NULL."""
        return all(
            a is b if a is None or b is None else self._equal(a, b, hasher)
            for a, b, hasher in zip(left, right, self.hashers, strict=True)
        )

    @staticmethod
    def _equal(left: Any, right: Any, hasher: Callable[[pa.Array], Hashes]) -> bool:
        if hasher is _numeric_text:
            return _numeric(left) == _numeric(right)
        if hasher is _padded:
            return bool(left.rstrip(" ") == right.rstrip(" "))
        if hasher is _floating and left != left:
            return bool(right != right)
        return bool(left == right)
