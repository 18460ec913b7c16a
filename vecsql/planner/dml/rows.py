"""Binds expressions over rows at hand: CHECK, generated columns, USING, RETURNING, ON CONFLICT DO UPDATE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlglot import exp

from vecsql.catalog.model import Catalog, Table
from vecsql.planner.bind_query import QueryBinder, output_name
from vecsql.planner.coerce import builtin, coerce, effective
from vecsql.planner.dml.binding import assignment_source
from vecsql.planner.dml.scalars import Scope, is_volatile
from vecsql.planner.emitters import output_sql
from vecsql.planner.literals import column_scale
from vecsql.planner.parse import expression
from vecsql.planner.plan import Relational, ResultColumn
from vecsql.planner.rules.filters import Predicate, compile_predicate
from vecsql.planner.scope import ParamTypes, Range, RangeColumn
from vecsql.planner.scope import Scope as NameScope
from vecsql.types.base import ColumnType

ROWS = "vs_rows"  # the relation that the SQL reads


XMAX = -5  # the attnum of the system column xmax


@dataclass(frozen=True, slots=True)
class RowSource:
    """A set of columns that expressions see under an alias; in DuckDB they are `prefix` + attnum."""

    alias: str
    table: Table
    prefix: str = "c"
    xmax: bool = False  # with the system column xmax: 0 for a row that INSERT did not find there


@dataclass(frozen=True, slots=True)
class RowQuery:
    """DuckDB SQL over the relation vs_rows, giving one row for each of its rows, in order."""

    plan: Relational

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return self.plan.columns


@dataclass(frozen=True, slots=True)
class RowExpression:
    """One bound expression over the columns of a table."""

    query: RowQuery
    type: ColumnType
    volatile: bool = False
    predicate: Predicate | None = None  # a condition compiled without DuckDB, if it is simple
    node: exp.Expression | None = None  # as the binder left it


def bind_rows(
    sources: Sequence[RowSource],
    nodes: Sequence[exp.Expression],
    targets: Sequence[ColumnType | None],
    scope: Scope,
) -> RowQuery:
    """Bind expressions over `sources`; unknown literals and untyped parameters take the types `targets`."""
    binder = QueryBinder(scope.catalog, scope.search_path, scope.params)
    names = NameScope()
    names.ranges = [_range(source) for source in sources]
    items = _expanded(nodes, names)
    wanted = list(targets) + [None] * (len(items) - len(targets))
    columns, sql = [], []
    for number, ((name, node), target) in enumerate(zip(items, wanted, strict=False), 1):
        bound = binder.bind(assignment_source(node, target) if target else node, names)
        if effective(bound).type.name == "unknown":
            coerce(bound, builtin("text"), scope.params)
        kind = effective(bound)
        sql.append(f"{output_sql(bound.meta['sql'], kind, bound.meta.get('scale'))} AS o{number}")
        oid, attnum = bound.meta.get("table_oid", 0), bound.meta.get("attnum", 0)
        columns.append(ResultColumn(name, kind, oid, attnum))
    scans = {n: (oid, tuple(sorted(a))) for n, (oid, a) in binder.scans.items()}
    text = f"SELECT {', '.join(sql)} FROM {ROWS} AS v"
    return RowQuery(
        Relational(text, tuple(columns), scans, tuple(binder.system), dict(binder.blocks))
    )


def _range(source: RowSource) -> Range:
    table = source.table
    columns = [
        RangeColumn(
            c.name, c.type, f"v.{source.prefix}{c.attnum}", 0, c.attnum, column_scale(c.type)
        )
        for c in table.columns
    ]
    if source.xmax:
        columns.append(RangeColumn("xmax", builtin("xid"), f'v."c{XMAX}"', hidden=True))
    if source.prefix == "c":
        columns = [replace(c, table_oid=table.oid) for c in columns]
    return Range(source.alias, columns, table.oid)


def _expanded(
    nodes: Sequence[exp.Expression], names: NameScope
) -> list[tuple[str, exp.Expression]]:
    """The expressions with their output names; stars become the columns they stand for."""
    found: list[tuple[str, exp.Expression]] = []
    for node in nodes:
        star = isinstance(node, exp.Star) or (
            isinstance(node, exp.Column) and isinstance(node.this, exp.Star)
        )
        if not star:
            inner = node.this if isinstance(node, exp.Alias) else node
            found.append((node.meta.get("output_name") or output_name(node), inner))
            continue
        for item in names.ranges:
            if item.alias == (
                node.table if isinstance(node, exp.Column) else names.ranges[0].alias
            ):
                found += [(c.name, _column(item.alias, c.name)) for c in item.columns]
    return found


def _column(alias: str, name: str) -> exp.Column:
    return exp.Column(
        this=exp.to_identifier(name, quoted=True), table=exp.to_identifier(alias, quoted=True)
    )


def bind_row_expression(table: Table, text: str, catalog: Catalog) -> RowExpression:
    """Bind an expression over a table's columns. Raises UndefinedColumn and friends with positions in `text`."""
    schemas = tuple(s.name for s in catalog.schemas.values())
    node = expression(text)
    scope = Scope(catalog, ("public", *schemas), ParamTypes())
    query = bind_rows([RowSource(table.name, table)], [node], [None], scope)
    kind = query.columns[0].type
    predicate = compile_predicate([node]) if kind.type.name == "bool" else None
    return RowExpression(query, kind, is_volatile(node), predicate, node)
