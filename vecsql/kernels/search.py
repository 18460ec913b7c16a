"""What a query calls: importing this module compiles these kernels or loads them from the cache."""

from __future__ import annotations

from vecsql.kernels.distance import distances, nearest

__all__ = ["distances", "nearest"]
