"""float16 rows as their 16 bits, which numba has no type for: to float32 and, where nothing is lost, from it.

Integer and float arithmetic that LLVM vectorises for any target; there is no NaN and no infinity among vectors.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types

from vecsql.kernels.jit import borrowed, helper, kernel, read_only, writable
from vecsql.kernels.simd import bits_float, float_bits

HALVES = read_only(types.uint16, 2)

BLOCK = 4096  # elements after which is looked whether all were exact
MAGNITUDE, SIGN = np.uint32(0x7FFF), np.uint32(0x8000)
REBIAS = np.float32(2.0**112)  # between the exponents' biases: 127 - 15
SHIFT = np.uint32(13)  # bits that a mantissa of float32 has more
LOST = np.uint32(0x1FFF)  # those bits
LEAST, END = np.uint32(113 << 23), np.uint32(143 << 23)  # float32 bits of normal float16 magnitudes
EXPONENT = np.uint32(112 << 10)
SUBNORMAL = np.float32(2.0**24)  # 1 / the least float16
FIRST_NORMAL = np.float32(1024)  # in units of it


@helper
def widened(half: Any) -> Any:
    """The float32 of a finite float16 given as its bits (uint16)."""
    bits = np.uint32(half)
    size = bits_float(np.uint32((bits & MAGNITUDE) << SHIFT)) * REBIAS
    return bits_float(np.uint32(float_bits(size) | ((bits & SIGN) << np.uint32(16))))


@helper
def narrowed(value: Any) -> Any:
    """(bits, whether they are this very float32): of the float16 next to `value` or, where there is none, of anything."""
    bits = np.uint32(float_bits(value))
    size = np.uint32(bits & np.uint32(0x7FFFFFFF))
    normal = size >= LEAST and size < END and (size & LOST) == np.uint32(0)
    units = min(bits_float(size) * SUBNORMAL, FIRST_NORMAL)
    whole = np.uint32(units)
    tiny = units < FIRST_NORMAL and np.float32(whole) == units
    half = np.uint32((size >> SHIFT) - EXPONENT) if normal else whole
    return np.uint16(half | ((bits >> np.uint32(16)) & SIGN)), normal or tiny


@kernel(types.void(read_only(types.uint16, 1), writable(types.float32, 1)))
def widen(halves: Any, out: Any) -> None:
    """Write the float32 of all elements."""
    halves, out = borrowed(halves), borrowed(out)
    for i in range(out.shape[0]):
        out[i] = widened(halves[i])


@kernel(types.boolean(read_only(types.float32, 1), writable(types.uint16, 1)))
def narrow(values: Any, out: Any) -> Any:
    """Write the float16 of all elements, unless there is one that is not exactly a float16; returns whether there is none."""
    values, out = borrowed(values), borrowed(out)
    for start in range(0, values.shape[0], BLOCK):
        inexact = np.uint32(0)
        for i in range(start, min(start + BLOCK, values.shape[0])):
            half, exact = narrowed(values[i])
            out[i] = half
            inexact |= np.uint32(not exact)
        if inexact:
            return False
    return True
