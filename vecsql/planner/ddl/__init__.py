"""DDL: from the text of a statement to a plan. A grammar of our own gives PostgreSQL's error positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from vecsql.errors import FeatureNotSupported, SyntaxError
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
_UNENFORCED = {
    "grant": nodes.NoOp("GRANT", nodes.NO_PRIVILEGES),
    "revoke": nodes.NoOp("REVOKE", nodes.NO_PRIVILEGES),
    "reassign": nodes.NoOp("REASSIGN OWNED", nodes.NO_OWNERS),
}

# First words of the statements that plan_ddl() takes.
KEYWORDS = frozenset(_STATEMENTS) | frozenset(_UNENFORCED)


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
        return _UNENFORCED[word]
    if word in ("select", "with", "values"):
        raise FeatureNotSupported(
            "SELECT INTO is not supported", hint="Use CREATE TABLE ... AS SELECT instead."
        )
    raise cursor.error()


def plan_ddl(text: str, search_path: Sequence[str] = ("public",)) -> DdlPlan:
    """The plan of a DDL statement: parsed, with names to be resolved when it runs (the catalog may change).

    PostgreSQL's grammar has accepted `text`, so what this one does not know is a feature that is not there: 0A000.
    """
    try:
        statement = parse_ddl(text)
    except SyntaxError as error:
        if not error.message.startswith("syntax error at"):
            raise
        command = " ".join(text.split()[:2]).upper()
        where = error.message.removeprefix("syntax error ")
        raise FeatureNotSupported(
            f"this form of {command} is not supported ({where})", position=error.position
        ) from None
    return DdlPlan(statement, tuple(search_path), text)


__all__ = ["KEYWORDS", "DdlPlan", "parse_ddl", "plan_ddl"]
