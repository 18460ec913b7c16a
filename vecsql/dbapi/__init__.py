"""The embedded database: DB-API 2.0 over a session in this process."""

from vecsql.dbapi.connection import Connection, connect
from vecsql.dbapi.cursor import Cursor

__all__ = ["Connection", "Cursor", "connect"]
