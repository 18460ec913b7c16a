"""float32 sums over two vectors as LLVM IR: squared differences, products, absolute differences. The vectors are float32, or float16 given
as bits.

What LLVM makes of a plain loop leaves up to 63 elements to a scalar remainder, which for 50 dimensions is all of them. Here four
accumulators of 16 lanes are followed by one, and by a masked load of what is left. LLVM splits the vectors where the target has
narrower ones.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from vecsql.kernels.simd import LEVEL, call, splat

F32, I16, I32, I64 = ir.FloatType(), ir.IntType(16), ir.IntType(32), ir.IntType(64)
LANES = 16
MAGNITUDE, SIGN = 0x7FFF, 0x8000  # of a float16
REBIAS = 2.0**112  # between the exponents' biases: 127 - 15
CONVERTS = LEVEL != "portable" and bool(llvm.get_host_cpu_features().get("f16c"))
CHAINS = 4  # independent sums, to hide the latency of additions
FOUR = 4  # rows at a time, where the sums across lanes cost as much as the rows themselves
FLAGS = ("reassoc", "contract", "nsz")


def _number(value: int) -> Any:
    return ir.Constant(I64, value)


def _place(builder: Any, address: Any, index: Any, element: Any) -> Any:
    """A pointer to LANES elements from address[index] on, and the bytes of one."""
    size = 4 if element is F32 else 2
    place = builder.add(address, builder.mul(index, _number(size)))
    return builder.inttoptr(place, ir.VectorType(element, LANES).as_pointer()), size


def _load(builder: Any, address: Any, index: Any, element: Any) -> Any:
    place, size = _place(builder, address, index, element)
    return _as_floats(builder, builder.load(place, align=size))


def _as_floats(builder: Any, vector: Any) -> Any:
    """LANES float32 of so many, or of the bits of so many finite float16."""
    if vector.type.element == F32:
        return vector
    wide = ir.VectorType(F32, LANES)
    if CONVERTS:
        return builder.fpext(builder.bitcast(vector, ir.VectorType(ir.HalfType(), LANES)), wide)
    bits = builder.zext(vector, ir.VectorType(I32, LANES))
    size = builder.shl(builder.and_(bits, splat(MAGNITUDE, I32, LANES)), splat(13, I32, LANES))
    sign = builder.shl(builder.and_(bits, splat(SIGN, I32, LANES)), splat(16, I32, LANES))
    size = builder.fmul(builder.bitcast(size, wide), ir.Constant(wide, [REBIAS] * LANES))
    return builder.bitcast(builder.or_(builder.bitcast(size, bits.type), sign), wide)


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


def _total(
    builder: Any, first: Any, second: Any, count: Any, step: Any, elements: tuple[Any, Any]
) -> Any:
    wide = ir.VectorType(F32, LANES)
    sums = [
        cgutils.alloca_once_value(builder, ir.Constant(wide, [0.0] * LANES)) for _ in range(CHAINS)
    ]
    block = CHAINS * LANES
    blocks, wides = builder.and_(count, _number(-block)), builder.and_(count, _number(-LANES))

    def take(total: Any, index: Any) -> None:
        x = _load(builder, first, index, elements[0])
        y = _load(builder, second, index, elements[1])
        builder.store(step(builder, builder.load(total), x, y), total)

    with cgutils.for_range_slice(builder, _number(0), blocks, _number(block)) as (index, _):
        for chain, total in enumerate(sums):
            take(total, builder.add(index, _number(chain * LANES)))
    with cgutils.for_range_slice(builder, blocks, wides, _number(LANES)) as (index, _):
        take(sums[0], index)
    take_rest(builder, first, second, wides, count, sums[0], step, elements)
    a, b, c, d = (builder.load(total) for total in sums)
    rest = _add(builder, _add(builder, a, b), _add(builder, c, d))
    while rest.type.count > 1:
        rest = _halve(builder, rest)
    return builder.extract_element(rest, ir.Constant(I32, 0))


def take_rest(
    builder: Any,
    first: Any,
    second: Any,
    done: Any,
    count: Any,
    total: Any,
    step: Any,
    elements: tuple[Any, Any],
) -> None:
    """Add the last count - done elements, of which there are fewer than LANES, by masked loads."""
    mask = _rest_mask(builder, done, count)
    x = _load_masked(builder, mask, first, done, elements[0])
    y = _load_masked(builder, mask, second, done, elements[1])
    builder.store(step(builder, builder.load(total), x, y), total)


def _rest_mask(builder: Any, done: Any, count: Any) -> Any:
    """A mask of the first count - done lanes."""
    left = builder.trunc(builder.sub(count, done), I32)
    lanes = ir.Constant(ir.VectorType(I32, LANES), list(range(LANES)))
    undefined = ir.Constant(lanes.type, ir.Undefined)
    spread = builder.shuffle_vector(
        builder.insert_element(undefined, left, ir.Constant(I32, 0)),
        undefined,
        ir.Constant(lanes.type, [0] * LANES),
    )
    return builder.icmp_signed("<", lanes, spread)


def _load_masked(builder: Any, mask: Any, address: Any, index: Any, element: Any) -> Any:
    """LANES floats, of which those without a mask bit are zero and not read."""
    place, size = _place(builder, address, index, element)
    wide = ir.VectorType(element, LANES)
    name = f"llvm.masked.load.v{LANES}{'f32' if element is F32 else 'i16'}.p0"
    align, zeros = ir.Constant(I32, size), ir.Constant(wide, [0] * LANES)
    return _as_floats(builder, call(builder, name, wide, place, align, mask, zeros))


def _sum_of(step: Any, elements: tuple[Any, Any] = (F32, F32)) -> Any:
    @intrinsic
    def total(typingctx: Any, first: Any, second: Any, count: Any) -> Any:
        """(address, address, count) -> float32 over `count` elements at each address, aligned to their size."""

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            first, second, count = args
            return _total(builder, first, second, count, step, elements)

        return types.float32(types.intp, types.intp, types.int64), codegen

    return total


def _fold(builder: Any, first: Any, second: Any, width: int) -> Any:
    """Of two vectors side by side, or of one: each run of 2 * `width` elements as one of `width`, its halves added up."""
    both = first.type.count * (1 if second is None else 2)
    second = ir.Constant(first.type, ir.Undefined) if second is None else second
    every = range(0, both, 2 * width)
    places = ir.VectorType(I32, len(every) * width)
    low = ir.Constant(places, [at + i for at in every for i in range(width)])
    high = ir.Constant(places, [at + width + i for at in every for i in range(width)])
    return _add(
        builder,
        builder.shuffle_vector(first, second, low),
        builder.shuffle_vector(first, second, high),
    )


def _four_totals(
    builder: Any, first: Any, second: Any, count: Any, step: Any, element: Any, alone: bool
) -> Any:
    """The sums over four rows, one after the other from address `first` on, as a vector of four."""
    size = 4 if element is F32 else 2
    rows = [builder.add(first, builder.mul(count, _number(row * size))) for row in range(FOUR)]
    wide = ir.VectorType(F32, LANES)
    totals = [cgutils.alloca_once_value(builder, ir.Constant(wide, [0.0] * LANES)) for _ in rows]
    wides = builder.and_(count, _number(-LANES))

    def take(index: Any, load: Any) -> None:
        y = None if alone else load(second, index, F32)
        for row, total in zip(rows, totals, strict=True):
            x = load(row, index, element)
            builder.store(step(builder, builder.load(total), x, x if alone else y), total)

    with cgutils.for_range_slice(builder, _number(0), wides, _number(LANES)) as (index, _):
        take(index, partial(_load, builder))
    masked = partial(_load_masked, builder, _rest_mask(builder, wides, count))
    with builder.if_then(builder.icmp_signed("<", wides, count)):
        take(wides, masked)
    a, b, c, d = (builder.load(total) for total in totals)
    pairs = _fold(builder, a, b, 8), _fold(builder, c, d, 8)
    folded = _fold(builder, *pairs, 4)
    return _fold(builder, _fold(builder, folded, None, 2), None, 1)


def _four_of(step: Any, element: Any, *, alone: bool = False) -> Any:
    @intrinsic
    def totals(typingctx: Any, first: Any, second: Any, count: Any, out: Any) -> Any:
        """(address of rows, address of the query, count, address): the sums over four rows of `count` elements, to four float32."""

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            first, second, count, out = args
            found = _four_totals(builder, first, second, count, step, element, alone)
            builder.store(found, builder.inttoptr(out, found.type.as_pointer()), align=4)
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, types.int64, types.intp), codegen

    return totals


sum_squares = _sum_of(_squares)  # of differences
sum_products = _sum_of(_products)
sum_differences = _sum_of(_differences)  # absolute ones
# The same of float16 bits and float32, and of float16 bits alone.
half_squares = _sum_of(_squares, (I16, F32))
half_products = _sum_of(_products, (I16, F32))
half_differences = _sum_of(_differences, (I16, F32))
halves_products = _sum_of(_products, (I16, I16))

# Of four rows in sequence at a time.
four_squares = _four_of(_squares, F32)
four_products = _four_of(_products, F32)
four_differences = _four_of(_differences, F32)
four_norms = _four_of(_products, F32, alone=True)
half_four_squares = _four_of(_squares, I16)
half_four_products = _four_of(_products, I16)
half_four_differences = _four_of(_differences, I16)
half_four_norms = _four_of(_products, I16, alone=True)
