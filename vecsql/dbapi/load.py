"""load(): a whole source into a table, which is made to fit if it is missing."""

from __future__ import annotations

import contextlib
import itertools
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from vecsql.catalog.identifiers import split_identifier
from vecsql.catalog.model import Table
from vecsql.catalog.names import relation_oid
from vecsql.dbapi.sources import Source, open_source
from vecsql.errors import DuplicateTable, InterfaceError, UndefinedTable
from vecsql.executor.bulk import column_type, create_table_sql
from vecsql.session.bulk import insert_arrow
from vecsql.session.session import Session
from vecsql.types import VECTOR

if TYPE_CHECKING:
    from vecsql.dbapi.connection import Connection


def load(
    connection: Connection, table: str, source: Any, *, mode: str, progress: bool | None
) -> int:
    """Load in one transaction: the open one, or one of its own. Gives the number of rows."""
    if mode not in ("auto", "create", "append"):
        raise InterfaceError(f'mode must be "auto", "create" or "append", not "{mode}"')
    session = connection._session
    opened = open_source(source)
    own = not session.transactions.in_block
    if own:
        session.transactions.begin({})
    try:
        count = _load(session, table, opened, mode, progress)
    except BaseException as raised:
        error = session.failed(raised)
        if own:
            session.transactions.rollback()
        raise error from raised
    if own:
        session.transactions.commit()
    return count


def _load(session: Session, name: str, source: Source, mode: str, progress: bool | None) -> int:
    batches = source.batches
    first = next(batches, None) or pa.RecordBatch.from_pylist([], source.schema)
    table = _find(session, name)
    if table is None:
        if mode == "append":
            raise UndefinedTable(f'relation "{name}" does not exist')
        table = _create(session, name, first)
    elif mode == "create":
        raise DuplicateTable(f'relation "{name}" already exists')
    total = 0
    with _bar(progress, name, source.num_rows) as advance:
        for batch in itertools.chain([first], batches):
            total += insert_arrow(session, table, batch)
            advance(batch.num_rows)
    return total


def _find(session: Session, name: str) -> Table | None:
    catalog = session.catalog
    oid = relation_oid(catalog, name, session.planner.search_path(catalog))
    if oid is None:
        return None
    table = catalog.tables.get(oid)
    if table is None:
        raise UndefinedTable(f'"{name}" is not a table')
    return table


def _create(session: Session, name: str, first: pa.RecordBatch) -> Table:
    """CREATE TABLE with a column for each of the source's; CREATE EXTENSION when one is a vector."""
    *schema, table_name = split_identifier(name)
    sql = create_table_sql(table_name, first, schema[0] if schema else None)
    types = [column_type(field, first.column(i)) for i, field in enumerate(first.schema)]
    if any(t.type.oid == VECTOR.oid for t in types):
        _run(session, "CREATE EXTENSION IF NOT EXISTS vector")
    _run(session, sql)
    table = _find(session, name)
    assert table is not None
    return table


def _run(session: Session, sql: str) -> None:
    for _, result in session.simple(sql):
        for _ in result.chunks:
            pass


@contextlib.contextmanager
def _bar(wanted: bool | None, name: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error, or nothing; gives the function that advances it."""
    if not (sys.stderr.isatty() if wanted is None else wanted):
        yield lambda rows: None
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(f"Loading {name}", total=total)
        yield lambda rows: progress.advance(task, rows)
