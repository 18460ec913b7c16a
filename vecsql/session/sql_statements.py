"""PREPARE, EXECUTE, DEALLOCATE and DECLARE, FETCH, MOVE, CLOSE."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vecsql.errors import (
    FeatureNotSupported,
    InvalidCursorState,
    SyntaxError,
)
from vecsql.executor.context import Result
from vecsql.planner import utility as u
from vecsql.session.commands import command, done
from vecsql.session.portals import Cursor
from vecsql.session.statements import Statement

if TYPE_CHECKING:
    from vecsql.session.session import Session


@dataclass(frozen=True, slots=True)
class DeclarePlan:
    """DECLARE with its query planned."""

    declare: u.Declare
    query: Statement


@command(u.Prepare)
def prepare(session: Session, plan: u.Prepare, params: Sequence[Any]) -> Result:
    oids = [session.planner.type_oid(name) for name in plan.types]
    statement = session.planner.statement(plan.name, plan.statement, oids, from_sql=True)
    session.statements.add(statement)
    return done("PREPARE")


@command(u.Execute)
def execute(session: Session, plan: u.Execute, params: Sequence[Any]) -> Result:
    statement = session.statements.get(plan.name)
    prepared = statement.prepared
    if prepared is None:
        return done("")
    wanted, given = len(prepared.param_types), len(plan.arguments)
    if wanted != given:
        raise SyntaxError(
            f'wrong number of parameters for prepared statement "{plan.name}"',
            detail=f"Expected {wanted} parameters but got {given}.",
        )
    values = session.evaluate(plan.arguments, prepared.param_types)
    return session.dispatch(statement, values)


@command(u.Deallocate)
def deallocate(session: Session, plan: u.Deallocate, params: Sequence[Any]) -> Result:
    if plan.name is None:
        session.statements.clear()
        return done("DEALLOCATE ALL")
    session.statements.get(plan.name)
    session.statements.drop(plan.name)
    return done("DEALLOCATE")


@command(DeclarePlan)
def declare(session: Session, plan: DeclarePlan, params: Sequence[Any]) -> Result:
    options = plan.declare
    if options.binary:
        raise FeatureNotSupported("BINARY cursors are not supported")
    if not options.hold:
        session.transactions.require_block("DECLARE CURSOR")
    result = session.dispatch(plan.query, params)
    if result.columns is None:
        raise InvalidCursorState("a cursor needs a query that returns rows")
    scroll, hold = bool(options.scroll), options.hold
    cursor = Cursor(options.name, plan.query.text, result, scroll=scroll, hold=hold)
    session.portals.add(cursor)
    return done("DECLARE CURSOR")


@command(u.Fetch)
def fetch(session: Session, plan: u.Fetch, params: Sequence[Any]) -> Result:
    cursor = session.portals.cursor(plan.cursor)
    chunks, count = cursor.fetch(plan.direction, plan.count)
    if plan.move:
        return done(f"MOVE {count}")
    return Result(cursor.columns, iter(chunks), f"FETCH {count}")


@command(u.Close)
def close(session: Session, plan: u.Close, params: Sequence[Any]) -> Result:
    if plan.name is None:
        session.portals.clear()
        return done("CLOSE CURSOR ALL")
    session.portals.cursor(plan.name)
    session.portals.drop(plan.name)
    return done("CLOSE CURSOR")
