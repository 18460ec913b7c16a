"""COPY between the table and the client, in PostgreSQL's text, CSV and binary formats."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlglot import exp

from vecsql.catalog.model import Column, Table
from vecsql.errors import (
    DuplicateColumn,
    FeatureNotSupported,
    InsufficientPrivilege,
    InvalidColumnReference,
    UndefinedColumn,
)
from vecsql.executor.context import ExecContext, Result
from vecsql.executor.copy.copy_in import CopyIn
from vecsql.executor.copy.copy_out import CopyOut
from vecsql.executor.copy.options import CopyOptions, parse_options
from vecsql.planner.dml.targets import find_table
from vecsql.planner.utility import Copy
from vecsql.types.formatting import DEFAULT_FORMAT, TextFormat

RunQuery = Callable[[Any], Result]  # a ParsedStatement of kind query -> its running result


def _refuse_files(copy: Copy) -> None:
    if copy.program:
        raise InsufficientPrivilege(
            "permission denied to COPY to or from an external program",
            detail='Only roles with privileges of the "pg_execute_server_program" role may COPY to or from an external program.',
            hint="Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
        )
    if copy.filename is not None:
        verb, role = (
            ("from", "pg_read_server_files") if copy.is_from else ("to", "pg_write_server_files")
        )
        raise InsufficientPrivilege(
            f"permission denied to COPY {verb} a file",
            detail=f'Only roles with privileges of the "{role}" role may COPY {verb} a file.',
            hint="Anyone can COPY to stdout or from stdin. psql's \\copy command also works for anyone.",
        )


def _table(copy: Copy, ctx: ExecContext, search_path: Sequence[str]) -> Table:
    assert copy.table is not None
    node = exp.Table(this=exp.to_identifier(copy.table[-1], quoted=True))
    if len(copy.table) > 1:
        node.set("db", exp.to_identifier(copy.table[-2], quoted=True))
    catalog = ctx.txn.snapshot().catalog
    return find_table(catalog, search_path, node)


def _columns(table: Table, names: Sequence[str]) -> tuple[Column, ...]:
    """The columns of a COPY list, without one all that are not generated."""
    if not names:
        return tuple(c for c in table.columns if c.generated is None)
    found: list[Column] = []
    for name in names:
        column = table.column(name)
        if column is None:
            raise UndefinedColumn(f'column "{name}" of relation "{table.name}" does not exist')
        if column.generated is not None:
            raise InvalidColumnReference(
                f'column "{name}" is a generated column',
                detail="Generated columns cannot be used in COPY.",
            )
        if column in found:
            raise DuplicateColumn(f'column "{name}" specified more than once')
        found.append(column)
    return tuple(found)


def copy_in(
    copy: Copy, ctx: ExecContext, search_path: Sequence[str], style: TextFormat = DEFAULT_FORMAT
) -> CopyIn:
    """Start COPY ... FROM STDIN."""
    _refuse_files(copy)
    options = parse_options(copy.options, is_from=True)
    if copy.where is not None:
        raise FeatureNotSupported("COPY FROM with WHERE is not supported")
    table = _table(copy, ctx, search_path)
    return CopyIn(table, _columns(table, copy.columns), options, ctx, style)


def copy_out(
    copy: Copy,
    ctx: ExecContext,
    search_path: Sequence[str],
    run_query: RunQuery,
    style: TextFormat = DEFAULT_FORMAT,
) -> CopyOut:
    """Start COPY ... TO STDOUT; `run_query` plans and runs the SELECT of COPY (query) TO."""
    _refuse_files(copy)
    options = parse_options(copy.options, is_from=False)
    if copy.query is not None:
        if copy.query.kind != "query":
            raise FeatureNotSupported("COPY of a data-modifying statement is not supported")
        return CopyOut(run_query(copy.query), options, style)
    table = _table(copy, ctx, search_path)
    return CopyOut(_table_rows(table, _columns(table, copy.columns), ctx), options, style)


def _table_rows(table: Table, columns: Sequence[Column], ctx: ExecContext) -> Result:
    from vecsql.planner.dml.targets import result_column
    from vecsql.planner.plan import Chunk

    version = ctx.txn.snapshot().table(table.oid)
    rows = version.arrow([c.attnum for c in columns])
    chunks = (
        Chunk(batch.num_rows, [batch.column(i) for i in range(batch.num_columns)])
        for batch in rows.to_batches()
        if batch.num_rows
    )
    return Result(tuple(result_column(table, c) for c in columns), chunks)


__all__ = ["CopyIn", "CopyOptions", "CopyOut", "copy_in", "copy_out"]
