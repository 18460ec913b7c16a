"""A catalog with one table of vectors, and the rules run over bound queries, for tests."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from vecsql.catalog.model import Catalog, Column, Constraint, Index, IndexColumn, Table
from vecsql.planner import rules
from vecsql.planner.bind import ParamTypes, bind_select
from vecsql.planner.parse import parse
from vecsql.planner.plan import ScalarExpr, SelectPlan
from vecsql.planner.planner import plan_query
from vecsql.planner.translate import expression_sql
from vecsql.types import INT4, INT8, NUMERIC, TEXT, TIMESTAMPTZ, VECTOR
from vecsql.types.base import ColumnType

ITEMS = Table(
    16500, 2200, "items",
    (
        Column(1, "id", ColumnType(INT8), not_null=True),
        Column(2, "name", ColumnType(TEXT)),
        Column(3, "grp", ColumnType(INT4)),
        Column(4, "price", ColumnType(NUMERIC, (10 << 16 | 2) + 4)),
        Column(5, "created", ColumnType(TIMESTAMPTZ)),
        Column(6, "embedding", ColumnType(VECTOR, 3)),
        Column(7, "loose", ColumnType(VECTOR)),
    ),
    (Constraint(16502, "items_pkey", "p", (1,), 16501),), 8,
)  # fmt: skip
OTHER = Table(
    16510,
    2200,
    "other",
    (Column(1, "id", ColumnType(INT8)), Column(2, "kind", ColumnType(TEXT))),
    (),
    3,
)
INDEXES = (
    Index(16501, "items_pkey", 16500, "btree", (IndexColumn(1, "int8_ops"),), unique=True, primary=True),
    Index(16503, "items_embedding_idx", 16500, "hnsw", (IndexColumn(6, "vector_cosine_ops"),)),
    Index(16504, "items_name_grp_key", 16500, "btree", (IndexColumn(2, "text_ops"), IndexColumn(3, "int4_ops")), unique=True),
)  # fmt: skip
CATALOG = Catalog(
    tables={t.oid: t for t in (ITEMS, OTHER)}, indexes={index.oid: index for index in INDEXES}
)


class SqlCompiler:
    """Leaves every expression to DuckDB."""

    catalog = CATALOG

    def scalar(self, node: exp.Expression, ctype: ColumnType) -> ScalarExpr:
        return ScalarExpr(ctype, None, sql=expression_sql(node))

    def members(self, query: exp.Expression) -> ScalarExpr:
        return ScalarExpr(ColumnType(INT8), None, is_list=True)

    def rows(self, query: exp.Expression) -> SelectPlan:
        return plan_query(query, CATALOG, ("public",), ParamTypes())[0]

    def param_count(self) -> int:
        return 1

    def filter_sql(self, node: exp.Expression) -> str:
        return expression_sql(node)


def bound(sql: str) -> Any:
    ast = parse(sql)[0].ast
    assert ast is not None
    return bind_select(ast, CATALOG, ("public",), ParamTypes())


def direct(sql: str) -> Any:
    """The direct plan of a query, or None."""
    query = bound(sql)
    return rules.direct_plan(query.ast, query.columns, SqlCompiler())


def rewritten(sql: str) -> tuple[rules.Rewrite, str]:
    """What rewrite() takes out of a query, and the DuckDB SQL that is left."""
    query = bound(sql)
    found = rules.rewrite(query.ast, SqlCompiler())
    return found, bind_select(query.ast, CATALOG, ("public",), ParamTypes()).sql
