"""Physical plans: what the planner hands to the executor. Plain immutable data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlglot import exp

from vecsql.catalog.model import Table
from vecsql.index.base import Metric
from vecsql.types.base import ColumnType


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column of a result, with what RowDescription needs."""

    name: str
    type: ColumnType
    table_oid: int = 0
    attnum: int = 0


@dataclass(frozen=True, slots=True)
class Param:
    """$n, 1-based."""

    index: int


@dataclass(frozen=True, slots=True)
class Const:
    """A literal, decoded to its type's Python value (None: NULL)."""

    value: Any


Operand = Param | Const


@dataclass(frozen=True, slots=True)
class ScalarExpr:
    """A bound expression without column references or aggregates, evaluated once per execution
    (LIMIT, query vectors, key values, VALUES cells): a constant, a parameter, or `sql` for DuckDB."""

    type: ColumnType
    operand: Operand | None
    sql: str | None = None  # DuckDB SQL over $n parameters, when operand is None


@dataclass(frozen=True, slots=True)
class Relational:
    """Anything DuckDB does: joins, aggregates, windows, set operations, general expressions.

    `sql` is DuckDB SQL. `scans` maps each relation name used in it to the table and attnums it needs; `system`
    names the catalog relations used; `topk` maps relation names to vector top-k blocks run first.
    """

    sql: str
    columns: tuple[ResultColumn, ...]
    scans: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    system: tuple[str, ...] = ()
    topk: dict[str, VectorTopK] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Filter:
    """A WHERE clause over one table: the bound AST for our own evaluation and its DuckDB text as fall-back."""

    ast: exp.Expression  # columns are bound: node.meta['attnum']
    sql: str  # DuckDB SQL over columns c<attnum> and $n
    attnums: tuple[int, ...]
    vectorised: Callable[..., Any] | None = None  # compiled numpy/Arrow evaluation, None: use DuckDB


@dataclass(frozen=True, slots=True)
class Output:
    """One output column of a direct (non-DuckDB) operator."""

    column: ResultColumn
    kind: Literal["column", "distance", "const"]
    attnum: int = 0
    transform: Callable[[Any], Any] | None = None  # on the distance array: 1 - d, -d ...
    value: ScalarExpr | None = None


@dataclass(frozen=True, slots=True)
class VectorTopK:
    """ORDER BY column <op> query LIMIT k OFFSET o over one table, with an optional filter."""

    table: Table
    attnum: int
    metric: Metric
    query: ScalarExpr
    limit: ScalarExpr
    offset: ScalarExpr | None
    filter: Filter | None
    outputs: tuple[Output, ...]
    index_oid: int = 0  # 0: exact scan


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """WHERE unique key = value ...: at most one row, straight from the key index."""

    table: Table
    index_oid: int
    key: tuple[ScalarExpr, ...]
    filter: Filter | None
    outputs: tuple[Output, ...]


SelectPlan = Relational | VectorTopK | KeyLookup


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a result, column-wise: each column a pa.Array, a numpy array or a list of Python values."""

    num_rows: int
    columns: Sequence[Any]
