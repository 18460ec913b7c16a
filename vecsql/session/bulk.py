"""Bulk insertion of Arrow rows in a session's transaction: what load() does for each batch."""

from __future__ import annotations

import pyarrow as pa

from vecsql.catalog.model import Table
from vecsql.errors import ReadOnlySqlTransaction
from vecsql.executor.bulk import append
from vecsql.session.session import Session


def insert_arrow(session: Session, table: Table, rows: pa.RecordBatch) -> int:
    """Insert Arrow rows, columns by name, as INSERT would; gives how many."""
    session.transactions.start_statement()
    if session.settings.get("transaction_read_only"):
        raise ReadOnlySqlTransaction("cannot execute INSERT in a read-only transaction")
    session.transactions.wrote = True
    return append(session.ctx, table.oid, rows)
