"""Giving freed file space back to the operating system without changing the file's length (Linux)."""

from __future__ import annotations

import ctypes
import ctypes.util
import sys
from collections.abc import Callable
from functools import cache

_KEEP_SIZE_AND_PUNCH = 0x01 | 0x02


@cache
def _fallocate() -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        return None
    function = getattr(ctypes.CDLL(None), "fallocate64", None)
    if function is not None:
        function.argtypes = (ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64)
    return function


def punch(fd: int, offset: int, length: int) -> bool:
    """Free a range's blocks; False where system or file system cannot, which costs only disk space."""
    function = _fallocate()
    return function is not None and function(fd, _KEEP_SIZE_AND_PUNCH, offset, length) == 0
