"""The two decorators of the kernels: entry points with a signature and a cache, and helpers inlined in them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numba
from numba import types

from vecsql.kernels.cache import cache_dir

# No nnan and ninf: distances may overflow or be NaN, and must then order as SQL says.
FASTMATH = {"reassoc", "contract", "arcp", "nsz"}

_lock = threading.Lock()


def read_only(dtype: Any, ndim: int) -> Any:
    """The type of a C-contiguous input array: accepts writable arrays and read-only mmaps alike."""
    return types.Array(dtype, ndim, "C", readonly=True)


def writable(dtype: Any, ndim: int) -> Any:
    """The type of a C-contiguous output or scratch array."""
    return types.Array(dtype, ndim, "C")


def kernel(signature: Any) -> Callable[[Any], Any]:
    """Compile for exactly this signature, now, or load from the cache; runs without the GIL."""

    def compile_now(function: Any) -> Any:
        with _lock:
            before, numba.config.CACHE_DIR = numba.config.CACHE_DIR, cache_dir()
            try:
                return numba.njit([signature], cache=True, nogil=True, fastmath=FASTMATH)(function)
            finally:
                numba.config.CACHE_DIR = before

    return compile_now


def helper(function: Any) -> Any:
    """A function that only kernels call; compiled into each of them."""
    return numba.njit(nogil=True, fastmath=FASTMATH)(function)
