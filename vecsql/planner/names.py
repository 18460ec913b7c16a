"""The names of output columns, as PostgreSQL figures them."""

from __future__ import annotations

from sqlglot import exp

NAMES: dict[type, str] = {
    exp.Case: "case", exp.Coalesce: "coalesce", exp.Greatest: "greatest", exp.Least: "least",
    exp.Nullif: "nullif", exp.Array: "array", exp.Tuple: "row", exp.Exists: "exists",
}  # fmt: skip


def output_name(target: exp.Expression) -> str:
    """The name PostgreSQL gives to an output column."""
    if isinstance(target, exp.Alias):
        return str(target.alias)
    return _implied_name(target) or "?column?"


def _implied_name(node: exp.Expression) -> str | None:
    found = _figured(node)
    return found[0] if found is not None else None


def _figured(node: exp.Expression) -> tuple[str, bool] | None:
    """PostgreSQL's FigureColname: a name, and whether it outdoes the type name of a cast around it."""
    if isinstance(node, exp.Column):
        return node.name, True
    if isinstance(node, exp.Anonymous):
        return str(node.this), True
    if isinstance(
        node, (exp.Window, exp.Filter, exp.WithinGroup, exp.Collate, exp.Paren, exp.Bracket)
    ):
        return _figured(node.this)
    if isinstance(node, exp.Dot):
        return node.expression.name, True
    if isinstance(node, exp.Cast):
        inner = _figured(node.this)
        if inner is not None and inner[1]:
            return inner
        return node.args["to"].meta["type_name"].name, False
    if isinstance(node, exp.Case):
        default = node.args.get("default")
        inner = _figured(default) if default is not None else None
        return inner if inner is not None and inner[1] else ("case", False)
    if isinstance(node, exp.Subquery):
        query = node.this
        items = query.expressions if isinstance(query, exp.Select) else []
        return (output_name(items[0]) if items else "column1"), True
    name = NAMES.get(type(node))
    return None if name is None else (name, True)
