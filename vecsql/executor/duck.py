"""DuckDB as a scan, join and aggregate engine: one locked-down in-memory database, one cursor per session."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import duckdb
import pyarrow as pa

from vecsql import errors, stats
from vecsql.catalog import functions as system_functions
from vecsql.catalog import system
from vecsql.executor.context import ExecContext
from vecsql.executor.duck_functions import FUNCTIONS, MACROS, DuckFunction, codec
from vecsql.executor.duck_functions.registry import guarded
from vecsql.executor.duck_functions.sequences import SESSIONS
from vecsql.types.arrow import widened
from vecsql.types.datetime_text import icu_zone
from vecsql.types.intervals import Interval
from vecsql.types.sparsevec import SparseVector

MEMORY_LIMIT = "4GB"
_NAME = re.compile(r"\bvs_\w+|\b[a-z_]+(?=\()")
_CODEC = re.compile(r"vs_(?:zoned_)?(?:in|out)_\d+\Z")
_PARAM = re.compile(r"\$(\d+)")
_STRING = re.compile(r"'(?:[^']|'')*'")
_ENCODED = re.compile(r"PG:(\w{5}):(\w+):(.*?)\x01(.*?)\x02", re.DOTALL)


class Database:
    """The process's DuckDB instance, with the functions made so far."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.connection = duckdb.connect(
            ":memory:",
            config={
                "autoinstall_known_extensions": "false", "autoload_known_extensions": "false",
                "memory_limit": MEMORY_LIMIT, "default_null_order": "nulls_last", "preserve_insertion_order": "true",
            },
        )  # fmt: skip
        self.known: set[str] = set()
        self.system_known: set[str] = set()
        for statement in (*MACROS, *system_functions.macros()):
            self.connection.execute(statement)
        self.connection.execute("SET GLOBAL TimeZone = 'UTC'")
        self.connection.execute("SET allowed_configs = ['TimeZone']")
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def provide(self, sql: str) -> None:
        """Create the Python functions that `sql` calls and that are not there yet."""
        names = set(_NAME.findall(sql)) - self.known
        if not names:
            return
        with self.lock:
            for name in names - self.known:
                function = FUNCTIONS.get(name) or (codec(name) if _CODEC.match(name) else None)
                if function is not None:
                    self._create(function)
            system_functions.register(self.connection, names, self.system_known)
            self.known |= names

    def _create(self, function: DuckFunction) -> None:
        self.connection.create_function(
            function.name, guarded(function), list(function.args), function.result,
            type="arrow" if function.arrow else "native",
            null_handling="special",
            side_effects=function.volatile,
        )  # fmt: skip


_database: Database | None = None
_starting = threading.Lock()


def database() -> Database:
    """The process's DuckDB, started when it is first needed."""
    global _database
    if _database is None:
        with _starting:
            if _database is None:
                _database = Database()
    return _database


class DuckSession:
    """One session's cursor. Not for several threads at once, except interrupt()."""

    def __init__(self, ctx: ExecContext) -> None:
        self.database = database()
        self.cursor = self.database.connection.cursor()
        self.registered: dict[str, Any] = {}
        self.zone: str | None = None  # the TimeZone that the cursor computes in
        self.context = ctx
        self.state = system_functions.SystemState(ctx.txn.snapshot().catalog)
        SESSIONS[self.state.id] = self
        self.cursor.execute(f"SET VARIABLE {system_functions.STATE_VARIABLE} = {self.state.id}")

    def interrupt(self) -> None:
        """Stop the running query; it then raises QueryCanceled. Callable from any thread."""
        self.cursor.interrupt()

    def close(self) -> None:
        self.cursor.close()

    def update_state(self, ctx: ExecContext) -> None:
        """Bring what the system functions see up to date with the session."""
        self.state.catalog = ctx.txn.snapshot().catalog
        self.state.runtime = runtime_of(ctx)

    def register(self, name: str, table: pa.Table, key: Any) -> None:
        """Make an Arrow table visible as `name`, unless it is there already under the same key."""
        if key is not None and self.registered.get(name) == key:
            return
        self.cursor.register(name, widened(table))
        self.registered[name] = key

    def unregister(self, name: str) -> None:
        self.cursor.unregister(name)
        self.registered.pop(name, None)

    def run(self, sql: str, params: Sequence[Any], ctx: ExecContext) -> pa.Table:
        """Run SQL with the statement's parameters ($n) and give its rows. Raises vecsql errors.

        The result is complete on return: an open one would keep the cursor from running the session's next
        statement, and a portal may stay open for as long as it likes.
        """
        self.database.provide(sql)
        zone = str(ctx.settings.get("timezone"))
        if zone != self.zone:
            self._set_zone(zone)
        if "vecsql_" in sql:
            self._set_times(sql, ctx)
        if system_functions.STATE_SQL in sql:
            self.update_state(ctx)
        try:
            return self.cursor.sql(sql, params=parameters(sql, params)).to_arrow_table()
        except duckdb.Error as error:
            raise from_duckdb(error) from None

    def _set_zone(self, zone: str) -> None:
        self.cursor.execute(f"SET TimeZone = '{icu_zone(zone, abbreviations=False)}'")
        self.cursor.execute(f"SET VARIABLE vecsql_zone = '{zone}'")
        self.zone = zone

    def _set_times(self, sql: str, ctx: ExecContext) -> None:
        for name, value in (("vecsql_now", ctx.now), ("vecsql_statement", ctx.statement_time)):
            if name in sql:
                self.cursor.execute(
                    f"SET VARIABLE {name} = CAST('{value.isoformat()}' AS TIMESTAMPTZ)"
                )


def session_of(ctx: ExecContext) -> DuckSession:
    """The session's DuckDB cursor, made on first use."""
    if ctx.duck is None:
        ctx.duck = DuckSession(ctx)
    return ctx.duck  # type: ignore[no-any-return]


def runtime_of(ctx: ExecContext) -> dict[str, Any]:
    """What catalog.system_runtime reads of the running session."""
    runtime: dict[str, Any] = {
        "database": ctx.database, "user": ctx.user, "settings": ctx.settings, "sessions": ctx.sessions,
        "backend_pid": ctx.backend_pid, "sequence_state": ctx.engine.sequence_state,
        **ctx.services,
        "row_count": lambda oid: ctx.txn.snapshot().table(oid).num_rows, "context": ctx,
        "byte_count": lambda oid: relation_bytes(ctx, oid), "cancel": ctx.cancel,
        "progress": lambda: index_builds(ctx),
        "measure_recall": partial(_measured_recall, ctx),
    }  # fmt: skip
    path = str(ctx.settings.get("search_path"))
    names = [part.strip().strip('"') for part in path.split(",")]
    runtime["search_path"] = [n for n in names if n and n != "$user"] or ["public"]
    return runtime


def _measured_recall(ctx: ExecContext, *arguments: Any) -> float | None:
    from vecsql.executor.measured_recall import measured_recall  # which runs plans, as this does

    return measured_recall(ctx, *arguments)


def index_builds(ctx: ExecContext) -> list[dict[str, Any]]:
    """Rows of pg_stat_progress_create_index."""
    return [
        {
            "pid": build.process_id, "datname": ctx.database, "relid": build.table_oid,
            "index_relid": build.index_oid, "command": "CREATE INDEX", "phase": build.phase,
            "tuples_total": build.rows_total, "tuples_done": build.rows_done,
            "partitions_total": build.parts_total, "partitions_done": build.parts_done,
        }
        for build in stats.progress.index_builds()
    ]  # fmt: skip


def relation_bytes(ctx: ExecContext, oid: int) -> int:
    """Bytes that a table's rows or a vector index take, as of the statement's snapshot."""
    snapshot = ctx.txn.snapshot()
    index = snapshot.catalog.indexes.get(oid)
    if oid in snapshot.catalog.tables:
        return sum(version.part.nbytes for version in snapshot.table(oid).parts)
    if index is None:
        return 0
    built = (version.part.index(oid) for version in snapshot.table(index.table_oid).parts)
    return sum(found.nbytes for found in built if found is not None)


def parameters(sql: str, params: Sequence[Any]) -> dict[str, Any]:
    """The parameters that the SQL mentions, as DuckDB takes them."""
    if not params:
        return {}
    used = {int(n) for n in _PARAM.findall(_STRING.sub("''", sql))}
    return {str(n): to_duck(params[n - 1]) for n in used}


def to_duck(value: Any) -> Any:
    """A Python value of a SQL type as DuckDB binds it; the SQL casts it to its type."""
    if isinstance(value, Interval):
        return f"{value.months} months {value.days} days {value.microseconds} microseconds"
    if isinstance(value, SparseVector):
        return value.words()
    if isinstance(value, list):
        return [to_duck(v) for v in value]
    if type(value).__name__ in ("Decimal", "UUID"):
        return str(value)
    if hasattr(value, "tolist"):
        return value.tolist()
    return value


_INTEGERS = {"INT16": "smallint", "INT32": "integer", "INT64": "bigint", "INT128": "bigint",
             "SMALLINT": "smallint", "INTEGER": "integer", "BIGINT": "bigint"}  # fmt: skip
_OVERFLOW = re.compile(r"Overflow in \w+ of (\w+)|destination type (\w+)")
_REGEX = re.compile(
    r"missing [\])]|invalid (?:character class|repetition|perl operator|escape)|no argument for repetition"
    r"|unexpected \)|trailing \\|bad repetition"
)
_UNCONVERTIBLE = re.compile(r"Could not convert string '(.*?)' to (\w+)", re.DOTALL)


def from_duckdb(error: duckdb.Error) -> errors.Error:
    """DuckDB's exception as the error PostgreSQL raises in its place."""
    original = system_functions.original_error(error)
    if original is not None:
        return original
    message = str(error)
    encoded = _ENCODED.search(message)
    if encoded is not None:
        kind: Any = getattr(errors, encoded[2], errors.InternalError)
        return kind(encoded[3], detail=encoded[4] or None)  # type: ignore[no-any-return]
    if isinstance(error, duckdb.InterruptException):
        return errors.QueryCanceled("canceling statement due to user request")
    if isinstance(error, duckdb.OutOfMemoryException):
        return errors.OutOfMemory("out of memory", detail=message.partition("\n")[0])
    if "ivision by zero" in message:
        return errors.DivisionByZero("division by zero")
    if "More than one row returned by a subquery" in message:
        return errors.CardinalityViolation(
            "more than one row returned by a subquery used as an expression"
        )
    overflow = _OVERFLOW.search(message)
    if overflow is not None:
        kind_name = next(g for g in overflow.groups() if g)
        return errors.NumericValueOutOfRange(
            f"{_INTEGERS.get(kind_name, 'numeric value')} out of range"
        )
    converted = _UNCONVERTIBLE.search(message)
    if converted is not None:
        name = _INTEGERS.get(converted[2], converted[2].lower())
        return errors.InvalidTextRepresentation(
            f'invalid input syntax for type {name}: "{converted[1]}"'
        )
    if "Like pattern must not end" in message:
        return errors.InvalidEscapeSequence("LIKE pattern must not end with escape character")
    if _REGEX.search(message):
        return errors.InvalidRegularExpression("invalid regular expression")
    return errors.InternalError(f"query execution failed: {message.partition(chr(10))[0]}")


def system_table(name: str, ctx: ExecContext) -> tuple[pa.Table, Any]:
    """A system relation's rows, and the key under which they may stay registered (None: they may not)."""
    catalog = ctx.txn.snapshot().catalog
    runtime: Mapping[str, Any] = runtime_of(ctx)
    table = system.relation(name, catalog, runtime)
    return table, None if system.is_runtime(name) else (
        id(table),
        table,
    )  # held: the id stays its own
