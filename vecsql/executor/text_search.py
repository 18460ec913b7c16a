"""Searches Arrow string columns in their bytes: values equal to one, or with one inside."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Positions = npt.NDArray[np.int32]

LOWER_IS_ASCII = ("\u0130".encode(), "\u212a".encode())  # dotted capital I, Kelvin sign

TOO_MANY = 3  # more hits than a third of the rows: Arrow's own search is as good


def simple(pattern: str) -> tuple[str, bytes] | None:
    """A LIKE pattern without wildcards but a % at its ends: 'equal', 'prefix' or 'infix', and the text."""
    if "_" in pattern or "\\" in pattern:
        return None
    text = pattern.strip("%")
    if "%" in text or not text:
        return None
    before, after = pattern.startswith("%"), pattern.endswith("%")
    if before:
        return ("infix", text.encode()) if after else None
    return ("prefix" if after else "equal"), text.encode()


def successor(prefix: bytes) -> bytes | None:
    """The smallest bytes above all that begin with `prefix`; None if there are none."""
    head = prefix.rstrip(b"\xff")
    return head[:-1] + bytes((head[-1] + 1,)) if head else None


def _parts(column: pa.Array) -> tuple[npt.NDArray[np.int32], memoryview]:
    """Where values start and end, and the bytes."""
    _, starts, data = column.buffers()
    offsets = np.frombuffer(starts, np.int32, len(column) + 1, 4 * column.offset)
    return offsets, memoryview(data if data is not None else b"")


def equal(column: pa.Array, value: bytes) -> Positions:
    """Ascending positions of values equal to `value`; rows with NULL may be among them."""
    if not len(column):
        return np.empty(0, np.int32)
    offsets, data = _parts(column)
    length = len(value)
    found = np.flatnonzero(offsets[1:] - offsets[:-1] == length).astype(np.int32)
    if length and len(found):
        text = np.frombuffer(data, np.uint8)
        for place in sorted({0, length - 1, length // 2}):  # where values mostly differ
            found = found[text[offsets[found] + np.int32(place)] == value[place]]
        if length > 3:
            spread = offsets[found][:, None] + np.arange(length, dtype=np.int32)
            found = found[(text[spread] == np.frombuffer(value, np.uint8)).all(axis=1)]
    return found


def folded(column: pa.Array) -> pa.Array | None:
    """The strings with ASCII letters in lower case; None where other letters have ASCII ones for lower case."""
    offsets, data = _parts(column) if len(column) else (np.zeros(1, np.int32), memoryview(b""))
    text = data[offsets[0] : offsets[-1]].tobytes()
    if any(letter in text for letter in LOWER_IS_ASCII):
        return None
    starts = pa.py_buffer((offsets - offsets[0]).astype(np.int32))
    return pa.Array.from_buffers(
        pa.string(), len(column), [None, starts, pa.py_buffer(text.lower())]
    )


def containing(column: pa.Array, needle: bytes) -> Positions | None:
    """Ascending positions of values that contain `needle`; rows with NULL may be among them. None where that is not
    known to be quicker than other ways."""
    if not len(column):
        return np.empty(0, np.int32)
    offsets, data = _parts(column)
    text = data[offsets[0] : offsets[-1]].tobytes()
    hits = _hits(text, needle, len(column) // TOO_MANY)
    if hits is None:
        return None
    places = np.array(hits, np.int64) + int(offsets[0])
    rows = offsets.searchsorted(places, "right") - 1
    inside = places + len(needle) <= offsets[rows + 1]
    return np.unique(rows[inside]).astype(np.int32)


def _hits(text: bytes, needle: bytes, limit: int) -> list[int] | None:
    """Where `needle` starts in `text`; None if there are more than `limit` such places."""
    hits: list[int] = []
    at = text.find(needle)
    while at >= 0:
        hits.append(at)
        if len(hits) > limit:
            return None
        at = text.find(needle, at + 1)
    return hits
