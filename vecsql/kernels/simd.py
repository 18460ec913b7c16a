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


def _load(builder: Any, address: Any, offset: Any, width: int) -> Any:
    vector = ir.VectorType(I8, width)
    pointer = builder.inttoptr(builder.add(address, offset), vector.as_pointer())
    return builder.load(pointer, align=1)


def _splat(value: int, element: Any, width: int) -> Any:
    return ir.Constant(ir.VectorType(element, width), [value] * width)


def _call(builder: Any, name: str, result: Any, *args: Any) -> Any:
    function_type = ir.FunctionType(result, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, function_type, name), args)


def _reduce(builder: Any, vector: Any) -> Any:
    return _call(builder, f"llvm.vector.reduce.add.v{vector.type.count}i32", I32, vector)


def _sum_over(builder: Any, args: Any, width: int, lanes: int, step: Any) -> Any:
    """Sum step(builder, accumulator, x, y) over the two byte strings; args are (address, address, length)."""
    first, second, length = args
    accumulator = cgutils.alloca_once_value(builder, _splat(0, I32, lanes))
    with cgutils.for_range_slice(builder, ir.Constant(I64, 0), length, ir.Constant(I64, width)) as (
        offset,
        _,
    ):
        x = _load(builder, first, offset, width)
        y = _load(builder, second, offset, width)
        builder.store(step(builder, builder.load(accumulator), x, y), accumulator)
    return _reduce(builder, builder.load(accumulator))


def _dot_vnni(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """vpdpbusd wants one unsigned side: (x + 128) y - 128 y, both modulo 2^32."""
    lanes = ir.VectorType(I32, 16)
    offset = _splat(128, I8, 64)
    name = "llvm.x86.avx512.vpdpbusd.512"
    shifted = builder.xor(x, offset)
    if llvm.llvm_version_info[0] < 22:  # its operands were <16 x i32> until LLVM 22
        y, shifted, offset = (builder.bitcast(v, lanes) for v in (y, shifted, offset))
    excess = _call(builder, name, lanes, _splat(0, I32, 16), offset, y)
    return builder.sub(_call(builder, name, lanes, accumulator, shifted, y), excess)


def _dot_avx2(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """|x| times y with x's sign: pmaddubsw cannot saturate while codes stay within +-127."""
    bytes32, words16 = ir.VectorType(I8, 32), ir.VectorType(I16, 16)
    magnitude = _call(builder, "llvm.x86.avx2.psign.b", bytes32, x, x)
    signed = _call(builder, "llvm.x86.avx2.psign.b", bytes32, y, x)
    pairs = _call(builder, "llvm.x86.avx2.pmadd.ub.sw", words16, magnitude, signed)
    quads = _call(
        builder, "llvm.x86.avx2.pmadd.wd", ir.VectorType(I32, 8), pairs, _splat(1, I16, 16)
    )
    return builder.add(accumulator, quads)


def _dot_portable(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    wide = ir.VectorType(I32, 16)
    return builder.add(accumulator, builder.mul(builder.sext(x, wide), builder.sext(y, wide)))


def _difference(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    wide = ir.VectorType(I32, 16)
    apart = builder.sub(builder.sext(x, wide), builder.sext(y, wide))
    size = _call(builder, "llvm.abs.v16i32", wide, apart, ir.Constant(ir.IntType(1), 0))
    return builder.add(accumulator, size)


def _difference_avx2(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """psadbw wants unsigned bytes; adding 128 to both sides keeps the difference."""
    offset = _splat(128, I8, 32)
    quads = ir.VectorType(I64, 4)
    sums = _call(
        builder, "llvm.x86.avx2.psad.bw", quads, builder.xor(x, offset), builder.xor(y, offset)
    )
    return builder.add(accumulator, builder.bitcast(sums, ir.VectorType(I32, 8)))


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


def _dot_at(level: str) -> Any:
    """dot(address, address, n) -> int32 over int8 codes within +-127; n is a multiple of 64."""

    @intrinsic
    def dot(typingctx: Any, first: Any, second: Any, length: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return _sum_over(builder, args, *_DOT[level])

        return types.int32(types.intp, types.intp, types.intp), codegen

    return dot


def _difference_at(level: str) -> Any:
    """difference(address, address, n) -> int32, the sum of |x - y| over int8 codes; n is a multiple of 64."""

    @intrinsic
    def difference(typingctx: Any, first: Any, second: Any, length: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return _sum_over(builder, args, *_DIFFERENCE[level])

        return types.int32(types.intp, types.intp, types.intp), codegen

    return difference


def _dot_unsigned(builder: Any, accumulator: Any, x: Any, y: Any) -> Any:
    """(x + 128) y by one vpdpbusd; the caller takes 128 y off, once for all x."""
    lanes = ir.VectorType(I32, 16)
    shifted = builder.xor(x, ir.Constant(ir.VectorType(I8, 64), [128] * 64))
    if llvm.llvm_version_info[0] < 22:
        y, shifted = builder.bitcast(y, lanes), builder.bitcast(shifted, lanes)
    kinds = [lanes, shifted.type, y.type]
    function = cgutils.get_or_insert_function(
        builder.module, ir.FunctionType(lanes, kinds), "llvm.x86.avx512.vpdpbusd.512"
    )
    return builder.call(function, [accumulator, shifted, y])


_BIASED = {**_DOT, "vnni": (64, 16, _dot_unsigned)}


def _biased_at(level: str) -> Any:
    @intrinsic
    def biased(typingctx: Any, row: Any, query: Any, length: Any) -> Any:
        """biased_dot(address, address, n) -> int32: dot_i8 + BIAS times the sum of the second."""

        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return _sum_over(builder, args, *_BIASED[level])

        return types.int32(types.intp, types.intp, types.intp), codegen

    return biased


BIAS = 128 if LEVEL == "vnni" else 0
dot_i8 = _dot_at(LEVEL)
biased_dot = _biased_at(LEVEL)
difference_i8 = _difference_at(LEVEL)


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
