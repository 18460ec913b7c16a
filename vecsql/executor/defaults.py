"""Values for the columns an INSERT does not mention: DEFAULT expressions, identities, sequences."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa

from vecsql.catalog.model import Catalog, Column
from vecsql.executor.context import ExecContext
from vecsql.planner.dml import binding
from vecsql.planner.dml.casts import assignment, mismatch
from vecsql.planner.dml.nodes import Cell
from vecsql.planner.dml.scalars import Scope, casted, compile_scalar, is_volatile, next_value
from vecsql.planner.parse import expression
from vecsql.planner.scope import ParamTypes
from vecsql.types.base import ColumnType


def default_cell(column: Column, catalog: Catalog) -> Cell:
    """How a column gets its value when none is given."""
    if column.identity:
        return Cell(next_value(column.sequence_oid), volatile=True)
    if column.default is None:
        return Cell(_null)
    if column.sequence_oid and column.default.startswith("nextval("):
        return Cell(next_value(column.sequence_oid), volatile=True)
    return _compiled(column.default, column.type, column.name, _Key(catalog))


class _Key:
    """A catalog as a cache key: sequences and types it names may change with its version."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog

    def __hash__(self) -> int:
        return hash(self.catalog.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and other.catalog is self.catalog


def sequence_values(column: Column, count: int, ctx: ExecContext) -> pa.Array | None:
    """The next values of the column's own sequence, taken at once; None if its default is another one."""
    own = column.identity or (column.default or "").startswith("nextval(")
    if not column.sequence_oid or not own:
        return None
    numbers = ctx.engine.nextvals(column.sequence_oid, count)
    ctx.currval[column.sequence_oid] = int(numbers[-1])
    ctx.last_sequence = column.sequence_oid
    return pa.array(numbers).cast(column.type.arrow)


def _null(ctx: Any, params: Sequence[Any]) -> None:
    return None


@lru_cache(maxsize=1024)
def _compiled(text: str, ctype: ColumnType, name: str, key: _Key) -> Cell:
    return plan_default(text, ctype, name, key.catalog)


def plan_default(text: str, ctype: ColumnType, name: str, catalog: Catalog) -> Cell:
    """Bind a DEFAULT expression for a column of the given type."""
    schemas = tuple(s.name for s in catalog.schemas.values())
    scope = Scope(catalog, ("public", *schemas), ParamTypes())
    node = expression(text)
    compiled = compile_scalar(node, ctype, scope)
    if compiled is not None:
        done = casted(compiled, ctype, None)
        if done is None:
            raise mismatch(name, compiled.type, ctype, None)
        return Cell(done.run, volatile=is_volatile(node))
    expr = binding.plan_scalar(node, ctype, scope)
    if assignment(expr.type, ctype) is None:
        raise mismatch(name, expr.type, ctype, None)
    return Cell(None, expr, volatile=is_volatile(node))


def cell_value(cell: Cell, target: ColumnType, ctx: ExecContext, params: Sequence[Any]) -> Any:
    """The value of a cell for a column of type `target`."""
    if cell.run is not None:
        return cell.run(ctx, params)
    from vecsql.executor.scalars import evaluate

    assert cell.expr is not None
    value = evaluate(cell.expr, ctx, params)
    if value is None:
        return None
    cast = assignment(cell.expr.type, target)
    assert cast is not None
    return cast(value)
