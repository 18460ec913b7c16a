"""Rules that turn bound queries, or blocks of them, into direct operators that never enter DuckDB."""
