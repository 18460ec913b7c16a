"""Selection among u64 keys: the smallest ones to the front, in linear time (Hoare's FIND, 1961)."""

from __future__ import annotations

from typing import Any

import numpy as np

from vecsql.kernels.jit import helper


@helper
def select_smallest(keys: Any, size: Any, wanted: Any) -> None:
    """Reorder keys[:size] so that the `wanted` (1 .. size) smallest come first, the largest of them last."""
    low, high, at = np.int64(0), np.int64(size) - 1, np.int64(wanted) - 1
    while low < high:
        middle = (low + high) >> 1
        a, b, c = keys[low], keys[middle], keys[high]
        pivot = max(min(a, b), min(max(a, b), c))
        left, right = low, high
        while left <= right:
            while keys[left] < pivot:
                left += 1
            while keys[right] > pivot:
                right -= 1
            if left <= right:
                keys[left], keys[right] = keys[right], keys[left]
                left += 1
                right -= 1
        if at <= right:
            high = right
        elif at >= left:
            low = left
        else:
            return
