"""The quick way for what a busy client sends: one execution of a prepared statement that only reads, in one piece.

The answer is what Backend would give message by message; it is put together without events, portals and transactions,
from what the last execution of the statement has left.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vecsql.catalog.model import Catalog
from vecsql.errors import Error
from vecsql.executor.context import Result
from vecsql.protocol import encode
from vecsql.protocol.exchange import Shape, named_statement, read_exchange
from vecsql.server.replies import decode_value, describe, expand_formats
from vecsql.session.session import Session
from vecsql.session.statements import Statement
from vecsql.types.base import ColumnType
from vecsql.types.fixed_rows import FixedRows
from vecsql.types.rows import encode_rows

if TYPE_CHECKING:
    from vecsql.server.backend import Backend

SLOW = 0.003  # seconds; a statement that takes longer leaves the loop the next time
MAX_KNOWN = 64

_READY = encode.ready_for_query("I")


@dataclass(slots=True)
class _Known:
    """An exchange as it was last seen, and what answers it while settings and catalog stay the same."""

    shape: Shape
    statement: Statement
    catalog: Catalog
    settings_version: int
    decoders: tuple[Callable[[bytes, int], Any], ...]
    head: bytes  # BindComplete and, if asked for, the RowDescription
    types: tuple[ColumnType, ...]
    formats: tuple[int, ...]
    fixed: FixedRows | None


class Exchanges:
    """answer() handles an exchange to its end or, giving False, has done nothing."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._session: Session = backend.session
        self._known: dict[int, _Known] = {}  # by the size of the exchange
        self._current: _Known | None = None

    def answer(self, data: bytes) -> bool:
        session = self._session
        if not session.reads.possible():
            return False
        snapshot = session.engine.snapshot()
        known = self._known.get(len(data))
        if known is None or not self._holds(known, data, snapshot.catalog):
            known = self._learn(data, snapshot.catalog)
            if known is None:
                return False
        try:
            params = [
                decode(data[start:stop], -1)
                for decode, (start, stop) in zip(known.decoders, known.shape.spans, strict=True)
            ]
        except Exception:
            return False  # the ordinary way meets and reports it
        self._run(known, snapshot, params)
        return True

    def _holds(self, known: _Known, data: bytes, catalog: Catalog) -> bool:
        session, statement = self._session, known.statement
        return (
            known.shape.fits(data)
            and known.settings_version == session.settings.version
            and known.catalog is catalog
            and not statement.slow
            and session.statements.find(statement.name) is statement
        )

    def _learn(self, data: bytes, catalog: Catalog) -> _Known | None:
        """What answers this exchange; None if the ordinary way must."""
        session = self._session
        name = named_statement(data)
        statement = session.statements.find(name) if name is not None else None
        if statement is None or not session.reads.suits(statement):
            return None
        shape, prepared = read_exchange(data), statement.prepared
        assert prepared is not None
        assert prepared.columns is not None
        if shape is None or len(shape.spans) != len(prepared.param_types):
            return None
        columns = prepared.columns
        try:
            codes = expand_formats(shape.param_formats, len(shape.spans))
            formats = expand_formats(shape.result_formats, len(columns))
        except Error:
            return None
        head = encode.BIND_COMPLETE + (describe(statement, formats) if shape.described else b"")
        types = tuple(column.type for column in columns)
        known = _Known(
            shape, statement, catalog, session.settings.version,
            tuple(map(self._decoder, codes, prepared.param_types)),
            head, types, formats, FixedRows.of(types, formats),
        )  # fmt: skip
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[len(data)] = known
        return known

    def _decoder(self, code: int, ctype: ColumnType) -> Callable[[bytes, int], Any]:
        if code == 1:
            return ctype.type.from_binary
        value_of = self._session.value_of
        return lambda value, typmod: decode_value(value, code, ctype, value_of)

    def _run(self, known: _Known, snapshot: Any, params: list[Any]) -> None:
        session, backend, statement = self._session, self._backend, known.statement
        backend.out += known.head
        self._current = known
        started = time.perf_counter()
        try:
            session.reads.run(statement, snapshot, params, self._take)
        except Error as error:
            if error.severity == "FATAL":
                raise
            backend.report(error)
        statement.slow = time.perf_counter() - started > SLOW
        if session.notifications:
            backend.notifications()
        backend.out += _READY

    def _take(self, result: Result) -> None:
        known, backend = self._current, self._backend
        assert known is not None
        for chunk in result.chunks:
            rows = None
            if known.fixed is not None:
                rows = known.fixed.encode(chunk.num_rows, chunk.columns)
            if rows is None:
                style = self._session.text_format()
                rows = encode_rows(chunk.num_rows, chunk.columns, known.types, known.formats, style)
            backend.write(rows)
        backend.out += encode.command_complete(result.tag)
