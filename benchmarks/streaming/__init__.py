"""Searches while rows come, go and change."""
