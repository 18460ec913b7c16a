"""What queries over float16 rows, bit and sparsevec call: importing this module compiles these kernels or loads them."""

from __future__ import annotations

from typing import Any

from vecsql.kernels.bits import bit_distances, bit_nearest
from vecsql.kernels.distance import distances, nearest
from vecsql.kernels.graph_search import code_search, graph_search
from vecsql.kernels.half import HALVES, narrow, widen
from vecsql.kernels.inverted import inverted_nearest
from vecsql.kernels.ivf_search import ivf_search
from vecsql.kernels.jit import kernel
from vecsql.kernels.sparse import sparse_distances, sparse_nearest


def half_of(compiled: Any) -> Any:
    """A kernel whose first argument is a float32 matrix, compiled for the bits of a float16 matrix."""
    (signature,) = compiled.nopython_signatures
    halves = signature.return_type(HALVES, *signature.args[1:])
    return kernel(halves)(compiled.py_func)


half_nearest, half_distances = half_of(nearest), half_of(distances)
half_graph_search, half_code_search = half_of(graph_search), half_of(code_search)
half_ivf_search = half_of(ivf_search)

__all__ = [
    "bit_distances",
    "bit_nearest",
    "half_code_search",
    "half_distances",
    "half_graph_search",
    "half_ivf_search",
    "half_nearest",
    "inverted_nearest",
    "narrow",
    "sparse_distances",
    "sparse_nearest",
    "widen",
]
