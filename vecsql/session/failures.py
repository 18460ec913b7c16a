"""Turning whatever a statement raised into an Error that a client can be told."""

from __future__ import annotations

import errno
import logging

import duckdb

from vecsql.errors import (
    DiskFull,
    Error,
    InternalError,
    IoError,
    OutOfMemory,
    QueryCanceled,
    StatementTooComplex,
)

log = logging.getLogger("vecsql.session")


def as_error(raised: BaseException, statement: str = "") -> Error:
    """The Error to report. An exception that is none of ours is logged with its traceback and becomes XX000."""
    if isinstance(raised, Error):
        return raised
    if isinstance(raised, MemoryError):
        return OutOfMemory("out of memory")
    if isinstance(raised, duckdb.InterruptException):
        return QueryCanceled("canceling statement due to user request")
    if isinstance(raised, RecursionError):
        return StatementTooComplex("stack depth limit exceeded")
    if isinstance(raised, OSError) and raised.errno == errno.ENOSPC:
        return DiskFull(f"could not write: {raised.strerror}")
    log.error("internal error in statement %r", statement[:1000], exc_info=raised)
    if isinstance(raised, OSError):
        return IoError(f"I/O error: {raised}")
    return InternalError(f"internal error: {type(raised).__name__}: {raised}")
