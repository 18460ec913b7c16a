"""Recall against queries per second in process: one Python call per query, one thread."""

import os

# Before numpy and the peers load: one thread each, and BLAS that may use what the processor has.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.pop("OPENBLAS_CORETYPE", None)
