"""Schemas, tables, columns, indexes and sequences as immutable objects."""
