"""float32 sums over two vectors as LLVM IR: squared differences, products, absolute differences.

What LLVM makes of a plain loop leaves up to 63 elements to a scalar remainder, which for 50 dimensions is all of them. Here four
accumulators of 16 lanes are followed by one, and by a masked load of what is left. LLVM splits the vectors where the target has
narrower ones.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from vecsql.kernels.simd import call

F32, I32, I64 = ir.FloatType(), ir.IntType(32), ir.IntType(64)
LANES = 16
CHAINS = 4  # independent sums, to hide the latency of additions
FLAGS = ("reassoc", "contract", "nsz")


def _number(value: int) -> Any:
    return ir.Constant(I64, value)


def _load(builder: Any, address: Any, index: Any) -> Any:
    place = builder.add(address, builder.mul(index, _number(4)))
    return builder.load(builder.inttoptr(place, ir.VectorType(F32, LANES).as_pointer()), align=4)


def _add(builder: Any, first: Any, second: Any) -> Any:
    return builder.fadd(first, second, flags=FLAGS)


def _squares(builder: Any, total: Any, x: Any, y: Any) -> Any:
    apart = builder.fsub(x, y, flags=FLAGS)
    return _add(builder, total, builder.fmul(apart, apart, flags=FLAGS))


def _products(builder: Any, total: Any, x: Any, y: Any) -> Any:
    return _add(builder, total, builder.fmul(x, y, flags=FLAGS))


def _differences(builder: Any, total: Any, x: Any, y: Any) -> Any:
    apart = builder.fsub(x, y, flags=FLAGS)
    return _add(builder, total, call(builder, "llvm.fabs.v16f32", apart.type, apart))


def _halve(builder: Any, vector: Any) -> Any:
    """The sum of the two halves of a vector."""
    half = vector.type.count // 2
    places = ir.VectorType(I32, half)
    low = ir.Constant(places, list(range(half)))
    high = ir.Constant(places, list(range(half, 2 * half)))
    undefined = ir.Constant(vector.type, ir.Undefined)
    return _add(
        builder,
        builder.shuffle_vector(vector, undefined, low),
        builder.shuffle_vector(vector, undefined, high),
    )


def _total(builder: Any, first: Any, second: Any, count: Any, step: Any) -> Any:
    wide = ir.VectorType(F32, LANES)
    sums = [
        cgutils.alloca_once_value(builder, ir.Constant(wide, [0.0] * LANES)) for _ in range(CHAINS)
    ]
    block = CHAINS * LANES
    blocks, wides = builder.and_(count, _number(-block)), builder.and_(count, _number(-LANES))

    def take(total: Any, index: Any) -> None:
        x, y = _load(builder, first, index), _load(builder, second, index)
        builder.store(step(builder, builder.load(total), x, y), total)

    with cgutils.for_range_slice(builder, _number(0), blocks, _number(block)) as (index, _):
        for chain, total in enumerate(sums):
            take(total, builder.add(index, _number(chain * LANES)))
    with cgutils.for_range_slice(builder, blocks, wides, _number(LANES)) as (index, _):
        take(sums[0], index)
    take_rest(builder, first, second, wides, count, sums[0], step)
    a, b, c, d = (builder.load(total) for total in sums)
    rest = _add(builder, _add(builder, a, b), _add(builder, c, d))
    while rest.type.count > 1:
        rest = _halve(builder, rest)
    return builder.extract_element(rest, ir.Constant(I32, 0))


def take_rest(
    builder: Any, first: Any, second: Any, done: Any, count: Any, total: Any, step: Any
) -> None:
    """Add the last count - done elements, of which there are fewer than LANES, by masked loads."""
    left = builder.trunc(builder.sub(count, done), I32)
    lanes = ir.Constant(ir.VectorType(I32, LANES), list(range(LANES)))
    undefined = ir.Constant(lanes.type, ir.Undefined)
    spread = builder.shuffle_vector(
        builder.insert_element(undefined, left, ir.Constant(I32, 0)),
        undefined,
        ir.Constant(lanes.type, [0] * LANES),
    )
    mask = builder.icmp_signed("<", lanes, spread)
    x, y = (_load_masked(builder, address, done, mask) for address in (first, second))
    builder.store(step(builder, builder.load(total), x, y), total)


def _load_masked(builder: Any, address: Any, index: Any, mask: Any) -> Any:
    """LANES floats, of which those without a mask bit are zero and not read."""
    wide = ir.VectorType(F32, LANES)
    place = builder.inttoptr(
        builder.add(address, builder.mul(index, _number(4))), wide.as_pointer()
    )
    align, zeros = ir.Constant(I32, 4), ir.Constant(wide, [0.0] * LANES)
    return call(builder, "llvm.masked.load.v16f32.p0", wide, place, align, mask, zeros)


def _sum_of(step: Any) -> Any:
    @intrinsic
    def total(typingctx: Any, first: Any, second: Any, count: Any) -> Any:
        """(address, address, count) -> float32 over `count` float32 at each address, aligned to 4."""

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            first, second, count = args
            return _total(builder, first, second, count, step)

        return types.float32(types.intp, types.intp, types.int64), codegen

    return total


sum_squares = _sum_of(_squares)  # of differences
sum_products = _sum_of(_products)
sum_differences = _sum_of(_differences)  # absolute ones
