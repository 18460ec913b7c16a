"""What an index build calls: importing this module compiles these kernels or loads them from the cache."""

from __future__ import annotations

from vecsql.kernels.graph_build import attach, find_neighbours, fingerprint, locate, mend
from vecsql.kernels.ivf_build import (
    assign,
    encode_bits,
    encode_dots,
    indexable,
    means,
    transform,
)
from vecsql.kernels.quantized import quantise

__all__ = [
    "assign",
    "attach",
    "encode_bits",
    "encode_dots",
    "find_neighbours",
    "fingerprint",
    "indexable",
    "locate",
    "means",
    "mend",
    "quantise",
    "transform",
]
