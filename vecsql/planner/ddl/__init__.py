"""DDL: from the text of a statement to a plan. A grammar of our own gives PostgreSQL's error positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vecsql.errors import FeatureNotSupported
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.alter import alter
from vecsql.planner.ddl.nodes import DdlPlan, DdlStatement
from vecsql.planner.ddl.objects import comment, create, drop, truncate
from vecsql.planner.ddl.scanner import Cursor

_STATEMENTS: dict[str, Callable[[Cursor], DdlStatement]] = {
    "create": create,
    "drop": drop,
    "alter": alter,
    "comment": comment,
    "truncate": truncate,
}
_NO_OPS = {"grant": "GRANT", "revoke": "REVOKE", "security": "SECURITY LABEL",
           "reassign": "REASSIGN OWNED"}  # fmt: skip

# First words of the statements that plan_ddl() takes.
KEYWORDS = frozenset(_STATEMENTS) | {"grant", "revoke", "security", "reassign"}


def parse_ddl(text: str) -> DdlStatement:
    """Parse one DDL statement. Raises SyntaxError with a 1-based position in `text`."""
    cursor = Cursor(text)
    word = cursor.token.value
    if cursor.token.kind == "word" and word in _STATEMENTS:
        cursor.next()
        statement = _STATEMENTS[word](cursor)
        cursor.finish()
        return statement
    if cursor.token.kind == "word" and word in KEYWORDS:
        return nodes.NoOp(_NO_OPS[word])
    if word in ("select", "with", "values"):
        raise FeatureNotSupported(
            "SELECT INTO is not supported", hint="Use CREATE TABLE ... AS SELECT instead."
        )
    raise cursor.error()


def plan_ddl(text: str, search_path: Sequence[str] = ("public",)) -> DdlPlan:
    """The plan of a DDL statement: parsed, with names to be resolved when it runs (the catalog may change)."""
    return DdlPlan(parse_ddl(text), tuple(search_path), text)


__all__ = ["KEYWORDS", "DdlPlan", "parse_ddl", "plan_ddl"]
