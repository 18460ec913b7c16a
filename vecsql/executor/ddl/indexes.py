"""CREATE INDEX: catalog entries for ordinary methods, graphs for vector methods."""

from __future__ import annotations

from vecsql.catalog.definitions import expression_name
from vecsql.catalog.model import Catalog, Column, Index, IndexColumn, Table
from vecsql.errors import (
    DuplicateTable,
    FeatureNotSupported,
    InvalidParameterValue,
    UndefinedColumn,
)
from vecsql.executor.context import ExecContext
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.keys import columns_in
from vecsql.executor.ddl.names import choose_name, table_named
from vecsql.executor.ddl.opclasses import check_method, check_opclass, default_opclass
from vecsql.executor.ddl.reloptions import check_index_options
from vecsql.executor.ddl.tables import exists_notice
from vecsql.executor.ddl.vector_indexes import VECTOR_METHODS, vector_expression, vector_scope
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan

_M, _EF_CONSTRUCTION = 16, 64  # pgvector's defaults


def create_index(statement: nodes.CreateIndex, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE INDEX; a vector index is built over the existing rows."""
    draft = Draft(ctx)
    table = table_named(draft, plan.search_path, statement.table)
    if statement.name is not None and draft.find(table.schema_oid, statement.name) is not None:
        if statement.if_not_exists:
            exists_notice(ctx, statement.name)
            return "CREATE INDEX"
        raise DuplicateTable(f'relation "{statement.name}" already exists')
    index = _index(draft, table, statement)
    draft.put(index)
    draft.publish()
    if index.is_vector:
        ctx.txn.build_index(index.oid)
    return "CREATE INDEX"


def _index(draft: Draft, table: Table, statement: nodes.CreateIndex) -> Index:
    method = statement.method
    check_method(method)
    if statement.unique:
        _check_unique(statement)
    if len(statement.elements) > 1 and method in ("hash", "hnsw", "ivfflat", "vecsql", "spgist"):
        raise FeatureNotSupported(f'access method "{method}" does not support multicolumn indexes')
    if statement.include and method not in ("btree", "gist", "spgist"):
        raise FeatureNotSupported(f'access method "{method}" does not support included columns')
    check_index_options(method, statement.options)
    catalog = draft.catalog()
    columns = tuple(_index_column(table, method, e, catalog) for e in statement.elements)
    if method in VECTOR_METHODS:
        _check_vector(table, columns[0], statement)
    return Index(
        draft.new_oid(),
        statement.name or _default_name(draft, table, statement),
        table.oid,
        method,
        columns,
        unique=statement.unique,
        options=statement.options,
        predicate=statement.predicate,
        scope=vector_scope(table, statement, catalog) if method in VECTOR_METHODS else (),
        include=tuple(_column(table, name, None).attnum for name in statement.include),
        nulls_not_distinct=statement.nulls_not_distinct,
    )


def _check_unique(statement: nodes.CreateIndex) -> None:
    """Refuse the unique indexes that storage cannot enforce."""
    if statement.method != "btree":
        raise FeatureNotSupported(
            f'access method "{statement.method}" does not support unique indexes'
        )
    if statement.predicate is not None or any(e.column is None for e in statement.elements):
        raise FeatureNotSupported(
            "unique indexes on expressions or with WHERE are not supported yet"
        )


def _column(table: Table, name: str, position: int | None) -> Column:
    column = table.column(name)
    if column is None:
        raise UndefinedColumn(f'column "{name}" does not exist', position=position)
    return column


def _index_column(
    table: Table, method: str, element: nodes.IndexElement, catalog: Catalog
) -> IndexColumn:
    first = element.descending if element.nulls_first is None else element.nulls_first
    if (element.descending or element.nulls_first is not None) and method != "btree":
        what = "ASC/DESC" if element.descending else "NULLS FIRST/LAST"
        raise FeatureNotSupported(f'access method "{method}" does not support {what} options')
    if element.column is None:
        expression = element.expression or ""
        if method in VECTOR_METHODS:
            return vector_expression(table, method, element, catalog)
        for name in columns_in(table, expression):
            _column(table, name, element.position)
        return IndexColumn(0, element.opclass or "", expression, element.descending, first)
    column = _column(table, element.column, None)
    kind = column.type.type
    if element.opclass is None:
        opclass = default_opclass(method, kind)
    else:
        opclass = element.opclass
        check_opclass(method, opclass, kind)
    return IndexColumn(column.attnum, opclass, None, element.descending, first)


def _check_vector(table: Table, column: IndexColumn, statement: nodes.CreateIndex) -> None:
    """pgvector's checks of a column to be indexed."""
    if column.attnum and table.column_at(column.attnum).type.typmod < 0:
        raise InvalidParameterValue("column does not have dimensions")
    given = dict(statement.options)
    m, ef_construction = (
        int(given.get("m", _M)),
        int(given.get("ef_construction", _EF_CONSTRUCTION)),
    )
    if ef_construction < 2 * m:
        raise InvalidParameterValue("ef_construction must be greater than or equal to 2 * m")


def _default_name(draft: Draft, table: Table, statement: nodes.CreateIndex) -> str:
    parts: list[str] = []
    for element in statement.elements:
        part = element.column or expression_name(element.expression or "")
        number = 0
        while (name := part + (str(number) if number else "")) in parts:
            number += 1
        parts.append(name)
    parts += statement.include
    return choose_name(draft.relations(table.schema_oid), table.name, "_".join(parts), "idx")
