"""The DB-API cursor: executes, fetches rows, and gives results as Arrow, data frames and numpy arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from vecsql.dbapi import results
from vecsql.dbapi.parameters import adapt, bind, oid_of
from vecsql.errors import InterfaceError, ProgrammingError
from vecsql.executor.context import Result
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.session.statements import Statement

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd
    import pyarrow as pa

    from vecsql.dbapi.connection import Connection

Params = Sequence[Any] | Mapping[str, Any] | None
Row = tuple[Any, ...]


class Cursor:
    """PEP 249 cursor. A result is read completely when it is executed, and kept until the next execute().

    Rows are tuples; vectors are 1-D float32 numpy arrays, json and jsonb Python objects.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.arraysize = 1
        self._closed = False
        self._clear()

    def _clear(self) -> None:
        self._columns: tuple[ResultColumn, ...] | None = None
        self._chunks: list[Chunk] = []
        self._rows: Iterator[Row] = iter(())
        self.rowcount = -1
        self.statusmessage: str | None = None

    @property
    def description(self) -> list[tuple[Any, ...]] | None:
        """Name, type oid and five more of each column; None when there are no rows."""
        if self._columns is None:
            return None
        return [results.describe(column) for column in self._columns]

    def execute(self, sql: str, params: Params = None) -> Cursor:
        """Run one statement, or without params several; the last one's result is kept. Returns the cursor."""
        self._require_open()
        self._clear()
        with self.connection._statement():
            text, values = bind(sql, params)
            if values:
                self._run_prepared(text, values)
            else:
                self._run_simple(text)
        return self

    def executemany(self, sql: str, rows: Iterable[Params]) -> Cursor:
        """Run a statement for each row of parameters, in one transaction; rowcount is the sum."""
        self._require_open()
        self._clear()
        total = 0
        with self.connection._statement():
            for params in rows:
                text, values = bind(sql, params)
                self._run_prepared(text, values)
                total += max(self.rowcount, 0)
        self.rowcount = total
        return self

    def _run_simple(self, sql: str) -> None:
        for _, result in self.connection._session.simple(sql):
            self._keep(result)

    def _run_prepared(self, sql: str, values: list[Any]) -> None:
        session = self.connection._session
        statement = self._prepare(sql, values)
        prepared = statement.prepared
        if prepared is None:
            return
        try:
            typed = [adapt(v, c) for v, c in zip(values, prepared.param_types, strict=True)]
        except ValueError as raised:
            raise session.failed(ProgrammingError(str(raised))) from None
        except Exception as raised:
            raise session.failed(raised, sql) from raised
        reads = session.reads
        if reads.possible() and reads.suits(statement):
            reads.run(statement, session.engine.snapshot(), typed, self._keep)
        else:
            self._keep(session.run(statement, typed))

    def _prepare(self, sql: str, values: Sequence[Any]) -> Statement:
        return self.connection._session.prepare("", sql, [oid_of(value) for value in values])

    def _keep(self, result: Result) -> None:
        self._chunks = [chunk for chunk in result.chunks if chunk.num_rows]
        self._columns = result.columns
        self.statusmessage = result.tag
        self.rowcount = results.affected(result.tag, self._chunks, result.columns)
        self._rows = results.rows(self._chunks, result.columns)

    # Rows

    def fetchone(self) -> Row | None:
        """The next row, or None after the last."""
        self._require_rows()
        return next(self._rows, None)

    def fetchmany(self, size: int | None = None) -> list[Row]:
        """The next `size` rows (arraysize if not given), fewer at the end."""
        self._require_rows()
        wanted = self.arraysize if size is None else size
        return [row for _, row in zip(range(wanted), self._rows, strict=False)]

    def fetchall(self) -> list[Row]:
        """All rows that are left."""
        self._require_rows()
        return list(self._rows)

    def __iter__(self) -> Iterator[Row]:
        self._require_rows()
        return self._rows

    # The whole result in other forms

    def arrow(self) -> pa.Table:
        """The whole result as an Arrow table; vector(d) is FixedSizeList<float>[d]."""
        return results.arrow_table(self._chunks, self._require_rows())

    def df(self) -> pd.DataFrame:
        """The whole result as a pandas data frame (pandas must be installed); vectors are numpy arrays."""
        return self.arrow().to_pandas()

    def fetchnumpy(self) -> dict[str, npt.NDArray[np.generic]]:
        """The whole result as numpy arrays by column name; a vector(d) column is (rows, d) float32."""
        return results.numpy_arrays(self.arrow())

    def __repr__(self) -> str:
        if self._columns is None:
            return f"<vecsql.Cursor {self.statusmessage or 'empty'}>"
        return results.as_text(self._chunks, self._columns)

    # The rest of PEP 249

    def close(self) -> None:
        self._clear()
        self._closed = True

    def setinputsizes(self, sizes: Sequence[Any]) -> None:
        """Does nothing, as PEP 249 allows."""

    def setoutputsize(self, size: int, column: int | None = None) -> None:
        """Does nothing, as PEP 249 allows."""

    def __enter__(self) -> Cursor:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _require_open(self) -> None:
        if self._closed:
            raise InterfaceError("the cursor is closed")
        self.connection._require_open()

    def _require_rows(self) -> tuple[ResultColumn, ...]:
        self._require_open()
        if self._columns is None:
            raise ProgrammingError("the last operation didn't produce a result")
        return self._columns
