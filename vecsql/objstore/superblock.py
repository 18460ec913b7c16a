"""The superblock: a Root in one 4 KiB page with a checksum. Two pages alternate, the higher valid generation wins."""

from __future__ import annotations

import struct

from google_crc32c import value as crc32c

from vecsql import errors
from vecsql.objstore.base import Extent, Root
from vecsql.objstore.space import PAGE

MAGIC = b"VECSQLDB"
FORMAT_VERSION = 1
_LAYOUT = struct.Struct("<8sII16sQQQIQ")
_CRC = struct.Struct("<I")
CLEAN = 1


def pack(root: Root) -> bytes:
    """One page: magic, format version, flags, database id, generation, manifest, LSN; crc32c in the last 4 bytes."""
    body = _LAYOUT.pack(
        MAGIC, FORMAT_VERSION, CLEAN if root.clean else 0, root.database_id, root.generation,
        root.manifest.offset, root.manifest.length, root.manifest_crc, root.lsn,
    ).ljust(PAGE - 4, b"\0")  # fmt: skip
    return body + _CRC.pack(crc32c(body))


def unpack(page: bytes) -> Root | None:
    """The root in a page, None when it is torn or empty; FeatureNotSupported for a newer format."""
    if len(page) < PAGE or page[:8] != MAGIC:
        return None
    if _CRC.unpack(page[-4:])[0] != crc32c(page[:-4]):
        return None
    _, version, flags, database_id, generation, offset, length, crc, lsn = _LAYOUT.unpack_from(page)
    if version > FORMAT_VERSION:
        raise errors.FeatureNotSupported(
            f"database has format version {version}, but this vecsql reads up to {FORMAT_VERSION}",
            hint="Upgrade vecsql to open it.",
        )
    return Root(database_id, generation, Extent(offset, length), crc, lsn, bool(flags & CLEAN))
