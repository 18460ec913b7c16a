"""EXPLAIN [ANALYZE]: shows a plan in PostgreSQL's form, with what its vector scans did."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from vecsql.executor import duckdb_plan
from vecsql.executor import explain_scan as scans
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.duck import session_of
from vecsql.executor.effort import effort_of
from vecsql.executor.operators import execute_plan, operator
from vecsql.executor.plan_tree import Actual, Node, Style, as_json, text_lines
from vecsql.executor.relational import prepare_relations
from vecsql.executor.scalars import evaluate
from vecsql.executor.trace import ScanTrace
from vecsql.executor.vector_search import asked_recall, index_of
from vecsql.executor.widening import block_of
from vecsql.planner.dml import Delete, Insert, Update
from vecsql.planner.explain import ExplainPlan
from vecsql.planner.plan import (
    Chunk,
    Computed,
    Filter,
    KeyLookup,
    LateralTopK,
    LockRows,
    NearestPerGroup,
    OrderKey,
    Output,
    Relational,
    RowCount,
    RowScan,
    ScalarExpr,
    VectorTopK,
    Widening,
)


@dataclass(slots=True)
class _Explainer:
    """One EXPLAIN at work."""

    ctx: ExecContext
    params: Sequence[Any]
    traces: dict[int, ScanTrace]  # by id of the plan's outputs, which widened blocks share
    analyze: bool
    costs: bool

    def node(self, plan: Any) -> Node:
        describe = _DESCRIBERS.get(type(plan))
        return describe(self, plan) if describe is not None else Node(type(plan).__name__)

    def index_name(self, oid: int) -> str:
        return self.ctx.txn.snapshot().catalog.indexes[oid].name

    def rows_of(self, table_oid: int) -> int:
        return self.ctx.txn.snapshot().table(table_oid).num_rows

    def constant(self, expr: ScalarExpr | None, default: int) -> int:
        """The estimate of a LIMIT, which may be a parameter that has no value yet."""
        if expr is None or expr.operand is None:
            return default
        try:
            value = evaluate(expr, self.ctx, self.params)
        except IndexError:
            return default
        return default if value is None else int(value)

    def init_plan(self, expr: ScalarExpr) -> list[Node]:
        """The sub-select that supplies a query vector or a key."""
        if expr.plan is None:
            return []
        node = self.node(expr.plan)
        node.role = "InitPlan"
        node.names = {"Subplan Name": "InitPlan 1", **node.names}
        return [node]


@operator(ExplainPlan)
def run(plan: ExplainPlan, ctx: ExecContext, params: Sequence[Any]) -> Result:
    """EXPLAIN; with ANALYZE the statement runs, and its rows are thrown away."""
    planning = time.perf_counter()
    traces: dict[int, ScanTrace] = {}
    actual = None
    if plan.analyze:
        actual, traces = _measure(plan.statement.plan, ctx, params)
        planning += actual.milliseconds / 1e3
    node = _Explainer(ctx, params, traces, plan.analyze, plan.costs).node(plan.statement.plan)
    if node.actual is None:
        node.actual = actual
    footer: dict[str, float] = {}
    if plan.summary:
        footer["Planning Time"] = round((time.perf_counter() - planning) * 1e3, 3)
        if actual is not None:
            footer["Execution Time"] = round(actual.milliseconds, 3)
    rows = _rows(plan, node, footer)
    return Result(plan.columns, iter((Chunk(len(rows), [rows]),)), "EXPLAIN")


def _rows(plan: ExplainPlan, node: Node, footer: dict[str, float]) -> list[str]:
    style = Style(plan.costs, plan.timing)
    if plan.format == "json":
        return [json.dumps([{"Plan": as_json(node, style), **footer}], indent=2, default=str)]
    lines = list(text_lines(node, style))
    return lines + [f"{name}: {value:.3f} ms" for name, value in footer.items()]


def _measure(
    plan: Any, ctx: ExecContext, params: Sequence[Any]
) -> tuple[Actual, dict[int, ScanTrace]]:
    ctx.trace = []
    try:
        started = time.perf_counter()
        result = execute_plan(plan, ctx, params)
        rows = sum(chunk.num_rows for chunk in result.chunks)
        elapsed = (time.perf_counter() - started) * 1e3
        return Actual(rows, elapsed), {id(trace.plan.outputs): trace for trace in ctx.trace}
    finally:
        ctx.trace = None


def _vector_topk(explainer: _Explainer, plan: VectorTopK) -> Node:
    trace = explainer.traces.get(id(plan.outputs))
    ctx = explainer.ctx
    table = explainer.rows_of(plan.table.oid)
    rows = min(explainer.constant(plan.limit, table), table)
    width = _width(plan.outputs)
    index_oid = index_of(plan, explainer.params)
    effort = effort_of(ctx.settings, asked_recall(plan, index_oid, ctx))
    why = scans.unusable(effort, index_oid, ctx)
    expected = scans.forecast(plan, rows, index_oid, ctx, explainer.params)
    cost = expected.milliseconds
    indexed = index_oid if ctx.settings.get("enable_indexscan") else 0
    suffix, names = _relation(explainer, plan, indexed)
    scan = Node("Vector Scan", suffix, names, rows, cost, width)
    scan.properties["Order By"] = plan.order_sql
    if plan.within is not None:
        scan.properties["Within"] = plan.within.text
    if plan.order:
        columns = ", ".join(plan.table.column_at(key.attnum).name for key in plan.order)
        scan.properties["Then By"] = columns
    _add_filter(scan, plan.filter)
    below = _sub_selects(explainer, plan.filter)
    scans.describe_effort(scan, plan, indexed, ctx)
    if trace is None:
        scans.describe_forecast(scan, expected, why, costs=explainer.costs)
    else:
        scans.describe_trace(scan, trace, why)
    scan.properties["Segments"] = _segments(explainer, plan, index_oid)
    scan.children = explainer.init_plan(plan.query) + below
    if trace is not None:
        scan.actual = Actual(trace.rows, trace.elapsed * 1e3)
        if trace.filters:
            scan.properties["Filter Rows"] = " | ".join(trace.filters)
        scans.describe_counts(scan, trace)
    elif explainer.costs:
        scans.describe_costs(scan, expected)
    return Node("Limit", rows=rows, cost=cost, width=width, actual=scan.actual, children=[scan])


def _lateral(explainer: _Explainer, plan: LateralTopK) -> Node:
    """The search of a k-NN join, below it the rows that are searched for."""
    scan = _vector_topk(explainer, plan.scan).children[0]
    if plan.other_than is not None:
        scan.properties["Other Than"] = plan.scan.table.column_at(plan.other_than[0]).name
    outer = explainer.node(plan.outer)
    times = max(outer.rows or 0, 1)
    cost, rows = (scan.cost or 0.0) * times, (scan.rows or 0) * times
    node = Node("k-NN Join", rows=rows, cost=cost, width=scan.width)
    node.children = [outer, scan]
    return node


def _nearest_per_group(explainer: _Explainer, plan: NearestPerGroup) -> Node:
    """An exact scan below, the first row of each group above."""
    scan = _vector_topk(explainer, plan.scan).children[0]
    node = _above(scan, "Unique")
    columns = plan.scan.table.column_at
    node.properties["Group Key"] = ", ".join(columns(key.attnum).name for key in plan.groups)
    return node if plan.limit is None and plan.offset is None else _above(node, "Limit")


def _segments(explainer: _Explainer, plan: VectorTopK, index_oid: int) -> str:
    parts = explainer.ctx.txn.snapshot().table(plan.table.oid).parts
    indexed = sum(1 for pv in parts if index_oid and pv.part.index(index_oid) is not None)
    memtable = sum(1 for pv in parts if not pv.part.is_segment)
    details = [f"{n} {what}" for n, what in ((indexed, "indexed"), (memtable, "memtable")) if n]
    return f"{len(parts)} ({', '.join(details)})" if details else str(len(parts))


def _key_lookup(explainer: _Explainer, plan: KeyLookup) -> Node:
    suffix, names = _relation(explainer, plan, plan.index_oid)
    node = Node("Index Scan", suffix, names, 1, 0.29, _width(plan.outputs))
    node.properties["Index Cond"] = plan.key_sql
    _add_filter(node, plan.filter)
    for expr in plan.key:
        node.children += explainer.init_plan(expr)
    _add_actual(node, explainer.traces.get(id(plan.outputs)))
    return node


def _row_scan(explainer: _Explainer, plan: RowScan) -> Node:
    table = explainer.rows_of(plan.table.oid)
    rows = min(explainer.constant(plan.limit, table), table)
    suffix, names = _relation(explainer, plan, plan.keys.index_oid if plan.keys else 0)
    kind = "Index Scan" if plan.keys else "Seq Scan"
    node = Node(kind, suffix, names, rows, rows * 0.01, _width(plan.outputs))
    _add_filter(node, plan.filter)
    node.children = _sub_selects(explainer, plan.filter)
    _add_actual(node, explainer.traces.get(id(plan.outputs)))
    if plan.order:
        node = _above(node, "Sort")
        node.properties["Sort Key"] = ", ".join(_sort_key(plan, key) for key in plan.order)
    return node if plan.limit is None and plan.offset is None else _above(node, "Limit")


def _above(node: Node, kind: str) -> Node:
    """A node that passes on the rows of another."""
    return Node(
        kind, rows=node.rows, cost=node.cost, width=node.width, actual=node.actual, children=[node]
    )


def _sort_key(plan: RowScan, key: OrderKey) -> str:
    nulls = (
        ""
        if key.nulls_first == key.descending
        else " NULLS " + ("FIRST" if key.nulls_first else "LAST")
    )
    return plan.table.column_at(key.attnum).name + (" DESC" if key.descending else "") + nulls


def _computed(explainer: _Explainer, plan: Computed) -> Node:
    return Node(
        "Result", rows=1, cost=0.01, width=sum(max(c.type.type.size, 8) for c in plan.columns)
    )


def _row_count(explainer: _Explainer, plan: RowCount) -> Node:
    rows = explainer.rows_of(plan.table.oid)
    suffix, names = _relation(explainer, plan, 0)
    scan = Node("Seq Scan", suffix, names, rows, rows * 0.01)
    _add_filter(scan, plan.filter)
    return Node("Aggregate", rows=1, cost=scan.cost, width=8, children=[scan])


def _add_actual(node: Node, trace: ScanTrace | None) -> None:
    if trace is not None:
        node.actual = Actual(trace.rows, trace.elapsed * 1e3)


def _add_filter(node: Node, where: Filter | None) -> None:
    if where is not None:
        node.properties["Filter"] = where.text


def _sub_selects(explainer: _Explainer, where: Filter | None) -> list[Node]:
    """The sub-selects of a filter, which run before it."""
    scalars = where.scalars if where is not None else ()
    return [node for scalar in scalars if scalar.is_list for node in explainer.init_plan(scalar)]


def _relation(
    explainer: _Explainer, plan: VectorTopK | KeyLookup | RowScan | RowCount, index_oid: int
) -> tuple[str, dict[str, Any]]:
    """The ' using index on table' of a scan, and its names for JSON."""
    names: dict[str, Any] = {"Relation Name": plan.table.name, "Alias": plan.table.name}
    if not index_oid:
        return f" on {plan.table.name}", names
    index = explainer.index_name(index_oid)
    return f" using {index} on {plan.table.name}", {"Index Name": index, **names}


def _width(outputs: Sequence[Output]) -> int:
    """Bytes of an average row, as PostgreSQL estimates: 32 for a value without fixed size."""
    total = 0
    for output in outputs:
        ctype = output.column.type
        size = ctype.type.size
        if ctype.type.name in ("vector", "halfvec") and ctype.typmod > 0:
            size = 8 + (4 if ctype.type.name == "vector" else 2) * ctype.typmod
        total += size if size > 0 else 32
    return total


def _relational(explainer: _Explainer, plan: Relational) -> Node:
    """DuckDB's operators, and the vector scans that run before them."""
    document = _duckdb_explain(explainer, plan)
    tops = [duckdb_plan.node_of(operator) for operator in duckdb_plan.roots(document)]
    root = tops[0] if len(tops) == 1 else Node("Result", children=tops)
    if len(plan.scans) == 1 and not plan.topk and not plan.system:
        ((table_oid, _),) = plan.scans.values()
        duckdb_plan.name_table(root, explainer.ctx.txn.snapshot().catalog.tables[table_oid])
    for name, block in plan.topk.items():
        scan = explainer.node(block)
        scan.role = "InitPlan"
        scan.names = {"Subplan Name": f"Block {name}", **scan.names}
        root.children.append(scan)
    return root


def _duckdb_explain(explainer: _Explainer, plan: Relational) -> Any:
    """DuckDB's EXPLAIN as JSON. Parameters without a value, as of a prepared statement, count as NULL."""
    ctx, params = explainer.ctx, explainer.params
    duck = session_of(ctx)
    prepare_relations(plan, duck, ctx, params)
    options = "ANALYZE, FORMAT JSON" if explainer.analyze else "FORMAT JSON"
    answer = duck.run(f"EXPLAIN ({options}) {plan.sql}", params, ctx)
    return json.loads(answer.column(1)[0].as_py())


def _widening(explainer: _Explainer, plan: Widening) -> Node:
    """The first round: what EXPLAIN cannot know is how many follow."""
    block = block_of(plan, explainer.ctx)
    topk = {**plan.relational.topk, plan.block: block}
    return _relational(explainer, replace(plan.relational, topk=topk))


def _lock_rows(explainer: _Explainer, plan: LockRows) -> Node:
    node = Node("LockRows")
    node.children = [explainer.node(plan.query)]
    return node


def _modification(explainer: _Explainer, plan: Insert | Update | Delete) -> Node:
    """INSERT, UPDATE or DELETE over the query that finds its rows."""
    name = plan.table.name
    names = {"Operation": type(plan).__name__, "Relation Name": name, "Alias": name}
    node = Node("ModifyTable", f"{type(plan).__name__} on {name}", names, 0, 0.01)
    access = None if isinstance(plan, Insert) else plan.access
    if plan.query is not None:
        node.children = [explainer.node(plan.query)]
    elif access is not None:
        index = explainer.index_name(access.index_oid)
        names = {"Index Name": index, "Relation Name": name, "Alias": name}
        node.children = [Node("Index Scan", f" using {index} on {name}", names, 1, 0.29)]
    elif isinstance(plan, Insert):
        rows = len(plan.rows)
        kind = "Result" if rows == 1 else "Values Scan"
        node.children = [Node(kind, rows=rows, cost=0.01 * rows)]
    return node


_DESCRIBERS: dict[type, Callable[[_Explainer, Any], Node]] = {
    VectorTopK: _vector_topk,
    LateralTopK: _lateral,
    NearestPerGroup: _nearest_per_group,
    KeyLookup: _key_lookup,
    RowScan: _row_scan,
    RowCount: _row_count,
    Computed: _computed,
    Relational: _relational,
    Widening: _widening,
    LockRows: _lock_rows,
    Insert: _modification,
    Update: _modification,
    Delete: _modification,
}
