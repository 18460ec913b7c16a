"""Plans RETURNING lists: plain columns of the target directly, everything else as a query over the rows."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from vecsql.catalog.model import Column, Table
from vecsql.errors import FeatureNotSupported
from vecsql.planner.dml.nodes import Returning
from vecsql.planner.dml.rows import RowSource, bind_rows
from vecsql.planner.dml.scalars import Scope, position_of
from vecsql.planner.dml.targets import plain_columns
from vecsql.planner.plan import ResultColumn

OTHERS = "__others"  # the alias under which columns of other tables are read


def plan_returning(
    table: Table,
    alias: str,
    items: Sequence[exp.Expression],
    scope: Scope,
    others: Sequence[ResultColumn] = (),
    *,
    xmax: bool = False,
) -> Returning:
    """RETURNING over the new (of DELETE: the old) rows of the target, and columns that extract_others() took out."""
    columns = plain_columns(table, alias, items)
    if columns is not None:
        return Returning(columns, tuple(c.attnum for c in columns))
    sources = [RowSource(alias, table, xmax=xmax)]
    if others:
        named = tuple(Column(i, f"f{i}", c.type) for i, c in enumerate(others, 1))
        sources.append(RowSource(OTHERS, Table(0, 0, OTHERS, named), "f"))
    query = bind_rows(sources, items, [None] * len(items), scope)
    return Returning(query.columns, None, query)


def extract_others(
    table: Table, alias: str, items: Sequence[exp.Expression]
) -> list[exp.Expression]:
    """Take the columns of other tables out of a RETURNING list (of UPDATE FROM, DELETE USING).

    Gives them for the query that finds the rows; in the list they become columns of the relation OTHERS.
    """
    found: list[exp.Expression] = []
    for item in items:
        if isinstance(item, exp.Star):
            raise FeatureNotSupported(
                "RETURNING * of a join is not supported",
                hint=f"Write {alias}.* and the columns of the other tables.",
                position=position_of(item),
            )
        for column in list(item.find_all(exp.Column)):
            if _is_own(column, table, alias):
                continue
            found.append(column.copy())
            name = column.name
            column.set("this", exp.to_identifier(f"f{len(found)}", quoted=True))
            column.set("table", exp.to_identifier(OTHERS, quoted=True))
            if column is item:
                item.meta["output_name"] = name
    return found


def _is_own(column: exp.Column, table: Table, alias: str) -> bool:
    if column.table:
        return bool(column.table == alias)
    return table.column(column.name) is not None
