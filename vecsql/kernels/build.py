"""What an index build calls: importing this module compiles these kernels or loads them from the cache."""

from __future__ import annotations

from vecsql.kernels.cells import choose_from_lists, compare_cells, nearest_of
from vecsql.kernels.graph_build import (
    attach,
    find_neighbours,
    find_roots,
    fingerprint,
    locate,
    mend,
)
from vecsql.kernels.ivf_build import (
    assign,
    encode_bits,
    encode_dots,
    indexable,
    means,
    transform,
)
from vecsql.kernels.quantized import pack, quantise
from vecsql.kernels.refine import refine
from vecsql.kernels.reverse import count_reverse, fill_reverse

__all__ = [
    "assign",
    "attach",
    "choose_from_lists",
    "compare_cells",
    "count_reverse",
    "encode_bits",
    "encode_dots",
    "fill_reverse",
    "find_neighbours",
    "find_roots",
    "fingerprint",
    "indexable",
    "locate",
    "means",
    "mend",
    "nearest_of",
    "pack",
    "quantise",
    "refine",
    "transform",
]
