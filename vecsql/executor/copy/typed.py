"""Columns of COPY input to Arrow: whole columns at once where the type allows, else value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat


class Slow(Exception):
    """The fast way does not apply (or would not raise the right error)."""


def from_strings(
    column: pa.Array, ctype: ColumnType, style: TextFormat = DEFAULT_FORMAT
) -> pa.Array:
    """A column of texts (NULL for NULL) as the column type's Arrow array. May raise any error for a bad value."""
    fast = _FROM_STRINGS.get(ctype.type.name)
    if fast is not None:
        try:
            return fast(column, ctype)
        except (Slow, pa.ArrowInvalid, pa.ArrowNotImplementedError):
            pass
    from_text, typmod = style.decoder(ctype.type), ctype.typmod
    values = [None if text is None else from_text(text, typmod) for text in column.to_pylist()]
    return to_arrow(values, ctype)


def _text(column: pa.Array, ctype: ColumnType) -> pa.Array:
    if ctype.typmod >= 0:
        longest = pc.max(pc.utf8_length(column)).as_py() or 0
        if ctype.type.name != "varchar" or longest > ctype.typmod - 4:
            raise Slow
    return column.cast(ctype.arrow)


def _integers(column: pa.Array, ctype: ColumnType) -> pa.Array:
    return column.cast(ctype.arrow)


def _floats(column: pa.Array, ctype: ColumnType) -> pa.Array:
    found = column.cast(ctype.arrow)
    if pc.any(pc.is_inf(found)).as_py():
        raise Slow  # infinity, or out of range: the type's own input function knows
    return found


def _vectors(column: pa.Array, ctype: ColumnType) -> pa.Array:
    """'[1,2,...]' of vector(d): one split and one float parse for the whole column."""
    dims = ctype.typmod
    if dims <= 0 or column.null_count or len(column) == 0:
        raise Slow
    if not pc.all(pc.and_(pc.starts_with(column, "["), pc.ends_with(column, "]"))).as_py():
        raise Slow
    lists = pc.split_pattern(pc.utf8_slice_codeunits(column, 1, -1), ",")
    if not pc.all(pc.equal(pc.list_value_length(lists), dims)).as_py():
        raise Slow
    flat = lists.flatten()
    try:
        values = flat.cast(pa.float32())
    except pa.ArrowInvalid:
        values = pc.utf8_trim_whitespace(flat).cast(pa.float32())
    if not np.isfinite(values.to_numpy()).all():
        raise Slow
    return pa.FixedSizeListArray.from_arrays(values, dims)


_FROM_STRINGS: dict[str, Callable[[pa.Array, ColumnType], pa.Array]] = {
    "text": _text, "varchar": _text, "int2": _integers, "int4": _integers, "int8": _integers,
    "float8": _floats, "vector": _vectors,
}  # fmt: skip

Datum = bytes | None


def from_binary(values: Sequence[Datum], ctype: ColumnType) -> pa.Array:
    """A column of binary values (None is NULL) as the column type's Arrow array."""
    fast = _FROM_BINARY.get(ctype.type.name)
    if fast is not None:
        try:
            return fast(values, ctype)
        except Slow:
            pass
    decode, typmod = ctype.type.from_binary, ctype.typmod
    return to_arrow([None if v is None else decode(v, typmod) for v in values], ctype)


def _words(values: Sequence[Datum], width: int) -> tuple[bytes, npt.NDArray[np.bool_] | None]:
    """The values as one buffer of `width` bytes each (zeros for NULL), and the NULL mask."""
    mask = None
    if None in values:
        mask = np.array([v is None for v in values])
        blank = bytes(width)
        values = [blank if v is None else v for v in values]
    data = b"".join(values)  # type: ignore[arg-type]
    if len(data) != width * len(values) or any(len(v) != width for v in values):  # type: ignore[arg-type]
        raise Slow
    return data, mask


def _fixed(layout: str) -> Callable[[Sequence[Datum], ColumnType], pa.Array]:
    kind = np.dtype(layout)

    def decode(values: Sequence[Datum], ctype: ColumnType) -> pa.Array:
        data, mask = _words(values, kind.itemsize)
        return pa.array(
            np.frombuffer(data, kind).astype(kind.newbyteorder("=")), ctype.arrow, mask=mask
        )

    return decode


def _binary_text(values: Sequence[Datum], ctype: ColumnType) -> pa.Array:
    if ctype.typmod >= 0:
        raise Slow
    try:
        found = pa.array(values, pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        raise Slow from None
    if any(v is not None and b"\0" in v for v in values):
        raise Slow
    return found.cast(ctype.arrow)


def _binary_vectors(values: Sequence[Datum], ctype: ColumnType) -> pa.Array:
    dims = ctype.typmod
    if dims <= 0 or not values:
        raise Slow
    data, mask = _words(values, 4 + 4 * dims)
    matrix = np.frombuffer(data, ">f4").reshape(len(values), dims + 1)
    heads = np.frombuffer(data, ">i2").reshape(len(values), -1)[:, :2]
    valid = slice(None) if mask is None else ~mask
    if (heads[valid, 0] != dims).any() or heads[valid, 1].any():
        raise Slow
    flat = matrix[:, 1:].astype(np.float32).ravel()
    if not np.isfinite(flat).all():
        raise Slow
    nulls = None if mask is None else pa.array(mask)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), dims, mask=nulls)


_FROM_BINARY: dict[str, Callable[[Sequence[Any], ColumnType], pa.Array]] = {
    "int2": _fixed(">i2"), "int4": _fixed(">i4"), "int8": _fixed(">i8"), "float4": _fixed(">f4"),
    "float8": _fixed(">f8"), "text": _binary_text, "varchar": _binary_text, "vector": _binary_vectors,
}  # fmt: skip
