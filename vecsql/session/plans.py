"""From text to plan for one session: parsing, the shared plan cache, and plans of the session's own commands."""

from __future__ import annotations

import re
from collections.abc import Sequence

from vecsql.catalog.model import Catalog
from vecsql.planner import utility
from vecsql.planner.plan import ResultColumn
from vecsql.planner.statement import ParsedStatement, PreparedStatement
from vecsql.settings import find
from vecsql.types import TEXT
from vecsql.types.base import ColumnType

_IDENTIFIER = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s]+))\s*(?:,|$)')
_TEXT = ColumnType(TEXT)

# Commands the session runs itself; the planner never sees them. True: harmless in a READ ONLY transaction.
SESSION_COMMANDS: dict[type, bool] = {
    utility.Begin: True, utility.Commit: True, utility.Rollback: True, utility.Savepoint: True,
    utility.Release: True, utility.RollbackTo: True, utility.SetTransaction: True, utility.Set: True,
    utility.SetConstraints: True, utility.Show: True, utility.Reset: True, utility.Prepare: True,
    utility.Execute: True, utility.Deallocate: True, utility.Declare: True, utility.Fetch: True,
    utility.Close: True, utility.Listen: True, utility.Unlisten: True, utility.Notify: False,
    utility.Discard: True, utility.Checkpoint: True, utility.Vacuum: True, utility.Reindex: False,
    utility.LockTable: True, utility.NoOp: True,
}  # fmt: skip


def search_path(setting: str, user: str, catalog: Catalog) -> tuple[str, ...]:
    """The schemas that the setting's text names and that exist; "$user" stands for the user's own."""
    names = [
        m[1].replace('""', '"') if m[1] is not None else m[2].lower()
        for m in _IDENTIFIER.finditer(setting)
    ]
    names = [user if name == "$user" else name for name in names]
    known = {"pg_catalog", "information_schema"}
    return tuple(n for n in names if n in known or catalog.schema_named(n) is not None)


def text_columns(*names: str) -> tuple[ResultColumn, ...]:
    return tuple(ResultColumn(name, _TEXT) for name in names)


def show_columns(plan: utility.Show) -> tuple[ResultColumn, ...]:
    if plan.name.lower() == "all":
        return text_columns("name", "setting", "description")
    setting = find(plan.name)
    return text_columns(setting.name if setting else plan.name)


def command(
    parsed: ParsedStatement,
    columns: tuple[ResultColumn, ...] | None = None,
    param_types: Sequence[ColumnType] = (),
    plan: object = None,
) -> PreparedStatement:
    """A session command as a PreparedStatement."""
    return PreparedStatement(
        parsed,
        parsed.utility if plan is None else plan,
        tuple(param_types),
        columns,
        read_only=SESSION_COMMANDS.get(type(parsed.utility), True),
        inline=type(parsed.utility) not in _SLOW,
    )


_SLOW = (utility.Checkpoint, utility.Vacuum, utility.Reindex, utility.LockTable, utility.Execute, utility.SetConstraints,
         utility.Fetch, utility.Declare, utility.Commit)  # fmt: skip
