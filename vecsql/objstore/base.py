"""Where bytes live: write-once blobs at extents, and one small root record that is replaced atomically.

A single file and memory implement it; a directory or a bucket keeps one object per blob and numbered roots.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]
Chunk = npt.NDArray[Any]  # C-contiguous, written as its bytes


def as_bytes(chunk: Chunk) -> memoryview:
    """A contiguous array's bytes, zero copy."""
    return chunk.reshape(-1).view(np.uint8).data


class Extent(NamedTuple):
    """Where a blob lies: byte offset and length."""

    offset: int
    length: int


@dataclass(frozen=True, slots=True)
class Root:
    """The newest consistent state: everything else is found from here."""

    database_id: bytes  # 16 bytes, also in the WAL
    generation: int
    manifest: Extent
    manifest_crc: int
    lsn: int  # the WAL is replayed from here
    clean: bool  # closed in order: no WAL is needed


class Blob(Protocol):
    """A written blob. Its place is not reused while this object or a view of it is alive."""

    @property
    def extent(self) -> Extent: ...

    def view(self) -> Bytes:
        """The bytes, read-only, zero copy."""
        ...


class Store(Protocol):
    """One database's bytes."""

    name: str  # for messages: the file's path

    def read_root(self) -> Root | None: ...

    def write_root(self, root: Root) -> None:
        """Replace the root atomically; on return it and all blobs written before are durable."""
        ...

    def write(self, chunks: Sequence[Chunk]) -> Blob:
        """Write a blob. Durable after sync() or write_root()."""
        ...

    def open(self, extent: Extent) -> Blob: ...

    def sync(self) -> None: ...

    def begin(self, used: Iterable[Extent]) -> None:
        """After opening: what is in use; the rest is free."""
        ...

    def reclaim(self, keep: Iterable[Extent]) -> int:
        """Free all blobs that are neither kept nor referenced in this process; returns the bytes freed."""
        ...

    @property
    def size(self) -> int: ...

    def close(self) -> None: ...
