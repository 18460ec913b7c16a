"""What CREATE INDEX makes of the expression and the WHERE of a vector index."""

from __future__ import annotations

from vecsql.catalog.model import Catalog, IndexColumn, Table
from vecsql.errors import (
    DatatypeMismatch,
    Error,
    FeatureNotSupported,
    InvalidObjectDefinition,
    InvalidParameterValue,
)
from vecsql.executor.ddl.opclasses import check_opclass, default_opclass
from vecsql.planner.ddl import nodes
from vecsql.planner.dml.rows import RowExpression, bind_row_expression
from vecsql.planner.rules.derivation import derivation_of
from vecsql.planner.rules.partial import ScopeTerm, facts_of, scope_of
from vecsql.planner.rules.shape import conjuncts

VECTOR_METHODS = ("hnsw", "ivfflat", "vecsql")


def vector_expression(
    table: Table, method: str, element: nodes.IndexElement, catalog: Catalog
) -> IndexColumn:
    """The column of an index on an expression. Raises pgvector's errors, and FeatureNotSupported for expressions that are no
    chain of casts and functions over one column."""
    text = element.expression or ""
    bound = _bound(table, text, catalog, element.position)
    kind = bound.type.type
    if element.opclass is None:
        opclass = default_opclass(method, kind)
    else:
        opclass = element.opclass
        check_opclass(method, opclass, kind)
    if bound.volatile:
        raise InvalidObjectDefinition("functions in index expression must be marked IMMUTABLE")
    if bound.type.typmod < 0:
        raise InvalidParameterValue("column does not have dimensions")
    assert bound.node is not None
    found = derivation_of(bound.node, lambda column: column.meta.get("attnum", 0) > 0)
    if found is None:
        raise FeatureNotSupported(
            "vector indexes on such expressions are not supported",
            detail="An expression is made of casts between vector, halfvec and bit, binary_quantize(), subvector() and "
            "l2_normalize() over one column with dimensions.",
        )
    return IndexColumn(0, opclass, text, source=found.attnum, steps=found.steps)


def vector_scope(
    table: Table, statement: nodes.CreateIndex, catalog: Catalog
) -> tuple[ScopeTerm, ...]:
    """The compiled predicate of a partial index."""
    if statement.predicate is None:
        return ()
    bound = _bound(table, statement.predicate, catalog, None)
    if bound.type.type.name != "bool":
        raise DatatypeMismatch(f"argument of WHERE must be type boolean, not type {bound.type}")
    if bound.volatile:
        raise InvalidObjectDefinition("functions in index predicate must be marked IMMUTABLE")
    return scope_of(facts_of(conjuncts(bound.node)), table)


def _bound(table: Table, text: str, catalog: Catalog, start: int | None) -> RowExpression:
    try:
        return bind_row_expression(table, text, catalog)
    except Error as error:
        if error.position is not None:
            error.position = None if start is None else error.position + start
        raise
