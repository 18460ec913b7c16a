"""numba kernels: distances, top-k, graph search and build."""
