"""Hands out rowids: per table, growing, never twice."""

from __future__ import annotations

import threading
from collections import defaultdict

import numpy as np

from vecsql.storage.interface import Rowids


class RowidAllocator:
    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._next: defaultdict[int, int] = defaultdict(int)

    def allocate(self, table_oid: int, count: int) -> Rowids:
        with self._mutex:
            start = self._next[table_oid]
            self._next[table_oid] = start + count
        return np.arange(start, start + count, dtype=np.int64)

    def raise_to(self, table_oid: int, next_rowid: int) -> None:
        """Recovery has seen rowids below this."""
        with self._mutex:
            self._next[table_oid] = max(self._next[table_oid], next_rowid)

    def next_of(self, table_oid: int) -> int:
        with self._mutex:
            return self._next[table_oid]
