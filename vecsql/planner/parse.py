"""From text to ParsedStatements: split, classified and turned into AST by PostgreSQL's own grammar.

libpg_query (package pgparse) does the parsing: its trees are exact where sqlglot's Postgres dialect is not
(operator precedence, function calls, positions), at about 0.1 ms a statement. vecsql.planner.convert makes
sqlglot's AST of them.
"""

from __future__ import annotations

import re
from typing import Any

import pgparse
from sqlglot import exp

from vecsql.errors import FeatureNotSupported, SyntaxError
from vecsql.planner.convert import Converter
from vecsql.planner.convert.expressions import only
from vecsql.planner.convert.types import Tree
from vecsql.planner.statement import Kind, ParsedStatement
from vecsql.planner.utility_convert import UtilityConverter

KINDS: dict[str, Kind] = {
    "SelectStmt": "query", "InsertStmt": "insert", "UpdateStmt": "update", "DeleteStmt": "delete"
}  # fmt: skip
_GENERATED = re.compile(r"\bGENERATED\s+ALWAYS\s+AS\s*\([^;]*\)\s*\Z", re.IGNORECASE)
_BLANK = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*(?:[^*/]|\*(?!/)|/(?!\*))*\*/)+")


def parse(sql: str) -> list[ParsedStatement]:
    """Split what the client sent into statements and parse each.

    Raises SyntaxError with PostgreSQL's text and the position in `sql`. A string without any statement gives [].
    """
    sql = sql.replace("\x00", "")
    trees = _grammar(sql)
    data = None if sql.isascii() else sql.encode()
    return [_statement(sql, data, tree) for tree in trees]


def expression(text: str) -> exp.Expression:
    """Parse one scalar expression (a stored DEFAULT, a CHECK, ...)."""
    prefix = "SELECT "
    tree = _grammar(prefix + text)[0]["stmt"]["SelectStmt"]
    converter = Converter(text)
    converter.base = len(prefix)
    return converter.expression(tree["targetList"][0]["ResTarget"]["val"])


def _grammar(sql: str) -> list[Tree]:
    try:
        return pgparse.parse(sql)  # type: ignore[no-any-return]
    except pgparse.PGQueryError as error:
        position = _position(sql, error)
        if position and _GENERATED.search(sql[: position - 1]):  # this grammar knows STORED alone
            raise FeatureNotSupported(
                "virtual generated columns are not supported",
                position=position,
                hint="Write STORED after the expression.",
            ) from None
        raise SyntaxError(error.message, position=position) from None


def _position(sql: str, error: Any) -> int | None:
    return error.position or None


def _statement(sql: str, data: bytes | None, tree: Tree) -> ParsedStatement:
    start = tree.get("stmt_location", 0)
    length = tree.get("stmt_len", 0)
    whole = sql if data is None else data
    stop = start + length if length else len(whole)
    source = whole[start:stop]
    raw = source if isinstance(source, str) else source.decode()
    blank = _BLANK.match(raw)
    skipped = blank.end() if blank else 0
    text = raw[skipped:]
    base = start + (skipped if data is None else len(raw[:skipped].encode()))
    offset = base if data is None else len(data[:base].decode())
    return _classify(text, base, tree["stmt"], offset)


def _into(select: Tree) -> Any:
    """The INTO clause of a SELECT (of its leftmost arm), if any."""
    while "larg" in select:
        select = select["larg"]
    return select.get("intoClause")


def _classify(text: str, base: int, tree: Tree, offset: int) -> ParsedStatement:
    tag, body = only(tree)
    converter = Converter(text)
    converter.base = base
    if tag == "SelectStmt" and _into(body) is None:
        return ParsedStatement("query", text, offset, ast=converter.query(tree))
    if tag in KINDS and tag != "SelectStmt":
        return ParsedStatement(KINDS[tag], text, offset, ast=converter.modification(tag, body))

    def nested(inner: Tree) -> ParsedStatement:
        return _classify(text, base, inner, offset)

    utility = UtilityConverter(converter, nested).convert(tag, body)
    if utility is not None:
        return ParsedStatement("utility", text, offset, utility=utility)
    if tag == "MergeStmt":
        raise FeatureNotSupported("MERGE is not supported")
    return ParsedStatement("ddl", text, offset, tree=tree)
