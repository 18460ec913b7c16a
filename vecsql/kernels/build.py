"""What an index build calls: importing this module compiles these kernels or loads them from the cache."""
