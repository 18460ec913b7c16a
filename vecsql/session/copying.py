"""COPY: results that carry the running COPY, for the protocol to feed or to send on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from vecsql.errors import ReadOnlySqlTransaction
from vecsql.executor.context import Result
from vecsql.executor.copy import CopyIn, CopyOut, copy_in, copy_out
from vecsql.planner import utility as u
from vecsql.planner.statement import ParsedStatement
from vecsql.session.commands import command

if TYPE_CHECKING:
    from vecsql.session.session import Session


@dataclass(slots=True)
class CopyInResult(Result):
    """Feed `copy`, set `tag` from its finish(), then exhaust `chunks`, which are empty."""

    copy: CopyIn | None = None


@dataclass(slots=True)
class CopyOutResult(Result):
    """`chunks` are the payloads (bytes) to send; `tag` is final once they are exhausted."""

    copy: CopyOut | None = None


@command(u.Copy)
def copy(session: Session, plan: u.Copy, params: Sequence[Any]) -> Result:
    session.transactions.check_usable()
    txn = session.transactions.start_statement()
    path = session.planner.search_path(txn.snapshot().catalog)
    if plan.is_from:
        if session.settings.get("transaction_read_only"):
            raise ReadOnlySqlTransaction("cannot execute COPY FROM in a read-only transaction")
        session.transactions.wrote = True
        return CopyInResult(
            None, iter(()), "COPY 0", copy_in(plan, session.ctx, path, session.text_format())
        )

    def run_query(parsed: ParsedStatement) -> Result:
        return session.dispatch(session.planner.statement("", parsed, ()), ())

    out = copy_out(plan, session.ctx, path, run_query, session.text_format())
    result = CopyOutResult(None, iter(()), "COPY 0", out)
    result.chunks = _payloads(result, out)
    return result


def _payloads(result: Result, out: CopyOut) -> Any:
    yield from out
    result.tag = out.tag
