"""Plans of INSERT, UPDATE and DELETE."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from vecsql.catalog.model import Table
from vecsql.planner.dml.rows import RowQuery
from vecsql.planner.dml.scalars import Run
from vecsql.planner.plan import ResultColumn, ScalarExpr, SelectPlan
from vecsql.types.base import ColumnType


@dataclass(frozen=True, slots=True)
class Cell:
    """A value for a column, without column references, not yet of the column's type: compiled or left to DuckDB."""

    run: Run | None  # compiled, already cast to the column's type
    expr: ScalarExpr | None = None  # otherwise, with the type the cast starts from
    position: int | None = None
    volatile: bool = False  # each row gets a value of its own


Row = tuple[Cell | None, ...]  # None: DEFAULT


@dataclass(frozen=True, slots=True)
class Returning:
    """RETURNING: plain columns of the target, or `query` over the new rows."""

    columns: tuple[ResultColumn, ...]
    attnums: tuple[int, ...] | None  # None: run `query`
    query: RowQuery | None = None


@dataclass(frozen=True, slots=True)
class OnConflict:
    """`index_oids`: the unique indexes that arbitrate; all of them for a bare DO NOTHING."""

    index_oids: tuple[int, ...]
    update: UpdateExcluded | None  # None: DO NOTHING


@dataclass(frozen=True, slots=True)
class UpdateExcluded:
    """DO UPDATE SET: `query` gives the new values of `attnums` (and at last the WHERE, as a boolean) from the existing
    row and the excluded one; `excluded` is set when every value is just an excluded column and there is no WHERE."""

    attnums: tuple[int, ...]
    excluded: tuple[int, ...] | None
    query: RowQuery | None = None
    has_where: bool = False


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT. `targets` are the columns given; the others take their defaults."""

    table: Table
    targets: tuple[int, ...]
    rows: tuple[Row, ...] = ()
    query: SelectPlan | None = None
    conflict: OnConflict | None = None
    returning: Returning | None = None
    overriding: Literal["", "user", "system"] = ""


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """The row to change is found by a unique key: key values by compiled closures."""

    index_oid: int
    key: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE of the rows that `query` or `access` finds.

    `cells` are the columns whose new value does not depend on the row (None: DEFAULT). `query` gives the rowid, then
    the new values of the columns `computed`, of the types `computed_types`, then what RETURNING reads of other tables.
    """

    table: Table
    cells: tuple[tuple[int, Cell | None], ...]
    computed: tuple[int, ...]
    computed_types: tuple[ColumnType, ...]
    query: SelectPlan | None
    access: KeyAccess | None = None
    returning: Returning | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE of the rows whose rowids `query` gives, or of the one that `access` finds."""

    table: Table
    query: SelectPlan | None
    access: KeyAccess | None = None
    returning: Returning | None = None


DmlPlan = Insert | Update | Delete
