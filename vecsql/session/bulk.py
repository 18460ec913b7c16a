"""Bulk insertion of Arrow columns: what load() does for each batch."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from vecsql.catalog.model import Table
from vecsql.executor.constraints import check_rows
from vecsql.executor.insert import complete_rows
from vecsql.session.session import Session


def insert_arrow(
    session: Session, table: Table, columns: Mapping[int, pa.Array], count: int
) -> None:
    """Insert `count` rows given as attnum -> array in the columns' own Arrow types.

    Defaults, generated columns and constraints apply as to INSERT. A transaction must be open.
    """
    session.transactions.start_statement()
    session.transactions.wrote = True
    complete = complete_rows(table, dict(columns), count, session.ctx)
    check_rows(table, complete, session.ctx)
    session.ctx.txn.insert(table.oid, complete)
