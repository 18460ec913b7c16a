"""What a search is expected to do, in the words and numbers that EXPLAIN shows."""

from __future__ import annotations

from typing import Final

from vecsql.index.base import Expectation
from vecsql.index.strategy import Choice, reranked_for

SCORED_PER_PLACE: Final = 17  # rows whose codes a walk reads for each place in its pool
NANOSECONDS_PER_LISTED: Final = 2.0  # a row of an inverted file, with what leads there


def expectation(
    choice: Choice, k: int, passing: int, filtered: bool, code_bytes: int
) -> Expectation:
    """Of a scan of codes, an exact one, or one of an inverted file, over `passing` rows."""
    reranked = min(reranked_for(k), passing)
    ms, reason = choice.milliseconds, choice.reason
    if choice.name == "codes":
        shown = f"codes of {'passing' if filtered else 'all'} rows"
        return Expectation(shown, reason, ms, passing, reranked, code_bytes)
    if choice.name == "ivf":
        scored = min(passing, round(ms * 1e6 / NANOSECONDS_PER_LISTED))
        return Expectation("ivf", reason, ms, scored, min(2 * reranked, passing), code_bytes)
    shown = "exact over passing rows" if filtered else "exact scan"
    return Expectation(shown, reason, ms, 0, passing)


def walk_expectation(
    choice: Choice, k: int, beam: float, ef: int, predicted: float, code_bytes: int
) -> Expectation:
    """Of a walk with a usual `beam`, which is what hnsw.ef_search = `ef` would make it."""
    scored = round(SCORED_PER_PLACE * beam)
    return Expectation(
        f"graph (ef={ef})", choice.reason, choice.milliseconds, scored, reranked_for(k), code_bytes, predicted
    )  # fmt: skip
