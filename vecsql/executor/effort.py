"""How hard a vector search tries, from the settings of the session."""

from __future__ import annotations

from vecsql.executor.context import SettingValues
from vecsql.index.base import Effort


def effort_of(
    settings: SettingValues, declared: float | None = None, *, explain: bool = False
) -> Effort:
    """`hnsw.ef_search` and `ivfflat.probes` count where they were set; else `vecsql.recall` decides where it was set, then the recall
    `declared` by the options of the index or the table, then the default."""
    return settings.derived(_effort, declared, explain)


def _effort(settings: SettingValues, declared: float | None, explain: bool) -> Effort:
    strategy = settings.get("vecsql.force_strategy")
    if declared is None or settings.is_set("vecsql.recall"):
        declared = float(settings.get("vecsql.recall"))
    return Effort(
        recall=declared,
        ef_search=settings.get("hnsw.ef_search") if settings.is_set("hnsw.ef_search") else None,
        probes=settings.get("ivfflat.probes") if settings.is_set("ivfflat.probes") else None,
        strategy=None if strategy == "auto" else strategy,
        explain=explain,
    )
