"""What a query calls: importing this module compiles these kernels or loads them from the cache."""

from __future__ import annotations

from vecsql.kernels.distance import distances, nearest
from vecsql.kernels.graph_search import code_search, graph_search
from vecsql.kernels.ivf_search import ivf_search, pack_passing

__all__ = ["code_search", "distances", "graph_search", "ivf_search", "nearest", "pack_passing"]
