"""One connection's conversation after start-up: protocol events to session calls to reply bytes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any, cast

from vecsql.errors import Error, FeatureNotSupported, ObjectNotInPrerequisiteState
from vecsql.executor.context import Notice, Result
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.protocol import encode, events
from vecsql.protocol.connection import Phase, ServerConnection
from vecsql.server.exchanges import SLOW, Exchanges
from vecsql.server.replies import (
    decode_params,
    describe,
    expand_formats,
    row_description,
)
from vecsql.session.copying import CopyInResult, CopyOutResult
from vecsql.session.portals import Cursor, Portal
from vecsql.session.rows import RowReader
from vecsql.session.session import Session
from vecsql.session.statements import Statement
from vecsql.types.rows import encode_rows

FLUSH_BYTES = 256 * 1024


class Backend:
    """handle() runs an event to its end on the calling thread. Replies collect in `out`; `flush(out)` is called
    when much has collected and may block; the caller sends what is left."""

    def __init__(self, session: Session, wire: ServerConnection, flush: Callable[[], None]) -> None:
        self.session = session
        self.wire = wire
        self.out = bytearray()
        self._flush = flush
        self._simple: Iterator[tuple[Statement, Result]] | None = None  # a simple query at work
        self._copying: CopyInResult | None = None
        self._exchanges = Exchanges(self)
        session.on_notice = self._notice
        self._handlers: dict[type, Callable[[Any], None]] = {
            events.Query: self._query,
            events.Parse: self._parse,
            events.Bind: self._bind,
            events.Describe: self._describe,
            events.Execute: self._execute,
            events.Close: self._close,
            events.Sync: self._sync,
            events.Flush: lambda event: None,
            events.FunctionCall: self._function_call,
            events.CopyData: self._copy_data,
            events.CopyDone: self._copy_done,
            events.CopyFail: self._copy_fail,
        }

    def answer(self, data: bytes) -> bool:
        """Handle what was received, all of it, if it is an exchange for the quick way and nothing is left from before."""
        wire = self.wire
        if wire.phase is not Phase.READY or wire.buffered:
            return False
        return self._exchanges.answer(data)

    def handle(self, event: events.Event) -> None:
        """Run one event. Errors become ErrorResponses, but a FATAL one is raised."""
        try:
            self._handlers[type(event)](event)
        except Exception as raised:
            error = self.session.failed(raised)
            if error.severity == "FATAL":
                raise error from raised
            self.report(error)
            self._recover(event)

    def _recover(self, event: events.Event) -> None:
        """After an error: ready again at once, or only at the next Sync."""
        copying, self._copying = self._copying, None
        simple, self._simple = self._simple, None
        if copying is not None:
            self.wire.copy_in_done()
        if simple is not None or isinstance(event, events.Query | events.Sync):
            self._ready()
        else:
            self.wire.fail()

    def undecodable(self, error: Error) -> None:
        """A message whose text is not UTF-8; the wire already skips to Sync where that applies."""
        self.report(self.session.failed(error))
        if self.wire.phase is Phase.READY:
            self._ready()

    def report(self, error: Error) -> None:
        self.out += encode.error_response(error)

    def is_cheap(self, event: events.Event) -> bool:
        """Whether the event is expected to take well under a millisecond."""
        if isinstance(event, events.Execute):
            portal = self.session.portals.find(event.portal)
            if not isinstance(portal, Portal):
                return portal is None
            if portal.prepared is None:
                return True
            return portal.prepared.inline and portal.rows is None and not portal.statement.slow
        if isinstance(event, events.Query):
            return self.session.planner.is_quick(event.sql)
        if isinstance(event, events.Parse):
            return self.session.planner.is_cached(event.sql, event.param_oids)
        if isinstance(event, events.Sync):
            return not self.session.transactions.wrote
        return not isinstance(event, events.CopyData | events.CopyDone)

    def greet(self) -> None:
        """What follows authentication: settings, the cancel key, ready."""
        self._parameters()
        self.out += encode.backend_key_data(self.session.pid, self.session.secret)
        self.out += encode.ready_for_query("I")

    def notifications(self) -> None:
        """NotificationResponses that are due; none while a transaction runs."""
        session = self.session
        while session.notifications and not session.transactions.in_block:
            n = session.notifications.popleft()
            self.out += encode.notification(n.pid, n.channel, n.payload)

    # Simple query

    def _query(self, event: events.Query) -> None:
        session = self.session
        session.statements.drop("")
        session.portals.drop("")
        self._simple = session.simple(event.sql)
        first = next(self._simple, None)
        if first is None:
            self.out += encode.EMPTY_QUERY_RESPONSE
        elif not self._answer(*first):
            return
        self._continue_simple()

    def _continue_simple(self) -> None:
        """Answer what is left of a simple query; COPY FROM STDIN interrupts it."""
        assert self._simple is not None
        for statement, result in self._simple:
            if not self._answer(statement, result):
                return
        self._simple = None
        self._ready()

    def _answer(self, statement: Statement, result: Result) -> bool:
        """Send one statement's result; False when the client has to send COPY data first."""
        if result.columns is None:
            return self._answer_without_rows(result)
        formats = (0,) * len(result.columns)
        if statement.prepared is not None and statement.prepared.columns is result.columns:
            self.out += describe(statement, ())
        else:
            self.out += row_description(result.columns, formats)
        self._rows(result.chunks, result.columns, formats)
        self.out += encode.command_complete(result.tag)
        return True

    def _answer_without_rows(self, result: Result) -> bool:
        if isinstance(result, CopyInResult):
            self._start_copy_in(result)
            return False
        if isinstance(result, CopyOutResult):
            self._copy_out(result)
        else:
            for _ in result.chunks:
                pass
        self.out += (
            encode.command_complete(result.tag) if result.tag else encode.EMPTY_QUERY_RESPONSE
        )
        return True

    # COPY

    def _start_copy_in(self, result: CopyInResult) -> None:
        copy = result.copy
        assert copy is not None
        self._copying = result
        self.out += encode.copy_in_response(copy.format_code, copy.columns)
        self.wire.copy_in()

    def _copy_data(self, event: events.CopyData) -> None:
        assert self._copying is not None
        assert self._copying.copy is not None
        self._copying.copy.feed(event.data)

    def _copy_done(self, event: events.CopyDone) -> None:
        result = self._copying
        assert result is not None
        assert result.copy is not None
        result.tag = result.copy.finish()
        for _ in result.chunks:
            pass
        self._copying = None
        self.wire.copy_in_done()
        self.out += encode.command_complete(result.tag)
        if self._simple is not None:
            self._continue_simple()

    def _copy_fail(self, event: events.CopyFail) -> None:
        assert self._copying is not None
        assert self._copying.copy is not None
        self._copying.copy.fail(event.message)

    def _copy_out(self, result: CopyOutResult) -> None:
        copy = result.copy
        assert copy is not None
        self.out += encode.copy_out_response(copy.format_code, copy.columns)
        for payload in cast(Iterator[bytes], result.chunks):
            self.out += encode.copy_data(payload)
            if len(self.out) > FLUSH_BYTES:
                self._flush()
        self.out += encode.COPY_DONE

    def _rows(
        self, chunks: Iterator[Chunk], columns: Sequence[ResultColumn], formats: Sequence[int]
    ) -> int:
        count = 0
        types = [c.type for c in columns]
        style = self.session.text_format()
        for chunk in chunks:
            self.write(encode_rows(chunk.num_rows, chunk.columns, types, formats, style))
            count += chunk.num_rows
        return count

    def write(self, rows: bytes) -> None:
        self.out += rows
        if len(self.out) > FLUSH_BYTES:
            self._flush()

    # Extended query

    def _parse(self, event: events.Parse) -> None:
        if not event.name:
            self.session.statements.drop("")
        self.session.prepare(event.name, event.sql, event.param_oids)
        self.out += encode.PARSE_COMPLETE

    def _bind(self, event: events.Bind) -> None:
        session = self.session
        statement = session.statements.get(event.statement)
        session.refresh(statement)
        params = decode_params(event, statement, session.value_of)
        prepared = statement.prepared
        columns = prepared.columns if prepared is not None else None
        formats = expand_formats(event.result_formats, len(columns or ()))
        session.portals.add(Portal(event.portal, statement, prepared, params, formats))
        self.out += encode.BIND_COMPLETE

    def _describe(self, event: events.Describe) -> None:
        session = self.session
        if event.kind == "S":
            statement = session.statements.get(event.name)
            session.refresh(statement)
            prepared = statement.prepared
            types = () if prepared is None else prepared.param_types
            self.out += encode.parameter_description([t.type.oid for t in types])
            self.out += describe(statement, ())
            return
        portal = session.portals.get(event.name)
        if isinstance(portal, Cursor):
            self.out += row_description(portal.columns, (0,) * len(portal.columns))
        else:
            self.out += describe(portal.statement, portal.formats)

    def _execute(self, event: events.Execute) -> None:
        session = self.session
        portal = session.portals.get(event.portal)
        if isinstance(portal, Cursor):
            self._execute_cursor(portal, event.max_rows)
            return
        if portal.prepared is None:
            self.out += encode.EMPTY_QUERY_RESPONSE
            return
        if portal.rows is not None and portal.result is not None and portal.result.columns is None:
            raise ObjectNotInPrerequisiteState(f'portal "{portal.name}" cannot be run')
        started = time.perf_counter()
        if portal.rows is None:
            portal.result = session.run(portal.statement, portal.params)
            portal.rows = RowReader(portal.result.chunks)
        self._portal_rows(portal, event.max_rows)
        portal.statement.slow = time.perf_counter() - started > SLOW

    def _portal_rows(self, portal: Portal, max_rows: int) -> None:
        result, rows = portal.result, portal.rows
        assert result is not None
        assert rows is not None
        if result.columns is None:
            self._answer_without_rows(result)
            return
        count = self._rows(rows.take(max_rows or None), result.columns, portal.formats)
        if max_rows and count == max_rows:
            self.out += encode.PORTAL_SUSPENDED
            return
        tag = f"SELECT {count}" if result.tag.startswith("SELECT ") else result.tag
        self.out += encode.command_complete(tag)

    def _execute_cursor(self, cursor: Cursor, max_rows: int) -> None:
        chunks, count = cursor.fetch("forward", max_rows or None)
        self._rows(iter(chunks), cursor.columns, (0,) * len(cursor.columns))
        if max_rows and count == max_rows:
            self.out += encode.PORTAL_SUSPENDED
        else:
            self.out += encode.command_complete(f"SELECT {count}")

    def _close(self, event: events.Close) -> None:
        if event.kind == "S":
            self.session.statements.drop(event.name)
        else:
            self.session.portals.drop(event.name)
        self.out += encode.CLOSE_COMPLETE

    def _sync(self, event: events.Sync) -> None:
        self.session.finish()
        self._ready()

    def _function_call(self, event: events.FunctionCall) -> None:
        raise FeatureNotSupported("fast-path function calls are not supported")

    # What ends every exchange

    def _ready(self) -> None:
        self._parameters()
        if self.session.notifications:
            self.notifications()
        self.out += encode.ready_for_query(self.session.transactions.status)

    def _parameters(self) -> None:
        for name, value in self.session.settings.reports():
            self.out += encode.parameter_status(name, value)

    def _notice(self, notice: Notice) -> None:
        self.out += encode.notice_response(
            notice.severity, notice.sqlstate, notice.message, notice.detail, notice.hint
        )
