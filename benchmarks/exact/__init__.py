"""Exact scans: rows per second of vecsql, faiss IndexFlat and DuckDB."""

import os

# Before numpy and the peers load, as in benchmarks.in_process.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.pop("OPENBLAS_CORETYPE", None)
