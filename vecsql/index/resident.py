"""Copies of index arrays in memory of large pages.

A walk reads rows all over an index. Pages of a mapped file are 4 KiB, so nearly each row is a miss in the translation look-aside buffer; in
pages of 2 MiB such misses are rare (5-10 % of a walk's time).
"""

from __future__ import annotations

import contextlib
import mmap
from typing import Any

import numpy as np
import numpy.typing as npt

LARGE_PAGE = 2 << 20
LEAST_BYTES = 4 << 20  # smaller arrays fit the caches


def is_mapped(array: npt.NDArray[Any]) -> bool:
    """Whether the array is read-only memory of somebody else, such as a file's."""
    return not array.flags.owndata and not array.flags.writeable


def in_large_pages(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy of a C-contiguous array in large pages where the system has them; a small array itself."""
    if array.nbytes < LEAST_BYTES or not hasattr(mmap, "MADV_HUGEPAGE"):
        return array
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    room = mmap.mmap(-1, array.nbytes + LARGE_PAGE, flags=flags)
    with contextlib.suppress(OSError):  # a kernel without large pages has ordinary ones
        room.madvise(mmap.MADV_HUGEPAGE)
    whole = np.frombuffer(room, np.uint8)
    start = -whole.ctypes.data % LARGE_PAGE
    copy = whole[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    copy.flags.writeable = False
    return copy
