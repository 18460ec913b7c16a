"""A whole execution in one piece: Bind, maybe Describe, Execute and Sync on the unnamed portal, as drivers send it.

Two executions of one statement differ in little but their parameters. `read_exchange()` decodes one and notes where
its parameters lie; `Shape.fits()` then recognises the next of the same lengths without decoding it.
"""

from __future__ import annotations

from dataclasses import dataclass

from vecsql.errors import Error
from vecsql.protocol.decode import Reader

_DESCRIBE = b"D\0\0\0\x06P\0"
_EXECUTE_SYNC = b"E\0\0\0\x09\0\0\0\0\0S\0\0\0\x04"
_UNNAMED = 5  # where Bind names its portal
MAX_GAPS = 32


@dataclass(frozen=True, slots=True)
class Shape:
    """An exchange but for the values of its parameters, which are data[start:stop] for each of `spans`."""

    size: int
    gaps: tuple[bytes, ...]  # what lies around the parameters
    starts: tuple[int, ...]  # of the gaps
    spans: tuple[tuple[int, int], ...]
    statement: str
    param_formats: tuple[int, ...]  # as sent
    result_formats: tuple[int, ...]  # as sent
    described: bool

    def fits(self, data: bytes) -> bool:
        """Whether `data` is an exchange of this shape."""
        return len(data) == self.size and all(map(data.startswith, self.gaps, self.starts))


def read_exchange(data: bytes) -> Shape | None:
    """The shape of `data` if that is one exchange with no NULL parameter and nothing more; anything else is None."""
    if (
        data[:1] != b"B"
        or not data.endswith(_EXECUTE_SYNC)
        or data[_UNNAMED : _UNNAMED + 1] != b"\0"
    ):
        return None
    stop = 1 + int.from_bytes(data[1:5])
    described = data[stop : -len(_EXECUTE_SYNC)]
    if described not in (b"", _DESCRIBE) or stop + len(described) + len(_EXECUTE_SYNC) != len(data):
        return None
    reader = Reader(data[:stop])
    reader.position = _UNNAMED
    try:
        return _shape(data, reader, bool(described))
    except Error:
        return None  # the ordinary way finds the same and reports it


def _shape(data: bytes, reader: Reader, described: bool) -> Shape | None:
    reader.raw_string()
    statement = reader.string()
    formats = reader.int16s()
    spans = []
    for _ in range(reader.count()):
        length = reader.int32()
        if length < 0:
            return None
        spans.append((reader.position, reader.position + length))
        reader.position += length
    result_formats = reader.int16s()
    reader.end()
    if len(spans) >= MAX_GAPS or len(formats) not in (0, 1, len(spans)):
        return None
    edges = [0, *(edge for span in spans for edge in span), len(data)]
    starts = tuple(edges[::2])
    gaps = tuple(data[a:b] for a, b in zip(starts, edges[1::2], strict=True))
    return Shape(
        len(data), gaps, starts, tuple(spans), statement, formats, result_formats, described
    )


def named_statement(data: bytes) -> str | None:
    """The statement that a Bind to the unnamed portal is for, if that is what `data` begins with; never fails."""
    if data[:1] != b"B" or data[_UNNAMED : _UNNAMED + 1] != b"\0":
        return None
    stop = data.find(b"\0", _UNNAMED + 1)
    name = data[_UNNAMED + 1 : stop] if stop >= 0 else b"\xff"
    return name.decode("ascii", "replace") if name.isascii() else None
