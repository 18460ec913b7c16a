"""How QPS at recall .95 falls as rows grow from ten thousand to a million."""

import os

# Before numpy loads, as in benchmarks.in_process.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
os.environ.pop("OPENBLAS_CORETYPE", None)
