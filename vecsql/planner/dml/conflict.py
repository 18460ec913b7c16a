"""Plans ON CONFLICT: which unique indexes arbitrate and what DO UPDATE sets."""

from __future__ import annotations

from sqlglot import exp

from vecsql.catalog.model import Catalog, Index, Table
from vecsql.errors import InvalidColumnReference, UndefinedColumn, UndefinedObject
from vecsql.planner.dml.nodes import OnConflict
from vecsql.planner.dml.scalars import Scope, position_of
from vecsql.planner.dml.update_excluded import plan_update_excluded


def plan_conflict(table: Table, alias: str, node: exp.OnConflict, scope: Scope) -> OnConflict:
    """The plan of an ON CONFLICT clause."""
    arbiters = _arbiters(table, node, scope.catalog)
    if node.args["action"].name == "DO NOTHING":
        return OnConflict(arbiters, None)
    if not node.args.get("conflict_keys") and not node.args.get("constraint"):
        from vecsql.errors import SyntaxError

        raise SyntaxError(
            "ON CONFLICT DO UPDATE requires inference specification or constraint name",
            hint="For example, ON CONFLICT (column_name).",
            position=position_of(node),
        )
    return OnConflict(arbiters, plan_update_excluded(table, alias, node, scope))


def _arbiters(table: Table, node: exp.OnConflict, catalog: Catalog) -> tuple[int, ...]:
    unique = [i for i in catalog.indexes_of(table.oid) if i.unique]
    constraint = node.args.get("constraint")
    if constraint is not None:
        found = next(
            (c for c in table.constraints if c.name == constraint.name and c.index_oid), None
        )
        if found is None:
            raise UndefinedObject(
                f'constraint "{constraint.name}" for table "{table.name}" does not exist'
            )
        return (found.index_oid,)
    keys = node.args.get("conflict_keys")
    if not keys:
        return tuple(i.oid for i in unique)
    return (_inferred(table, keys, unique, node).oid,)


def _inferred(
    table: Table, keys: list[exp.Expression], unique: list[Index], node: exp.OnConflict
) -> Index:
    """The unique index whose columns are exactly the ones written."""
    attnums = set()
    for key in keys:
        inner = key.this
        column = table.column(inner.name) if isinstance(inner, exp.Column) else None
        if isinstance(inner, exp.Column) and column is None:
            raise UndefinedColumn(
                f'column "{inner.name}" does not exist', position=position_of(inner)
            )
        attnums.add(column.attnum if column else 0)
    for index in unique:
        if {c.attnum for c in index.columns} == attnums and index.predicate is None:
            return index
    raise InvalidColumnReference(
        "there is no unique or exclusion constraint matching the ON CONFLICT specification"
    )
