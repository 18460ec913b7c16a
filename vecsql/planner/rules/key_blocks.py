"""Lets tables that a larger query reads by a unique key appear to DuckDB with the rows of that key alone."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from vecsql.planner.plan import KeyLookup, Output, ResultColumn, RowScan
from vecsql.planner.rules.compiler import Compiler
from vecsql.planner.rules.key_lookup import constant_key, key_set
from vecsql.planner.rules.shape import NotDirect, TableQuery, conjuncts
from vecsql.planner.rules.table_filters import table_filter
from vecsql.types import INT8
from vecsql.types.base import ColumnType


def replace_keyed(root: exp.Expression, compiler: Compiler) -> dict[str, KeyLookup | RowScan]:
    """Let each table within the bound query `root` (changed in place) of which WHERE wants the rows of some keys read
    a relation of those rows; the plans by relation name. WHERE stays: so joins of all kinds give what they gave."""
    plans: dict[str, KeyLookup | RowScan] = {}
    for select in list(root.find_all(exp.Select)):
        if select.args.get("where") is None:
            continue
        for source in _tables(select):
            table = compiler.catalog.tables.get(source.meta.get("table_oid", 0))
            if table is None or "topk" in source.meta or source.args.get("sample"):
                continue
            plan = _block(TableQuery(select, table, source), root, compiler)
            if plan is not None:
                name = f"keyed_{len(plans) + 1}"
                plans[name] = plan
                source.meta["topk"] = name
    return plans


def _tables(select: exp.Select) -> Iterator[exp.Table]:
    from_ = select.args.get("from_")
    items = [from_.this] if from_ is not None else []
    items += [join.this for join in select.args.get("joins") or ()]
    yield from (item for item in items if isinstance(item, exp.Table))


def _block(
    query: TableQuery, root: exp.Expression, compiler: Compiler
) -> KeyLookup | RowScan | None:
    terms = conjuncts(query.where)
    found = constant_key(terms, query, compiler.catalog)
    if found is not None:
        index_oid, key, text = found
        return KeyLookup(query.table, index_oid, key, None, _outputs(query, root), text)
    several = key_set(terms, query, compiler.catalog)
    if several is None:
        return None
    term, keys = several
    try:
        where = table_filter([term], query, compiler)
    except NotDirect:
        return None
    return RowScan(query.table, None, None, where, _outputs(query, root), keys=keys)


def _outputs(query: TableQuery, root: exp.Expression) -> tuple[Output, ...]:
    """The columns that the query reads of the table, named as DuckDB SQL names them, and the rowid."""
    used = _read_columns(query, root)
    outputs = [
        Output(ResultColumn(f"c{column.attnum}", column.type), "column", column.attnum)
        for column in query.table.columns
        if used is None or column.attnum in used
    ]
    return (*outputs, Output(ResultColumn("rowid", ColumnType(INT8)), "rowid"))


def _read_columns(query: TableQuery, root: exp.Expression) -> set[int] | None:
    """attnums of all columns of the table that appear in the query; None where some may be read without a name."""
    if root.find(exp.Star) or any(
        join.args.get("using") or join.args.get("method") for join in root.find_all(exp.Join)
    ):
        return None
    used = set()
    for column in root.find_all(exp.Column):
        if "attnum" not in column.meta:
            return None
        if column.meta.get("table_oid") == query.table.oid:
            used.add(column.meta["attnum"])
    return used
