"""A binder of one table's predicates, small enough to trust, for tests of compiled filters."""

from __future__ import annotations

from sqlglot import exp

from vecsql.planner.parse import parse
from vecsql.types.base import ColumnType

Columns = dict[str, tuple[int, ColumnType]]  # name -> attnum, type


def bound_predicate(sql: str, columns: Columns) -> exp.Expression:
    """Parse `sql` as a WHERE clause and give its nodes the types that PostgreSQL's binder would."""
    ast = parse(f"SELECT 1 FROM t WHERE {sql}")[0].ast
    assert ast is not None
    predicate: exp.Expression = ast.args["where"].this
    for column in predicate.find_all(exp.Column):
        attnum, ctype = columns[column.name]
        column.meta.update(attnum=attnum, ctype=ctype, table_oid=1, relation="t")
    for node in reversed(list(predicate.walk())):
        _type_constants(node)
    return predicate


def _type_constants(node: exp.Expression) -> None:
    """Constants take the type of what they are compared with."""
    if isinstance(node, exp.Between):
        sides = [node.this, node.args["low"], node.args["high"]]
    elif isinstance(node, exp.In):
        sides = [node.this, *node.expressions]
    elif isinstance(node, exp.Binary):
        sides = [node.this, node.expression]
    else:
        return
    typed = next((s.meta["ctype"] for s in sides if isinstance(s, exp.Column)), None)
    if typed is None:
        typed = next((s.meta["ctype"] for s in sides if "ctype" in s.meta), None)
    for side in sides:
        if isinstance(side, (exp.Literal, exp.Parameter, exp.Null)) and typed is not None:
            side.meta["ctype"] = typed
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)) and typed is not None:
        node.meta["ctype"] = typed
