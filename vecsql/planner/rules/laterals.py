"""k-NN joins: top-k blocks whose query vector comes from a row of another table, LATERAL or in a sub-select.

All rows of that other table are searched for at once, before the query runs; the block then reads a relation of what was
found, by the key of the row it is for: the rowid of a base table, else the values that it takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlglot import exp

from vecsql.planner.plan import LateralTopK, Param, ResultColumn, ScalarExpr, VectorTopK
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.constants import ctype_of, strip
from vecsql.planner.rules.distance import SYMBOLS
from vecsql.planner.rules.lookups import INTEGERS
from vecsql.planner.rules.shape import (
    NotDirect,
    TableQuery,
    columns_of,
    conjuncts,
    is_closed,
    is_own_column,
    row_limit,
)
from vecsql.planner.rules.subselects import ROWID, names_cte
from vecsql.planner.rules.table_filters import table_filter
from vecsql.planner.rules.topk import (
    Block,
    block_outputs,
    column_shown,
    expands,
    find_block,
    index_for,
    read_relation,
)
from vecsql.planner.rules.within import split_within
from vecsql.types import INT8
from vecsql.types.base import ColumnType

KEY_ATTNUM = 2003  # of the first key column in a block's relation


@dataclass(frozen=True, slots=True)
class _Outer:
    """Where the query vectors come from: an item of FROM of `select`."""

    select: exp.Select
    source: exp.Expression
    is_table: bool


def replace_laterals(root: exp.Expression, compiler: Compiler) -> dict[str, LateralTopK]:
    """Let each correlated top-k block within the bound query `root` (changed in place) read a relation of its rows;
    the plans by relation name. The query must then be bound again."""
    plans: dict[str, LateralTopK] = {}
    for select in list(root.find_all(exp.Select)):
        block = find_block(select, compiler)
        if block is None or is_closed(select):
            continue
        try:
            name = f"knn_{len(plans) + 1}"
            plan, keys = _plan(block, compiler)
        except NotDirect:
            continue
        finally:
            for column in columns_of(select):
                column.meta.pop("outer", None)
        plans[name] = plan
        _rewrite(block, name, keys)
    return plans


def _plan(block: Block, compiler: Compiler) -> tuple[LateralTopK, list[exp.Column]]:
    """The plan of a correlated block and the expressions of its keys, which the block's rows are found by."""
    query, distance = block.query, block.distance
    used = _correlated(block)
    outer = _outer_of(used, query)
    vector, ctype = strip(distance.query), ctype_of(distance.query)
    closed = is_closed(vector)
    if not closed:
        if ctype is None or ctype.type.oid != distance.ctype.type.oid:
            raise NotDirect
        if not all(any(column is other for other in used) for column in columns_of(vector)):
            raise NotDirect
    values = _distinct(used)
    first = compiler.param_count() + 1
    for column in used:
        place = next(i for i, value in enumerate(values) if _same(value, column))
        column.meta["outer"] = Param(first + 1 + place)
    other_than, terms = _other_than(conjuncts(query.where), query, compiler)
    keys = [_rowid_of(outer)] if outer.is_table else values
    limit, offset = row_limit(query, "limit", compiler), row_limit(query, "offset", compiler)
    if limit is None or (offset is None and query.select.args.get("offset") is not None):
        raise NotDirect
    items = query.select.expressions
    columns = [c for item in items for c in columns_of(item) if is_own_column(c, query)]
    operand = distance.value(compiler) if closed else ScalarExpr(distance.ctype, Param(first))
    if operand is None:
        raise NotDirect
    within, terms = split_within(terms, query, distance, compiler)
    where = table_filter(terms, query, compiler)
    index_oid = index_for(distance, query, compiler)
    scan = VectorTopK(
        table=query.table,
        attnum=distance.attnum,
        metric=distance.metric,
        query=operand,
        limit=limit,
        offset=offset,
        filter=where,
        outputs=block_outputs(columns),
        index_oid=index_oid,
        recall=compiler.catalog.declared_recall(index_oid) if index_oid else None,
        within=within,
        order=block.keys,
        steps=distance.steps,
        order_sql=f"({column_shown(distance)} {SYMBOLS[distance.metric]} {vector.sql(dialect='postgres')})",
    )
    rows = _outer_select(outer, [*keys, *([] if closed else [vector]), *values])
    if within is None:
        _limit_outer(rows, outer, block, 0 if other_than is None else 1)
    return LateralTopK(
        outer=compiler.rows(rows),
        keys=tuple(_key_column(i, key) for i, key in enumerate(keys)),
        is_unique=outer.is_table,
        has_vectors=not closed,
        scan=scan,
        first_param=first,
        other_than=other_than,
    ), keys


def _correlated(block: Block) -> list[exp.Column]:
    """Columns in WHERE and in the query vector that belong to queries around the block; those in its SELECT list may
    stay."""
    select = block.query.select
    inside = [part for part in (block.distance.query, select.args.get("where")) if part is not None]
    found = [c for part in inside for c in columns_of(part) if not is_closed_in(c, select)]
    if not found:
        raise NotDirect
    return found


def is_closed_in(column: exp.Column, select: exp.Select) -> bool:
    """Whether the column belongs to a FROM clause within `select`."""
    relation = column.meta.get("relation")
    parent: exp.Expression | None = column
    while parent is not None:
        if isinstance(parent, exp.Select) and relation in {
            s.alias_or_name for s in _sources(parent)
        }:
            return True
        if parent is select:
            return False
        parent = parent.parent
    return False


def _sources(select: exp.Select) -> list[exp.Expression]:
    from_ = select.args.get("from_")
    items = [from_.this] if from_ is not None else []
    return items + [join.this for join in select.args.get("joins") or ()]


def _outer_of(used: Sequence[exp.Column], query: TableQuery) -> _Outer:
    """The one FROM item that all the columns belong to."""
    names = {column.meta.get("relation") for column in used}
    if len(names) != 1 or None in names:
        raise NotDirect
    (name,) = names
    parent = query.select.parent
    while parent is not None:
        if isinstance(parent, exp.Select):
            for source in _sources(parent):
                if source.alias_or_name == name:
                    return _outer(parent, source)
        parent = parent.parent
    raise NotDirect


def _outer(select: exp.Select, source: exp.Expression) -> _Outer:
    is_table = isinstance(source, exp.Table) and bool(source.meta.get("table_oid"))
    plain = isinstance(source, (exp.Table, exp.Subquery)) and not source.args.get("joins")
    if not plain or source.args.get("sample") or "topk" in source.meta or not is_closed(source):
        raise NotDirect
    for join in select.args.get("joins") or ():
        side = join.args.get("side")
        if side in ("RIGHT", "FULL") or (side and join.this is source):
            raise NotDirect  # rows that an outer join fills with NULL have no rowid
    return _Outer(select, source, is_table)


def _distinct(columns: Sequence[exp.Column]) -> list[exp.Column]:
    found: list[exp.Column] = []
    for column in columns:
        if not any(_same(column, other) for other in found):
            found.append(column)
    return found


def _same(one: exp.Column, other: exp.Column) -> bool:
    return bool(one.name == other.name and one.meta.get("relation") == other.meta.get("relation"))


def _rowid_of(outer: _Outer) -> exp.Column:
    relation = outer.source.alias_or_name
    node = exp.column(ROWID, table=relation, quoted=True)
    node.meta.update(relation=relation, ctype=ColumnType(INT8))
    return node


def _key_column(place: int, key: exp.Column) -> ResultColumn:
    ctype = ctype_of(key)
    if ctype is None:
        raise NotDirect
    return ResultColumn(f"c{KEY_ATTNUM + place}", ctype)


def _outer_select(outer: _Outer, items: Sequence[exp.Expression]) -> exp.Select:
    """SELECT items FROM the item, with the terms of WHERE that read nothing else."""
    select = exp.Select(expressions=[_bare(item.copy()) for item in items])
    select.set("from_", exp.From(this=outer.source.copy()))
    own = [term.copy() for term in conjuncts(_where(outer.select)) if _reads_only(term, outer)]
    if own:
        select.set("where", exp.Where(this=exp.and_(*own, copy=False)))
    scope: exp.Expression | None = outer.select
    while scope is not None:
        clause = scope.args.get("with_")
        if clause is not None and names_cte(outer.source, scope):
            select.set("with_", clause.copy())
            break
        scope = scope.parent
    return select


def _where(select: exp.Select) -> exp.Expression | None:
    where = select.args.get("where")
    return where.this if where is not None else None


def _reads_only(node: exp.Expression, outer: _Outer) -> bool:
    """Whether the expression reads columns of the item, and nothing else."""
    columns = list(columns_of(node))
    name = outer.source.alias_or_name
    return (
        bool(columns)
        and node.find(exp.Query) is None
        and all(column.meta.get("relation") == name for column in columns)
    )


def _limit_outer(select: exp.Select, outer: _Outer, block: Block, more: int) -> None:
    """Put LIMIT on the rows to search for, where so many rows of the outer item give as many of the result: each has
    one at least, but `more` of them."""
    whole, limit = outer.select, outer.select.args.get("limit")
    args = {"expressions", "from_", "joins", "where", "order", "limit", "kind", "with_"}
    joins: list[exp.Join] = whole.args.get("joins") or []
    if limit is None or any(v for k, v in whole.args.items() if k not in args) or len(joins) != 1:
        return
    join = joins[0]
    lateral, on = join.this, join.args.get("on")
    if not isinstance(lateral, exp.Lateral) or lateral.this.this is not block.query.select:
        return
    kept = join.args.get("side") == "LEFT" and isinstance(on, exp.Boolean) and bool(on.this)
    given = block.query.where is None or (more and len(conjuncts(block.query.where)) == more)
    whole_rows = not join.args.get("side") and on is None and given and "offset" not in _set_args(block)  # fmt: skip
    order = whole.args.get("order")
    ordered = [item.this for item in order.expressions] if order is not None else []
    terms = [*conjuncts(_where(whole)), *ordered]
    number = limit.expression
    if not (kept or whole_rows) or not all(_reads_only(term, outer) for term in terms):
        return
    if any(expands(item) for item in whole.expressions):
        return
    if not isinstance(number, exp.Literal) or number.is_string or not number.this.isdigit():
        return
    if order is not None:
        select.set("order", order.copy())
    bound = exp.Limit(expression=exp.Literal.number(int(number.this) + more))
    select.set("limit", bound)


def _set_args(block: Block) -> set[str]:
    return {key for key, value in block.query.select.args.items() if value}


def _bare(node: exp.Expression) -> exp.Expression:
    for column in columns_of(node):
        column.meta.pop("outer", None)
    return node


def _other_than(
    terms: Sequence[exp.Expression], query: TableQuery, compiler: Compiler
) -> tuple[tuple[int, int] | None, list[exp.Expression]]:
    """own key <> outer value, for a key that is unique: one row at most is left out, which is cheaper than a filter for
    every query. Gives the key's attnum and the parameter."""
    keys = {
        index.columns[0].attnum
        for index in compiler.catalog.indexes_of(query.table.oid)
        if index.unique and len(index.columns) == 1 and index.predicate is None
    }
    for i, term in enumerate(terms):
        term = strip(term)
        if not isinstance(term, exp.NEQ) or isinstance(term.expression, (exp.Any, exp.All)):
            continue
        sides = strip(term.this), strip(term.expression)
        for own, other in (sides, sides[::-1]):
            if (
                is_own_column(own, query)
                and own.meta["attnum"] in keys
                and query.table.column_at(own.meta["attnum"]).not_null
                and "outer" in other.meta
                and _type_name(own) in INTEGERS
                and _type_name(other) in INTEGERS
            ):
                return (own.meta["attnum"], other.meta["outer"].index), [
                    *terms[:i],
                    *terms[i + 1 :],
                ]
    return None, list(terms)


def _type_name(node: exp.Expression) -> str:
    ctype = ctype_of(node)
    return ctype.type.name if ctype is not None else ""


def _rewrite(block: Block, name: str, keys: Sequence[exp.Column]) -> None:
    """Make the block read those rows of the relation `name` that have the keys."""
    read_relation(block, name)
    source = block.query.source
    relation = source.alias_or_name
    source.meta["topk_columns"] = tuple(
        (KEY_ATTNUM + i, ctype_of(key)) for i, key in enumerate(keys)
    )
    tests = [
        exp.NullSafeEQ(
            this=exp.column(f"c{KEY_ATTNUM + i}", table=relation, quoted=True),
            expression=_bare(key.copy()),
        )
        for i, key in enumerate(keys)
    ]
    block.query.select.set("where", exp.Where(this=exp.and_(*tests, copy=False)))
