"""SIMD over ascending u64 keys as LLVM IR: count the smaller ones, make room for another.

Eight keys at once in generic vector IR, which LLVM lowers for any target; what is left over goes one by one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from vecsql.kernels.simd import call

LANES = 8
I32, I64 = ir.IntType(32), ir.IntType(64)
KEYS = ir.VectorType(I64, LANES)


def _number(value: int) -> Any:
    return ir.Constant(I64, value)


def _pointer(builder: Any, address: Any, index: Any, kind: Any) -> Any:
    return builder.inttoptr(builder.add(address, builder.mul(index, _number(8))), kind.as_pointer())


@contextlib.contextmanager
def _while(builder: Any, condition: Callable[[], Any]) -> Iterator[None]:
    head, body, end = (builder.append_basic_block(f"while.{n}") for n in ("head", "body", "end"))
    builder.branch(head)
    builder.position_at_end(head)
    builder.cbranch(condition(), body, end)
    builder.position_at_end(body)
    yield
    builder.branch(head)
    builder.position_at_end(end)


def _count(builder: Any, address: Any, count: Any, key: Any) -> Any:
    undefined = ir.Constant(KEYS, ir.Undefined)
    first = builder.insert_element(undefined, key, ir.Constant(I32, 0))
    zeros = ir.Constant(ir.VectorType(I32, LANES), [0] * LANES)
    keys = builder.shuffle_vector(first, undefined, zeros)
    found = cgutils.alloca_once_value(builder, ir.Constant(KEYS, [0] * LANES))
    full = builder.and_(count, _number(-LANES))
    with cgutils.for_range_slice(builder, _number(0), full, _number(LANES)) as (index, _):
        loaded = builder.load(_pointer(builder, address, index, KEYS), align=8)
        smaller = builder.sext(builder.icmp_unsigned("<", loaded, keys), KEYS)
        builder.store(builder.sub(builder.load(found), smaller), found)
    sums = call(builder, "llvm.vector.reduce.add.v8i64", I64, builder.load(found))
    total = cgutils.alloca_once_value(builder, sums)
    with cgutils.for_range_slice(builder, full, count, _number(1)) as (index, _):
        one = builder.load(_pointer(builder, address, index, I64))
        smaller = builder.zext(builder.icmp_unsigned("<", one, key), I64)
        builder.store(builder.add(builder.load(total), smaller), total)
    return builder.load(total)


@intrinsic
def count_below(typingctx: Any, address: Any, count: Any, key: Any) -> Any:
    """count_below(address, count, key) -> how many of `count` u64 at `address` (aligned to 8) are smaller than `key`."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _count(builder, *args)

    return types.int64(types.intp, types.int64, types.uint64), codegen


def _move(builder: Any, address: Any, low: Any, size: Any) -> None:
    at = cgutils.alloca_once_value(builder, size)

    def whole() -> Any:
        left = builder.sub(builder.load(at), low)
        return builder.icmp_signed(">=", left, _number(LANES))

    for lanes, kind, more in (
        (LANES, KEYS, whole),
        (1, I64, lambda: builder.icmp_signed(">", builder.load(at), low)),
    ):
        with _while(builder, more):
            start = builder.sub(builder.load(at), _number(lanes))
            moved = builder.load(_pointer(builder, address, start, kind), align=8)
            above = builder.add(start, _number(1))
            builder.store(moved, _pointer(builder, address, above, kind), align=8)
            builder.store(start, at)


@intrinsic
def move_up(typingctx: Any, address: Any, low: Any, size: Any) -> Any:
    """move_up(address, low, size): u64 number low ... size - 1 at `address` (aligned to 8) each go one place up."""

    def codegen(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        _move(builder, *args)
        return context.get_dummy_value()

    return types.void(types.intp, types.int64, types.int64), codegen
