"""Definitions printed as SQL: pg_get_indexdef(), pg_get_constraintdef(), pg_get_viewdef(), format_type()."""

from __future__ import annotations

import re

from vecsql.catalog.deparse import expression_text
from vecsql.catalog.identifiers import quote_identifier, quote_literal
from vecsql.catalog.model import (
    Catalog,
    Constraint,
    Index,
    IndexColumn,
    Table,
)
from vecsql.catalog.names import DEFAULT_PATH, SearchPath, qualified_name, regclass_out
from vecsql.catalog.system_static import default_opclasses
from vecsql.catalog.view_text import view_text
from vecsql.types.base import ColumnType, by_name, by_oid

_DIMS = re.compile(r"\(\s*(\d+)\s*\)[\s)]*\Z")
_CASTS = re.compile(r"(?:::\s*[\w.]+\s*(?:\([\d\s,]*\))?\s*)+\Z")


def format_type(oid: int | None, typmod: int | None) -> str | None:
    """format_type(): 'numeric(10,2)'; '???' for an unknown type, '-' for none."""
    if oid is None:
        return None
    if oid == 0:
        return "-"
    found = by_oid(oid)
    if found is None:
        return "???"
    return str(ColumnType(found, -1 if typmod is None else typmod))


def index_definition(
    catalog: Catalog, oid: int, *, pretty: bool = False, path: SearchPath = DEFAULT_PATH
) -> str | None:
    """The CREATE INDEX statement, the table qualified unless `pretty`; None for an unknown index."""
    index = catalog.indexes.get(oid)
    if index is None:
        return None
    table = catalog.tables[index.table_oid]
    name = regclass_out(catalog, table.oid, path) if pretty else qualified_name(catalog, table.oid)
    unique = "UNIQUE " if index.unique else ""
    head = f"CREATE {unique}INDEX {quote_identifier(index.name)} ON {name} USING {index.method}"
    columns = ", ".join(_index_column(table, index, c, pretty) for c in index.columns)
    parts = [head, f"({columns})"]
    if index.include:
        parts.append(f"INCLUDE ({_column_names(table, index.include)})")
    if index.nulls_not_distinct:
        parts.append("NULLS NOT DISTINCT")
    if index.options:
        parts.append(f"WITH ({options_text(index.options)})")
    if index.predicate is not None:
        parts.append(f"WHERE {expression_text(index.predicate, table, pretty=pretty)}")
    return " ".join(parts)


def index_column_definition(catalog: Catalog, oid: int, number: int, *, pretty: bool) -> str | None:
    """pg_get_indexdef(index, number, pretty): one column, without class and order; '' past the last."""
    index = catalog.indexes.get(oid)
    if index is None:
        return None
    table = catalog.tables[index.table_oid]
    if number <= len(index.columns):
        return _index_key(table, index.columns[number - 1], pretty)
    included = index.include[number - len(index.columns) - 1 :]
    return quote_identifier(table.column_at(included[0]).name) if included else ""


def options_text(options: tuple[tuple[str, str], ...]) -> str:
    return ", ".join(f"{quote_identifier(key)}={quote_literal(value)}" for key, value in options)


def constraint_definition(
    catalog: Catalog,
    table: Table,
    constraint: Constraint,
    *,
    pretty: bool,
    path: SearchPath = DEFAULT_PATH,
) -> str:
    """PRIMARY KEY (id), UNIQUE (a, b), CHECK ((price > (0)::numeric))."""
    if constraint.kind == "c":
        return f"CHECK ({expression_text(constraint.expression or 'true', table, pretty=pretty)})"
    if constraint.reference is not None:
        return _foreign_key(catalog, table, constraint, path)
    index = catalog.indexes.get(constraint.index_oid)
    distinct = " NULLS NOT DISTINCT" if index and index.nulls_not_distinct else ""
    kind = "PRIMARY KEY" if constraint.kind == "p" else f"UNIQUE{distinct}"
    text = f"{kind} ({_column_names(table, constraint.attnums)})"
    if index and index.include:
        text += f" INCLUDE ({_column_names(table, index.include)})"
    return text


_ACTIONS = {"r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}


def _foreign_key(catalog: Catalog, table: Table, constraint: Constraint, path: SearchPath) -> str:
    """FOREIGN KEY (a) REFERENCES t(id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED."""
    reference = constraint.reference
    assert reference is not None
    target = catalog.tables[reference.table_oid]
    name = regclass_out(catalog, target.oid, path)
    own, theirs = (
        _column_names(table, constraint.attnums),
        _column_names(target, reference.attnums),
    )
    text = f"FOREIGN KEY ({own}) REFERENCES {name}({theirs})"
    for event, action in (("UPDATE", reference.on_update), ("DELETE", reference.on_delete)):
        if action != "a":
            text += f" ON {event} {_ACTIONS[action]}"
    if reference.deferrable:
        text += " DEFERRABLE"
    return text + (" INITIALLY DEFERRED" if reference.deferred else "")


def default_text(table: Table, attnum: int, *, pretty: bool = False) -> str | None:
    """pg_get_expr() of a column's default or generation expression."""
    column = table.column_at(attnum)
    source = column.generated if column.generated is not None else column.default
    if source is None:
        return None
    return expression_text(source, table, pretty=pretty, target=column.type)


def view_definition(catalog: Catalog, oid: int, *, pretty: bool = False) -> str | None:
    """The view's query as pg_get_viewdef() lays it out, with the final ';'."""
    view = catalog.views.get(oid)
    return None if view is None else view_text(catalog, view, pretty=pretty)


def _index_column(table: Table, index: Index, column: IndexColumn, pretty: bool) -> str:
    parts = [_index_key(table, column, pretty)]
    if column.opclass and not _is_default(table, index, column):
        parts.append(quote_identifier(column.opclass))
    if column.descending:
        parts.append("DESC" if column.nulls_first else "DESC NULLS LAST")
    elif column.nulls_first:
        parts.append("NULLS FIRST")
    return " ".join(parts)


def _index_key(table: Table, column: IndexColumn, pretty: bool) -> str:
    if column.expression is None:
        return quote_identifier(table.column_at(column.attnum).name)
    text = expression_text(column.expression, table, pretty=pretty)
    is_call = (
        text.endswith(")") and text.split("(", 1)[0].isidentifier() and not _CASTS.search(text)
    )
    return text if is_call else f"({text})"


def expression_name(expression: str) -> str:
    """What PostgreSQL calls an expression as a column of an index: its function, or what is cast; else 'expr'."""
    text = _CASTS.sub("", expression.strip())
    while text.startswith("(") and text.endswith(")"):
        text = _CASTS.sub("", text[1:-1].strip())
    head, parenthesis, _ = text.partition("(")
    name = head.strip().lower()
    return name if name.isidentifier() and (parenthesis or text != expression.strip()) else "expr"


def expression_column_type(expression: str, opclass: str) -> ColumnType:
    """The type of the expression of a vector index, which ends in a cast to it."""
    found, dims = by_name(opclass.partition("_")[0]), _DIMS.search(expression)
    assert found is not None
    return ColumnType(found, int(dims[1]) if dims else -1)


def _is_default(table: Table, index: Index, column: IndexColumn) -> bool:
    """Whether CREATE INDEX would take the operator class by itself."""
    classes = default_opclasses()
    if column.expression is not None:
        return any(name == column.opclass for _, name, _ in classes)
    sql_type = table.column_at(column.attnum).type.type
    if sql_type.element is not None and column.opclass == "array_ops":
        return True
    defaults = {n for method, n, oid in classes if method == index.method and oid == sql_type.oid}
    if sql_type.name == "varchar":
        defaults |= {"text_ops", "varchar_ops"}
    return column.opclass in defaults


def _column_names(table: Table, attnums: tuple[int, ...]) -> str:
    return ", ".join(quote_identifier(table.column_at(attnum).name) for attnum in attnums)
