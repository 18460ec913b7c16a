"""FOREIGN KEY: new references are checked, and rows that refer to a row that goes are changed or keep it alive.

Who refers to a key holds a shared lock on it, who takes a key away an exclusive one, both until the transaction ends;
under its lock each looks at the newest committed rows. So of two concurrent transactions one waits and then sees what the
other has done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.catalog.model import Catalog, Constraint, Reference, Table
from vecsql.errors import ForeignKeyViolation, RestrictViolation
from vecsql.executor.constraints import check_rows
from vecsql.executor.context import ExecContext
from vecsql.executor.defaults import cell_value, default_cell
from vecsql.executor.reference_keys import (
    Key,
    index_order,
    keys_of,
    referring_rows,
    shown_key,
    state_of,
)
from vecsql.executor.rowwise import generate
from vecsql.types.arrow import to_arrow

Columns = Mapping[int, pa.Array]
Rowids = npt.NDArray[np.int64]


@dataclass(slots=True)
class Deferred:
    """What a transaction has still to check, and its SET CONSTRAINTS."""

    references: dict[int, set[Key]] = field(
        default_factory=dict
    )  # constraint oid -> keys referred to
    removals: dict[int, set[Key]] = field(default_factory=dict)  # constraint oid -> keys gone
    modes: dict[int, bool] = field(default_factory=dict)  # constraint oid (0: all) -> deferred


def check_references(
    table: Table, columns: Columns, ctx: ExecContext, changed: Collection[int] | None = None
) -> None:
    """Check that what new rows (already inserted) refer to is there; only references in the `changed` columns."""
    for constraint in table.constraints:
        if constraint.reference is None:
            continue
        if changed is None or any(a in changed for a in constraint.attnums):
            _check_keys(table, constraint, _own_keys(table, constraint, columns), ctx)


class PendingReferences:
    """What the rows of a bulk load refer to, checked when all of them are there."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._keys: dict[int, dict[Key, None]] = {}

    def add(self, columns: Columns) -> None:
        for constraint in self._table.constraints:
            if constraint.reference is not None:
                keys = _own_keys(self._table, constraint, columns)
                self._keys.setdefault(constraint.oid, {}).update(dict.fromkeys(keys))

    def check(self, ctx: ExecContext) -> None:
        for constraint in self._table.constraints:
            if keys := self._keys.get(constraint.oid):
                _check_keys(self._table, constraint, keys, ctx)


def referenced_columns(table: Table, ctx: ExecContext) -> set[int]:
    """The columns of a table that others (or itself) refer to."""
    found: set[int] = set()
    for _, _, reference in _referring(ctx.txn.newest_catalog(), table.oid):
        found.update(reference.attnums)
    return found


def check_removed(table: Table, old: Columns, new: Columns | None, ctx: ExecContext) -> None:
    """After rows of a referenced table went or changed (`new`, row by row): do what ON DELETE or ON UPDATE says."""
    removal = _Removal(ctx)
    removal.rows_gone(table, old, new)
    removal.finish()


def set_constraints(oids: Iterable[int], deferred: bool, ctx: ExecContext) -> None:
    """SET CONSTRAINTS (0: ALL) for this transaction; what becomes immediate is checked at once."""
    state = _deferred(ctx)
    for oid in oids:
        if oid == 0:
            state.modes.clear()
        state.modes[oid] = deferred
    if not deferred:
        run_deferred(ctx, None if 0 in oids else set(oids))


def run_deferred(ctx: ExecContext, only: Collection[int] | None = None) -> None:
    """Check what was deferred: all of it before a COMMIT."""
    state: Deferred | None = ctx.deferred
    if state is None:
        return
    for table in ctx.txn.newest_catalog().tables.values():
        for constraint in table.constraints:
            if only is not None and constraint.oid not in only:
                continue
            if keys := state.references.pop(constraint.oid, None):
                _check_still(table, constraint, keys, ctx)
            if keys := state.removals.pop(constraint.oid, None):
                _check_unused(table, constraint, keys, ctx)


def missing_key(
    table: Table, constraint: Constraint, keys: Iterable[Key], ctx: ExecContext
) -> Key | None:
    """The first of the keys that the referenced table does not have."""
    reference = _reference(constraint)
    catalog = ctx.txn.newest_catalog()
    parents = state_of(ctx, reference.table_oid)
    order = index_order(catalog.indexes[constraint.index_oid], reference)
    for key in keys:
        if parents.find_key(constraint.index_oid, tuple(key[i] for i in order)) is None:
            return key
    return None


def reference_violation(
    table: Table, constraint: Constraint, key: Key, ctx: ExecContext
) -> ForeignKeyViolation:
    """The error of a row that refers to nothing."""
    catalog = ctx.txn.newest_catalog()
    target = catalog.tables[_reference(constraint).table_oid]
    return ForeignKeyViolation(
        f'insert or update on table "{table.name}" violates foreign key constraint "{constraint.name}"',
        detail=f'Key {shown_key(table, constraint.attnums, key)} is not present in table "{target.name}".',
        schema_name=catalog.schemas[table.schema_oid].name,
        table_name=table.name,
        constraint_name=constraint.name,
    )


def _reference(constraint: Constraint) -> Reference:
    assert constraint.reference is not None
    return constraint.reference


def _deferred(ctx: ExecContext) -> Deferred:
    if ctx.deferred is None:
        ctx.deferred = Deferred()
    state: Deferred = ctx.deferred
    return state


def _is_deferred(constraint: Constraint, ctx: ExecContext) -> bool:
    reference = _reference(constraint)
    if not reference.deferrable:
        return False
    modes = ctx.deferred.modes if ctx.deferred is not None else {}
    return bool(modes.get(constraint.oid, modes.get(0, reference.deferred)))


def _own_keys(table: Table, constraint: Constraint, columns: Columns) -> list[Key]:
    """The distinct keys that rows refer to; rows with a NULL refer to nothing (MATCH SIMPLE)."""
    found = keys_of([columns[a] for a in constraint.attnums], table, constraint.attnums, True)
    return [key for key in dict.fromkeys(found) if key is not None]


def _check_keys(
    table: Table, constraint: Constraint, keys: Collection[Key], ctx: ExecContext
) -> None:
    if not keys:
        return
    if _is_deferred(constraint, ctx):
        _deferred(ctx).references.setdefault(constraint.oid, set()).update(keys)
        return
    for key in keys:
        ctx.txn.lock_key(constraint.index_oid, key, shared=True)
    if (absent := missing_key(table, constraint, keys, ctx)) is not None:
        raise reference_violation(table, constraint, absent, ctx)


def _check_still(
    table: Table, constraint: Constraint, keys: Collection[Key], ctx: ExecContext
) -> None:
    """A deferred check of references: the rows may have gone or changed since."""
    for key in keys:
        ctx.txn.lock_key(constraint.index_oid, key, shared=True)
    absent = {key for key in keys if missing_key(table, constraint, (key,), ctx) is not None}
    if absent:
        _, used = referring_rows(table, constraint, absent, ctx)
        if used:
            raise reference_violation(table, constraint, used[0], ctx)


def _check_unused(
    table: Table, constraint: Constraint, keys: Collection[Key], ctx: ExecContext
) -> None:
    """NO ACTION: keys that have gone (and have not come back) must not be referred to."""
    for key in keys:
        ctx.txn.lock_key(constraint.index_oid, key, shared=False)
    gone = {key for key in keys if missing_key(table, constraint, (key,), ctx) is not None}
    if gone:
        _, used = referring_rows(table, constraint, gone, ctx)
        if used:
            raise _in_use(table, constraint, used[0], ctx)


def _in_use(
    table: Table, constraint: Constraint, key: Key, ctx: ExecContext, *, restrict: bool = False
) -> ForeignKeyViolation | RestrictViolation:
    catalog = ctx.txn.newest_catalog()
    reference = _reference(constraint)
    target = catalog.tables[reference.table_oid]
    kind = RestrictViolation if restrict else ForeignKeyViolation
    setting, still = ("RESTRICT setting of ", "") if restrict else ("", "still ")
    return kind(
        f'update or delete on table "{target.name}" violates {setting}foreign key constraint '
        f'"{constraint.name}" on table "{table.name}"',
        detail=f"Key {shown_key(target, reference.attnums, key)} is {still}referenced "
        f'from table "{table.name}".',
        schema_name=catalog.schemas[table.schema_oid].name,
        table_name=table.name,
        constraint_name=constraint.name,
    )


def _referring(catalog: Catalog, oid: int) -> list[tuple[Table, Constraint, Reference]]:
    """The foreign keys that refer to a table."""
    global _kept
    kept, found = _kept
    if kept is not catalog:
        found = {}
        for table in catalog.tables.values():
            for constraint in table.constraints:
                reference = constraint.reference
                if reference is not None:
                    entry = (table, constraint, reference)
                    found.setdefault(reference.table_oid, []).append(entry)
        _kept = (catalog, found)
    return found.get(oid, [])


_kept: tuple[Catalog | None, dict[int, list[tuple[Table, Constraint, Reference]]]] = (None, {})


class _Removal:
    """One statement's removal of keys with all that follows; NO ACTION is checked when everything else is done."""

    def __init__(self, ctx: ExecContext) -> None:
        self.ctx = ctx
        self.checks: list[tuple[Table, Constraint, set[Key]]] = []

    def rows_gone(self, table: Table, old: Columns, new: Columns | None) -> None:
        for child, constraint, reference in _referring(self.ctx.txn.newest_catalog(), table.oid):
            if any(a not in old for a in reference.attnums):
                continue  # an update of other columns
            changes = _changes(table, reference, old, new)
            action = reference.on_delete if new is None else reference.on_update
            if not changes:
                continue
            if action == "a":
                self._no_action(child, constraint, set(changes))
            else:
                self._act(action, child, constraint, changes, new is None)

    def finish(self) -> None:
        if self.checks:
            self.ctx.txn.begin_statement()
        for table, constraint, keys in self.checks:
            _check_unused(table, constraint, keys, self.ctx)

    def _no_action(self, child: Table, constraint: Constraint, keys: set[Key]) -> None:
        if _is_deferred(constraint, self.ctx):
            removals = _deferred(self.ctx).removals
            removals.setdefault(constraint.oid, set()).update(keys)
        else:
            self.checks.append((child, constraint, keys))

    def _act(
        self, action: str, child: Table, constraint: Constraint, changes: dict[Key, Key | None],
        deleted: bool,
    ) -> None:  # fmt: skip
        for key in changes:
            self.ctx.txn.lock_key(constraint.index_oid, key, shared=False)
        while True:
            self.ctx.txn.begin_statement()
            rowids, keys = referring_rows(child, constraint, changes.keys(), self.ctx)
            if not keys:
                return
            if action == "r":
                raise _in_use(child, constraint, keys[0], self.ctx, restrict=True)
            if self.ctx.txn.lock_rows(child.oid, rowids) is not None:
                break
        if action == "c" and deleted:
            self._delete(child, rowids)
        elif action == "c":
            renewed = [changes[key] for key in keys]
            self._replace(child, constraint, rowids, list(zip(*renewed, strict=True)))
        else:
            cells = [self._cell(child, a, action) for a in constraint.attnums]
            self._replace(child, constraint, rowids, [[c] * len(rowids) for c in cells])

    def _cell(self, child: Table, attnum: int, action: str) -> object:
        column = child.column_at(attnum)
        if action == "n" or column.default is None:
            return None
        cell = default_cell(column, self.ctx.txn.newest_catalog())
        return cell_value(cell, column.type, self.ctx, ())

    def _rows(self, table: Table, rowids: Rowids) -> dict[int, pa.Array]:
        attnums = [c.attnum for c in table.columns]
        arrays = state_of(self.ctx, table.oid).take(attnums, rowids)
        return dict(zip(attnums, arrays, strict=True))

    def _delete(self, child: Table, rowids: Rowids) -> None:
        old = self._rows(child, rowids)
        self.ctx.txn.delete(child.oid, rowids)
        self.rows_gone(child, old, None)

    def _replace(
        self, child: Table, constraint: Constraint, rowids: Rowids, values: list[list[object]]
    ) -> None:
        old = self._rows(child, rowids)
        new = dict(old)
        for attnum, column in zip(constraint.attnums, values, strict=True):
            new[attnum] = to_arrow(list(column), child.column_at(attnum).type)
        for column_ in child.columns:
            if column_.generated is not None:
                new[column_.attnum] = generate(child, column_, new, self.ctx)
        check_rows(child, new, self.ctx)
        self.ctx.txn.delete(child.oid, rowids)
        self.ctx.txn.insert(child.oid, new)
        check_references(child, new, self.ctx, constraint.attnums)
        self.rows_gone(child, old, new)


def _changes(
    table: Table, reference: Reference, old: Columns, new: Columns | None
) -> dict[Key, Key | None]:
    """The keys that went, with what came in their place."""
    attnums = reference.attnums
    before = keys_of([old[a] for a in attnums], table, attnums)
    if new is None:
        return {key: None for key in before if key is not None}
    after = keys_of([new[a] for a in attnums], table, attnums, False)
    pairs = zip(before, after, strict=True)
    return {a: b for a, b in pairs if a is not None and a != b}
