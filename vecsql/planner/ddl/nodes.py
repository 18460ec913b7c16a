"""DDL statements as written: names unresolved, expressions as SQL text. The executor resolves them when they run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class QName:
    """A possibly schema-qualified name and its 1-based position in the statement."""

    schema: str | None
    name: str
    position: int = 0

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True, slots=True)
class TypeName:
    """A type as written: 'varchar', (20,), array. `name` is lower case, without modifier."""

    name: str
    modifiers: tuple[int, ...] = ()
    array: bool = False
    position: int = 0


Options = tuple[tuple[str, str], ...]

ConstraintKind = Literal[
    "not_null", "null", "default", "primary", "unique", "check", "identity", "generated", "foreign", "collate"
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SequenceOptions:
    """What CREATE/ALTER SEQUENCE and identity columns may set; None leaves a thing as it is."""

    type: TypeName | None = None
    start: int | None = None
    increment: int | None = None
    min_value: int | Literal["none"] | None = None
    max_value: int | Literal["none"] | None = None
    cycle: bool | None = None
    restart: int | bool | None = None  # True: RESTART without a value
    owned_by: tuple[QName, str] | Literal["none"] | None = None


@dataclass(frozen=True, slots=True)
class ReferenceSpec:
    """REFERENCES table (columns) with its actions (as catalog.model.Reference has them)."""

    table: QName
    columns: tuple[str, ...]  # empty: the primary key
    on_update: str = "a"
    on_delete: str = "a"
    deferrable: bool = False
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class ConstraintSpec:
    """A column or table constraint."""

    kind: ConstraintKind
    name: str | None = None
    columns: tuple[str, ...] = ()
    expression: str = ""  # of DEFAULT, CHECK, GENERATED; the collation of COLLATE
    expression_start: int = 0  # offset of the expression in the statement
    always: bool = False  # identity
    sequence: SequenceOptions | None = None  # identity
    nulls_not_distinct: bool = False
    include: tuple[str, ...] = ()
    using_index: str | None = None
    position: int = 0
    reference: ReferenceSpec | None = None


@dataclass(frozen=True, slots=True)
class ColumnSpec:
    name: str
    type: TypeName
    constraints: tuple[ConstraintSpec, ...] = ()
    position: int = 0


@dataclass(frozen=True, slots=True)
class LikeSpec:
    source: QName
    including: frozenset[
        str
    ]  # lower case: defaults, constraints, indexes, identity, generated, comments


@dataclass(frozen=True, slots=True)
class CreateTable:
    name: QName
    columns: tuple[ColumnSpec, ...]
    constraints: tuple[ConstraintSpec, ...] = ()
    likes: tuple[tuple[int, LikeSpec], ...] = ()  # (number of columns written before it, spec)
    if_not_exists: bool = False
    options: Options = ()


@dataclass(frozen=True, slots=True)
class CreateTableAs:
    name: QName
    column_names: tuple[str, ...]
    query: str
    query_start: int
    if_not_exists: bool = False
    with_data: bool = True
    options: Options = ()


@dataclass(frozen=True, slots=True)
class AddColumn:
    column: ColumnSpec
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropColumn:
    name: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class AlterColumnType:
    name: str
    type: TypeName
    using: str | None = None


@dataclass(frozen=True, slots=True)
class SetDefault:
    name: str
    expression: str | None  # None: DROP DEFAULT
    expression_start: int = 0


@dataclass(frozen=True, slots=True)
class SetNotNull:
    name: str
    not_null: bool


@dataclass(frozen=True, slots=True)
class SetIdentity:
    """ADD GENERATED ... AS IDENTITY (spec), SET GENERATED / RESTART, or DROP IDENTITY."""

    name: str
    action: Literal["add", "set", "drop"]
    always: bool | None = None
    sequence: SequenceOptions | None = None
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class DropExpression:
    name: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AddConstraint:
    constraint: ConstraintSpec


@dataclass(frozen=True, slots=True)
class DropConstraint:
    name: str
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class NoAction:
    """OWNER TO, SET (storage), REPLICA IDENTITY ...: accepted, with no effect and perhaps a warning."""

    warning: str = ""


@dataclass(frozen=True, slots=True)
class SetOptions:
    """SET (name = value, ...) or, with `reset`, RESET (name, ...)."""

    options: Options
    reset: bool = False
    with_values: bool = False  # some name has one, which RESET does not allow


AlterAction = (
    AddColumn | DropColumn | AlterColumnType | SetDefault | SetNotNull | SetIdentity | DropExpression
    | AddConstraint | DropConstraint | SetOptions | NoAction
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AlterTable:
    name: QName
    actions: tuple[AlterAction, ...]
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterIndex:
    name: QName
    action: SetOptions
    if_exists: bool = False


RelationKind = Literal["table", "view", "index", "sequence", "materialized view"]


@dataclass(frozen=True, slots=True)
class RenameColumn:
    table: QName
    old: str
    new: str
    if_exists: bool = False
    position: int = 0


@dataclass(frozen=True, slots=True)
class RenameConstraint:
    table: QName
    old: str
    new: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameRelation:
    kind: RelationKind
    name: QName
    new: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class RenameSchema:
    name: str
    new: str


@dataclass(frozen=True, slots=True)
class SetSchema:
    kind: RelationKind
    name: QName
    schema: str
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class IndexElement:
    column: str | None
    expression: str | None = None
    opclass: str | None = None
    descending: bool = False
    nulls_first: bool | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class CreateIndex:
    name: str | None
    table: QName
    method: str
    elements: tuple[IndexElement, ...]
    unique: bool = False
    if_not_exists: bool = False
    include: tuple[str, ...] = ()
    nulls_not_distinct: bool = False
    options: Options = ()
    predicate: str | None = None
    concurrently: bool = False


@dataclass(frozen=True, slots=True)
class Drop:
    kind: RelationKind
    names: tuple[QName, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class DropSchema:
    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class DropExtension:
    names: tuple[str, ...]
    if_exists: bool = False
    cascade: bool = False


@dataclass(frozen=True, slots=True)
class CreateSchema:
    name: str
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class CreateSequence:
    name: QName
    options: SequenceOptions
    if_not_exists: bool = False


@dataclass(frozen=True, slots=True)
class AlterSequence:
    name: QName
    options: SequenceOptions
    if_exists: bool = False


@dataclass(frozen=True, slots=True)
class CreateView:
    name: QName
    column_names: tuple[str, ...]
    query: str
    query_start: int
    replace: bool = False


@dataclass(frozen=True, slots=True)
class CreateExtension:
    name: str
    if_not_exists: bool = False
    version: str | None = None


@dataclass(frozen=True, slots=True)
class AlterExtension:
    name: str


@dataclass(frozen=True, slots=True)
class Comment:
    kind: str  # table, column, index, view, sequence, schema, extension, constraint, database
    name: QName
    column: str | None = None  # of COMMENT ON COLUMN; the constraint's name of ON CONSTRAINT
    text: str | None = None


@dataclass(frozen=True, slots=True)
class Truncate:
    tables: tuple[QName, ...]
    restart_identity: bool = False
    cascade: bool = False


NO_PRIVILEGES = "privileges are not enforced: every user may do everything"
NO_OWNERS = "owners are not kept: every user may do everything"


@dataclass(frozen=True, slots=True)
class NoOp:
    """GRANT, REVOKE, ALTER ... OWNER TO and the like: accepted, with their tag and perhaps a warning."""

    tag: str
    warning: str = ""


@dataclass(frozen=True, slots=True)
class DropAbsent:
    """DROP of a kind of object that vecsql does not have (function, type, trigger ...)."""

    kind: str
    name: str
    if_exists: bool


DdlStatement = (
    CreateTable | CreateTableAs | AlterTable | AlterIndex | RenameColumn | RenameConstraint | RenameRelation | RenameSchema
    | SetSchema | CreateIndex | Drop | DropSchema | DropExtension | CreateSchema | CreateSequence | AlterSequence
    | CreateView | CreateExtension | AlterExtension | Comment | Truncate | NoOp | DropAbsent
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DdlPlan:
    """A DDL statement with what resolving its names needs."""

    statement: DdlStatement
    search_path: tuple[str, ...]
    text: str
