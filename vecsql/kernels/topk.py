"""Sorted pools of u64 keys: ordered distance bits, then row id, then a flag, so that comparing keys is all."""

from __future__ import annotations

from typing import Any

import numpy as np

from vecsql.kernels.jit import helper, inlined
from vecsql.kernels.ordered import count_below, move_up
from vecsql.kernels.simd import bits_float, float_bits

SIGN = np.uint32(0x80000000)
ALL_BITS = np.uint32(0xFFFFFFFF)
COUNTED = 128  # so many keys are counted with SIMD sooner than halved with mispredicted branches
NOTHING = np.uint64(0xFFFFFFFFFFFFFFFF)  # larger than any key
NAN_BITS = np.uint32(0xFFC00000)  # above +inf once ordered: NaN sorts last, as in SQL


@inlined
def make_key(distance: Any, row: Any) -> Any:
    """distance float32, row < 2^31 -> uint64 key with the flag unset; equal distances order by row, NaN last."""
    bits = float_bits(np.float32(distance))
    if distance != distance:
        bits = NAN_BITS
    elif bits == SIGN:  # -0.0 is coded as 0.0
        pass
    else:  # no branch on the sign, which for inner products is as good as random
        bits = np.uint32(bits ^ (np.uint32(np.int32(bits) >> np.int32(31)) | SIGN))
    return (np.uint64(bits) << np.uint64(32)) | (np.uint64(row) << np.uint64(1))


@inlined
def key_row(key: Any) -> Any:
    """The row id (int64) of a key."""
    return np.int64((key & np.uint64(0xFFFFFFFF)) >> np.uint64(1))


@inlined
def key_distance(key: Any) -> Any:
    """The distance (float32) of a key."""
    bits = np.uint32(key >> np.uint64(32))
    bits = bits ^ SIGN if bits & SIGN else bits ^ ALL_BITS
    return bits_float(np.uint32(bits))


@inlined
def pool_insert(pool: Any, size: Any, capacity: Any, key: Any) -> Any:
    """Insert `key` into the ascending pool[:size], dropping the largest beyond `capacity`.

    Returns (new size, index of the key, or `capacity` when it did not get in).
    """
    if size == capacity:
        if capacity == 0 or key >= pool[size - 1]:
            return size, capacity
        size -= 1
    low, high = np.int64(0), np.int64(size)
    while high - low > COUNTED:
        middle = (low + high) >> 1
        if pool[middle] < key:
            low = middle + 1
        else:
            high = middle
    base = pool.ctypes.data
    low += count_below(base + 8 * low, high - low, key)
    move_up(base, low, np.int64(size))
    pool[low] = key
    return size + 1, low


@helper
def select(keys: Any, count: Any, wanted: Any, scratch: Any) -> Any:
    """Bring the smallest `wanted` of the different keys[:count] to the front, ascending; returns how many there are.

    Counts for each key how many are smaller: without a branch to mispredict, that sorts some hundred keys faster than
    insertion. Fewer than `wanted` may come back when keys are there twice. `scratch` holds at least `wanted` keys.
    """
    for i in range(wanted):
        scratch[i] = NOTHING
    address = keys.ctypes.data
    for i in range(count):
        key = keys[i]
        rank = count_below(address, count, key)
        if rank < wanted:
            scratch[rank] = key
    kept = np.int64(0)
    for i in range(wanted):
        if scratch[i] != NOTHING:
            keys[kept] = scratch[i]
            kept += 1
    return kept
