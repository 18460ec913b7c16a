"""Puts rows of one table into the order of some of its columns, as PostgreSQL orders them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.executor.hits import Hits
from vecsql.planner.plan import OrderKey
from vecsql.storage.interface import TableVersion

Keys: TypeAlias = npt.NDArray[Any]

WORTH_SELECTING = 4  # fewer rows wanted than this part of all: find them before sorting


def first_rows(order: Sequence[OrderKey], version: TableVersion, hits: Hits, stop: int) -> Hits:
    """The first `stop` of the rows in this order; rows that compare equal keep their order."""
    if len(hits.positions) < 2:
        return hits.slice(0, stop)
    columns = [hits.gather(version, key.attnum) for key in order]
    if stop * WORTH_SELECTING < len(hits.positions):
        near = _near(columns[0], order[0], stop)
        if near is not None:
            hits = hits.select(near)
            columns = [column.take(pa.array(near)) for column in columns]
    keys: list[Keys] = []
    for column, key in zip(reversed(columns), reversed(order), strict=True):
        keys.extend(sort_keys(column, key))
    return hits.select(np.lexsort(keys)[:stop])


def _near(column: pa.Array, key: OrderKey, stop: int) -> npt.NDArray[np.intp] | None:
    """Rows of which the first `stop` by this one key are a part; None where that would be most of them."""
    nulls = column.null_count
    if stop < 1 or (nulls and (key.nulls_first or len(column) - nulls < stop)):
        return None
    numbers = integers(column)
    if numbers is None:
        return _near_by_arrow(column, key, stop)
    if key.descending:
        numbers = ~numbers
    valid = column.is_valid().to_numpy(zero_copy_only=False) if nulls else None
    known = numbers if valid is None else numbers[valid]
    near = numbers <= np.partition(known, stop - 1)[stop - 1]
    return np.flatnonzero(near if valid is None else near & valid)


def _near_by_arrow(column: pa.Array, key: OrderKey, stop: int) -> npt.NDArray[np.intp]:
    direction = "descending" if key.descending else "ascending"
    known = column.drop_null()
    last = known[pc.select_k_unstable(known, stop, [("", direction)])[-1].as_py()]
    compare = pc.greater_equal if key.descending else pc.less_equal
    return np.flatnonzero(compare(column, last).fill_null(False).to_numpy(zero_copy_only=False))


def order_ties(order: Sequence[OrderKey], version: TableVersion, hits: Hits) -> Hits:
    """Order rows at equal distance by further columns, then by rowid."""
    count = len(hits.positions)
    if count < 2:
        return hits
    distances = hits.distances.copy()
    null = np.zeros(count, np.int8)
    null[count - hits.nulls :] = 1
    nan = np.isnan(distances)
    distances[nan] = 0
    keys: list[Keys] = [hits.rowids()]
    for key in reversed(order):
        keys.extend(sort_keys(hits.gather(version, key.attnum), key))
    keys += [distances, nan.astype(np.int8), null]
    return hits.select(np.lexsort(keys))


def sort_keys(column: pa.Array, key: OrderKey) -> tuple[Keys, ...]:
    """What np.lexsort() sorts these values by, least significant first: the values' ranks, then where NULLs go."""
    numbers = integers(column)
    if numbers is None:
        numbers = np.zeros(len(column), np.int64)
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        numbers[valid] = pc.rank(column.drop_null(), "ascending", tiebreaker="dense")
    ranks = ~numbers if key.descending else numbers
    if not column.null_count:
        return (ranks,)
    null = column.is_null().to_numpy(zero_copy_only=False).astype(np.int8)
    return np.where(null, 0, ranks), -null if key.nulls_first else null


def integers(column: pa.Array) -> Keys | None:
    """Signed integers in the order of the values (any for NULL); None for types without such."""
    kind = column.type
    if pa.types.is_boolean(kind):
        column = column.cast(pa.int8())
    elif pa.types.is_temporal(kind):
        column = column.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    elif not (pa.types.is_signed_integer(kind) or pa.types.is_floating(kind)):
        return None
    if column.null_count:
        column = column.fill_null(0)
    values: Keys = column.to_numpy(zero_copy_only=False)
    return _float_order(values) if values.dtype.kind == "f" else values


def _float_order(values: Keys) -> Keys:
    """The bits of floats as integers that sort alike: -0 equals 0, every NaN is equal and above all numbers."""
    wide = np.where(np.isnan(values), np.nan, values + 0.0).astype(np.float64)
    bits = wide.view(np.int64)
    return np.where(bits < 0, bits ^ np.int64(0x7FFFFFFFFFFFFFFF), bits)
