"""A random rotation in O(D log D): random signs and Hadamard transforms over both ends of a vector, four times.

A transform needs a power of two, so each covers the first or the last `span` dimensions, which overlap
unless D is a power of two itself; signs and alternation make up for that (as in Gao and Long's RaBitQ library).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from vecsql.kernels.jit import helper
from vecsql.kernels.simd import I32

ROUNDS = 4
LANES = 16

REALS = ir.VectorType(ir.FloatType(), LANES)


def _at(builder: Any, address: Any) -> Any:
    return builder.inttoptr(address, REALS.as_pointer())


@intrinsic
def butterfly(typingctx: Any, first: Any, second: Any) -> Any:
    """butterfly(address, address): a, b -> a + b, a - b over 16 float32 each."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        a, b = (builder.load(_at(builder, place), align=4) for place in args)
        builder.store(builder.fadd(a, b), _at(builder, args[0]), align=4)
        builder.store(builder.fsub(a, b), _at(builder, args[1]), align=4)
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), codegen


@intrinsic
def hadamard_16(typingctx: Any, address: Any, scale: Any) -> Any:
    """hadamard_16(address, scale): the transform of 16 float32 times `scale`, in place."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        place = _at(builder, args[0])
        values = builder.load(place, align=4)
        for apart in (1, 2, 4, 8):
            order = ir.Constant(ir.VectorType(I32, LANES), [i ^ apart for i in range(LANES)])
            signs = ir.Constant(REALS, [-1.0 if i & apart else 1.0 for i in range(LANES)])
            other = builder.shuffle_vector(values, values, order)
            values = builder.fadd(other, builder.fmul(values, signs))
        lone = builder.insert_element(ir.Constant(REALS, ir.Undefined), args[1], I32(0))
        spread = builder.shuffle_vector(lone, lone, ir.Constant(ir.VectorType(I32, LANES), None))
        builder.store(builder.fmul(values, spread), place, align=4)
        return context.get_dummy_value()

    return types.void(types.intp, types.float32), codegen


@helper
def hadamard(data: Any) -> None:
    """Transform `data`, a power of two of at least 16 long, in place; normalised."""
    n = data.shape[0]
    base = data.ctypes.data
    scale = np.float32(1.0 / math.sqrt(n))
    for i in range(0, n, LANES):
        hadamard_16(base + 4 * i, scale)
    apart = np.int64(LANES)
    while apart < n:
        for start in range(0, n, 2 * apart):
            for i in range(start, start + apart, LANES):
                butterfly(base + 4 * i, base + 4 * (i + apart))
        apart *= 2


@helper
def rotate(data: Any, signs: Any) -> None:
    """Rotate `data` (D,), D a multiple of 64, in place; `signs` (ROUNDS * D) are +-1."""
    dimensions = data.shape[0]
    span = np.int64(LANES)
    while 2 * span <= dimensions:
        span *= 2
    for turn in range(ROUNDS):
        for i in range(dimensions):
            data[i] *= signs[turn * dimensions + i]
        start = (dimensions - span) * (turn & 1)
        hadamard(data[start : start + span])
