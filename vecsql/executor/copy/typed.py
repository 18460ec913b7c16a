"""Columns of COPY input to Arrow: whole columns at once where the type allows, else value by value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.executor.columns import DENSE
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
    with np.errstate(over="ignore", under="ignore"):
        stored = values.to_numpy().astype(DENSE[ctype.type.name], copy=False)
    if not np.isfinite(stored).all():
        raise Slow
    return pa.FixedSizeListArray.from_arrays(pa.array(stored), dims)


_FROM_STRINGS: dict[str, Callable[[pa.Array, ColumnType], pa.Array]] = {
    "text": _text, "varchar": _text, "int2": _integers, "int4": _integers, "int8": _integers,
    "float8": _floats, "vector": _vectors, "halfvec": _vectors,
}  # fmt: skip

Datum = bytes | None
Cells: TypeAlias = "npt.NDArray[np.uint8]"  # (rows, width)
Nulls: TypeAlias = "npt.NDArray[np.bool_] | None"  # True where NULL; None where nothing is


def from_binary(values: Sequence[Datum], ctype: ColumnType) -> pa.Array:
    """A column of binary values (None is NULL) as the column type's Arrow array."""
    try:
        if ctype.type.name in ("text", "varchar"):
            return _binary_text(values, ctype)
        if has_cells(ctype):
            return from_cells(*_cells(values), ctype)
    except Slow:
        pass
    decode, typmod = ctype.type.from_binary, ctype.typmod
    return to_arrow([None if v is None else decode(v, typmod) for v in values], ctype)


def has_cells(ctype: ColumnType) -> bool:
    """Whether from_cells() knows the type."""
    return ctype.type.name in _FROM_CELLS


def from_cells(cells: Cells, nulls: Nulls, ctype: ColumnType) -> pa.Array:
    """A column of binary values that are all equally wide. Raises Slow where from_binary() must look at each."""
    return _FROM_CELLS[ctype.type.name](cells, nulls, ctype)


def _cells(values: Sequence[Datum]) -> tuple[Cells, Nulls]:
    """The values as rows of bytes, zeros for NULL."""
    width = len(next((v for v in values if v is not None), b""))
    nulls = None
    if None in values:
        nulls = np.array([v is None for v in values])
        values = [bytes(width) if v is None else v for v in values]
    data = b"".join(values)  # type: ignore[arg-type]
    if width == 0 or any(len(v) != width for v in values):  # type: ignore[arg-type]
        raise Slow
    return np.frombuffer(data, np.uint8).reshape(len(values), width), nulls


def _fixed(layout: str) -> Callable[[Cells, Nulls, ColumnType], pa.Array]:
    kind = np.dtype(layout)

    def decode(cells: Cells, nulls: Nulls, ctype: ColumnType) -> pa.Array:
        if cells.shape[1] != kind.itemsize:
            raise Slow
        numbers = np.ascontiguousarray(cells).view(kind).ravel()
        return pa.array(numbers.astype(kind.newbyteorder("=")), ctype.arrow, mask=nulls)

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


def _binary_vectors(cells: Cells, nulls: Nulls, ctype: ColumnType) -> pa.Array:
    dims, kind = ctype.typmod, np.dtype(DENSE[ctype.type.name])
    if dims <= 0 or cells.shape[1] != 4 + kind.itemsize * dims:
        raise Slow
    heads = np.ascontiguousarray(cells[:, :4]).view(">i2")
    valid = slice(None) if nulls is None else ~nulls
    if (heads[valid, 0] != dims).any() or heads[valid, 1].any():
        raise Slow
    flat = cells[:, 4:].view(kind.newbyteorder(">")).astype(kind).ravel()
    if not np.isfinite(flat).all():
        raise Slow
    mask = None if nulls is None else pa.array(nulls)
    return pa.FixedSizeListArray.from_arrays(pa.array(flat), dims, mask=mask)


_FROM_CELLS: dict[str, Callable[[Cells, Nulls, ColumnType], pa.Array]] = {
    "int2": _fixed(">i2"), "int4": _fixed(">i4"), "int8": _fixed(">i8"), "float4": _fixed(">f4"),
    "float8": _fixed(">f8"), "vector": _binary_vectors,
    "halfvec": _binary_vectors,
}  # fmt: skip
