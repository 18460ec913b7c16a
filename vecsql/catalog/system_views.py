"""Views of the system catalog: their queries, in DuckDB's SQL over the base relations, are files in sql/.

A query names relations as schema.name and the functions of catalog.functions by their DuckDB names; $state stands for
the hidden first argument of stateful ones, $database and $user for those of the session.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from vecsql.catalog import sql_files
from vecsql.catalog.functions import SystemState, macros, register
from vecsql.catalog.identifiers import quote_literal
from vecsql.catalog.model import Catalog
from vecsql.catalog.relations import SystemRelation
from vecsql.catalog.system_runtime import database_of, user_of

QUERIES = ("pg_catalog/queries.sql", "information_schema/queries.sql")
_VIEW = re.compile(r"CREATE VIEW (\w+\.\w+) AS\s+(.*)\Z", re.DOTALL)
_RELATION = re.compile(r"\b(pg_catalog|information_schema)\.(\w+)")
_FUNCTION = re.compile(r"\b(vs_\w+|reg\w+out)\(")

Relation = Callable[[str, Catalog, Any], pa.Table]


@cache
def queries() -> dict[str, str]:
    """The query of each view that has one, by qualified name."""
    found = {}
    for file in QUERIES:
        for statement in sql_files.statements(file):
            match = _VIEW.match(statement)
            if match is None:
                raise ValueError(f"not a view: {statement[:60]}")
            found[match.group(1)] = match.group(2)
    return found


class _Database:
    """The DuckDB database that view queries run in, apart from users' queries."""

    def __init__(self) -> None:
        self.connection = duckdb.connect(":memory:", config={"threads": 1})
        self.functions: set[str] = set()
        self.lock = threading.Lock()
        for statement in macros():
            self.connection.execute(statement)


@cache
def _database() -> _Database:
    return _Database()


def view_table(
    declared: SystemRelation, catalog: Catalog, runtime: Any, relation: Relation
) -> pa.Table:
    """The rows of a view, with the declared column types; none if it has no query."""
    query = queries().get(declared.qualified)
    schema = pa.schema([(name, ctype.arrow) for name, ctype in declared.columns])
    if query is None:
        return schema.empty_table()
    needed = {match.group(0) for match in _RELATION.finditer(query)}
    tables = {name: relation(name, catalog, runtime) for name in needed}
    state = SystemState(catalog, dict(runtime))
    text = _RELATION.sub(lambda m: f'"{m.group(0)}"', query)
    text = text.replace("$state", str(state.id))
    text = text.replace("$database", quote_literal(database_of(runtime)))
    text = text.replace("$user", quote_literal(user_of(runtime)))
    return _conform(_run(text, tables), schema)


def _conform(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The columns in the declared order and types; NULL for those that the query does not give."""
    arrays = [
        table[field.name].cast(field.type)
        if field.name in table.column_names
        else pa.nulls(table.num_rows, field.type)
        for field in schema
    ]
    return pa.table(arrays, schema=schema)


def _run(text: str, tables: dict[str, pa.Table]) -> pa.Table:
    database = _database()
    with database.lock:
        register(database.connection, set(_FUNCTION.findall(text)), database.functions)
        for name, table in tables.items():
            database.connection.register(name, table)
        try:
            result: pa.Table = database.connection.sql(text).to_arrow_table()
        finally:
            for name in tables:
                database.connection.unregister(name)
    return result
