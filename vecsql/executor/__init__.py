"""Operators that run physical plans against a transaction."""
