"""What a search is expected to do, in the words and numbers that EXPLAIN shows."""

from __future__ import annotations

from typing import Final

from vecsql.index.base import Expectation
from vecsql.index.strategy import CODING, Choice, Costs, reranked_for

NANOSECONDS_PER_BYTE: Final = 0.06  # of rows that are scanned in order
SCORED_PER_PLACE: Final = 17  # rows whose codes a walk reads for each place in its pool
NANOSECONDS_PER_LISTED: Final = 4.0  # a row of an inverted file, with what leads there


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
    return exact_expectation(reason, passing, ms, filtered=filtered)


def listed_expectation(
    strategy: str, reason: str, scored: int, reranked: int, predicted: float, sizes: tuple[int, int]
) -> Expectation:
    """Of a search of an inverted file alone; `sizes` are the bytes of a row's code and of its vector."""
    code_bytes, vector_bytes = sizes
    vector = Costs.usual(code_bytes, vector_bytes).vector
    ms = (CODING + scored * NANOSECONDS_PER_LISTED + reranked * vector) / 1e6
    return Expectation(strategy, reason, ms, scored, reranked, code_bytes, predicted)


def exact_expectation(reason: str, rows: int, ms: float, *, filtered: bool) -> Expectation:
    """Of comparing `rows` rows with the query."""
    shown = "exact over passing rows" if filtered else "exact scan"
    return Expectation(shown, reason, ms, reranked=rows)


def walk_expectation(
    choice: Choice, k: int, beam: float, ef: int, predicted: float, code_bytes: int
) -> Expectation:
    """Of a walk with a usual `beam`, which is what hnsw.ef_search = `ef` would make it."""
    scored = round(SCORED_PER_PLACE * beam)
    return Expectation(
        f"graph (ef={ef})", choice.reason, choice.milliseconds, scored, reranked_for(k), code_bytes, predicted
    )  # fmt: skip
