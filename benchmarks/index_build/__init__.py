"""Time to build a vector index with two threads, and what it takes in memory and in the file."""
