"""Turns DuckDB's own EXPLAIN output (JSON) into the nodes that our EXPLAIN prints."""

from __future__ import annotations

import re
from typing import Any

from vecsql.catalog.model import Table
from vecsql.executor.plan_tree import Actual, Node

KINDS = {
    "PYTHON_ARROW_SCAN": "Seq Scan", "TABLE_SCAN": "Seq Scan", "HASH_JOIN": "Hash Join",
    "NESTED_LOOP_JOIN": "Nested Loop", "BLOCKWISE_NL_JOIN": "Nested Loop", "CROSS_PRODUCT": "Nested Loop",
    "PIECEWISE_MERGE_JOIN": "Merge Join", "IE_JOIN": "Merge Join", "ASOF_JOIN": "Merge Join",
    "HASH_GROUP_BY": "HashAggregate", "PERFECT_HASH_GROUP_BY": "HashAggregate",
    "UNGROUPED_AGGREGATE": "Aggregate", "SIMPLE_AGGREGATE": "Aggregate", "ORDER_BY": "Sort", "TOP_N": "Top-N Sort",
    "STREAMING_LIMIT": "Limit", "LIMIT": "Limit", "WINDOW": "WindowAgg", "STREAMING_WINDOW": "WindowAgg",
    "UNION": "Append", "PROJECTION": "Result", "DUMMY_SCAN": "Result", "COLUMN_DATA_SCAN": "Values Scan",
    "CTE": "CTE", "CTE_SCAN": "CTE Scan", "UNNEST": "ProjectSet",
}  # fmt: skip

LABELS = {
    "Conditions": "Cond", "Expression": "Filter", "Filters": "Filter", "Order By": "Sort Key",
    "Groups": "Group Key", "Aggregates": "Aggregates", "Top": "Top", "Join Type": "Join Type",
}  # fmt: skip

_COLUMN = re.compile(r"\bc(\d+)\b")

WRAPPERS = frozenset(("RESULT_COLLECTOR", "EXPLAIN_ANALYZE", "EXPLAIN", "ROOT"))


def roots(document: Any) -> list[dict[str, Any]]:
    """The operators at the top of EXPLAIN (FORMAT JSON) or EXPLAIN (ANALYZE, FORMAT JSON)."""
    found = (
        document.get("operator") or document.get("children", [])
        if isinstance(document, dict)
        else document
    )
    while len(found) == 1 and _name(found[0]) in WRAPPERS:
        found = found[0].get("children", [])
    return list(found)


def _name(operator: dict[str, Any]) -> str:
    return str(
        operator.get("name") or operator.get("type") or operator.get("operator_name", "")
    ).strip()


def node_of(operator: dict[str, Any]) -> Node:
    """One DuckDB operator with those below it; a projection that only passes rows on is left out."""
    children = [node_of(child) for child in operator.get("children", ())]
    name = _name(operator)
    if name == "PROJECTION" and len(children) == 1:
        return children[0]
    info = operator.get("extra_info") or {}
    node = Node(KINDS.get(name) or name.replace("_", " ").title(), children=children)
    node.rows = int(str(info.get("Estimated Cardinality", "0")).lstrip("~") or 0)
    node.cost = node.rows * 0.01 + sum(child.cost or 0.0 for child in children)
    for key, label in LABELS.items():
        value = info.get(key)
        if value:
            node.properties[label] = ", ".join(value) if isinstance(value, list) else value
    if "timing" in operator:
        node.actual = Actual(int(operator.get("intermediate_rows", 0)), operator["timing"] * 1e3)
    return node


def name_table(node: Node, table: Table) -> None:
    """Put the names of the one table that a plan scans, and of its columns, in place of those that DuckDB knows."""
    if node.kind == "Seq Scan":
        node.suffix, node.names = (
            f" on {table.name}",
            {"Relation Name": table.name, "Alias": table.name},
        )
    names = {str(column.attnum): column.name for column in table.columns}
    for key, value in node.properties.items():
        node.properties[key] = _COLUMN.sub(lambda m: names.get(m[1], m[0]), str(value))
    for child in node.children:
        name_table(child, table)
