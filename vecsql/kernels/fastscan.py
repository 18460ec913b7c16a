"""Distance estimates for blocks of 32 rows, as LLVM IR: sums over 4-bit tables, and dot products of 4- or 8-bit codes.

A block is `stride` bytes: codes, then 32 float32 A, then 32 float32 F. What a scan computes of row i is

    v = A[i] + F[i] * (scale * S[i] + shift) + base,    S[i] an integer sum over its codes and the query

and which rows have v < limit. Three kinds of codes make up S:

* *1 bit* per dimension (Gao and Long, RaBitQ, 2024): four dimensions make a nibble, and S sums one byte of a 16-entry table
  for each, by pshufb within registers (André, Kermarrec and Le Scouarnec, "Cache locality is not enough", 2015). Nibbles of
  dimensions 4g .. 4g+3 are bytes [16 g, 16 g + 16): byte 2i holds row i (low nibble) and row 16 + i (high), byte 2i + 1
  rows 8 + i and 24 + i. Table entries are at most MAX_ENTRY, so that four fit a byte.
* *8 bits*: byte t of four-byte group g of row i, at 128 g + 4 i + t, is the unsigned code of dimension 4g + t; S is
  its dot product with the query's signed codes, which stay within +-QUERY_LIMIT so that pmaddubsw cannot saturate.
* *4 bits*: byte t of eight-dimension group g of row i, at 128 g + 4 i + t, has the code of dimension 8g + t in its low nibble and
  that of 8g + 4 + t in its high one; S is the dot product as before.

All levels give the same values up to float32 rounding.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from vecsql.kernels.simd import (
    I8,
    I16,
    I32,
    I64,
    LEVEL,
    add_products_avx2,
    add_products_vnni,
    call,
    load_bytes,
    splat,
    split_nibbles,
)

BLOCK = 32  # rows of a block
TAIL = 2 * BLOCK * 4  # bytes of A and F behind the codes
MAX_ENTRY = 63  # of a table: four of them add up within a byte
MAX_SUM = 65535  # of all tables
QUERY_LIMIT = 63

F32 = ir.FloatType()
ROWS_I16, ROWS_I32, ROWS_F32 = (ir.VectorType(t, BLOCK) for t in (I16, I32, F32))
STEP = 4  # table look-ups whose bytes are added before they are widened


def _look_up_native(builder: Any, table: Any, index: Any) -> Any:
    """Bytes of each 16-byte lane of `table` by the nibbles of the same lane of `index`."""
    width = table.type.count
    name = {64: "llvm.x86.avx512.pshuf.b.512", 32: "llvm.x86.avx2.pshuf.b"}[width]
    return call(builder, name, table.type, table, index)


def _look_up_portable(builder: Any, table: Any, index: Any) -> Any:
    """The same for 16 bytes with scalar loads; LLVM has no generic shuffle by variable indices."""
    room = cgutils.alloca_once_value(builder, table)
    base = builder.ptrtoint(room, I64)
    result = ir.Constant(index.type, ir.Undefined)
    for lane in range(16):
        place = ir.Constant(I32, lane)
        offset = builder.zext(builder.extract_element(index, place), I64)
        pointer = builder.inttoptr(builder.add(base, offset), I8.as_pointer())
        result = builder.insert_element(result, builder.load(pointer), place)
    return result


def _halves(builder: Any, vector: Any) -> tuple[Any, Any]:
    count = vector.type.count
    picks = [
        ir.Constant(ir.VectorType(I32, count // 2), list(range(start, start + count // 2)))
        for start in (0, count // 2)
    ]
    low, high = (builder.shuffle_vector(vector, vector, pick) for pick in picks)
    return low, high


def _join(builder: Any, first: Any, second: Any) -> Any:
    count = 2 * first.type.count
    pick = ir.Constant(ir.VectorType(I32, count), list(range(count)))
    return builder.shuffle_vector(first, second, pick)


def _fold_lanes(builder: Any, vector: Any) -> Any:
    """Add the 128-bit lanes of a vector of 16-bit words: <8 x i16>."""
    while vector.type.count > 8:
        low, high = _halves(builder, vector)
        vector = builder.add(low, high)
    return vector


def _table_sums(builder: Any, codes: Any, table: Any, length: Any, level: str) -> Any:
    """S of 32 rows as <32 x i32>; `length` bytes of codes, a multiple of 256, and as many of tables."""
    width = {"vnni": 64, "avx2": 32, "portable": 16}[level]
    look_up = _look_up_portable if level == "portable" else _look_up_native
    lanes, words = ir.VectorType(I8, width), ir.VectorType(I16, width // 2)
    nibble, low_byte = splat(15, I8, width), splat(255, I16, width // 2)
    shift4, shift8 = splat(4, I16, width // 2), splat(8, I16, width // 2)
    totals = [cgutils.alloca_once_value(builder, splat(0, I16, width // 2)) for _ in range(4)]
    step = ir.Constant(I64, width * STEP)
    with cgutils.for_range_slice(builder, ir.Constant(I64, 0), length, step) as (offset, _):
        low_sum = high_sum = splat(0, I8, width)
        for part in range(STEP):
            here = builder.add(offset, ir.Constant(I64, part * width))
            packed = load_bytes(builder, codes, here, width)
            entries = load_bytes(builder, table, here, width)
            raised = builder.bitcast(builder.lshr(builder.bitcast(packed, words), shift4), lanes)
            low = look_up(builder, entries, builder.and_(packed, nibble))
            high = look_up(builder, entries, builder.and_(raised, nibble))
            low_sum, high_sum = builder.add(low_sum, low), builder.add(high_sum, high)
        for place, some in ((0, low_sum), (2, high_sum)):
            pairs = builder.bitcast(some, words)
            for total, part16 in (
                (totals[place], builder.and_(pairs, low_byte)),
                (totals[place + 1], builder.lshr(pairs, shift8)),
            ):
                builder.store(builder.add(builder.load(total), part16), total)
    parts = [_fold_lanes(builder, builder.load(total)) for total in totals]
    joined = _join(builder, _join(builder, *parts[:2]), _join(builder, *parts[2:]))
    return builder.zext(joined, ROWS_I32)


def _four_portable(builder: Any, total: Any, codes: Any, query: Any) -> Any:
    lanes = total.type
    for t in range(4):
        pick = ir.Constant(lanes, [4 * i + t for i in range(lanes.count)])
        code = builder.zext(builder.shuffle_vector(codes, codes, pick), lanes)
        weight = builder.sext(builder.shuffle_vector(query, query, pick), lanes)
        total = builder.add(total, builder.mul(code, weight))
    return total


_FOUR = {
    "vnni": (64, add_products_vnni),
    "avx2": (32, add_products_avx2),
    "portable": (16, _four_portable),
}


def _query_word(builder: Any, query: Any, offset: Any, width: int) -> Any:
    """The four query bytes that belong to the codes at `offset`, repeated over `width` bytes."""
    place = builder.add(query, builder.lshr(offset, ir.Constant(I64, 5)))
    word = builder.load(builder.inttoptr(place, I32.as_pointer()), align=1)
    lone = ir.Constant(ir.VectorType(I32, width // 4), ir.Undefined)
    lone = builder.insert_element(lone, word, ir.Constant(I32, 0))
    spread = builder.shuffle_vector(lone, lone, splat(0, I32, width // 4))
    return builder.bitcast(spread, ir.VectorType(I8, width))


def _dots_together(
    builder: Any,
    codes: Any,
    queries: list[Any],
    length: Any,
    level: str,
    *,
    packed: bool = False,
) -> list[Any]:
    """S of 32 rows as <32 x i32> for each query; `length` bytes of codes, 128 for each 4 bytes of a query, or 8 where they are `packed` nibbles."""
    width, four = _FOUR[level]
    parts = 4 * BLOCK // width
    zero = splat(0, I32, width // 4)
    totals = [[cgutils.alloca_once_value(builder, zero) for _ in range(parts)] for _ in queries]
    step = ir.Constant(I64, 4 * BLOCK)
    with cgutils.for_range_slice(builder, ir.Constant(I64, 0), length, step) as (offset, _):
        at = builder.shl(offset, ir.Constant(I64, 1)) if packed else offset
        words = [
            [
                _query_word(builder, builder.add(query, ir.Constant(I64, behind)), at, width)
                for behind in ((0, 4) if packed else (0,))
            ]
            for query in queries
        ]
        for part in range(parts):
            here = builder.add(offset, ir.Constant(I64, part * width))
            loaded = load_bytes(builder, codes, here, width)
            pieces = split_nibbles(builder, loaded) if packed else (loaded,)
            for own, total in zip(words, totals, strict=True):
                room = total[part]
                value = builder.load(room)
                for piece, word in zip(pieces, own, strict=True):
                    value = four(builder, value, piece, word)
                builder.store(value, room)
    return [_joined(builder, [builder.load(room) for room in total]) for total in totals]


def _joined(builder: Any, vectors: list[Any]) -> Any:
    while len(vectors) > 1:
        vectors = [_join(builder, *vectors[i : i + 2]) for i in range(0, len(vectors), 2)]
    return vectors[0]


def _dot_sums(builder: Any, codes: Any, query: Any, length: Any, level: str) -> Any:
    return _dots_together(builder, codes, [query], length, level)[0]


def _nibble_sums(builder: Any, codes: Any, query: Any, length: Any, level: str) -> Any:
    return _dots_together(builder, codes, [query], length, level, packed=True)[0]


def _spread(builder: Any, value: Any) -> Any:
    lone = ir.Constant(ROWS_F32, ir.Undefined)
    lone = builder.insert_element(lone, value, ir.Constant(I32, 0))
    return builder.shuffle_vector(lone, lone, splat(0, I32, BLOCK))


def _floats(builder: Any, address: Any) -> Any:
    return builder.load(builder.inttoptr(address, ROWS_F32.as_pointer()), align=4)


def _finish(builder: Any, sums: Any, tail: Any, weights: Any, values: Any) -> Any:
    """Store v of 32 rows at `values`; the bits of those below the limit, as i32."""
    scale, shift, base, limit = (_spread(builder, w) for w in weights)
    s = builder.sitofp(sums, ROWS_F32)
    bias = _floats(builder, tail)
    factor = _floats(builder, builder.add(tail, ir.Constant(I64, BLOCK * 4)))
    inner = builder.fadd(builder.fmul(s, scale, flags=("contract",)), shift, flags=("contract",))
    product = builder.fmul(factor, inner, flags=("contract",))
    v = builder.fadd(builder.fadd(bias, product, flags=("contract",)), base)
    builder.store(v, builder.inttoptr(values, ROWS_F32.as_pointer()), align=4)
    below = builder.fcmp_ordered("<", v, limit)
    return builder.bitcast(below, I32)


def _scan_at(level: str, sums: Any) -> Any:
    @intrinsic
    def scan(
        typingctx: Any,
        block: Any,
        length: Any,
        query: Any,
        scale: Any,
        shift: Any,
        base: Any,
        limit: Any,
        values: Any,
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            address, size, tables, *weights, out = args
            total = sums(builder, address, tables, size, level)
            return _finish(builder, total, builder.add(address, size), weights, out)

        place, real = types.intp, types.float32
        return types.uint32(place, place, place, real, real, real, real, place), codegen

    return scan


def table_scan_at(level: str) -> Any:
    """scan(block, code bytes, tables, scale, shift, base, limit, values) -> uint32, over 1-bit codes.

    Addresses of a block, of its tables and of room for 32 float32; bit i of the result tells v[i] < limit.
    """
    return _scan_at(level, _table_sums)


def dot_scan_at(level: str) -> Any:
    """The same over 8-bit codes; `tables` is the address of the query's codes."""
    return _scan_at(level, _dot_sums)


def nibble_scan_at(level: str) -> Any:
    """The same over 4-bit codes; `tables` is the address of the query's codes, twice as many as those of a row have bytes."""
    return _scan_at(level, _nibble_sums)


def dots_of_four_at(level: str) -> Any:
    """sums(block, code bytes, codes, out): S (int32) of 32 rows of 8-bit codes for each of four queries.

    `codes` is the address of four queries' codes, code bytes / 32 apart; `out` of 4 x 32 int32.
    """

    @intrinsic
    def sums(typingctx: Any, block: Any, length: Any, codes: Any, out: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            address, size, queries, room = args
            apart = builder.lshr(size, ir.Constant(I64, 5))
            starts = [
                builder.add(queries, builder.mul(apart, ir.Constant(I64, i))) for i in range(4)
            ]
            totals = _dots_together(builder, address, starts, size, level)
            for i, total in enumerate(totals):
                place = builder.add(room, ir.Constant(I64, i * 4 * BLOCK))
                builder.store(total, builder.inttoptr(place, ROWS_I32.as_pointer()), align=4)
            return context.get_dummy_value()

        return types.void(types.intp, types.intp, types.intp, types.intp), codegen

    return sums


scan_tables = table_scan_at(LEVEL)
dots_of_four = dots_of_four_at(LEVEL)
scan_dots = dot_scan_at(LEVEL)
scan_nibbles = nibble_scan_at(LEVEL)


@intrinsic
def lowest_bit(typingctx: Any, word: Any) -> Any:
    """lowest_bit(uint32) -> int64: how many zeros lie below the lowest one; 32 for 0."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        count = call(builder, "llvm.cttz.i32", I32, args[0], ir.Constant(ir.IntType(1), 0))
        return builder.zext(count, I64)

    return types.int64(types.uint32), codegen


@intrinsic
def ones(typingctx: Any, word: Any) -> Any:
    """ones(uint32) -> int64: how many bits are set."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.zext(call(builder, "llvm.ctpop.i32", I32, args[0]), I64)

    return types.int64(types.uint32), codegen
