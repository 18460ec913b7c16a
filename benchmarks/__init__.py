"""Side-by-side benchmarks: `make bench`, `make bench-micro`, `make bench-load`. Figures: docs/benchmarks.md."""
