"""nextval(), currval(), setval(): they act on the session whose state's id they are given."""

from __future__ import annotations

import weakref
from typing import Any

from vecsql.errors import NumericValueOutOfRange, ObjectNotInPrerequisiteState, WrongObjectType
from vecsql.executor.duck_functions.registry import duck

SESSIONS: weakref.WeakValueDictionary[int, Any] = weakref.WeakValueDictionary()


def _sequence(state: int, oid: int) -> tuple[Any, Any]:
    """The session's context and the sequence's definition."""
    ctx = SESSIONS[state].context
    catalog = ctx.txn.snapshot().catalog
    found = catalog.sequences.get(oid)
    if found is None:
        table = catalog.tables.get(oid)
        shown = table.name if table is not None else str(oid)
        raise WrongObjectType(f'cannot open relation "{shown}"')
    return ctx, found


@duck("vs_nextval(BIGINT, BIGINT) -> BIGINT", volatile=True)
def nextval(state: int, oid: int) -> int:
    ctx, _ = _sequence(state, oid)
    value: int = ctx.engine.nextval(oid)
    ctx.currval[oid] = value
    ctx.last_sequence = oid
    return value


@duck("vs_currval(BIGINT, BIGINT) -> BIGINT", volatile=True)
def currval(state: int, oid: int) -> int:
    ctx, sequence = _sequence(state, oid)
    if oid not in ctx.currval:
        raise ObjectNotInPrerequisiteState(
            f'currval of sequence "{sequence.name}" is not yet defined in this session'
        )
    return int(ctx.currval[oid])


@duck("vs_lastval(BIGINT) -> BIGINT", volatile=True)
def lastval(state: int) -> int:
    ctx = SESSIONS[state].context
    if ctx.last_sequence not in ctx.currval:
        raise ObjectNotInPrerequisiteState("lastval is not yet defined in this session")
    return int(ctx.currval[ctx.last_sequence])


@duck("vs_setval(BIGINT, BIGINT, BIGINT, BOOLEAN) -> BIGINT", volatile=True)
def setval(state: int, oid: int, value: int, is_called: bool) -> int:
    ctx, sequence = _sequence(state, oid)
    if not sequence.min_value <= value <= sequence.max_value:
        raise NumericValueOutOfRange(
            f'setval: value {value} is out of bounds for sequence "{sequence.name}" '
            f"({sequence.min_value}..{sequence.max_value})"
        )
    ctx.engine.setval(oid, value, is_called)
    if is_called:
        ctx.currval[oid] = value
    return value
