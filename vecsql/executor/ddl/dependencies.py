"""What depends on what, and PostgreSQL's error or notice when something in use is dropped."""

from __future__ import annotations

from collections.abc import Sequence

from vecsql.catalog.model import Relation, Table, View
from vecsql.catalog.model import Sequence as CatalogSequence
from vecsql.errors import DependentObjectsStillExist
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import kind_of


def shown(draft: Draft, relation: Relation) -> str:
    """'view v', 'table other.t': how messages call a relation."""
    schema_oid = getattr(relation, "schema_oid", None)
    name = relation.name
    if schema_oid is not None and draft.schema_name(schema_oid) != "public":
        name = f"{draft.schema_name(schema_oid)}.{name}"
    return f"{kind_of(relation)} {name}"


def views_on(draft: Draft, oid: int, attnum: int | None = None) -> list[View]:
    """The views that read a relation (a column of it), directly."""
    return [
        v
        for v in draft.views.values()
        if any(o == oid and attnum in (None, a) for o, a in v.depends)
    ]


def view_closure(draft: Draft, oid: int, attnum: int | None = None) -> list[tuple[View, str]]:
    """All views that would go with a relation or column, with the lines that say why."""
    found: dict[int, tuple[View, str]] = {}
    source: Relation = draft.tables.get(oid) or draft.views[oid]
    reason = shown(draft, source)
    if attnum is not None and isinstance(source, Table):
        reason = f"column {source.column_at(attnum).name} of {reason}"
    queue = [(view, reason) for view in views_on(draft, oid, attnum)]
    while queue:
        view, why = queue.pop(0)
        if view.oid in found:
            continue
        found[view.oid] = (view, f"{shown(draft, view)} depends on {why}")
        queue += [(v, shown(draft, view)) for v in views_on(draft, view.oid)]
    return list(found.values())


def default_users(draft: Draft, sequence: CatalogSequence) -> list[tuple[Table, int, str]]:
    """Columns whose DEFAULT uses a sequence: (table, attnum, what the message says)."""
    found = []
    for table in draft.tables.values():
        for column in table.columns:
            uses = column.default and column.default.startswith("nextval(")
            if uses and column.sequence_oid == sequence.oid:
                text = (
                    f"default value for column {column.name} of {shown(draft, table)} "
                    f"depends on {shown(draft, sequence)}"
                )
                found.append((table, column.attnum, text))
    return found


def refuse(what: str, lines: Sequence[str]) -> DependentObjectsStillExist:
    """The error of a DROP without CASCADE."""
    return DependentObjectsStillExist(
        f"cannot drop {what} because other objects depend on it",
        detail="\n".join(lines),
        hint="Use DROP ... CASCADE to drop the dependent objects too.",
    )


def cascade_notice(ctx: ExecContext, dropped: Sequence[str]) -> None:
    """The NOTICE of a DROP ... CASCADE that took other objects with it."""
    if len(dropped) == 1:
        ctx.notify(Notice("NOTICE", f"drop cascades to {dropped[0]}"))
    elif dropped:
        lines = "\n".join(f"drop cascades to {d}" for d in dropped)
        ctx.notify(Notice("NOTICE", f"drop cascades to {len(dropped)} other objects", detail=lines))
