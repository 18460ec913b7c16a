"""From written column definitions to catalog columns: types, serials, identities, defaults."""

from __future__ import annotations

from dataclasses import dataclass, replace

from vecsql.catalog.model import Column, Schema, Sequence
from vecsql.errors import (
    DatatypeMismatch,
    FeatureNotSupported,
    InvalidParameterValue,
    InvalidTableDefinition,
    SyntaxError,
    UndefinedObject,
)
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import choose_name, quoted
from vecsql.executor.ddl.sequences import new_sequence
from vecsql.planner.ddl import nodes
from vecsql.types.base import ColumnType, by_name, by_oid

_SERIALS = {
    "smallserial": "int2", "serial2": "int2", "serial": "int4", "serial4": "int4",
    "bigserial": "int8", "serial8": "int8",
}  # fmt: skip
_PSEUDO = ("unknown", "void", "record", "any", "anyelement", "anyarray", "trigger", "cstring")
MAX_COLUMNS = 1600


def resolve_type(name: nodes.TypeName) -> ColumnType:
    """The column type a type name means. Raises UndefinedObject with the position."""
    found = by_name(name.name)
    if found is None:
        shown = name.name + ("[]" if name.array else "")
        raise UndefinedObject(f'type "{shown}" does not exist', position=name.position)
    typmod = -1
    if name.modifiers:
        if found.parse_typmod is None:
            raise SyntaxError(
                f'type modifier is not allowed for type "{found.sql_name}"', position=name.position
            )
        try:
            typmod = found.parse_typmod(list(name.modifiers))
        except InvalidParameterValue as error:
            raise error.at(name.position) from None
    elif name.name in ("char", "character", "nchar") and found.parse_typmod is not None:
        typmod = found.parse_typmod([1])
    if name.array:
        array = by_oid(found.array_oid)
        if array is None:
            raise UndefinedObject(f'type "{name.name}[]" does not exist', position=name.position)
        found = array
    return ColumnType(found, typmod)


@dataclass(slots=True)
class NewColumn:
    """A catalog column to be, and the constraints that concern its table."""

    column: Column
    sequence: Sequence | None
    constraints: tuple[nodes.ConstraintSpec, ...]


class ColumnBuilder:
    """Makes the columns of one table; `table` names it in the messages."""

    def __init__(self, draft: Draft, schema: Schema, table: str, table_oid: int) -> None:
        self.draft = draft
        self.schema = schema
        self.table = table
        self.table_oid = table_oid

    def build(self, spec: nodes.ColumnSpec, attnum: int) -> NewColumn:
        """The column for a written definition; its sequence, if any, is already in the draft."""
        serial = _SERIALS.get(spec.type.name)
        if serial and spec.type.array:
            raise FeatureNotSupported(
                "array of serial is not implemented", position=spec.type.position
            )
        if not serial and spec.type.name in _PSEUDO:
            raise InvalidTableDefinition(
                f'column "{spec.name}" has pseudo-type {spec.type.name}', position=spec.position
            )
        base = replace(spec.type, name=serial) if serial else spec.type
        column = Column(attnum, spec.name, resolve_type(base))
        new = NewColumn(column, None, ())
        if serial:
            self.own_sequence(new, nodes.SequenceOptions(), identity="")
        self._apply(new, spec)
        return new

    def _apply(self, new: NewColumn, spec: nodes.ColumnSpec) -> None:
        """Fold the column constraints into the column; the rest is left for the table."""
        left = []
        null_at: int | None = None
        for item in spec.constraints:
            if item.kind == "not_null":
                if null_at is not None:
                    raise self._null_conflict(spec.name, item.position)
                new.column = replace(new.column, not_null=True)
            elif item.kind == "null":
                null_at = item.position
                if new.column.not_null:
                    raise self._null_conflict(spec.name, null_at)
            elif item.kind == "default":
                self._default(new, item)
            elif item.kind == "generated":
                self._generated(new, item)
            elif item.kind == "identity":
                self._identity(new, item)
            elif item.kind == "collate":
                _check_collation(new.column, item)
            else:
                left.append(replace(item, columns=(spec.name,)) if item.kind != "check" else item)
        if null_at is not None and any(c.kind == "primary" for c in left):
            raise self._null_conflict(spec.name, null_at)
        new.constraints = tuple(left)

    def _null_conflict(self, column: str, position: int) -> SyntaxError:
        return SyntaxError(
            f'conflicting NULL/NOT NULL declarations for column "{column}" of table "{self.table}"',
            position=position,
        )

    def _default(self, new: NewColumn, item: nodes.ConstraintSpec) -> None:
        name = new.column.name
        if new.column.default is not None:
            raise SyntaxError(
                f'multiple default values specified for column "{name}" of table "{self.table}"',
                position=item.position,
            )
        if new.column.generated is not None:
            raise self._both(name, "default and generation expression", item)
        if new.column.identity:
            raise self._both(name, "default and identity", item)
        new.column = replace(new.column, default=item.expression)

    def _generated(self, new: NewColumn, item: nodes.ConstraintSpec) -> None:
        if new.column.default is not None:
            raise self._both(new.column.name, "default and generation expression", item)
        new.column = replace(new.column, generated=item.expression)

    def _identity(self, new: NewColumn, item: nodes.ConstraintSpec) -> None:
        if new.column.default is not None:
            raise self._both(new.column.name, "default and identity", item)
        self.own_sequence(
            new, item.sequence or nodes.SequenceOptions(), identity="a" if item.always else "d"
        )

    def _both(self, column: str, what: str, item: nodes.ConstraintSpec) -> SyntaxError:
        return SyntaxError(
            f'both {what} specified for column "{column}" of table "{self.table}"',
            position=item.position or None,
        )

    def own_sequence(self, new: NewColumn, options: nodes.SequenceOptions, identity: str) -> None:
        """Give the column a sequence of its own: serial (a DEFAULT) or identity."""
        column = new.column
        if column.type.type.name not in ("int2", "int4", "int8"):
            raise InvalidParameterValue("identity column type must be smallint, integer, or bigint")
        name = choose_name(self.draft.relations(self.schema.oid), self.table, column.name, "seq")
        options = replace(options, type=options.type or nodes.TypeName(column.type.type.name))
        sequence = new_sequence(self.draft.new_oid(), self.schema.oid, name, options)
        sequence = replace(sequence, owner_table_oid=self.table_oid, owner_attnum=column.attnum)
        self.draft.put(sequence)
        new.sequence = sequence
        default = None if identity else nextval_text(self.schema, name)
        new.column = replace(
            column, not_null=True, default=default, identity=identity, sequence_oid=sequence.oid  # type: ignore[arg-type]
        )  # fmt: skip


def nextval_text(schema: Schema, sequence: str) -> str:
    """The DEFAULT of a serial column, as pg_get_expr prints it."""
    shown = quoted(sequence)
    if schema.name != "public":
        shown = f"{quoted(schema.name)}.{shown}"
    return "nextval('" + shown.replace("'", "''") + "'::regclass)"


def _check_collation(column: Column, item: nodes.ConstraintSpec) -> None:
    if item.expression.lower() not in ("c", "default", "posix", "ucs_basic"):
        raise UndefinedObject(
            f'collation "{item.expression}" for encoding "UTF8" does not exist',
            position=item.position,
        )
    if column.type.type.name not in ("text", "varchar", "bpchar", "name", "_text", "_varchar"):
        raise DatatypeMismatch(
            f"collations are not supported by type {column.type.type.sql_name}",
            position=item.position,
        )
