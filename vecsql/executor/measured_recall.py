"""Measures the recall of a vector index: searches with stored rows as queries, beside the exact answers."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.catalog.definitions import index_column_definition
from vecsql.catalog.identifiers import quote_identifier
from vecsql.catalog.model import Catalog, Index
from vecsql.errors import Error, QueryCanceled, SyntaxError, UndefinedParameter
from vecsql.executor.context import ExecContext, SettingValues
from vecsql.executor.operators import execute_plan
from vecsql.planner.parse import parse
from vecsql.planner.planner import prepare
from vecsql.planner.statement import PreparedStatement
from vecsql.types.arrow import from_arrow

_T = TypeVar("_T")

TIE: Final = 1e-6  # relative: distances this near count as equal
OPERATORS: Final = {
    "l2": "<->", "ip": "<#>", "cosine": "<=>", "l1": "<+>", "hamming": "<~>", "jaccard": "<%>",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Exact:
    """A session's settings, but without indexes."""

    settings: SettingValues

    def get(self, name: str) -> Any:
        return False if name == "enable_indexscan" else self.settings.get(name)

    def is_set(self, name: str) -> bool:
        return self.settings.is_set(name)

    def derived(self, make: Callable[..., _T], *arguments: Hashable) -> _T:
        return make(self, *arguments)

    def show(self, name: str) -> str:
        return self.settings.show(name)

    def set(self, name: str, value: str, *, local: bool = False) -> None:
        self.settings.set(name, value, local=local)


def measured_recall(
    ctx: ExecContext,
    search_path: Sequence[str],
    index: Index,
    sample: int,
    where: str | None,
    k: int,
) -> float | None:
    """The mean share of their k true nearest rows that searches find at the session's effort, with up to `sample` rows of the table as
    queries, each hidden from itself. `where` is the text of a condition on the rows of the answers.

    None when there is nothing to find. Raises the errors of a wrong condition, without positions.
    """
    inner = replace(ctx, duck=None, system_state=None, trace=None)
    try:
        return _Measurement(inner, search_path, index).run(sample, where, k)
    except Error as error:
        error.position = None
        raise
    finally:
        if inner.duck is not None:
            inner.duck.close()


class _Measurement:
    """The statements that measure one index. They are planned as if the table had no other vector index."""

    def __init__(self, ctx: ExecContext, search_path: Sequence[str], index: Index) -> None:
        self.ctx, self.search_path = ctx, search_path
        catalog = ctx.txn.snapshot().catalog
        table = catalog.tables[index.table_oid]
        schema = quote_identifier(catalog.schemas[table.schema_oid].name)
        column = index_column_definition(catalog, index.oid, 1, pretty=False)
        self.source = f"{schema}.{quote_identifier(table.name)}"
        self.key = f"({column})"
        self.predicate = f"({index.predicate or 'true'})"
        self.operator = _operator(index.columns[0].opclass)
        self.catalog = _without_others(catalog, index)

    def run(self, sample: int, where: str | None, k: int) -> float | None:
        condition = self.predicate
        if where is not None:
            self._check(where)
            condition = f"({where}\n) AND {condition}"
        queries = self._queries(sample)
        if not queries:
            return None
        search = self._prepare(
            f"SELECT __rowid, {self.key} {self.operator} $1 FROM {self.source} WHERE {condition} "
            f"ORDER BY {self.key} {self.operator} $1 LIMIT {k + 1}"
        )
        exact = replace(self.ctx, settings=_Exact(self.ctx.settings))
        try:
            shares = [self._share(search, exact, rowid, vector, k) for rowid, vector in queries]
        finally:
            if exact.duck is not None and exact.duck is not self.ctx.duck:
                exact.duck.close()
        known = [share for share in shares if share is not None]
        return float(np.mean(known)) if known else None

    def _share(
        self, search: PreparedStatement, exact: ExecContext, rowid: int, vector: Any, k: int
    ) -> float | None:
        """What share of the true answer to one query a search finds; None when that is empty."""
        if self.ctx.cancel.is_set():
            raise QueryCanceled("canceling statement due to user request")
        truth = _distances(self._rows(search, exact, (vector,)), rowid, k)
        if not len(truth):
            return None
        found = _distances(self._rows(search, self.ctx, (vector,)), rowid, k)
        farthest = truth[-1] + TIE * abs(truth[-1])
        return min(1.0, float((found <= farthest).sum()) / len(truth))

    def _queries(self, sample: int) -> list[tuple[int, Any]]:
        """(rowid, vector) of up to `sample` rows that the index covers."""
        covered = f"FROM {self.source} WHERE {self.predicate} AND {self.key} IS NOT NULL"
        rowids, *_ = self._rows(self._prepare(f"SELECT __rowid {covered}"), self.ctx)
        if len(rowids) > sample:
            rowids = np.random.default_rng().choice(rowids, sample, replace=False)
        if not len(rowids):
            return []
        chosen = ", ".join(map(str, np.asarray(rowids).tolist()))
        sql = f"SELECT __rowid, {self.key} FROM {self.source} WHERE __rowid IN ({chosen})"
        return list(zip(*self._rows(self._prepare(sql), self.ctx), strict=True))

    def _check(self, where: str) -> None:
        """Raise the error of a text that is no condition on the table's rows."""
        sql = f"SELECT 1 FROM {self.source} WHERE {where}"
        if len(parse(sql)) != 1:
            raise SyntaxError('syntax error at or near ";"')
        if count := len(self._prepare(sql).param_types):
            raise UndefinedParameter(f"there is no parameter ${count}")

    def _prepare(self, sql: str) -> PreparedStatement:
        (parsed,) = parse(sql)
        return prepare(parsed, self.catalog, (), self.search_path)

    def _rows(
        self, prepared: PreparedStatement, ctx: ExecContext, params: Sequence[Any] = ()
    ) -> list[Any]:
        """The columns of a result, each as a list or an array of Python values."""
        result = execute_plan(prepared.plan, ctx, params)
        columns: list[list[Any]] = [[] for _ in result.columns or ()]
        for chunk in result.chunks:
            for values, data, column in zip(
                columns, chunk.columns, result.columns or (), strict=True
            ):
                values.extend(from_arrow(data, column.type) if isinstance(data, pa.Array) else data)
        return columns


def _distances(rows: list[Any], rowid: int, k: int) -> npt.NDArray[np.float64]:
    """The first k distances that are numbers, without the row itself."""
    found = [d for row, d in zip(*rows, strict=True) if row != rowid and d is not None and d == d]
    return np.array(found[:k], np.float64)


def _operator(opclass: str) -> str:
    return OPERATORS[opclass.rsplit("_", 2)[-2]]


def _without_others(catalog: Catalog, index: Index) -> Catalog:
    """The catalog in which the index is the only vector index of its table."""
    others = {
        oid
        for oid, other in catalog.indexes.items()
        if other.is_vector and other.table_oid == index.table_oid and oid != index.oid
    }
    kept = {oid: other for oid, other in catalog.indexes.items() if oid not in others}
    return replace(catalog, indexes=kept)
