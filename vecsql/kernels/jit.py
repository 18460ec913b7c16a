"""The decorators of the kernels: entry points with a signature and a cache, and helpers that are compiled into them."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

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


def inlined(function: Any) -> Any:
    """A helper that is part of its caller's code: what an inner loop calls, for array arguments are some 30 words on the stack."""
    return numba.njit(nogil=True, fastmath=FASTMATH, forceinline=True)(function)


@intrinsic
def borrowed(typingctx: Any, array: Any) -> Any:
    """The array itself, but nobody counts who uses it: for arguments of a kernel, which outlive it, and for what it keep()s.

    Else each call of a helper, inlined or not, counts up and down with two atomic instructions, which took a third of a walk's time.
    """

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        (kind,) = signature.args
        struct = context.make_array(kind)(context, builder, args[0])
        struct.meminfo = ir.Constant(struct.meminfo.type, None)
        struct.parent = ir.Constant(struct.parent.type, None)
        return struct._getvalue()

    return array(array), codegen


@intrinsic
def keep(typingctx: Any, array: Any) -> Any:
    """Let an array that a kernel made and borrowed() live up to here."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return context.get_dummy_value()

    return types.void(array), codegen
