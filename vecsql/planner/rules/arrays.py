"""pa.Array containment and overlap with a constant array, over Arrow list columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.types.arrow import to_arrow
from vecsql.types.base import ColumnType


def contains(lists: pa.Array, items: Sequence[Any], element: ColumnType) -> pa.Array:
    """lists @> items: every item is in the list; a NULL item is in none."""
    flat = list(_flatten(items))
    found = np.full(len(lists), None not in flat)
    for item in {item for item in flat if item is not None}:
        found &= _having(lists, [item], element)
    return pa.array(found, mask=_nulls(lists))


def has(lists: pa.Array, item: Any, element: ColumnType) -> pa.Array:
    """item = ANY (list): where it is not found, NULL instead of false if the list has a NULL."""
    found = _having(lists, [item], element)
    unknown = np.zeros(len(lists), np.bool_)
    listed: Any = lists
    values = listed.flatten()
    if values.null_count:
        rows = pc.list_parent_indices(lists).filter(values.is_null())
        unknown[rows.to_numpy(zero_copy_only=False)] = True
    return pa.array(found, mask=_nulls(lists) | (unknown & ~found))


def overlaps(lists: pa.Array, items: Sequence[Any], element: ColumnType) -> pa.Array:
    """lists && items: some item that is not NULL is in the list."""
    flat = [item for item in _flatten(items) if item is not None]
    return pa.array(_having(lists, flat, element), mask=_nulls(lists))


def _flatten(items: Iterable[Any]) -> Iterable[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flatten(item)
        else:
            yield item


def _having(lists: pa.Array, items: Sequence[Any], element: ColumnType) -> npt.NDArray[np.bool_]:
    """Rows whose list has at least one of the items."""
    listed: Any = lists
    values = listed.flatten()
    hits = pc.is_in(values, value_set=to_arrow(items, element).cast(values.type))
    rows = pc.list_parent_indices(lists).filter(hits).to_numpy(zero_copy_only=False)
    found = np.zeros(len(lists), np.bool_)
    found[rows] = True
    return found


def _nulls(lists: pa.Array) -> npt.NDArray[np.bool_]:
    mask: npt.NDArray[np.bool_] = lists.is_null().to_numpy(zero_copy_only=False)
    return mask
