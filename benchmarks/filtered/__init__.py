"""Filtered search: shares of rows kept from 50 to 0.1 %, uncorrelated, the query's own cluster and a far one."""

import os

# Before numpy and the peers load, as in benchmarks.in_process.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.pop("OPENBLAS_CORETYPE", None)
