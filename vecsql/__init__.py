"""vecsql: Postgres for vectors, as a pip install. This module is the DB-API 2.0 module of the embedded database.

import vecsql
db = vecsql.connect("papers.vecsql")
db.execute("SELECT title FROM papers ORDER BY embedding <=> %s LIMIT 5", [vector]).df()
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from vecsql.errors import (
    DatabaseError,
    DataError,
    Error,
    IntegrityError,
    InterfaceError,
    InternalError,
    NotSupportedError,
    OperationalError,
    ProgrammingError,
    Warning,
)
from vecsql.type_objects import (
    BINARY,
    DATETIME,
    NUMBER,
    ROWID,
    STRING,
    Binary,
    Date,
    DateFromTicks,
    Time,
    TimeFromTicks,
    Timestamp,
    TimestampFromTicks,
)

if TYPE_CHECKING:
    from vecsql.dbapi import Connection, Cursor

__version__ = "0.1.0"
apilevel = "2.0"
threadsafety = 2  # threads may share the module and connections
paramstyle = "pyformat"  # %s and %(name)s; $1 too

__all__ = [
    "BINARY", "DATETIME", "NUMBER", "ROWID", "STRING", "Binary", "Connection", "Cursor", "DataError",
    "DatabaseError", "Date", "DateFromTicks", "Error", "IntegrityError", "InterfaceError",
    "InternalError", "NotSupportedError", "OperationalError", "ProgrammingError", "Time",
    "TimeFromTicks", "Timestamp", "TimestampFromTicks", "Warning", "__version__", "apilevel",
    "connect", "paramstyle", "threadsafety",
]  # fmt: skip


def connect(
    path: str | os.PathLike[str] = ":memory:", read_only: bool = False, *, autocommit: bool = False
) -> Connection:
    """Open a database file, made if it is missing; ":memory:" is a database that goes with the connection.

    Connection.execute() commits by itself; cursors follow PEP 249 (commit() when done) unless `autocommit`.
    """
    from vecsql.dbapi import connect as connect_file

    return connect_file(path, read_only, autocommit=autocommit)


def __getattr__(name: str) -> Any:
    """Connection and Cursor load when they are asked for: the command line starts without them."""
    if name in ("Connection", "Cursor"):
        from vecsql import dbapi

        return getattr(dbapi, name)
    raise AttributeError(f"module 'vecsql' has no attribute {name!r}")
