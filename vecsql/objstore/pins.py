"""Which extents of a file are being looked at in this process, over all opens of the file.

An Arrow array handed to the user may outlive the database object it came from; its space must not be reused then.
"""

from __future__ import annotations

import os
import threading
from weakref import ReferenceType, ref

from vecsql.objstore.base import Extent

FileId = tuple[int, int]  # device, inode

_mutex = threading.Lock()
_files: dict[FileId, dict[Extent, list[ReferenceType[object]]]] = {}


def file_id(fd: int) -> FileId:
    status = os.fstat(fd)
    return status.st_dev, status.st_ino


def add(file: FileId, extent: Extent, user: object) -> None:
    """Keep the extent reserved as long as `user` is alive."""
    with _mutex:
        _files.setdefault(file, {}).setdefault(extent, []).append(ref(user))


def alive(file: FileId) -> set[Extent]:
    """The extents that are in use."""
    with _mutex:
        extents = _files.get(file, {})
        for extent in list(extents):
            extents[extent] = [r for r in extents[extent] if r() is not None]
            if not extents[extent]:
                del extents[extent]
        return set(extents)
