"""The session's own commands: transactions, settings, prepared statements, notifications, maintenance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from vecsql.catalog.identifiers import quote_identifier
from vecsql.catalog.model import Catalog
from vecsql.catalog.names import regclass_in
from vecsql.errors import (
    ActiveSqlTransaction,
    FeatureNotSupported,
    InvalidParameterValue,
    UndefinedObject,
    WrongObjectType,
)
from vecsql.executor import foreign_keys
from vecsql.executor.context import Notice, Result
from vecsql.planner import utility as u
from vecsql.planner.plan import Chunk, ResultColumn
from vecsql.session.plans import show_columns
from vecsql.settings import find

if TYPE_CHECKING:
    from vecsql.session.session import Session

Command = Callable[["Session", Any, Sequence[Any]], Result]
COMMANDS: dict[type, Command] = {}
# What a failed transaction block still accepts.
ENDS_FAILURE = (u.Commit, u.Rollback, u.RollbackTo)
_QUOTED_LISTS = ("search_path", "temp_tablespaces", "session_preload_libraries")
_C = TypeVar("_C", bound=Command)


def command(plan_class: type) -> Callable[[_C], _C]:
    """Register `run(session, plan, params) -> Result` for a utility dataclass."""

    def register(run: _C) -> _C:
        COMMANDS[plan_class] = run
        return run

    return register


def done(tag: str) -> Result:
    """The result of a command that gives no rows."""
    return Result(None, iter(()), tag)


def rows(columns: tuple[ResultColumn, ...], values: Sequence[Sequence[Any]], tag: str) -> Result:
    """A result from Python rows."""
    by_column = [list(column) for column in zip(*values, strict=True)] or [[] for _ in columns]
    return Result(columns, iter((Chunk(len(values), by_column),)), tag)


# Transactions


def mode_settings(modes: u.TransactionModes) -> dict[str, str]:
    """Transaction modes as the settings they are."""
    found: dict[str, str] = {}
    if modes.isolation is not None:
        found["transaction_isolation"] = modes.isolation
    for name in ("read_only", "deferrable"):
        value = getattr(modes, name)
        if value is not None:
            found[f"transaction_{name}"] = "on" if value else "off"
    return found


@command(u.Begin)
def begin(session: Session, plan: u.Begin, params: Sequence[Any]) -> Result:
    session.transactions.begin(mode_settings(plan.modes))
    return done("START TRANSACTION" if plan.start else "BEGIN")


@command(u.Commit)
def commit(session: Session, plan: u.Commit, params: Sequence[Any]) -> Result:
    return done(session.transactions.commit(chain=plan.chain))


@command(u.Rollback)
def rollback(session: Session, plan: u.Rollback, params: Sequence[Any]) -> Result:
    return done(session.transactions.rollback(chain=plan.chain))


@command(u.Savepoint)
def savepoint(session: Session, plan: u.Savepoint, params: Sequence[Any]) -> Result:
    session.transactions.savepoint(plan.name)
    return done("SAVEPOINT")


@command(u.Release)
def release(session: Session, plan: u.Release, params: Sequence[Any]) -> Result:
    session.transactions.release(plan.name)
    return done("RELEASE")


@command(u.RollbackTo)
def rollback_to(session: Session, plan: u.RollbackTo, params: Sequence[Any]) -> Result:
    session.transactions.rollback_to(plan.name)
    return done("ROLLBACK")


@command(u.SetTransaction)
def set_transaction(session: Session, plan: u.SetTransaction, params: Sequence[Any]) -> Result:
    if plan.snapshot is not None:
        raise FeatureNotSupported("SET TRANSACTION SNAPSHOT is not supported")
    modes = mode_settings(plan.modes)
    if plan.session:
        session.transactions.open_scope()
        for name, value in modes.items():
            session.settings.set(f"default_{name}", value)
    elif session.transactions.in_block:
        session.transactions.set_modes(modes)
    else:
        warn_outside_block(session, "SET TRANSACTION")
    return done("SET")


@command(u.SetConstraints)
def set_constraints(session: Session, plan: u.SetConstraints, params: Sequence[Any]) -> Result:
    if not session.transactions.in_block:
        warn_outside_block(session, "SET CONSTRAINTS")
        return done("SET CONSTRAINTS")
    catalog = session.transactions.start_statement().newest_catalog()
    oids = [_constraint_oid(catalog, name) for name in plan.names]
    foreign_keys.set_constraints(oids or [0], plan.deferred, session.ctx)
    return done("SET CONSTRAINTS")


def _constraint_oid(catalog: Catalog, name: tuple[str, ...]) -> int:
    """The deferrable constraint SET CONSTRAINTS names."""
    for table in catalog.tables.values():
        if len(name) > 1 and catalog.schemas[table.schema_oid].name != name[0]:
            continue
        for constraint in table.constraints:
            if constraint.name == name[-1]:
                if constraint.reference is None or not constraint.reference.deferrable:
                    raise WrongObjectType(f'constraint "{name[-1]}" is not deferrable')
                return constraint.oid
    raise UndefinedObject(f'constraint "{name[-1]}" does not exist')


_ACCESS_SHARE = 1  # what every reader holds: a snapshot keeps its tables whatever others do


@command(u.LockTable)
def lock_table(session: Session, plan: u.LockTable, params: Sequence[Any]) -> Result:
    session.transactions.require_block("LOCK TABLE")
    if plan.mode != _ACCESS_SHARE:
        raise FeatureNotSupported("LOCK TABLE is not supported in modes above ACCESS SHARE")
    catalog = session.transactions.start_statement().snapshot().catalog
    path = session.planner.search_path(catalog)
    for table in plan.tables:
        regclass_in(catalog, ".".join(map(quote_identifier, table)), path)
    return done("LOCK TABLE")


def warn_outside_block(session: Session, what: str) -> None:
    message = f"{what} can only be used in transaction blocks"
    session.ctx.notify(Notice("WARNING", message, "25P01"))


# Settings


@command(u.Set)
def set_(session: Session, plan: u.Set, params: Sequence[Any]) -> Result:
    name = plan.name.lower()
    session.transactions.open_scope()
    if plan.local and not session.transactions.in_block:
        warn_outside_block(session, "SET LOCAL")
    if plan.values is None:
        session.settings.set_default(name, local=plan.local)
        return done("SET")
    value = setting_value(name, plan.values)
    if name in ("transaction_isolation", "transaction_read_only", "transaction_deferrable"):
        session.transactions.set_modes({name: value})
    else:
        session.settings.set(name, value, local=plan.local)
    return done("SET")


def setting_value(name: str, values: Sequence[str]) -> str:
    """What SET's list of values means: one value, or a list in the setting's own syntax."""
    setting = find(name)
    if setting is None or not setting.is_list:
        if len(values) != 1:
            raise InvalidParameterValue(f"SET {name} takes only one argument")
        return values[0]
    if setting.name in _QUOTED_LISTS:
        return ", ".join(quote_identifier(v) for v in values)
    return ", ".join(values)


@command(u.Reset)
def reset(session: Session, plan: u.Reset, params: Sequence[Any]) -> Result:
    session.transactions.open_scope()
    if plan.name is None:
        session.settings.reset_all()
    else:
        session.settings.set_default(plan.name.lower())
    return done("RESET")


@command(u.Show)
def show(session: Session, plan: u.Show, params: Sequence[Any]) -> Result:
    session.transactions.open_scope()  # transaction_read_only and the like are those of a transaction
    if plan.name.lower() != "all":
        return rows(show_columns(plan), [(session.settings.show(plan.name),)], "SHOW")
    values = [
        (row["name"], session.settings.show(row["name"]), row["short_desc"])
        for row in session.settings.rows()
    ]
    return rows(show_columns(plan), values, "SHOW")


@command(u.Discard)
def discard(session: Session, plan: u.Discard, params: Sequence[Any]) -> Result:
    if plan.target == "all":
        if session.transactions.in_block:
            raise ActiveSqlTransaction("DISCARD ALL cannot run inside a transaction block")
        session.reset()
    elif plan.target == "sequences":
        session.ctx.currval.clear()
    return done(f"DISCARD {plan.target.upper()}")


# Notifications


@command(u.Listen)
def listen(session: Session, plan: u.Listen, params: Sequence[Any]) -> Result:
    session.transactions.open_scope()
    session.at_commit.append(lambda: session.hub.listen(session, plan.channel))
    return done("LISTEN")


@command(u.Unlisten)
def unlisten(session: Session, plan: u.Unlisten, params: Sequence[Any]) -> Result:
    session.transactions.open_scope()
    session.at_commit.append(lambda: session.hub.unlisten(session, plan.channel))
    return done("UNLISTEN")


@command(u.Notify)
def notify(session: Session, plan: u.Notify, params: Sequence[Any]) -> Result:
    session.transactions.open_scope()
    session.queue_notification(plan.channel, plan.payload)
    return done("NOTIFY")


# Maintenance


@command(u.Checkpoint)
def checkpoint(session: Session, plan: u.Checkpoint, params: Sequence[Any]) -> Result:
    session.engine.flush()
    return done("CHECKPOINT")


@command(u.Vacuum)
def vacuum(session: Session, plan: u.Vacuum, params: Sequence[Any]) -> Result:
    """Upkeep happens by itself; the statement only checks what PostgreSQL checks."""
    if not plan.vacuum:
        return done("ANALYZE")
    if session.transactions.in_block:
        raise ActiveSqlTransaction("VACUUM cannot run inside a transaction block")
    return done("VACUUM")


@command(u.Reindex)
def reindex(session: Session, plan: u.Reindex, params: Sequence[Any]) -> Result:
    """Indexes never degrade, so there is nothing to rebuild."""
    return done("REINDEX")


@command(u.NoOp)
def no_op(session: Session, plan: u.NoOp, params: Sequence[Any]) -> Result:
    return done(plan.tag)
