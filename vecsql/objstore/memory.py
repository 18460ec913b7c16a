"""A store for ":memory:": blobs are arrays, nothing survives the process."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from weakref import WeakValueDictionary

import numpy as np

from vecsql.objstore.base import Bytes, Chunk, Extent, Root, as_bytes


class MemoryBlob:
    def __init__(self, extent: Extent, data: Bytes) -> None:
        self.extent = extent
        self._data = data

    def view(self) -> Bytes:
        return self._data


class MemoryStore:
    """Offsets are mere numbers; a blob lives as long as something refers to it."""

    name = ":memory:"

    def __init__(self) -> None:
        self._blobs: WeakValueDictionary[int, MemoryBlob] = WeakValueDictionary()
        self._offsets = itertools.count(1)
        self._root: Root | None = None

    def read_root(self) -> Root | None:
        return self._root

    def write_root(self, root: Root) -> None:
        self._root = root

    def write(self, chunks: Sequence[Chunk]) -> MemoryBlob:
        parts = [np.frombuffer(as_bytes(c), np.uint8) for c in chunks if c.nbytes]
        data = np.concatenate(parts) if parts else np.zeros(0, np.uint8)
        data.flags.writeable = False
        blob = MemoryBlob(Extent(next(self._offsets), len(data)), data)
        self._blobs[blob.extent.offset] = blob
        return blob

    def open(self, extent: Extent) -> MemoryBlob:
        return self._blobs[extent.offset]

    def sync(self) -> None:
        pass

    def begin(self, used: Iterable[Extent]) -> None:
        pass

    def reclaim(self, keep: Iterable[Extent]) -> int:
        return 0

    @property
    def size(self) -> int:
        return sum(b.extent.length for b in self._blobs.values())

    def close(self) -> None:
        self._blobs.clear()
