"""Integer SIMD for numba as LLVM IR: int8 dot product and sum of differences, prefetch, bit casts.

Three levels: 'vnni' (AVX-512 VNNI), 'avx2' (pmaddubsw) and 'portable' (generic vector IR, which LLVM lowers for
any target). All give the same integers. VECSQL_SIMD chooses a lower one than the machine has, for tests.
"""

from __future__ import annotations

import os
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

LEVELS = ("portable", "avx2", "vnni")

I8, I16, I32, I64 = (ir.IntType(bits) for bits in (8, 16, 32, 64))


def detect_level() -> str:
    """The best level that this CPU has and VECSQL_SIMD allows."""
    features = llvm.get_host_cpu_features()
    best = "portable"
    if features.get("avx2"):
        best = "avx2"
    if features.get("avx512vnni") and features.get("avx512bw") and features.get("avx512vl"):
        best = "vnni"
    wanted = os.environ.get("VECSQL_SIMD") or best
    return LEVELS[min(LEVELS.index(wanted), LEVELS.index(best))] if wanted in LEVELS else best


LEVEL = detect_level()


def load_bytes(builder: Any, address: Any, offset: Any, width: int) -> Any:
    vector = ir.VectorType(I8, width)
    pointer = builder.inttoptr(builder.add(address, offset), vector.as_pointer())
    return builder.load(pointer, align=1)


def splat(value: int, element: Any, width: int) -> Any:
    return ir.Constant(ir.VectorType(element, width), [value] * width)


def call(builder: Any, name: str, result: Any, *args: Any) -> Any:
    function_type = ir.FunctionType(result, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), args)


def _reduce(builder: Any, vector: Any) -> Any:
    return call(builder, f"llvm.vector.reduce.add.v{vector.type.count}i32", I32, vector)


def _sum_over(builder: Any, args: Any, width: int, lanes: int, step: Any) -> Any:
    """Sum step(builder, accumulator, x, y) over the two byte strings; args are (address, address, length)."""
    first, second, length = args
    accumulator = cgutils.alloca_once_value(builder, splat(0, I32, lanes))
    with cgutils.for_range_slice(builder, ir.Constant(I64, 0), length, ir.Constant(I64, width)) as (
        offset,
        _,
    ):
        x = load_bytes(builder, first, offset, width)
        y = load_bytes(builder, second, offset, width)
        builder.store(step(builder, builder.load(accumulator), x, y), accumulator)
    return _reduce(builder, builder.load(accumulator))


def add_products_vnni(builder: Any, total: Any, unsigned: Any, signed: Any) -> Any:
    """total + unsigned bytes times signed ones, four a lane (vpdpbusd), modulo 2^32."""
    lanes = ir.VectorType(I32, 16)
    if llvm.llvm_version_info[0] < 22:  # its operands were <16 x i32> until LLVM 22
        unsigned, signed = (builder.bitcast(v, lanes) for v in (unsigned, signed))
    return call(builder, "llvm.x86.avx512.vpdpbusd.512", lanes, total, unsigned, signed)


def add_products_avx2(builder: Any, total: Any, unsigned: Any, signed: Any) -> Any:
    """The same in eight lanes; sums of two products must fit 16 bits (pmaddubsw saturates)."""
    pairs = call(builder, "llvm.x86.avx2.pmadd.ub.sw", ir.VectorType(I16, 16), unsigned, signed)
    ones = splat(1, I16, 16)
    quads = call(builder, "llvm.x86.avx2.pmadd.wd", ir.VectorType(I32, 8), pairs, ones)
    return builder.add(total, quads)


def _dot_vnni(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """vpdpbusd wants one unsigned side: (x + 128) y - 128 y, both modulo 2^32."""
    excess = add_products_vnni(builder, splat(0, I32, 16), splat(128, I8, 64), y)
    return builder.sub(_dot_unsigned(builder, accumulator, x, y), excess)


def _dot_unsigned(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """(x + 128) y; the caller takes 128 y off, once for all x."""
    return add_products_vnni(builder, accumulator, builder.xor(x, splat(128, I8, 64)), y)


def _dot_avx2(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """|x| times y with x's sign: pmaddubsw cannot saturate while codes stay within +-127."""
    bytes32 = ir.VectorType(I8, 32)
    magnitude = call(builder, "llvm.x86.avx2.psign.b", bytes32, x, x)
    signed = call(builder, "llvm.x86.avx2.psign.b", bytes32, y, x)
    return add_products_avx2(builder, accumulator, magnitude, signed)


def _dot_portable(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    wide = ir.VectorType(I32, 16)
    return builder.add(accumulator, builder.mul(builder.sext(x, wide), builder.sext(y, wide)))


def _difference(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    wide = ir.VectorType(I32, 16)
    apart = builder.sub(builder.sext(x, wide), builder.sext(y, wide))
    size = call(builder, "llvm.abs.v16i32", wide, apart, ir.Constant(ir.IntType(1), 0))
    return builder.add(accumulator, size)


def _difference_avx2(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """psadbw wants unsigned bytes; adding 128 to both sides keeps the difference."""
    offset = splat(128, I8, 32)
    quads = ir.VectorType(I64, 4)
    sums = call(
        builder, "llvm.x86.avx2.psad.bw", quads, builder.xor(x, offset), builder.xor(y, offset)
    )
    return builder.add(accumulator, builder.bitcast(sums, ir.VectorType(I32, 8)))


def split_nibbles(builder: Any, packed: Any) -> tuple[Any, Any]:
    """The low and the high nibbles of bytes, as bytes."""
    width = packed.type.count
    words = ir.VectorType(I16, width // 2)
    raised = builder.lshr(builder.bitcast(packed, words), splat(4, I16, width // 2))
    mask = splat(15, I8, width)
    return builder.and_(packed, mask), builder.and_(builder.bitcast(raised, packed.type), mask)


def _add_products_portable(builder: Any, total: Any, unsigned: Any, signed: Any) -> Any:
    wide = total.type
    product = builder.mul(builder.zext(unsigned, wide), builder.sext(signed, wide))
    return builder.add(total, product)


def packed_dot_at(level: str) -> Any:
    """dot(address, address, n) -> int32, of 4-bit codes (0 .. 15) with int8 ones: n bytes, a multiple of 64, with 2n.

    Byte j of 64 holds number j of 128 in its low nibble and number 64 + j in the high one.
    """
    width, lanes, add = {
        "vnni": (64, 16, add_products_vnni),
        "avx2": (32, 8, add_products_avx2),
        "portable": (16, 16, _add_products_portable),
    }[level]

    @intrinsic
    def total(typingctx: Any, packed: Any, codes: Any, length: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            nibbles, bytes_, size = args
            room = [cgutils.alloca_once_value(builder, splat(0, I32, lanes)) for _ in range(2)]
            step = ir.Constant(I64, 64)
            with cgutils.for_range_slice(builder, ir.Constant(I64, 0), size, step) as (offset, _):
                double = builder.shl(offset, ir.Constant(I64, 1))
                for part in range(0, 64, width):
                    here = builder.add(offset, ir.Constant(I64, part))
                    halves = split_nibbles(builder, load_bytes(builder, nibbles, here, width))
                    for half, place in enumerate(room):
                        there = builder.add(double, ir.Constant(I64, 64 * half + part))
                        signed = load_bytes(builder, bytes_, there, width)
                        sums = add(builder, builder.load(place), halves[half], signed)
                        builder.store(sums, place)
            return _reduce(builder, builder.add(*(builder.load(place) for place in room)))

        return types.int32(types.intp, types.intp, types.intp), codegen

    return total


_DOT = {
    "vnni": (64, 16, _dot_vnni),
    "avx2": (32, 8, _dot_avx2),
    "portable": (16, 16, _dot_portable),
}
_DIFFERENCE = {
    "vnni": (32, 8, _difference_avx2),
    "avx2": (32, 8, _difference_avx2),
    "portable": (16, 16, _difference),
}


_BIASED = {**_DOT, "vnni": (64, 16, _dot_unsigned)}


def _sum_at(width: int, lanes: int, step: Any) -> Any:
    """sum(address, address, n) -> int32 of such steps over int8 codes; n is a multiple of 64."""

    @intrinsic
    def total(typingctx: Any, first: Any, second: Any, length: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return _sum_over(builder, args, width, lanes, step)

        return types.int32(types.intp, types.intp, types.intp), codegen

    return total


def _dot_at(level: str) -> Any:
    """dot(address, address, n) -> int32 over int8 codes within +-127."""
    return _sum_at(*_DOT[level])


def _difference_at(level: str) -> Any:
    """difference(address, address, n) -> int32, the sum of |x - y| over int8 codes."""
    return _sum_at(*_DIFFERENCE[level])


BIAS = 128 if LEVEL == "vnni" else 0
dot_i8 = _dot_at(LEVEL)
biased_dot = _sum_at(*_BIASED[LEVEL])  # dot_i8 + BIAS times the sum of the second
difference_i8 = _difference_at(LEVEL)
packed_dot = packed_dot_at(LEVEL)


@intrinsic
def prefetch(typingctx: Any, address: Any) -> Any:
    """prefetch(address): ask for one cache line to be read soon; any address is allowed."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], I8.as_pointer())
        read, high_locality, data = (ir.Constant(I32, v) for v in (0, 3, 1))
        function_type = ir.FunctionType(ir.VoidType(), [I8.as_pointer(), I32, I32, I32])
        name = "llvm.prefetch.p0"
        function = cgutils.get_or_insert_function(builder.module, function_type, name)
        builder.call(function, [pointer, read, high_locality, data])
        return context.get_dummy_value()

    return types.void(types.intp), codegen


@intrinsic
def float_bits(typingctx: Any, value: Any) -> Any:
    """float_bits(float32) -> uint32, the same 32 bits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], I32)

    return types.uint32(types.float32), codegen


@intrinsic
def bits_float(typingctx: Any, value: Any) -> Any:
    """bits_float(uint32) -> float32, the same 32 bits."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.uint32), codegen


@intrinsic
def not_above(typingctx: Any, address: Any, limit: Any) -> Any:
    """not_above(address, limit) -> uint32: which of the 32 float32 at `address` are not above `limit`; NaN is not."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        lanes = ir.VectorType(ir.FloatType(), 32)
        values = builder.load(builder.inttoptr(args[0], lanes.as_pointer()), align=4)
        lone = builder.insert_element(
            ir.Constant(lanes, ir.Undefined), args[1], ir.Constant(I32, 0)
        )
        limits = builder.shuffle_vector(lone, lone, splat(0, I32, 32))
        return builder.bitcast(builder.fcmp_unordered("<=", values, limits), I32)

    return types.uint32(types.intp, types.float32), codegen
