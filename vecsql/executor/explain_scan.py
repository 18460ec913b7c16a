"""What EXPLAIN says of a vector scan: the recall it is to reach, how it searches and why, and at what cost."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from vecsql.errors import Error
from vecsql.executor import filter as filters
from vecsql.executor.context import ExecContext
from vecsql.executor.effort import effort_of
from vecsql.executor.plan_tree import Node
from vecsql.executor.trace import ScanTrace
from vecsql.executor.vector_search import asked_recall
from vecsql.index.base import Effort, Expectation
from vecsql.index.expect import NANOSECONDS_PER_BYTE, exact_expectation
from vecsql.index.rows import row_bytes
from vecsql.index.rowset import RowSet
from vecsql.planner.plan import VectorTopK
from vecsql.storage.interface import PartVersion, TableVersion

START_UP: Final = 0.03  # milliseconds


@dataclass(slots=True)
class Forecast:
    """What a scan is expected to do, over all parts of its table; `passing` is None where the filter was not evaluated."""

    milliseconds: float = START_UP
    bytes: int = 0
    passing: int | None = 0
    predicted: list[float] = field(default_factory=list)
    strategies: dict[str, str] = field(default_factory=dict)  # with the reason

    def add(self, expected: Expectation, vector_bytes: int) -> None:
        self.strategies.setdefault(expected.strategy, expected.reason)
        self.milliseconds += expected.milliseconds
        self.bytes += (
            expected.scored * expected.code_bytes + expected.reranked * vector_bytes
        )  # fmt: skip
        if not math.isnan(expected.predicted):
            self.predicted.append(expected.predicted)


def forecast(
    plan: VectorTopK, k: int, index_oid: int, ctx: ExecContext, params: Sequence[Any]
) -> Forecast:
    """What the search for `k` rows by an index (0: without one) would do. A filter is evaluated where that is quick, else all rows are
    expected to pass."""
    found = Forecast()
    effort = effort_of(ctx.settings, asked_recall(plan, index_oid, ctx), explain=True)
    version = ctx.txn.snapshot().table(plan.table.oid)
    if unusable(effort, index_oid, ctx):
        index_oid = 0
    for pv in version.parts:
        among, known = _passing(plan, version, pv, ctx, params)
        rows = pv.part.num_rows if among is None else among.count
        found.passing = found.passing + rows if known and found.passing is not None else None
        if rows:
            vectors, _ = pv.part.derived(plan.attnum, plan.steps)
            vector_bytes = row_bytes(vectors) or _vector_bytes(plan)
            index = pv.part.searched_by(index_oid) if index_oid else None
            if index is None:
                ms = rows * vector_bytes * NANOSECONDS_PER_BYTE / 1e6
                filtered = plan.filter is not None
                found.add(exact_expectation("", rows, ms, filtered=filtered), vector_bytes)
            else:
                found.add(index.expect(cast(Any, vectors), k, effort, among), vector_bytes)
    return found


def _passing(
    plan: VectorTopK,
    version: TableVersion,
    pv: PartVersion,
    ctx: ExecContext,
    params: Sequence[Any],
) -> tuple[RowSet | None, bool]:
    """The rows of a part that are expected to pass, and whether that is known."""
    where = plan.filter
    if where is None or where.slow or where.scalars:
        return filters.passing(None, version, pv, ctx, params), where is None
    try:
        return filters.passing(where, version, pv, ctx, params), True
    except (Error, IndexError):  # of the values, or of a parameter that has none yet
        return filters.passing(None, version, pv, ctx, params), False


def unusable(effort: Effort, index_oid: int, ctx: ExecContext) -> str:
    """Why a scan goes without an index; empty where it does not."""
    if not index_oid:
        return "no index for this distance"
    if not ctx.settings.get("enable_indexscan"):
        return "enable_indexscan is off"
    if effort.exact:
        return "recall 1.0 is asked for"
    return "forced" if effort.strategy == "exact" else ""


def describe_effort(node: Node, plan: VectorTopK, index_oid: int, ctx: ExecContext) -> None:
    """The recall that a scan with an index is to reach and who says so, or the settings that take its place."""
    effort = effort_of(ctx.settings, asked_recall(plan, index_oid, ctx))
    if not index_oid or not ctx.settings.get("enable_indexscan"):
        return
    knobs = {"hnsw.ef_search": effort.ef_search, "ivfflat.probes": effort.probes}
    given = [f"{name} = {value}" for name, value in knobs.items() if value is not None]
    if given:
        node.properties["Effort"] = ", ".join(given)
        return
    source = _source(plan, index_oid, ctx)
    node.properties["Recall Target"] = effort.recall
    node.properties["Recall Target From"] = source
    node.texts["Recall Target"] = f"{effort.recall:g} ({source})"
    node.texts["Recall Target From"] = ""


def _source(plan: VectorTopK, index_oid: int, ctx: ExecContext) -> str:
    if ctx.settings.is_set("vecsql.recall"):
        return "vecsql.recall"
    if asked_recall(plan, index_oid, ctx) is None:
        return "default"
    index = ctx.txn.snapshot().catalog.indexes[index_oid]
    return "index option" if "recall" in dict(index.options) else "table option"


def describe_forecast(node: Node, found: Forecast, why: str, *, costs: bool) -> None:
    """The expected strategies and, with `costs`, what depends on the machine; `why` is the reason where a part gives none."""
    node.properties["Strategy"] = " | ".join(found.strategies) or "no rows pass"
    if costs:
        node.properties["Reason"] = _reasons(found.strategies, why)


def describe_costs(node: Node, found: Forecast) -> None:
    if found.passing is not None:
        node.properties["Predicted Rows Passing"] = found.passing
    if found.predicted:
        _recall(node, found.predicted)
    node.properties["Predicted Time"] = round(found.milliseconds, 3)
    node.texts["Predicted Time"] = f"{found.milliseconds:.3f} ms"
    node.properties["Predicted Bytes"] = found.bytes


def describe_trace(node: Node, trace: ScanTrace, why: str) -> None:
    """What the scan did."""
    ways = trace.ways
    shown = [way.shown(name) for name, way in ways.items()]
    node.properties["Strategy"] = " | ".join(shown) or "no rows pass"
    node.properties["Reason"] = _reasons({name: way.reason for name, way in ways.items()}, why)


def describe_counts(node: Node, trace: ScanTrace) -> None:
    if trace.predicted:
        _recall(node, trace.predicted)
    node.properties["Rows Passing"] = trace.passing
    node.properties["Rows Scored"] = trace.scored
    node.properties["Rows Reranked"] = trace.reranked
    node.properties["Bytes Touched"] = trace.bytes


def _recall(node: Node, predicted: Sequence[float]) -> None:
    mean, least = sum(predicted) / len(predicted), min(predicted)
    node.properties["Predicted Recall"] = round(mean, 4)
    node.properties["Smallest Predicted Recall"] = round(least, 4)
    several = f" (smallest {least:.3f})" if f"{least:.3f}" != f"{mean:.3f}" else ""
    node.texts["Predicted Recall"] = f"{mean:.3f}{several}"
    node.texts["Smallest Predicted Recall"] = ""


def _reasons(reasons: Mapping[str, str], why: str) -> str:
    """The reason of each way of searching."""
    shown = {name: reason or why or "not indexed" for name, reason in reasons.items()}
    if len(shown) < 2:
        return next(iter(shown.values()), "no rows pass")
    return " | ".join(f"{name}: {reason}" for name, reason in shown.items())


def _vector_bytes(plan: VectorTopK) -> int:
    kind = plan.table.column_at(plan.attnum).type
    dimensions = max(kind.typmod, 1)
    sizes = {"halfvec": 2 * dimensions, "bit": -(-dimensions // 8), "sparsevec": 64}
    return sizes.get(kind.type.name, 4 * dimensions)
