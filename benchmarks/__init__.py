"""Side-by-side benchmarks: `make bench`, `make bench-micro`, `make load-bench`. Figures: docs/benchmarks.md."""
