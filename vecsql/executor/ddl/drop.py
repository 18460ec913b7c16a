"""DROP TABLE, VIEW, INDEX, SEQUENCE, SCHEMA and EXTENSION."""

from __future__ import annotations

from dataclasses import replace

from vecsql.catalog.model import Index, Relation, Table, View
from vecsql.catalog.model import Sequence as CatalogSequence
from vecsql.errors import (
    DependentObjectsStillExist,
    InsufficientPrivilege,
    InvalidSchemaName,
    UndefinedFunction,
    UndefinedObject,
    UndefinedTable,
    WrongObjectType,
)
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.dependencies import (
    cascade_notice,
    default_users,
    refuse,
    shown,
    view_closure,
)
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import SYSTEM_SCHEMAS, kind_of, lookup
from vecsql.executor.ddl.references import drop_references, references_to, shown_constraint
from vecsql.planner.casts import VECTORS
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan, QName

_ARTICLES = {"table": "a table", "view": "a view", "index": "an index", "sequence": "a sequence",
             "materialized view": "a materialized view"}  # fmt: skip


def drop(statement: nodes.Drop, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run DROP of relations of one kind."""
    draft = Draft(ctx)
    targets = []
    for name in statement.names:
        relation = _target(draft, statement, name, plan.search_path, ctx)
        if relation is not None:
            targets.append(relation)
    dropped: list[str] = []
    together = {r.oid for r in targets}
    for relation in targets:
        dropped += drop_relation(draft, relation, cascade=statement.cascade, together=together)
    cascade_notice(ctx, dropped)
    draft.publish()
    return f"DROP {statement.kind.upper()}"


def _target(
    draft: Draft, statement: nodes.Drop, name: QName, search_path: tuple[str, ...], ctx: ExecContext
) -> Relation | None:
    """The relation to drop; None (with a notice) when it is missing and IF EXISTS is given."""
    schemas = {s.name for s in draft.schemas.values()} | set(SYSTEM_SCHEMAS)
    if name.schema is not None and name.schema not in schemas:
        if not statement.if_exists:
            raise InvalidSchemaName(f'schema "{name.schema}" does not exist')
        ctx.notify(Notice("NOTICE", f'schema "{name.schema}" does not exist, skipping'))
        return None
    found = lookup(draft, search_path, name)
    if found is None:
        message = f'{statement.kind} "{name.name if name.schema is None else name}" does not exist'
        if not statement.if_exists:
            raise UndefinedObject(message) if statement.kind == "index" else UndefinedTable(message)
        ctx.notify(Notice("NOTICE", message + ", skipping"))
        return None
    kind = kind_of(found)
    if kind != statement.kind:
        raise WrongObjectType(
            f'"{found.name}" is not {_ARTICLES[statement.kind]}',
            hint=f"Use DROP {kind.upper()} to remove {_ARTICLES[kind]}.",
        )
    return found


def drop_relation(
    draft: Draft,
    relation: Relation,
    *,
    cascade: bool,
    together: set[int] = frozenset(),  # type: ignore[assignment]
) -> list[str]:
    """Drop a relation; gives what CASCADE took along (`together`: dropped by the same statement, not mentioned)."""
    if isinstance(relation, Table):
        return _drop_table(draft, relation, cascade, together)
    if isinstance(relation, View):
        return _drop_view(draft, relation, cascade, together)
    if isinstance(relation, Index):
        _drop_index(draft, relation)
        return []
    return _drop_sequence(draft, relation, cascade)


def _drop_table(draft: Draft, table: Table, cascade: bool, together: set[int]) -> list[str]:
    dropped = _drop_references(draft, table, cascade, together)
    dropped += _drop_views(draft, table, cascade, together)
    for index in draft.indexes_of(table.oid):
        del draft.indexes[index.oid]
        draft.forget_comments(index.oid)
    for sequence in [s for s in draft.sequences.values() if s.owner_table_oid == table.oid]:
        dropped += _drop_defaults(draft, sequence, cascade, shown(draft, table), own=table.oid)
        del draft.sequences[sequence.oid]
        draft.forget_comments(sequence.oid)
    del draft.tables[table.oid]
    draft.forget_comments(table.oid)
    return dropped


def _drop_references(draft: Draft, table: Table, cascade: bool, together: set[int]) -> list[str]:
    """The foreign keys of other tables go with the table they refer to, or prevent it."""
    found = references_to(draft, table.oid)
    others = [(t, c) for t, c in found if t.oid not in together | {table.oid}]
    if others and not cascade:
        what = shown(draft, table)
        raise refuse(
            what, [f"{shown_constraint(draft, t, c)} depends on {what}" for t, c in others]
        )
    return drop_references(draft, found, together | {table.oid})


def _drop_views(
    draft: Draft, relation: Table | View, cascade: bool, together: set[int]
) -> list[str]:
    """The views on a table or view that is dropped go with it, or prevent it."""
    views = [(v, why) for v, why in view_closure(draft, relation.oid) if v.oid not in together]
    if views and not cascade:
        raise refuse(shown(draft, relation), [why for _, why in views])
    names = [shown(draft, view) for view, _ in views]
    for view, _ in views:
        del draft.views[view.oid]
        draft.forget_comments(view.oid)
    return names


def _drop_view(draft: Draft, view: View, cascade: bool, together: set[int]) -> list[str]:
    if view.oid not in draft.views:
        return []
    dropped = _drop_views(draft, view, cascade, together)
    del draft.views[view.oid]
    draft.forget_comments(view.oid)
    return dropped


def _drop_index(draft: Draft, index: Index) -> None:
    if index.constraint:
        what = f"constraint {index.name} on {shown(draft, draft.tables[index.table_oid])}"
        raise DependentObjectsStillExist(
            f"cannot drop index {index.name} because {what} requires it",
            hint=f"You can drop {what} instead.",
        )
    if found := references_to(draft, index.table_oid, index_oid=index.oid):
        what = f"index {index.name}"
        raise refuse(what, [f"{shown_constraint(draft, t, c)} depends on {what}" for t, c in found])
    del draft.indexes[index.oid]
    draft.forget_comments(index.oid)


def _drop_sequence(draft: Draft, sequence: CatalogSequence, cascade: bool) -> list[str]:
    if sequence.owner_table_oid:
        table = draft.tables[sequence.owner_table_oid]
        column = table.column_at(sequence.owner_attnum)
        if column.identity:
            what = f"column {column.name} of {shown(draft, table)}"
            raise DependentObjectsStillExist(
                f"cannot drop {shown(draft, sequence)} because {what} requires it",
                hint=f"You can drop {what} instead.",
            )
    dropped = _drop_defaults(draft, sequence, cascade, shown(draft, sequence), own=0)
    del draft.sequences[sequence.oid]
    draft.forget_comments(sequence.oid)
    return dropped


def _drop_defaults(
    draft: Draft, sequence: CatalogSequence, cascade: bool, what: str, *, own: int
) -> list[str]:
    """Defaults that use a sequence to be dropped (other than those of the table `own`)."""
    users = [u for u in default_users(draft, sequence) if u[0].oid != own]
    if users and not cascade:
        raise refuse(what, [text for _, _, text in users])
    names = []
    for table, attnum, text in users:
        column = draft.tables[table.oid].column_at(attnum)
        draft.put_column(table.oid, replace(column, default=None, sequence_oid=0))
        names.append(text.partition(" depends on ")[0])
    return names


def drop_schema(statement: nodes.DropSchema, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run DROP SCHEMA."""
    draft = Draft(ctx)
    dropped: list[str] = []
    for name in statement.names:
        schema = next((s for s in draft.schemas.values() if s.name == name), None)
        if name in SYSTEM_SCHEMAS:
            raise InsufficientPrivilege(f"permission denied for schema {name}")
        if schema is None:
            _missing(ctx, f'schema "{name}" does not exist', statement.if_exists, InvalidSchemaName)
            continue
        inside = [r for r in draft.relations(schema.oid).values() if not isinstance(r, Index)]
        inside = [r for r in inside if not (isinstance(r, CatalogSequence) and r.owner_table_oid)]
        inside.sort(key=lambda r: r.oid)
        if inside and not statement.cascade:
            lines = [f"{shown(draft, r)} depends on schema {name}" for r in inside]
            raise refuse(f"schema {name}", lines)
        names = [shown(draft, r) for r in inside]
        extra: list[str] = []
        for relation in inside:
            extra += drop_relation(draft, relation, cascade=True, together={r.oid for r in inside})
        dropped += names + [e for e in extra if e not in names]
        del draft.schemas[schema.oid]
        draft.forget_comments(schema.oid)
    cascade_notice(ctx, dropped)
    draft.publish()
    return "DROP SCHEMA"


def drop_extension(statement: nodes.DropExtension, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run DROP EXTENSION; columns of type vector keep the extension alive."""
    draft = Draft(ctx)
    for name in statement.names:
        extension = next((e for e in draft.extensions.values() if e.name == name), None)
        if extension is None:
            _missing(
                ctx, f'extension "{name}" does not exist', statement.if_exists, UndefinedObject
            )
            continue
        if name == "vector":
            _check_no_vectors(draft)
        del draft.extensions[extension.oid]
    draft.publish()
    return "DROP EXTENSION"


def _check_no_vectors(draft: Draft) -> None:
    lines = [
        f"column {c.name} of {shown(draft, t)} depends on type {(c.type.type.element or c.type.type).name}"
        for t in draft.tables.values()
        for c in t.columns
        if (c.type.type.element or c.type.type).name in VECTORS
    ]
    if lines:
        raise refuse("extension vector", lines)


def _missing(ctx: ExecContext, message: str, if_exists: bool, error: type[Exception]) -> None:
    if not if_exists:
        raise error(message)
    ctx.notify(Notice("NOTICE", message + ", skipping"))


def drop_absent(statement: nodes.DropAbsent, plan: DdlPlan, ctx: ExecContext) -> str:
    """DROP of a kind of object that cannot exist here."""
    kind = statement.kind
    calls = kind in ("function", "procedure", "aggregate", "routine")
    name = statement.name + "()" if calls else f'"{statement.name}"'
    error = UndefinedFunction if calls else UndefinedObject
    _missing(ctx, f"{kind} {name} does not exist", statement.if_exists, error)
    return f"DROP {kind.upper()}"
