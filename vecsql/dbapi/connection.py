"""The embedded connection: PEP 249 plus execute(), load() and a look at the file's tables."""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import threading
import weakref
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from vecsql import errors
from vecsql.dbapi import engines
from vecsql.dbapi.cursor import Cursor, Params
from vecsql.session.session import Session

_open: weakref.WeakSet[Connection] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """Close what the program left open. Later, in finalisation, a background thread may have died with a lock."""
    for connection in list(_open):
        with contextlib.suppress(Exception):
            connection.close()


class Connection:
    """One session on a database. Threads may share it: statements take turns.

    Transactions are PEP 249's for cursors: the first statement of a cursor opens one, commit() or rollback() ends it.
    Connection.execute() and load() commit at once when no transaction is open, and take part in the one that is.
    With `autocommit` cursors commit at once as well.
    """

    Warning = errors.Warning
    Error = errors.Error
    InterfaceError = errors.InterfaceError
    DatabaseError = errors.DatabaseError
    DataError = errors.DataError
    OperationalError = errors.OperationalError
    IntegrityError = errors.IntegrityError
    InternalError = errors.InternalError
    ProgrammingError = errors.ProgrammingError
    NotSupportedError = errors.NotSupportedError

    def __init__(self, path: str, *, read_only: bool = False, autocommit: bool = False) -> None:
        self.path = path
        self.autocommit = autocommit
        self._lock = threading.RLock()
        self._engine: Any = engines.acquire(path, read_only=read_only)
        database = Path(path).stem.strip(":") or "vecsql"
        self._session = Session(self._engine, database=database)
        self._closed = False
        _open.add(self)

    def cursor(self) -> Cursor:
        self._require_open()
        return Cursor(self)

    def execute(self, sql: str, params: Params = None) -> Cursor:
        """Run a statement and commit it, unless a transaction is open; gives a cursor with the result."""
        return self._committing(lambda cursor: cursor.execute(sql, params))

    def executemany(self, sql: str, rows: Iterable[Params]) -> Cursor:
        """Run a statement for many rows of parameters in one transaction."""
        return self._committing(lambda cursor: cursor.executemany(sql, rows))

    def load(
        self, table: str, source: Any, *, mode: str = "auto", progress: bool | None = None
    ) -> int:
        """Load a whole source into a table, in one transaction; gives the number of rows.

        `source` is the path of a Parquet, CSV, TSV, JSON lines, Arrow, .npy or .npz file, a pyarrow Table or
        RecordBatchReader, a pandas or polars data frame, or a dict of arrays. Columns go by name. A missing table is
        made to fit the source; `mode` "create" or "append" insists on one or the other. `progress` shows a bar;
        by default when standard error is a terminal.
        """
        from vecsql.dbapi.load import load

        self._require_open()
        with self._lock:
            return load(self, table, source, mode=mode, progress=progress)

    def commit(self) -> None:
        """Commit the open transaction, if there is one; durable on return."""
        self._require_open()
        with self._lock:
            self._end("COMMIT")

    def rollback(self) -> None:
        """Undo the open transaction, if there is one."""
        self._require_open()
        with self._lock:
            self._end("ROLLBACK")

    def close(self) -> None:
        """Roll back what is open and close; the file closes with its last connection."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            try:
                self._session.close()
            finally:
                engines.release(self.path, self._engine)

    def cancel(self) -> None:
        """Stop the statement that another thread is running."""
        self._session.cancel()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, kind: object, *exc: object) -> None:
        """Commit if all went well, else roll back; then close."""
        if not self._closed:
            try:
                if kind is None:
                    self.commit()
                else:
                    self.rollback()
            finally:
                self.close()

    def __repr__(self) -> str:
        state = "closed" if self._closed else "open"
        return f"<vecsql.Connection {self.path} ({state})>"

    def _committing(self, run: Any) -> Cursor:
        """Run on a new cursor; a transaction that this has opened ends here."""
        self._require_open()
        with self._lock:
            cursor = Cursor(self)
            if self._session.transactions.in_block:
                return run(cursor)  # type: ignore[no-any-return]
            before, self.autocommit = self.autocommit, True
            try:
                return run(cursor)  # type: ignore[no-any-return]
            finally:
                self.autocommit = before

    @contextlib.contextmanager
    def _statement(self) -> Iterator[None]:
        """Around the statements of one execute(): locks the session, opens or ends the transaction."""
        with self._lock:
            self._require_open()
            if not self.autocommit and not self._session.transactions.in_block:
                self._session.transactions.begin({})
            yield
            self._session.finish()

    def _end(self, command: str) -> None:
        if self._session.transactions.in_block:
            for _, result in self._session.simple(command):
                for _ in result.chunks:
                    pass

    def _require_open(self) -> None:
        if self._closed:
            raise errors.InterfaceError("the connection is closed")

    def __del__(self) -> None:
        if not getattr(self, "_closed", True) and not sys.is_finalizing():
            with contextlib.suppress(Exception):
                self.close()


def connect(
    path: str | os.PathLike[str] = ":memory:", read_only: bool = False, *, autocommit: bool = False
) -> Connection:
    """Open a database file, made if it is missing; ":memory:" is a database that goes with the connection."""
    return Connection(os.fspath(path), read_only=read_only, autocommit=autocommit)
