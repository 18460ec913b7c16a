"""What an index build calls: importing this module compiles these kernels or loads them from the cache."""

from __future__ import annotations

from vecsql.kernels.graph_build import attach, find_neighbours, fingerprint, locate, mend
from vecsql.kernels.quantized import quantise

__all__ = ["attach", "find_neighbours", "fingerprint", "locate", "mend", "quantise"]
