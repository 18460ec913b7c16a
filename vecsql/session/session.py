"""One client's session: its settings, transaction, statements, portals; runs statements one at a time."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from sqlglot import exp

from vecsql.catalog.functions import REG_INPUT, REG_OUTPUT, SystemState
from vecsql.catalog.functions import find as find_function
from vecsql.catalog.model import Catalog
from vecsql.errors import (
    AdminShutdown,
    Error,
    InvalidParameterValue,
    QueryCanceled,
    ReadOnlySqlTransaction,
    TransactionTimeout,
    UndefinedParameter,
)
from vecsql.executor.context import ExecContext, Notice, Result
from vecsql.executor.execute import execute
from vecsql.planner.dml.nodes import DmlPlan
from vecsql.planner.plan import Chunk
from vecsql.planner.statement import ParsedStatement, PreparedStatement
from vecsql.session import copying, sql_statements  # noqa: F401  they register their commands
from vecsql.session.advisory import AdvisoryLocks
from vecsql.session.commands import COMMANDS, ENDS_FAILURE
from vecsql.session.deadlines import Deadline
from vecsql.session.failures import as_error
from vecsql.session.hub import Hub, Notification, hub_of
from vecsql.session.planning import Planner
from vecsql.session.portals import PortalStore
from vecsql.session.reads import Reads
from vecsql.session.statements import Statement, StatementStore, require_same_columns
from vecsql.session.transactions import Transactions
from vecsql.settings import Settings
from vecsql.settings.checks import zone_of
from vecsql.storage.interface import Engine, Transaction
from vecsql.storage.locks import Owner
from vecsql.types.base import ColumnType
from vecsql.types.datetimes import SESSION_ZONE
from vecsql.types.formatting import TextFormat

_MAX_PAYLOAD = 8000  # bytes of a notification, as in PostgreSQL

_NOTICE_RANK = {"DEBUG": 0, "LOG": 1, "INFO": 9, "NOTICE": 2, "WARNING": 3, "ERROR": 4}
_MIN_RANK = {"log": 1, "info": 2, "notice": 2, "warning": 3, "error": 4}


class Session:
    """Used by one thread at a time; only cancel() and deliver() may come from others.

    Results are lazy: exhaust `chunks` of one before asking for the next. Exceptions of run() and of the chunks are
    always Errors, and the transaction has failed already when they arrive.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        user: str = "postgres",
        database: str = "postgres",
        client_addr: str | None = None,
    ) -> None:
        self.engine = engine
        self.hub: Hub = hub_of(engine)
        self.settings = Settings({"session_authorization": user})
        self.started = datetime.now(UTC)
        self.client_addr = client_addr
        self.on_notice: Callable[[Notice], None] = lambda notice: None
        self.on_notification: Callable[[], None] = lambda: None
        self.on_terminate: Callable[[Error], None] = lambda error: None
        self.notifications: deque[Notification] = deque()
        self.pending_notifications: list[Notification] = []
        self.at_commit: list[Callable[[], None]] = []
        self.statements = StatementStore()
        self.portals = PortalStore()
        self.ctx = ExecContext(
            engine,
            self.settings,
            cast(Transaction, None),
            user=user,
            database=database,
            notify=self.notice,
            sessions=self.hub.activity,
            services={
                "notify": self.queue_notification,
                "signal_backend": self.signal,
                "locks": self.hub.advisory_locks,
                "prepared": self._prepared_rows,
                "cursors": self._cursor_rows,
            },
        )
        owner = Owner(
            0, cancel=self.ctx.cancel, lock_timeout=lambda: self.transactions.lock_timeout()
        )
        self.advisory = AdvisoryLocks(engine.locks, owner, self.ctx)
        self.ctx.services["advisory"] = self.advisory
        self.transactions = Transactions(
            engine, self.settings, self.ctx, self.advisory, self._transaction_ended
        )
        self.planner = Planner(self)
        self.reads = Reads(self)
        if getattr(engine, "read_only", False):
            self.settings.start("default_transaction_read_only", "on")
        self._text_format: tuple[int, TextFormat] | None = None
        self.query = ""
        self.query_start: datetime | None = None
        self.busy = False
        self._timed_out = False
        self._deadline: Deadline | None = None
        self._transaction_deadline: tuple[int, Deadline] | None = None  # transaction_timeout, then
        self.ended_by: Error | None = None  # why another thread ended the session
        self._guard = threading.Lock()
        self.pid, self.secret = self.hub.join(self)
        self.ctx.backend_pid = owner.process_id = self.pid

    # Statements

    @property
    def catalog(self) -> Catalog:
        """The catalog as the current transaction sees it."""
        txn = self.transactions.current
        return (txn if txn is not None else self.engine).snapshot().catalog

    def prepare(self, name: str, sql: str, param_oids: Sequence[int] = ()) -> Statement:
        """The Parse message: plan a statement and keep it under a name ('' for the unnamed one)."""
        try:
            statement = self.planner.prepare(name, sql, param_oids)
            self._check_usable(statement)
            self.statements.add(statement)
        except BaseException as raised:
            raise self.failed(raised, sql) from raised
        return statement

    def simple(self, sql: str) -> Iterator[tuple[Statement, Result]]:
        """Run all statements of a simple query as PostgreSQL does: those outside a block are one transaction."""
        try:
            known = self.planner.known(sql)
            if known is None:
                parsed = self.planner.parse(sql)
        except BaseException as raised:
            raise self.failed(raised, sql) from raised
        if known is not None:
            statement, values = known
            yield statement, self.run(statement, values, last=True)
            self.finish()
            return
        for number, one in enumerate(parsed, 1):
            statement = self._simple_statement(sql, one, len(parsed))
            yield statement, self.run(statement, (), last=number == len(parsed))
        self.finish()

    def _simple_statement(self, sql: str, parsed: ParsedStatement, count: int) -> Statement:
        try:
            statement = self.planner.statement("", parsed, ())
            self._check_usable(statement)
            if count == 1:
                self.planner.remember(sql, statement)
        except BaseException as raised:
            raise self.failed(raised, parsed.text) from raised
        return statement

    def run(
        self, statement: Statement, params: Sequence[Any] = (), *, last: bool = False
    ) -> Result:
        """Start a statement. With `last`, an implicit transaction is committed when its rows are exhausted."""
        self._start(statement.text)
        try:
            if self.ended_by is not None:
                raise self.ended_by
            result = self.dispatch(statement, params)
        except BaseException as raised:
            raise self.failed(raised, statement.text) from raised
        result.chunks = self._watched(result.chunks, statement.text, last)
        return result

    def dispatch(self, statement: Statement, params: Sequence[Any]) -> Result:
        """Run a statement within one that has started already: EXECUTE, DECLARE."""
        prepared = statement.prepared
        if prepared is None:
            return Result(None, iter(()), "")
        if len(params) < len(prepared.param_types):
            raise UndefinedParameter(f"there is no parameter ${len(params) + 1}")
        run = COMMANDS.get(type(prepared.plan))
        if run is not None:
            self._check_usable(statement)
            return run(self, prepared.plan, params)
        self.transactions.check_usable()
        txn = self.transactions.start_statement()
        prepared = self._current(statement, txn.snapshot().catalog)
        if not prepared.read_only and self.settings.get("transaction_read_only"):
            raise ReadOnlySqlTransaction(
                f"cannot execute {_command_name(prepared.parsed)} in a read-only transaction"
            )
        if not prepared.read_only:
            self.transactions.wrote = True
            if isinstance(prepared.plan, DmlPlan) and txn.share_table(prepared.plan.table.oid):
                prepared = self._current(statement, txn.snapshot().catalog)
        return execute(prepared, self.ctx, params)

    def _current(self, statement: Statement, catalog: Catalog) -> PreparedStatement:
        """The statement's plan, made anew if the catalog has changed since."""
        prepared = statement.prepared
        assert prepared is not None
        if statement.catalog is not catalog:
            self.planner.replan(statement, catalog)
            assert statement.prepared is not None
            require_same_columns(prepared.columns, statement.prepared.columns)
            return statement.prepared
        return prepared

    def refresh(self, statement: Statement) -> None:
        """Bind and Describe: plan anew if the catalog or the search path has changed."""
        try:
            self._check_usable(statement)
            before = statement.prepared
            if before is not None and self.planner.is_stale(statement):
                self.planner.replan(statement, self.catalog)
                assert statement.prepared is not None
                require_same_columns(before.columns, statement.prepared.columns)
        except BaseException as raised:
            raise self.failed(raised, statement.text) from raised

    def evaluate(self, arguments: Sequence[exp.Expression], types: Sequence[Any]) -> list[Any]:
        """The values of EXECUTE's arguments as the parameters' types."""
        return self.planner.evaluate(arguments, types)

    def _check_usable(self, statement: Statement) -> None:
        prepared = statement.prepared
        if prepared is not None and not isinstance(prepared.plan, ENDS_FAILURE):
            self.transactions.check_usable()

    # The life of a running statement

    def _start(self, text: str) -> None:
        ctx = self.ctx
        SESSION_ZONE.set(self.text_format().time_zone)
        ctx.cancel.clear()
        self._timed_out = False
        self.busy = True
        self.query = text
        ctx.statement_time = self.query_start = datetime.now(UTC)
        timeout = self.settings.get("statement_timeout")
        if timeout:
            self._deadline = self.hub.deadlines.after(timeout / 1000, self._time_out)
        self._limit_transaction()

    def _stop(self) -> None:
        self.busy = False
        SESSION_ZONE.set(UTC)
        deadline, self._deadline = self._deadline, None
        if deadline is not None:
            deadline.cancel()
        if self.transactions.is_open:
            self._limit_transaction()
        else:
            self._end_transaction_limit()

    def _limit_transaction(self) -> None:
        """Start the clock of transaction_timeout, or set it anew if the setting has changed within a transaction."""
        timeout = self.settings.get("transaction_timeout")
        running = self._transaction_deadline
        if timeout == (running[0] if running is not None else 0):
            return
        self._end_transaction_limit()
        if timeout:
            used = datetime.now(UTC) - self.ctx.now if self.transactions.is_open else timedelta()
            left = max(timeout / 1000 - used.total_seconds(), 0.0)
            self._transaction_deadline = (
                timeout,
                self.hub.deadlines.after(left, self._transaction_too_long),
            )

    def _end_transaction_limit(self) -> None:
        running, self._transaction_deadline = self._transaction_deadline, None
        if running is not None:
            running[1].cancel()

    def _transaction_too_long(self) -> None:
        self.terminate(
            TransactionTimeout(
                "terminating connection due to transaction timeout", severity="FATAL"
            )
        )

    def _watched(self, chunks: Iterator[Chunk], text: str, last: bool) -> Iterator[Chunk]:
        """The rows, and what follows when they end or fail."""
        try:
            for chunk in chunks:
                if self.ctx.cancel.is_set():
                    raise QueryCanceled("canceling statement due to user request")
                yield chunk
            if last:
                self.transactions.finish_implicit()
        except GeneratorExit:
            raise
        except BaseException as raised:
            raise self.failed(raised, text) from raised
        finally:
            self._stop()

    def failed(self, raised: BaseException, text: str = "") -> Error:
        """Something raised: fail the transaction and give the Error to report."""
        self._stop()
        error = as_error(raised, text)
        if isinstance(error, QueryCanceled) and self.ended_by is not None:
            error = self.ended_by
        elif isinstance(error, QueryCanceled) and self._timed_out:
            error = QueryCanceled("canceling statement due to statement timeout")
        try:
            self.transactions.fail()
        except Exception as second:
            return as_error(second, text)
        return error

    def finish(self) -> None:
        """End of a simple query, and Sync: commit an implicit transaction."""
        try:
            self.transactions.finish_implicit()
        except BaseException as raised:
            raise self.failed(raised) from raised
        if not self.transactions.in_block:
            self.portals.end_transaction(True)

    def cancel(self) -> None:
        """Stop the running statement, from any thread; without one this does nothing."""
        with self._guard:
            if self.busy:
                self.ctx.cancel.set()
                duck = self.ctx.duck
                if duck is not None:
                    duck.interrupt()

    def terminate(self, error: Error) -> None:
        """End the session with this error, from any thread: what runs stops, and nothing runs any more."""
        self.ended_by = error
        self.cancel()
        self.on_terminate(error)

    def signal(self, pid: int, *, terminate: bool) -> bool:
        """pg_cancel_backend() and pg_terminate_backend(); False, with a warning, if there is no such session."""
        found = self.hub.session(pid)
        if found is None:
            text = f"PID {pid} is not a PostgreSQL backend process"
            self.notice(Notice("WARNING", text, "01000"))
            return False
        if terminate:
            text = "terminating connection due to administrator command"
            found.terminate(AdminShutdown(text, severity="FATAL"))
        else:
            found.cancel()
        return True

    def _time_out(self) -> None:
        self._timed_out = True
        self.cancel()

    # Notices and notifications

    def notice(self, notice: Notice) -> None:
        """Pass a notice on to the client if client_min_messages lets it through."""
        wanted = _MIN_RANK.get(self.settings.get("client_min_messages"), 0)
        if _NOTICE_RANK.get(notice.severity, 2) >= wanted:
            self.on_notice(notice)

    def deliver(self, notification: Notification) -> None:
        """A NOTIFY of any session arrives."""
        self.notifications.append(notification)
        self.on_notification()

    def text_format(self) -> TextFormat:
        """The settings that text output depends on, put together again only when a setting has changed."""
        settings = self.settings
        known = self._text_format
        if known is None or known[0] != settings.version:
            zone = zone_of(settings.get("timezone"))
            made = TextFormat(
                zone,
                settings.get("extra_float_digits"),
                settings.get("bytea_output"),
                self.reg_name,
            )
            self._text_format = known = (settings.version, made)
        return known[1]

    def value_of(self, ctype: ColumnType, text: str) -> Any:
        """A parameter from its text form: names of relations and types, local times in the session's zone."""
        if ctype.type.name in REG_INPUT and not text.isdigit():
            return self._converted(REG_INPUT[ctype.type.name], text)
        return self.text_format().decoder(ctype.type)(text, -1)

    def reg_name(self, type_name: str, oid: int) -> str | None:
        """How a value of regclass, regtype ... prints; None: as its number."""
        if type_name not in REG_OUTPUT:
            return None
        return cast(str, self._converted(REG_OUTPUT[type_name], oid))

    def _converted(self, function: str, value: str | int) -> Any:
        """The value of one of the catalog's reg* conversions."""
        found = find_function(function)
        if found is None or found.body is None:
            raise LookupError(function)
        catalog = self.catalog
        path = self.planner.search_path(catalog)
        state = SystemState(catalog, {"search_path": path, "user": self.ctx.user})
        return found.body(state, value)

    def queue_notification(self, channel: str, payload: str) -> None:
        """NOTIFY and pg_notify(): goes out when the transaction commits."""
        if not channel:
            raise InvalidParameterValue("channel name cannot be empty")
        if len(payload.encode()) >= _MAX_PAYLOAD:
            raise InvalidParameterValue("payload string too long")
        notification = Notification(self.pid, channel, payload)
        if notification not in self.pending_notifications:
            self.pending_notifications.append(notification)

    def _transaction_ended(self, committed: bool) -> None:
        self._end_transaction_limit()
        self.portals.end_transaction(committed)
        actions, self.at_commit = self.at_commit, []
        notifications, self.pending_notifications = self.pending_notifications, []
        if committed:
            for action in actions:
                action()
            self.hub.publish(notifications)

    def reset(self) -> None:
        """DISCARD ALL."""
        self.portals.clear()
        self.statements.clear()
        self.settings.reset_all()
        self.hub.unlisten(self, None)
        self.ctx.currval.clear()
        self.advisory.unlock_all()

    def close(self) -> None:
        """Roll back what is open and leave the hub; the engine stays."""
        try:
            self.portals.clear()
            self.transactions.close()
        finally:
            self._end_transaction_limit()
            self.advisory.unlock_all()
            self.hub.leave(self)
            if self.ctx.duck is not None:
                self.ctx.duck.close()

    def _prepared_rows(self) -> list[dict[str, Any]]:
        """The rows of pg_prepared_statements."""
        return [
            {
                "name": statement.name, "statement": statement.text,
                "prepare_time": statement.prepared_at, "from_sql": statement.from_sql,
                "generic_plans": 0, "custom_plans": 0,
            }
            for statement in self.statements.named()
        ]  # fmt: skip

    def _cursor_rows(self) -> list[dict[str, Any]]:
        """The rows of pg_cursors."""
        return [
            {
                "name": cursor.name, "statement": cursor.text, "is_holdable": cursor.hold,
                "is_binary": False, "is_scrollable": cursor.scroll, "creation_time": cursor.created,
            }
            for cursor in self.portals.cursors()
        ]  # fmt: skip

    def activity(self) -> dict[str, Any]:
        """This session's row of pg_stat_activity."""
        status = self.transactions.status
        idle = {"I": "idle", "T": "idle in transaction", "E": "idle in transaction (aborted)"}
        return {
            "datname": self.ctx.database,
            "pid": self.pid,
            "usename": self.ctx.user,
            "application_name": self.settings.get("application_name"),
            "client_addr": self.client_addr,
            "backend_start": self.started,
            "xact_start": self.ctx.now if self.transactions.current is not None else None,
            "query_start": self.query_start,
            "state": "active" if self.busy else idle[status],
            "query": self.query,
            "backend_type": "client backend",
        }


def _command_name(parsed: ParsedStatement) -> str:
    """INSERT, CREATE TABLE ...: as error messages name a statement."""
    if parsed.kind in ("insert", "update", "delete"):
        return parsed.kind.upper()
    if parsed.kind == "utility":
        name = type(parsed.utility).__name__.upper()
        return "COPY FROM" if name == "COPY" else name
    if parsed.kind == "query" and parsed.ast is not None:
        return _writing_part(parsed.ast)
    words = parsed.text.upper().split()
    return " ".join(words[:2]) if parsed.kind == "ddl" else words[0]


def _writing_part(ast: exp.Expression) -> str:
    """What makes a query more than reading: a locking clause or a sequence function."""
    lock = ast.find(exp.Lock)
    if lock is not None:
        return f"SELECT FOR {lock.meta['strength']}"
    calls = (str(call.this).lower() for call in ast.find_all(exp.Anonymous))
    return next((f"{name}()" for name in calls if name in ("nextval", "setval")), "SELECT")
