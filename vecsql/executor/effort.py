"""How hard a vector search tries, from the settings of the session."""

from __future__ import annotations

from vecsql.executor.context import SettingValues
from vecsql.index.base import Effort


def effort_of(settings: SettingValues) -> Effort:
    """`hnsw.ef_search` and `ivfflat.probes` count where they were set; else `vecsql.recall` decides."""
    strategy = settings.get("vecsql.force_strategy")
    return Effort(
        recall=settings.get("vecsql.recall"),
        ef_search=settings.get("hnsw.ef_search") if settings.is_set("hnsw.ef_search") else None,
        probes=settings.get("ivfflat.probes") if settings.is_set("ivfflat.probes") else None,
        strategy=None if strategy == "auto" else strategy,
    )
