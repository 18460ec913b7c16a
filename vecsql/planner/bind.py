"""Public entry of the binder: names resolved, every expression typed, parameters inferred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from vecsql.catalog.model import Catalog
from vecsql.errors import IndeterminateDatatype
from vecsql.planner import emitters
from vecsql.planner.bind_query import QueryBinder
from vecsql.planner.bind_sets import BoundRows
from vecsql.planner.coerce import builtin
from vecsql.planner.plan import LockRows, ResultColumn
from vecsql.planner.scope import ParamTypes, Scope

__all__ = [
    "BoundQuery",
    "ParamTypes",
    "bind_expression",
    "bind_select",
    "param_types",
    "table_scope",
]

_ALIAS = re.compile(r"\b_t\d+_\.")


@dataclass(slots=True)
class BoundQuery:
    """A bound query: the AST (meta: ctype, attnum, table_oid, relation, sql), its columns and its DuckDB SQL."""

    ast: exp.Expression
    columns: tuple[ResultColumn, ...]
    sql: str
    scans: dict[str, tuple[int, tuple[int, ...]]]
    system: tuple[str, ...]
    params: ParamTypes
    blocks: dict[str, LockRows] = field(
        default_factory=dict
    )  # locking sub-selects, to be run first


def bind_select(
    ast: exp.Expression,
    catalog: Catalog,
    search_path: Sequence[str] = ("public",),
    params: ParamTypes | None = None,
) -> BoundQuery:
    """Bind a SELECT, VALUES or set operation (in place). Raises PostgreSQL's errors; positions are relative to
    the statement's text."""
    binder = QueryBinder(catalog, search_path, params)
    bound = binder.query(ast, None)
    _default_params(ast, bound, binder)
    columns = tuple(ResultColumn(c.name, c.type, c.table_oid, c.attnum) for c in bound.columns)
    scans = {name: (oid, tuple(sorted(attnums))) for name, (oid, attnums) in binder.scans.items()}
    return BoundQuery(
        ast, columns, _outer(bound), scans, tuple(binder.system), binder.params, binder.blocks
    )


def _default_params(ast: exp.Expression, bound: BoundRows, binder: QueryBinder) -> None:
    """An untyped output column is text; so is a parameter that nothing else types."""
    binder.type_unknowns(bound)
    text = builtin("text")
    for node in ast.find_all(exp.Parameter):
        index = int(node.this.name)
        if binder.params.get(index) is None and "sql" in node.meta:
            binder.params.set(index, text)
            node.meta["ctype"] = text


def _outer(bound: BoundRows) -> str:
    """The query with its columns in the form in which they leave DuckDB."""
    items = [
        emitters.output_sql(f"o{i}", c.type, c.scale, c.fields)
        for i, c in enumerate(bound.columns, 1)
    ]
    if all(item == f"o{i}" for i, item in enumerate(items, 1)):
        return bound.sql
    listed = ", ".join(f"{item} AS o{i}" for i, item in enumerate(items, 1))
    return f"SELECT {listed} FROM ({bound.sql})"


def param_types(params: ParamTypes) -> tuple:  # type: ignore[type-arg]
    """The types of $1 ... $n. Raises IndeterminateDatatype for one that nothing types."""
    found = []
    for index in range(1, params.count + 1):
        ctype = params.get(index)
        if ctype is None:
            raise IndeterminateDatatype(f"could not determine data type of parameter ${index}")
        found.append(ctype)
    return tuple(found)


def table_scope(binder: QueryBinder, table_oid: int, alias: str = "", relation: str = "r") -> Scope:
    """A scope with the columns of one table, as UPDATE, DELETE, CHECK and RETURNING see them; their SQL is c<attnum>."""
    table = binder.catalog.tables[table_oid]
    node = exp.Table(this=exp.to_identifier(table.name, quoted=True))
    if alias:
        node.set("alias", exp.TableAlias(this=exp.to_identifier(alias, quoted=True)))
    _, ranges = binder._table(node, table, relation)
    scope = Scope()
    scope.ranges = ranges
    return scope


def bind_expression(
    node: exp.Expression, binder: QueryBinder, scope: Scope | None = None
) -> exp.Expression:
    """Bind one scalar expression in place (see BoundQuery for its meta)."""
    return binder.bind(node, scope if scope is not None else Scope())


def bare_columns(sql: str) -> str:
    """DuckDB SQL over one table with its columns unqualified: c<attnum>."""
    return _ALIAS.sub("", sql)
