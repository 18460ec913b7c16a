"""The utility statements: what the session and the executor get for everything that is no query, DML or DDL."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from sqlglot import exp

from vecsql.planner.convert.types import TypeName

if TYPE_CHECKING:
    from vecsql.planner.statement import ParsedStatement

QualifiedName = tuple[str, ...]  # ('public', 'items') or ('items',)


@dataclass(frozen=True, slots=True)
class TransactionModes:
    """Modes of BEGIN, SET TRANSACTION; None: not stated."""

    isolation: str | None = None  # 'read committed', 'repeatable read', ...
    read_only: bool | None = None
    deferrable: bool | None = None


@dataclass(frozen=True, slots=True)
class Begin:
    modes: TransactionModes = TransactionModes()
    start: bool = False  # START TRANSACTION rather than BEGIN


@dataclass(frozen=True, slots=True)
class Commit:
    chain: bool = False


@dataclass(frozen=True, slots=True)
class Rollback:
    chain: bool = False


@dataclass(frozen=True, slots=True)
class Savepoint:
    name: str


@dataclass(frozen=True, slots=True)
class Release:
    name: str


@dataclass(frozen=True, slots=True)
class RollbackTo:
    name: str


@dataclass(frozen=True, slots=True)
class Set:
    """SET [LOCAL] name = values; values is None for DEFAULT (and FROM CURRENT is rejected)."""

    name: str
    values: tuple[str, ...] | None
    local: bool = False


@dataclass(frozen=True, slots=True)
class SetTransaction:
    """SET TRANSACTION, or SET SESSION CHARACTERISTICS AS TRANSACTION when `session`."""

    modes: TransactionModes
    session: bool = False
    snapshot: str | None = None


@dataclass(frozen=True, slots=True)
class SetConstraints:
    names: tuple[tuple[str, ...], ...]  # qualified or not; empty: ALL
    deferred: bool


@dataclass(frozen=True, slots=True)
class Show:
    name: str  # 'all' for SHOW ALL


@dataclass(frozen=True, slots=True)
class Reset:
    name: str | None  # None: RESET ALL


@dataclass(frozen=True, slots=True)
class Prepare:
    name: str
    types: tuple[TypeName, ...]
    statement: ParsedStatement


@dataclass(frozen=True, slots=True)
class Execute:
    name: str
    arguments: tuple[exp.Expression, ...]  # unbound expressions


@dataclass(frozen=True, slots=True)
class Deallocate:
    name: str | None  # None: ALL


@dataclass(frozen=True, slots=True)
class Declare:
    name: str
    statement: ParsedStatement
    scroll: bool | None = None  # None: not stated
    hold: bool = False
    binary: bool = False


@dataclass(frozen=True, slots=True)
class Fetch:
    """FETCH or MOVE. `count` is None for ALL; direction as in SQL, lower case."""

    cursor: str
    direction: Literal["forward", "backward", "absolute", "relative"]
    count: int | None
    move: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    name: str | None  # None: ALL


@dataclass(frozen=True, slots=True)
class Listen:
    channel: str


@dataclass(frozen=True, slots=True)
class Unlisten:
    channel: str | None  # None: *


@dataclass(frozen=True, slots=True)
class Notify:
    channel: str
    payload: str = ""


@dataclass(frozen=True, slots=True)
class Copy:
    """COPY table/(query) FROM/TO. `options` in the order written: values are text, a tuple of column names, or None."""

    table: QualifiedName | None
    columns: tuple[str, ...]
    query: ParsedStatement | None
    is_from: bool
    filename: str | None  # None: STDIN / STDOUT
    program: bool = False
    options: tuple[tuple[str, str | tuple[str, ...] | None], ...] = ()
    where: exp.Expression | None = None
    position: int = -1  # 0-based, of the table's name


@dataclass(frozen=True, slots=True)
class Explain:
    """EXPLAIN (options) statement; option values are text, None when only named."""

    statement: ParsedStatement
    options: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Discard:
    target: str  # 'all', 'plans', 'sequences', 'temp'


@dataclass(frozen=True, slots=True)
class Checkpoint:
    pass


@dataclass(frozen=True, slots=True)
class Vacuum:
    """VACUUM, ANALYZE; `tables` is empty for all."""

    tables: tuple[QualifiedName, ...] = ()
    analyze: bool = False
    vacuum: bool = True


@dataclass(frozen=True, slots=True)
class Reindex:
    kind: str  # 'table', 'index', 'schema', 'database', 'system'
    name: QualifiedName = ()


@dataclass(frozen=True, slots=True)
class LockTable:
    tables: tuple[QualifiedName, ...]
    mode: int = 8
    nowait: bool = False


@dataclass(frozen=True, slots=True)
class NoOp:
    """Accepted and ignored; `tag` is its command tag."""

    tag: str


@dataclass(frozen=True, slots=True)
class Unsupported:
    """Parsed, but not supported: preparing it raises 0A000 with this message."""

    message: str
    names: tuple[str, ...] = field(default=())
