"""Identifiers and literals as PostgreSQL quotes them."""

from __future__ import annotations

import re
from functools import cache

from vecsql import errors
from vecsql.catalog import sql_files

_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*\Z")
_PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^\s".]+))\s*(\.|\Z)')


@cache
def _reserved() -> frozenset[str]:
    rows = sql_files.read_rows("pg_catalog/keywords.tsv")
    return frozenset(row["word"] for row in rows if row["catcode"] != "U")


def quote_identifier(name: str) -> str:
    """As quote_ident(): quoted only where it must be."""
    if _PLAIN.match(name) and name not in _reserved():
        return name
    return '"' + name.replace('"', '""') + '"'


def quote_literal(text: str) -> str:
    """As quote_literal(): doubled quotes, E'' when there are backslashes."""
    quoted = text.replace("'", "''")
    if "\\" in quoted:
        return "E'" + quoted.replace("\\", "\\\\") + "'"
    return f"'{quoted}'"


def split_identifier(text: str) -> list[str]:
    """The parts of a possibly quoted, qualified name, unquoted ones in lower case."""
    parts: list[str] = []
    position, separator = 0, "."
    while separator == ".":
        match = _PART.match(text, position)
        if match is None:
            raise errors.InvalidParameterValue(f'string is not a valid identifier: "{text}"')
        quoted, plain, separator = match.groups()
        parts.append(quoted.replace('""', '"') if quoted is not None else plain.lower())
        position = match.end()
    return parts
