"""A plan as EXPLAIN shows it: a tree of nodes with properties, as PostgreSQL's text and JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Actual:
    """What a node did, by EXPLAIN ANALYZE."""

    rows: int
    milliseconds: float
    loops: int = 1


@dataclass(slots=True)
class Node:
    """One line of the plan with the properties below it."""

    kind: str  # Limit, Vector Scan, Hash Join ...
    suffix: str = ""  # in text: ' using items_embedding_idx on items'
    names: dict[str, Any] = field(default_factory=dict)  # what `suffix` says, for JSON
    rows: int | None = None  # estimated
    cost: float | None = None
    width: int = 0
    properties: dict[str, Any] = field(default_factory=dict)
    texts: dict[str, str] = field(
        default_factory=dict
    )  # of properties that text shows in another form, or not at all
    actual: Actual | None = None
    children: list[Node] = field(default_factory=list)
    role: str = "Outer"  # JSON's "Parent Relationship"


@dataclass(frozen=True, slots=True)
class Style:
    """Which figures to print."""

    costs: bool = True
    timing: bool = True


def text_lines(node: Node, style: Style, depth: int = 0) -> Iterator[str]:
    """The tree as PostgreSQL prints it."""
    lead = "" if depth == 0 else "  " * (3 * depth - 2) + "->  "
    title = node.suffix if node.kind == "ModifyTable" else node.kind + node.suffix
    yield f"{lead}{title}{_figures(node, style)}"
    indent = "  " * (3 * depth + 1)
    for name, value in node.properties.items():
        if shown := node.texts.get(name, str(value)):
            yield f"{indent}{name}: {shown}"
    for child in node.children:
        if child.role == "InitPlan":
            yield f"{indent}{child.names['Subplan Name']}"
        yield from text_lines(child, style, depth + 1)


def _figures(node: Node, style: Style) -> str:
    text = ""
    if style.costs and node.cost is not None:
        text += f"  (cost=0.00..{node.cost:.2f} rows={node.rows} width={node.width})"
    actual = node.actual
    if actual is not None:
        time = f"time=0.000..{actual.milliseconds:.3f} " if style.timing else ""
        text += f"{' ' if text else '  '}(actual {time}rows={actual.rows:.2f} loops={actual.loops})"
    return text


def as_json(node: Node, style: Style) -> dict[str, Any]:
    """The tree as a "Plan" object with PostgreSQL's keys."""
    out: dict[str, Any] = {"Node Type": node.kind, **node.names}
    if style.costs and node.cost is not None:
        out |= {"Startup Cost": 0.0, "Total Cost": round(node.cost, 2)}
        out |= {"Plan Rows": node.rows, "Plan Width": node.width}
    actual = node.actual
    if actual is not None:
        if style.timing:
            out |= {"Actual Startup Time": 0.0, "Actual Total Time": round(actual.milliseconds, 3)}
        out |= {"Actual Rows": float(actual.rows), "Actual Loops": actual.loops}
    out |= node.properties
    if node.children:
        out["Plans"] = [
            {"Parent Relationship": child.role, **as_json(child, style)} for child in node.children
        ]
    return out
