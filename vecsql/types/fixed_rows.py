"""DataRows whose fields are all binary and of fixed width: one array of records for all rows, filled by column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vecsql.types.base import ColumnType
from vecsql.types.rows import FIXED

MAX_KEPT = 1024  # rows of the record array that is kept for the next result


class FixedRows:
    """Encodes rows of one layout; not thread-safe, for it fills the same records again and again."""

    def __init__(self, fields: Sequence[tuple[str, int]]) -> None:
        self._fields = tuple(fields)  # numpy type and size of each column
        layout: list[tuple[str, str]] = [("kind", "S1"), ("length", ">i4"), ("count", ">u2")]
        for number, (dtype, _) in enumerate(fields):
            layout += [(f"size{number}", ">i4"), (f"value{number}", dtype)]
        self._dtype = np.dtype(layout)
        self._native = tuple(np.dtype(dtype).newbyteorder("=") for dtype, _ in fields)
        self._prepare(0)

    @staticmethod
    def of(types: Sequence[ColumnType], formats: Sequence[int]) -> FixedRows | None:
        """The encoder of these columns; None if one of them is text or of varying width."""
        fields = []
        for ctype, code in zip(types, formats, strict=True):
            fixed = FIXED.get(ctype.type.oid)
            if code != 1 or fixed is None:
                return None
            fields.append((fixed[1], fixed[2]))
        return FixedRows(fields) if fields else None

    def encode(self, num_rows: int, columns: Sequence[Any]) -> bytes | None:
        """The DataRow messages; None if a column is not plain numbers without NULLs."""
        for column, native in zip(columns, self._native, strict=True):
            if type(column) is not np.ndarray or column.dtype != native:
                return None
        if len(self._records) != num_rows:
            self._prepare(num_rows)
        for values, column in zip(self._values, columns, strict=True):
            values[:] = column
        encoded = self._records.tobytes()
        if num_rows > MAX_KEPT:
            self._prepare(0)
        return encoded

    def _prepare(self, num_rows: int) -> None:
        records = self._records = np.empty(num_rows, self._dtype)
        records["kind"] = b"D"
        records["length"] = self._dtype.itemsize - 1
        records["count"] = len(self._fields)
        for number, (_, size) in enumerate(self._fields):
            records[f"size{number}"] = size
        self._values: list[npt.NDArray[Any]] = [
            records[f"value{number}"] for number in range(len(self._fields))
        ]
