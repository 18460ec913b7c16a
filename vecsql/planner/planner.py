"""From a parsed statement to its plan: bind, then a direct operator where a rule has one, else DuckDB."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from vecsql.catalog.model import Catalog
from vecsql.errors import DatatypeMismatch, Error, FeatureNotSupported
from vecsql.planner import utility as u
from vecsql.planner.bind import BoundQuery, ParamTypes, bare_columns, bind_select, param_types
from vecsql.planner.bind_query import QueryBinder
from vecsql.planner.casts import convertible
from vecsql.planner.coerce import coerce, position_of
from vecsql.planner.ddl import plan_ddl
from vecsql.planner.dml import plan_dml
from vecsql.planner.emitters import output_sql
from vecsql.planner.explain import explain_plan
from vecsql.planner.plan import (
    Computed,
    LockRows,
    Relational,
    ResultColumn,
    RowScan,
    ScalarExpr,
    SelectPlan,
    Widening,
)
from vecsql.planner.purity import reads_only_tables
from vecsql.planner.row_locks import plan_locking
from vecsql.planner.rules import direct_plan, rewrite
from vecsql.planner.scope import Scope
from vecsql.planner.statement import ParsedStatement, PreparedStatement
from vecsql.planner.translate import expression_sql
from vecsql.types.base import ColumnType

VOLATILE = ("nextval(", "setval(", "vs_nextval", "vs_setval")


@dataclass(slots=True)
class RuleCompiler:
    """What the rules ask of the planner (rules.compiler.Compiler)."""

    catalog: Catalog
    search_path: Sequence[str]
    params: ParamTypes

    def scalar(self, node: exp.Expression, ctype: ColumnType) -> ScalarExpr:
        """A bound expression without references to rows."""
        if isinstance(node, exp.Subquery) and node.meta["ctype"].type.oid == ctype.type.oid:
            plan, _ = plan_query(node.this.copy(), self.catalog, self.search_path, self.params)
            return ScalarExpr(ctype, None, plan=plan)
        bound = exp.Select(expressions=[_cast_to(node.copy(), ctype)])
        plan, _ = plan_query(bound, self.catalog, self.search_path, self.params)
        return ScalarExpr(ctype, None, plan=plan)

    def members(self, query: exp.Expression) -> ScalarExpr:
        """The list of the values of a closed sub-select."""
        plan, columns = plan_query(query.copy(), self.catalog, self.search_path, self.params)
        return ScalarExpr(columns[0].type, None, plan=plan, is_list=True)

    def rows(self, query: exp.Expression) -> SelectPlan:
        """The plan of a closed query."""
        return plan_query(query, self.catalog, self.search_path, self.params)[0]

    def param_count(self) -> int:
        return self.params.count

    def filter_sql(self, node: exp.Expression) -> str:
        return expression_sql(node)


def _cast_to(node: exp.Expression, ctype: ColumnType) -> exp.Expression:
    from vecsql.planner.convert.types import TypeName

    if node.meta.get("ctype") is not None and node.meta["ctype"].type.oid == ctype.type.oid:
        return node
    to = exp.DataType(this=exp.DataType.Type.USERDEFINED, kind=ctype.type.name)
    to.meta["type_name"] = TypeName((ctype.type.name,), (), 0, -1)
    return exp.Cast(this=node, to=to)


def prepare(
    parsed: ParsedStatement,
    catalog: Catalog,
    param_oids: Sequence[int] = (),
    search_path: Sequence[str] = ("public",),
) -> PreparedStatement:
    """Bind and plan a statement; 0 in `param_oids` (or a missing one) is inferred.

    Raises PostgreSQL's errors, with positions in the message that the client sent.
    """
    try:
        return _prepare(parsed, catalog, param_oids, tuple(search_path))
    except Error as error:
        if error.position is not None:
            error.position += parsed.offset
        raise


def _prepare(
    parsed: ParsedStatement,
    catalog: Catalog,
    param_oids: Sequence[int],
    search_path: tuple[str, ...],
) -> PreparedStatement:
    params = ParamTypes(param_oids)
    if parsed.kind == "query":
        assert parsed.ast is not None
        plan, columns = plan_query(parsed.ast.copy(), catalog, search_path, params)
        types = param_types(params)
        locks = any(s.args.get("locks") for s in parsed.ast.find_all(exp.Select))
        inline = _is_quick(plan) and not locks
        return PreparedStatement(
            parsed,
            plan,
            types,
            columns,
            not locks and not _draws_values(plan),
            inline,
            inline and reads_only_tables(plan),
        )
    if parsed.kind in ("insert", "update", "delete"):
        assert parsed.ast is not None
        change, returned = plan_dml(parsed.ast.copy(), catalog, search_path, params)
        return PreparedStatement(parsed, change, param_types(params), returned, False, False)
    if parsed.kind == "ddl":
        return PreparedStatement(parsed, plan_ddl(parsed.text, search_path), (), None, False, False)
    if parsed.kind == "utility":
        return _utility(parsed, catalog, param_oids, search_path)
    return PreparedStatement(parsed, None, (), None, True, True)


def _is_quick(plan: SelectPlan) -> bool:
    """Whether the plan is expected to take well under a millisecond and to give few rows."""
    if isinstance(plan, RowScan):
        return plan.limit is not None
    return not isinstance(plan, (Relational, Widening, LockRows)) and not _draws_values(plan)


def _draws_values(plan: SelectPlan) -> bool:
    """Whether a query changes sequences."""
    if isinstance(plan, Computed):
        return plan.writes
    return isinstance(plan, Relational) and any(name in plan.sql for name in VOLATILE)


def _utility(
    parsed: ParsedStatement,
    catalog: Catalog,
    param_oids: Sequence[int],
    search_path: tuple[str, ...],
) -> PreparedStatement:
    utility = parsed.utility
    if isinstance(utility, u.Unsupported):
        raise FeatureNotSupported(utility.message)
    if isinstance(utility, u.Explain):
        inner = _prepare(utility.statement, catalog, param_oids, search_path)
        plan = explain_plan(inner, utility.options)
        return PreparedStatement(
            parsed,
            plan,
            inner.param_types,
            plan.columns,
            inner.read_only or not plan.analyze,
            False,
        )
    return PreparedStatement(parsed, utility, (), None, False, False)


def plan_query(
    ast: exp.Expression, catalog: Catalog, search_path: Sequence[str], params: ParamTypes
) -> tuple[SelectPlan, tuple[ResultColumn, ...]]:
    """Plan a SELECT, VALUES or set operation; `ast` is bound in place. Also gives the result columns."""
    if isinstance(ast, exp.Select) and ast.args.get("locks"):
        return plan_locking(ast, catalog, search_path, params)
    bound = bind_select(ast, catalog, search_path, params)
    if bound.blocks:
        return _relational(bound, dict(bound.blocks)), bound.columns
    compiler = RuleCompiler(catalog, search_path, params)
    direct = direct_plan(ast, bound.columns, compiler)
    if direct is not None:
        return direct, bound.columns
    rewritten = rewrite(ast, compiler)
    if rewritten.blocks:
        columns = bound.columns
        bound = bind_select(ast, catalog, search_path, params)
        bound.columns = columns
    return rewritten.finish(_relational(bound, rewritten.blocks)), bound.columns


def _relational(bound: BoundQuery, blocks: dict[str, Any]) -> Relational:
    return Relational(bound.sql, bound.columns, bound.scans, bound.system, blocks)


def plan_scalar(
    node: exp.Expression,
    target: ColumnType,
    catalog: Catalog,
    search_path: Sequence[str],
    params: ParamTypes,
) -> ScalarExpr:
    """Plan an expression without columns, converted to `target` as an assignment does."""
    binder = QueryBinder(catalog, search_path, params)
    binder.bind(node, Scope())
    source = node.meta["ctype"]
    if not convertible(source.type, target.type, "assignment"):
        raise DatatypeMismatch(
            f"expression is of type {source} but type {target} is needed",
            position=position_of(node),
        )
    coerce(node, target, params, "assignment")
    if node.find(exp.Subquery, exp.Exists):
        select = exp.Select(expressions=[node])
        plan, _ = plan_query(select, catalog, search_path, params)
        return ScalarExpr(target, None, plan=plan)
    return ScalarExpr(
        target, None, output_sql(bare_columns(node.meta["sql"]), target, node.meta.get("scale"))
    )


__all__ = ["plan_query", "plan_scalar", "prepare"]
