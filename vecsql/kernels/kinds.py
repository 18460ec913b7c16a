"""What queries over halfvec, bit and sparsevec call: importing this module compiles these kernels or loads them."""

from __future__ import annotations

from vecsql.kernels.bits import bit_distances, bit_nearest
from vecsql.kernels.half import half_distances, half_nearest
from vecsql.kernels.sparse import sparse_distances, sparse_nearest

__all__ = [
    "bit_distances",
    "bit_nearest",
    "half_distances",
    "half_nearest",
    "sparse_distances",
    "sparse_nearest",
]
