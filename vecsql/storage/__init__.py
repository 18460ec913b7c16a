"""Segments, memtable, WAL, manifest, snapshots and transactions."""
