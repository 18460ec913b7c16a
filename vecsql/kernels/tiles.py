"""Distances of 8 rows to 16 rows at a time, as LLVM IR: how index builds compare blocks of rows with each other.

One side is packed as [step][8 rows][4 codes], the other as [step][16 rows][4 codes] with 128 added to each code, so
that every lane of a vector register sums up one row and nothing is added across lanes.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from vecsql.kernels.simd import (
    I8,
    I32,
    I64,
    LEVEL,
    add_products_avx2,
    add_products_vnni,
    call,
    splat,
)

F32 = ir.FloatType()
QUERIES = 8
LANES = 16
# float32 words of a tile's settings: offset, scale, correction (int32 bits) and threshold, 8 of each
SETTINGS = 4 * QUERIES
# float32 words of a tile's result: 8 x 16 distances and 8 masks of 16 bits
RESULT = QUERIES * LANES + QUERIES // 2

_WIDTH = {"vnni": 16, "avx2": 8, "portable": 16}  # rows of the packed side per register


def _pointer(builder: Any, address: Any, offset: Any, kind: Any) -> Any:
    return builder.inttoptr(builder.add(address, offset), kind.as_pointer())


def _i64(value: int) -> Any:
    return ir.Constant(I64, value)


def _products(builder: Any, level: str, total: Any, packed: Any, codes: Any) -> Any:
    width = 4 * _WIDTH[level]
    if level == "vnni":
        return add_products_vnni(builder, total, packed, codes)
    signed = builder.xor(packed, splat(128, I8, width))
    if level == "avx2":
        name, kind = "llvm.x86.avx2.psign.b", ir.VectorType(I8, 32)
        size = call(builder, name, kind, signed, signed)
        return add_products_avx2(builder, total, size, call(builder, name, kind, codes, signed))
    for x, y in zip(_bytes(builder, signed), _bytes(builder, codes), strict=True):
        total = builder.add(total, builder.mul(x, y))
    return total


def _differences(builder: Any, level: str, total: Any, packed: Any, codes: Any) -> Any:
    width = 4 * _WIDTH[level]
    codes = builder.xor(codes, splat(128, I8, width))
    above = builder.icmp_unsigned(">", packed, codes)
    apart = builder.sub(builder.select(above, packed, codes), builder.select(above, codes, packed))
    if level == "vnni":
        return add_products_vnni(builder, total, apart, splat(1, I8, width))
    if level == "avx2":
        return add_products_avx2(builder, total, apart, splat(1, I8, width))
    words = builder.bitcast(apart, ir.VectorType(I32, 16))
    for shift in (0, 8, 16, 24):
        piece = builder.lshr(words, splat(shift, I32, 16))
        total = builder.add(total, builder.and_(piece, splat(255, I32, 16)))
    return total


def _bytes(builder: Any, vector: Any) -> list[Any]:
    """The four signed bytes of each 32-bit lane."""
    words = builder.bitcast(vector, ir.VectorType(I32, 16))
    up = splat(24, I32, 16)
    return [builder.ashr(builder.shl(words, splat(left, I32, 16)), up) for left in (24, 16, 8, 0)]


def _spread(builder: Any, scalar: Any, width: int) -> Any:
    """A vector with the scalar in every lane."""
    kind = ir.VectorType(scalar.type, width)
    one = builder.insert_element(ir.Constant(kind, ir.Undefined), scalar, ir.Constant(I32, 0))
    return builder.shuffle_vector(one, one, splat(0, I32, width))


def _sums(builder: Any, level: str, manhattan: bool, args: Any, half: int) -> list[Any]:
    """One register of sums per row of the small side."""
    small, large, steps = args
    width = _WIDTH[level]
    step = _differences if manhattan else _products
    totals = [cgutils.alloca_once_value(builder, splat(0, I32, width)) for _ in range(QUERIES)]
    for slot in totals:
        builder.store(splat(0, I32, width), slot)
    with cgutils.for_range(builder, steps) as loop:
        offset = builder.add(builder.mul(loop.index, _i64(4 * LANES)), _i64(4 * width * half))
        kind = ir.VectorType(I8, 4 * width)
        packed = builder.load(_pointer(builder, large, offset, kind), align=1)
        base = builder.mul(loop.index, _i64(4 * QUERIES))
        for i, slot in enumerate(totals):
            address = _pointer(builder, small, builder.add(base, _i64(4 * i)), I32)
            codes = builder.bitcast(_spread(builder, builder.load(address, align=1), width), kind)
            builder.store(step(builder, level, builder.load(slot), packed, codes), slot)
    return [builder.load(slot) for slot in totals]


def _finish(builder: Any, level: str, sums: list[Any], args: Any, half: int) -> None:
    """Distances and masks from the sums: (offset + bias) + scale * (row's scale * (sum - correction))."""
    heads, settings, out = args
    width = _WIDTH[level]
    floats = ir.VectorType(F32, width)

    def vector(address: Any, word: int) -> Any:
        pointer = _pointer(builder, address, _i64(4 * word), floats)
        return builder.load(pointer, align=4)

    def scalar(kind: Any, row: int, query: int) -> Any:
        pointer = _pointer(builder, settings, _i64(4 * (row * QUERIES + query)), kind)
        return _spread(builder, builder.load(pointer, align=4), width)

    scales, biases = vector(heads, width * half), vector(heads, LANES + width * half)
    for query, total in enumerate(sums):
        exact = builder.sitofp(builder.sub(total, scalar(I32, 2, query)), floats)
        product = builder.fmul(scalar(F32, 1, query), builder.fmul(scales, exact))
        found = builder.fadd(builder.fadd(scalar(F32, 0, query), biases), product)
        place = _pointer(builder, out, _i64(4 * (query * LANES + width * half)), floats)
        builder.store(found, place, align=4)
        near = builder.fcmp_ordered("<", found, scalar(F32, 3, query))
        bits = ir.IntType(width)
        at = _i64(4 * QUERIES * LANES + 2 * query + half)
        builder.store(builder.bitcast(near, bits), _pointer(builder, out, at, bits), align=1)


def score_at(level: str, manhattan: bool) -> Any:
    """score(small, large, steps, heads, settings, out): distances of 8 rows to 16 rows.

    All are addresses but `steps`, the number of 4-code steps. `heads` are 16 scales and 16 biases (float32); `settings`
    are SETTINGS words; `out` gets RESULT words: distances (8, 16), and per row a mask of those below its threshold.
    """

    @intrinsic
    def score(
        typingctx: Any, small: Any, large: Any, steps: Any, heads: Any, settings: Any, out: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            for half in range(LANES // _WIDTH[level]):
                sums = _sums(builder, level, manhattan, args[:3], half)
                _finish(builder, level, sums, args[3:], half)
            return context.get_dummy_value()

        return types.void(*[types.intp] * 6), codegen

    return score


score_products = score_at(LEVEL, False)
score_differences = score_at(LEVEL, True)


@intrinsic
def lowest_bit(typingctx: Any, word: Any) -> Any:
    """lowest_bit(uint64) -> int64, the place of its lowest set bit; the word is not 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return call(builder, "llvm.cttz.i64", I64, args[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), codegen
