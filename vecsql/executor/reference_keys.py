"""Keys of foreign keys as Python tuples: read from rows, looked for in rows, and shown in messages."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vecsql.catalog.model import Constraint, Index, Reference, Table
from vecsql.errors import SerializationFailure
from vecsql.executor.context import ExecContext
from vecsql.storage.columns import single
from vecsql.storage.interface import TableVersion
from vecsql.types.arrow import from_arrow, to_arrow
from vecsql.types.base import ColumnType, SqlType

Key: TypeAlias = tuple[Any, ...]

_FAMILIES = {
    "int2": "integer", "int4": "integer", "int8": "integer", "text": "text", "varchar": "text",
}  # fmt: skip
_COMPARABLE = frozenset(["bool", "bpchar", "bytea", "date", "name", "numeric", "oid", "time", "timestamp",
                         "timestamptz", "uuid"])  # fmt: skip


def comparable(left: SqlType, right: SqlType) -> bool:
    """Whether a column of one type may refer to one of the other: equal values are equal Python values."""
    family = _FAMILIES.get(left.name)
    if family is not None:
        return family == _FAMILIES.get(right.name)
    return left.oid == right.oid and left.name in _COMPARABLE


def state_of(ctx: ExecContext, table_oid: int) -> TableVersion:
    """The newest rows of a table; 40001 when it is younger than the transaction's snapshot."""
    try:
        return ctx.txn.newest_table(table_oid)
    except KeyError:
        raise SerializationFailure("could not serialize access due to concurrent update") from None


def index_order(index: Index, reference: Reference) -> list[int]:
    """For each column of the index its position in the key."""
    return [reference.attnums.index(c.attnum) for c in index.columns]


def keys_of(
    arrays: Sequence[pa.Array], table: Table, attnums: Sequence[int], distinct: bool = False
) -> list[Key | None]:
    """A key per row, None where part of it is NULL; `distinct` may leave out repeated ones."""
    if distinct and len(arrays) == 1:
        arrays = [arrays[0].unique()]
    kinds = [table.column_at(a).type for a in attnums]
    values = [_values(a, k) for a, k in zip(arrays, kinds, strict=True)]
    rows = zip(*values, strict=True)
    return [None if any(v is None for v in key) else key for key in rows]


def _values(array: pa.Array, kind: ColumnType) -> list[Any]:
    values = from_arrow(array, kind)
    if kind.type.name == "bpchar":
        return [v if v is None else v.rstrip(" ") for v in values]
    return values


def referring_rows(
    table: Table, constraint: Constraint, keys: Collection[Key], ctx: ExecContext
) -> tuple[npt.NDArray[np.int64], list[Key]]:
    """The newest rows of a table that refer to any of the keys: rowids, and the key of each."""
    attnums = constraint.attnums
    rows = state_of(ctx, table.oid).arrow(list(attnums), with_rowid=True)
    chosen = np.ones(rows.num_rows, np.bool_)
    for i, attnum in enumerate(attnums):
        wanted = list({key[i] for key in keys})
        column = single(rows[f"c{attnum}"])
        chosen &= _among(column, table.column_at(attnum).type, wanted)
    at = pa.array(np.flatnonzero(chosen))
    arrays = [single(rows[f"c{a}"]).take(at) for a in attnums]
    rowids = np.asarray(single(rows["rowid"]).take(at), np.int64)
    found = keys_of(arrays, table, attnums)
    kept = [i for i, key in enumerate(found) if key in keys]
    return rowids[kept], [key for key in found if key in keys]  # type: ignore[misc]


def _among(column: pa.Array, kind: ColumnType, wanted: list[Any]) -> npt.NDArray[np.bool_]:
    if kind.type.name in ("bpchar", "numeric"):
        known = set(wanted)
        return np.fromiter((v in known for v in _values(column, kind)), np.bool_, len(column))
    if _FAMILIES.get(kind.type.name) == "integer":
        found = pc.is_in(column.cast(pa.int64()), value_set=pa.array(wanted, pa.int64()))
    else:
        found = pc.is_in(
            column, value_set=to_arrow(wanted, ColumnType(kind.type)).cast(column.type)
        )
    mask: npt.NDArray[np.bool_] = found.to_numpy(zero_copy_only=False)
    return mask


def shown_key(table: Table, attnums: Sequence[int], key: Key) -> str:
    """'(a, b)=(1, x)'."""
    columns = [table.column_at(a) for a in attnums]
    texts = [c.type.type.to_text(v) for c, v in zip(columns, key, strict=True)]
    return f"({', '.join(c.name for c in columns)})=({', '.join(texts)})"
