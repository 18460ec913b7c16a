"""What a query calls: importing this module compiles these kernels or loads them from the cache."""

from __future__ import annotations

from vecsql.kernels.calls import WAYS, address_of, places_of, run_calls
from vecsql.kernels.distance import distances, nearest
from vecsql.kernels.graph_search import code_search, graph_search
from vecsql.kernels.ivf_search import ivf_search, pack_passing

__all__ = [
    "WAYS", "address_of", "code_search", "distances", "graph_search", "ivf_search", "nearest", "pack_passing", "places_of", "run_calls",
]  # fmt: skip
