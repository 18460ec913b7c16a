"""pytest-benchmark timings of kernels and indexes on generated data: python -m pytest benchmarks/micro --benchmark-enable."""
