"""Physical plans: what the planner hands to the executor. Plain immutable data."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

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
    (LIMIT, query vectors, key values, VALUES cells): a constant, a parameter, `sql` for DuckDB, or `plan`.

    With `is_list` its value is the list of all values of the plan's first column.
    """

    type: ColumnType
    operand: Operand | None
    sql: str | None = None  # DuckDB SQL over $n parameters, when operand is None
    plan: SelectPlan | None = None  # an uncorrelated sub-select, when operand and sql are None
    is_list: bool = False


@dataclass(frozen=True, slots=True)
class Relational:
    """Anything DuckDB does: joins, aggregates, windows, set operations, general expressions.

    `sql` is DuckDB SQL. `scans` maps each relation name used in it to the table and attnums it needs; `system`
    names the catalog relations used; `topk` maps relation names to blocks that run first: vector top-k, rows
    found by their keys, locking sub-selects.
    """

    sql: str
    columns: tuple[ResultColumn, ...]
    scans: dict[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)
    system: tuple[str, ...] = ()
    topk: dict[str, VectorTopK | LateralTopK | KeyLookup | RowScan | LockRows] = field(
        default_factory=dict
    )


@dataclass(frozen=True, slots=True)
class FilterTerm:
    """One of the terms of a Filter. `predicate` (planner.rules.filters.Predicate) is None where DuckDB must evaluate
    it; `sql` is DuckDB SQL over columns c<attnum> and $n, '' where there is none: the term has sub-selects."""

    sql: str
    predicate: Any = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A WHERE clause over one table: terms that AND joins.

    `scalars` are evaluated once per execution; their values follow the statement's parameters in reverse order, so
    that parameter 0 is the first of them, -1 the second.
    """

    key: str  # the whole as text, in which parameters are $n
    terms: tuple[FilterTerm, ...]
    attnums: tuple[int, ...]
    quick: Any = None  # Predicate of all terms that need no DuckDB
    params: tuple[int, ...] = ()  # the $n it reads, 1-based, and those of `scalars`
    cacheable: bool = False  # its value depends on nothing but the row, `params` and TimeZone
    show: Callable[[], str] = field(default=str, compare=False)  # makes `text`
    scalars: tuple[ScalarExpr, ...] = ()
    indexed: frozenset[int] = frozenset()  # columns that a btree, hash or gin index is declared on

    @property
    def text(self) -> str:
        """As EXPLAIN shows it."""
        return self.show()

    @property
    def slow(self) -> tuple[FilterTerm, ...]:
        """The terms that need DuckDB."""
        return tuple(term for term in self.terms if term.predicate is None)


@dataclass(frozen=True, slots=True)
class Output:
    """One output column of a direct (non-DuckDB) operator."""

    column: ResultColumn
    kind: Literal["column", "distance", "const", "rank", "rowid", "computed"]
    # rank: 0, 1, 2 ... in result order
    attnum: int = 0
    transform: Callable[[Any], Any] | None = None  # on the distance array: 1 - d, -d ...
    value: ScalarExpr | None = None
    run: Callable[[Any, Sequence[Any]], Any] | None = None  # "computed": (ExecContext, parameters)
    reads: tuple[tuple[int, ColumnType], ...] = ()  # columns whose values run() finds past the
    # parameters, in reverse order


@dataclass(frozen=True, slots=True)
class OrderKey:
    """A plain column in ORDER BY."""

    attnum: int
    descending: bool = False
    nulls_first: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """A bound on the distance that rows are ordered by: transform(distance) <op> bound, true of the nearest rows."""

    op: str  # '<', '<=', or '>', '>=' where the transform falls
    bound: ScalarExpr
    transform: Callable[[Any], Any] | None
    text: str  # as EXPLAIN shows it

    def holds(self, distances: Any, bound: float) -> Any:
        """(n,) bool for ascending float64 distances that end with NaN."""
        values = distances if self.transform is None else self.transform(distances)
        return COMPARE[self.op](values, bound)


COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class VectorTopK:
    """ORDER BY column <op> query LIMIT k OFFSET o over one table, with an optional filter and bound on the distance.

    As a block of a larger query (Relational.topk) its Arrow table has the outputs' column names.
    """

    table: Table
    attnum: int
    metric: Metric
    query: ScalarExpr
    limit: ScalarExpr | None  # None: all rows within
    offset: ScalarExpr | None
    filter: Filter | None
    outputs: tuple[Output, ...]
    index_oid: int = 0  # 0: exact scan
    recall: float | None = None  # what options of the index or the table ask for
    within: Within | None = None
    order: tuple[OrderKey, ...] = ()
    order_sql: str = ""  # as EXPLAIN shows it: (embedding <=> $1)
    steps: tuple[
        tuple[str | int, ...], ...
    ] = ()  # of an expression over the column: vecsql.index.derive
    choices: tuple[tuple[int, tuple[tuple[int, Any], ...]], ...] = ()
    # partial indexes that serve where parameters have these values: (index, ((parameter, value), ...)), best first

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return tuple(output.column for output in self.outputs)


@dataclass(frozen=True, slots=True)
class LateralTopK:
    """A k-NN join: `scan` for every row of `outer`, whose columns are the keys, if it `has_vectors` the query vector, and
    other values, which become parameters of the scan from first_param + 1 on.

    Without `is_unique` each combination of keys counts once. `other_than`: the row whose key (attnum) equals the
    parameter is left out.
    """

    outer: SelectPlan
    keys: tuple[ResultColumn, ...]
    is_unique: bool
    has_vectors: bool  # else all rows search for scan.query
    scan: VectorTopK
    first_param: int
    other_than: tuple[int, int] | None = None

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return (*self.scan.columns, *self.keys)

    @property
    def outputs(self) -> tuple[Output, ...]:
        return self.scan.outputs


@dataclass(frozen=True, slots=True)
class NearestPerGroup:
    """SELECT DISTINCT ON (groups) ... ORDER BY groups, distance [, scan.order] LIMIT n OFFSET o over one table."""

    scan: VectorTopK
    groups: tuple[OrderKey, ...]
    limit: ScalarExpr | None
    offset: ScalarExpr | None

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return self.scan.columns


@dataclass(frozen=True, slots=True)
class KeyLookup:
    """WHERE unique key = value ...: at most one row, straight from the key index."""

    table: Table
    index_oid: int
    key: tuple[ScalarExpr, ...]
    filter: Filter | None
    outputs: tuple[Output, ...]
    key_sql: str = ""  # as EXPLAIN shows it: (id = $1)

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return tuple(output.column for output in self.outputs)


@dataclass(frozen=True, slots=True)
class KeySet:
    """column = ANY (values) or column IN (values), for the one column of a unique index."""

    index_oid: int
    values: tuple[ScalarExpr, ...]
    is_array: bool = False  # there is one value: an array of keys


@dataclass(frozen=True, slots=True)
class RowScan:
    """SELECT columns FROM one table [WHERE filter] [ORDER BY columns] [LIMIT n] [OFFSET o].

    `keys` are the only rows that can pass the filter, which has that condition too.
    """

    table: Table
    limit: ScalarExpr | None
    offset: ScalarExpr | None
    filter: Filter | None
    outputs: tuple[Output, ...]
    order: tuple[OrderKey, ...] = ()
    keys: KeySet | None = None

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return tuple(output.column for output in self.outputs)


@dataclass(frozen=True, slots=True)
class RowCount:
    """SELECT count(*) FROM one table [WHERE filter]."""

    table: Table
    filter: Filter | None
    columns: tuple[ResultColumn, ...]


@dataclass(frozen=True, slots=True)
class Computed:
    """SELECT of expressions alone: one row, whose values Python computes."""

    columns: tuple[ResultColumn, ...]
    items: tuple[Callable[[Any, Sequence[Any]], Any], ...]  # (ExecContext, parameters) -> value
    stateful: bool = False  # calls functions that read ExecContext.system_state
    writes: bool = False  # draws values of sequences


@dataclass(frozen=True, slots=True)
class LockedTable:
    """A table whose rows SELECT ... FOR UPDATE locks."""

    oid: int
    nowait: bool = False
    skip: bool = False


@dataclass(frozen=True, slots=True)
class LockRows:
    """SELECT ... FOR UPDATE: `query` gives the columns, then the rowids of each of `tables`; it has no LIMIT."""

    query: SelectPlan
    columns: tuple[ResultColumn, ...]
    tables: tuple[LockedTable, ...]
    limit: ScalarExpr | None
    offset: ScalarExpr | None


@dataclass(frozen=True, slots=True)
class Widening:
    """ORDER BY distance LIMIT k over a join or under conditions that only DuckDB can check.

    `relational` reads the table with the vectors through its top-k block `block`, whose limit is raised until the
    result has its k rows or the block has all the table's rows. `reduced` is the block with conditions that the join
    implies; it pays while tables `reducers` are small.
    """

    relational: Relational
    block: str
    limit: ScalarExpr
    offset: ScalarExpr | None
    reduced: VectorTopK | None = None
    reducers: frozenset[int] = frozenset()

    @property
    def columns(self) -> tuple[ResultColumn, ...]:
        return self.relational.columns


SelectPlan = (
    Relational
    | VectorTopK
    | NearestPerGroup
    | KeyLookup
    | RowScan
    | RowCount
    | Computed
    | Widening
    | LockRows
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a result, column-wise: each column a pa.Array, a numpy array or a list of Python values."""

    num_rows: int
    columns: Sequence[Any]
