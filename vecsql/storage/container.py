"""The write-once container that segments, memtable images, vector indexes and manifests are stored in.

Header, 64-byte aligned sections, footer with the section table; a crc32c for each of them. docs/file-format.md has
the layout. A section is verified when it is first read.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
from google_crc32c import extend as crc32c_extend
from google_crc32c import value as crc32c

from vecsql import errors
from vecsql.objstore.base import Bytes, Chunk

MAGIC = b"VECSQLCT"
VERSION = 1
ALIGNMENT = 64
_HEADER = struct.Struct("<8sIIQQI")
_CRC = struct.Struct("<I")
HEADER_SIZE = 64


class Section(NamedTuple):
    """What goes into a container: the chunks are written one after the other."""

    name: str
    chunks: Sequence[Chunk]
    meta: Mapping[str, Any] = {}


class _Entry(msgspec.Struct, array_like=True, frozen=True):
    name: str
    offset: int  # from the start of the container
    length: int
    crc: int
    meta: dict[str, Any]


class _Footer(msgspec.Struct, array_like=True, frozen=True):
    entries: list[_Entry]
    meta: dict[str, Any]


def array_section(name: str, *arrays: npt.NDArray[Any]) -> Section:
    """A section with an array, given as one or more pieces along the first axis."""
    first = arrays[0]
    shape = [sum(len(a) for a in arrays), *first.shape[1:]] if first.ndim else []
    pieces = [np.ascontiguousarray(a) for a in arrays]
    return Section(name, pieces, {"dtype": first.dtype.str, "shape": shape})


def arrow_section(name: str, batch: pa.RecordBatch) -> Section:
    """A section with a record batch as an uncompressed Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return Section(name, [np.frombuffer(sink.getvalue(), np.uint8)])


def pack(kind: int, sections: Sequence[Section], meta: Mapping[str, Any]) -> list[Chunk]:
    """The chunks of a container, ready to be written in one go."""
    chunks: list[Chunk] = []
    entries = []
    offset = HEADER_SIZE
    for section in sections:
        crc, length = 0, 0
        for chunk in section.chunks:
            raw = _raw(chunk)
            crc = crc32c_extend(crc, raw)
            length += len(raw)
            chunks.append(raw)
        entries.append(_Entry(section.name, offset, length, crc, dict(section.meta)))
        gap = -(offset + length) % ALIGNMENT
        chunks.append(np.zeros(gap, np.uint8))
        offset += length + gap
    footer = np.frombuffer(msgspec.msgpack.encode(_Footer(entries, dict(meta))), np.uint8)
    header = _HEADER.pack(MAGIC, VERSION, kind, offset, len(footer), crc32c(footer))
    header = header.ljust(HEADER_SIZE - 4, b"\0")
    header += _CRC.pack(crc32c(header))
    return [np.frombuffer(header, np.uint8), *chunks, footer]


def _raw(chunk: Chunk) -> Bytes:
    return np.ascontiguousarray(chunk).reshape(-1).view(np.uint8)


@dataclass(slots=True)
class Container:
    """A container being read. `where` names file and offset for the error messages."""

    data: Bytes
    where: str
    kind: int
    meta: dict[str, Any]
    _entries: dict[str, _Entry]
    _verified: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, data: Bytes, where: str) -> Container:
        header = data[:HEADER_SIZE].tobytes()
        if len(header) < HEADER_SIZE or _CRC.unpack(header[-4:])[0] != crc32c(header[:-4]):
            raise errors.DataCorrupted(f"checksum mismatch in {where}: header at byte 0")
        magic, version, kind, offset, length, crc = _HEADER.unpack_from(header)
        if magic != MAGIC or version > VERSION:
            raise errors.DataCorrupted(f"unknown container in {where}: version {version}")
        footer = data[offset : offset + length]
        if len(footer) < length or crc32c(np.ascontiguousarray(footer)) != crc:
            raise errors.DataCorrupted(f"checksum mismatch in {where}: footer at byte {offset}")
        parsed = msgspec.msgpack.decode(footer.tobytes(), type=_Footer)
        return cls(data, where, kind, parsed.meta, {e.name: e for e in parsed.entries})

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._entries)

    def section(self, name: str) -> Bytes:
        """A section's bytes; DataCorrupted naming file, section and offset if they have changed. KeyError."""
        entry = self._entries[name]
        data = self.data[entry.offset : entry.offset + entry.length]
        if name not in self._verified:
            if crc32c(data) != entry.crc:
                raise errors.DataCorrupted(
                    f'checksum mismatch in {self.where}: section "{name}" at byte {entry.offset}'
                )
            self._verified.add(name)
        return data

    def array(self, name: str) -> npt.NDArray[Any]:
        """An array section, zero copy."""
        meta = self._entries[name].meta
        values: npt.NDArray[Any] = self.section(name).view(np.dtype(meta["dtype"]))
        return values.reshape(meta["shape"])

    def batch(self, name: str) -> pa.RecordBatch:
        """An Arrow section, zero copy."""
        buffer = pa.py_buffer(self.section(name))
        with pa.ipc.open_stream(buffer) as reader:
            return reader.read_next_batch()

    def verify(self) -> None:
        """Check all sections."""
        for name in self._entries:
            self.section(name)
