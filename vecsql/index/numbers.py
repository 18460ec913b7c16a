"""Columns and constants as plain numbers in the order of their SQL values."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

_UNIX_ORDINAL = date(1970, 1, 1).toordinal()
_DIGITS = 18  # decimals of so many digits fit into 64 bits
_WIDTHS: dict[int, type[np.signedinteger[Any]]] = {8: np.int8, 16: np.int16, 32: np.int32, 64: np.int64}  # fmt: skip


def numbers_of(array: pa.Array) -> npt.NDArray[Any] | None:
    """The values as integers or float64, anything where they are NULL; None for types without such.

    Decimals are multiplied by 10 ** scale. Views the array's memory where it can. NaN is the caller's business.
    """
    kind = array.type
    if pa.types.is_decimal128(kind) and kind.precision <= _DIGITS:
        words = _view(array, np.int64, 2)[::2]
        return np.ascontiguousarray(words)
    if pa.types.is_floating(kind):
        values = _view(array, np.float64 if kind.bit_width == 64 else np.float32)
        return values.astype(np.float64, copy=False)
    if pa.types.is_signed_integer(kind) or pa.types.is_temporal(kind):
        width = _WIDTHS.get(kind.bit_width)
        return _view(array, width) if width is not None else None
    return None


def _view(array: pa.Array, dtype: Any, words: int = 1) -> npt.NDArray[Any]:
    data, count = array.buffers()[1], len(array) * words
    if data is None or not count:
        return np.empty(0, dtype)
    offset = array.offset * words * np.dtype(dtype).itemsize
    return np.frombuffer(data, dtype, count, offset)


def valid_of(array: pa.Array) -> npt.NDArray[np.bool_] | None:
    """Which values are not NULL; None: all."""
    if not array.null_count:
        return None
    found: npt.NDArray[np.bool_] = array.is_valid().to_numpy(zero_copy_only=False)
    return found


def bound_of(op: str, value: Any, kind: pa.DataType) -> tuple[str, Any] | None:
    """A comparison with a Python value as one with a number of numbers_of() for Arrow type `kind`.

    An operator and a number, or None where there is no such: the value is special or of another family. Between two
    numbers of the column's scale, '=' comes back as '=' with NaN, which nothing equals.
    """
    if pa.types.is_floating(kind):
        return (op, float(value)) if _finite(value) else None
    if pa.types.is_date32(kind):
        if type(value) is not date:
            return None
        return op, value.toordinal() - _UNIX_ORDINAL
    if pa.types.is_timestamp(kind):
        if not isinstance(value, datetime) or kind.unit != "us":
            return None
        return op, _micros(value if value.tzinfo is None else value.astimezone(UTC))
    if pa.types.is_time64(kind):
        return (op, _time_micros(value)) if isinstance(value, time) and kind.unit == "us" else None
    if type(value) is int and pa.types.is_integer(kind):
        return op, value
    if isinstance(value, (int, Decimal)) and type(value) is not bool and _finite(value):
        return _scaled(op, Decimal(value), kind.scale if pa.types.is_decimal(kind) else 0)
    return None


def _finite(value: Any) -> bool:
    if isinstance(value, Decimal):
        return value.is_finite()
    return isinstance(value, (int, float)) and math.isfinite(value)


def _scaled(op: str, value: Decimal, scale: int) -> tuple[str, Any]:
    numerator, denominator = value.as_integer_ratio()
    floor, rest = divmod(numerator * 10**scale, denominator)
    if not rest:
        return op, floor
    if op in ("=", "<>"):
        return op, math.nan
    return ("<=", floor) if op in ("<", "<=") else (">=", floor + 1)


def _micros(value: datetime) -> int:
    days = value.toordinal() - _UNIX_ORDINAL
    return days * 86_400_000_000 + _time_micros(value)


def _time_micros(value: datetime | time) -> int:
    seconds = (value.hour * 60 + value.minute) * 60 + value.second
    return seconds * 1_000_000 + value.microsecond


def compare(values: npt.NDArray[Any], op: str, number: Any) -> npt.NDArray[np.bool_]:
    """(n,) bool: value <op> number, for the numbers of bound_of()."""
    if op == "=":
        found = values == number
    elif op == "<>":
        found = values != number
    elif op == "<":
        found = values < number
    elif op == "<=":
        found = values <= number
    elif op == ">":
        found = values > number
    else:
        found = values >= number
    return np.asarray(found, np.bool_)
