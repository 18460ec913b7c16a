"""Reading a result in pieces: row limits of portals, FETCH and MOVE of cursors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vecsql.planner.plan import Chunk


def slice_chunk(chunk: Chunk, start: int, stop: int) -> Chunk:
    """Rows start to stop (exclusive), without copying where the columns allow."""
    if start == 0 and stop >= chunk.num_rows:
        return chunk
    stop = min(stop, chunk.num_rows)
    return Chunk(stop - start, [column[start:stop] for column in chunk.columns])


class RowReader:
    """Takes rows off a chunk iterator, any number at a time; what was read is gone."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self._rest: Chunk | None = None
        self.done = False  # the iterator is exhausted

    def take(self, limit: int | None = None) -> Iterator[Chunk]:
        """The next rows, at most `limit` (None: all that are left)."""
        while limit is None or limit > 0:
            chunk = self._rest if self._rest is not None else next(self._chunks, None)
            self._rest = None
            if chunk is None:
                self.done = True
                return
            if limit is not None and chunk.num_rows > limit:
                self._rest = slice_chunk(chunk, limit, chunk.num_rows)
                chunk = slice_chunk(chunk, 0, limit)
            if limit is not None:
                limit -= chunk.num_rows
            if chunk.num_rows:
                yield chunk

    def close(self) -> None:
        close: Any = getattr(self._chunks, "close", None)
        if close is not None:
            close()
        self.done = True


class ScrollReader:
    """Keeps all rows, so that any of them can be read again: SCROLL and WITH HOLD cursors."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = [chunk for chunk in chunks if chunk.num_rows]
        self.num_rows = sum(chunk.num_rows for chunk in self._chunks)

    def rows(self, start: int, stop: int) -> list[Chunk]:
        """Rows start to stop (exclusive) in order."""
        pieces, base = [], 0
        for chunk in self._chunks:
            low, high = max(start - base, 0), min(stop - base, chunk.num_rows)
            if low < high:
                pieces.append(slice_chunk(chunk, low, high))
            base += chunk.num_rows
        return pieces

    def backward(self, start: int, stop: int) -> list[Chunk]:
        """Rows stop-1 down to start, each a chunk of its own."""
        return [self.rows(at, at + 1)[0] for at in range(stop - 1, start - 1, -1)]
