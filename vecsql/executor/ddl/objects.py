"""CREATE SCHEMA, SEQUENCE and EXTENSION, ALTER SEQUENCE, COMMENT ON and TRUNCATE."""

from __future__ import annotations

from dataclasses import replace

from vecsql.catalog.model import Extension, Schema, Table
from vecsql.catalog.model import Sequence as CatalogSequence
from vecsql.errors import (
    DuplicateObject,
    DuplicateSchema,
    DuplicateTable,
    FeatureNotSupported,
    InvalidParameterValue,
    ReservedName,
    UndefinedColumn,
    UndefinedObject,
    UndefinedTable,
    WrongObjectType,
)
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import (
    SYSTEM_SCHEMAS,
    creation_schema,
    found_or_notice,
    kind_of,
    lookup,
    schema_named,
    table_named,
)
from vecsql.executor.ddl.references import references_to
from vecsql.executor.ddl.sequences import altered_sequence, new_sequence
from vecsql.executor.ddl.tables import exists_notice
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan

EXTENSIONS = {"vector": "0.8.1", "plpgsql": "1.0"}
_EXTENSION_DIRECTORY = "/usr/share/postgresql/18/extension"


def create_schema(statement: nodes.CreateSchema, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE SCHEMA."""
    draft = Draft(ctx)
    if statement.name.startswith("pg_"):
        raise ReservedName(
            f'unacceptable schema name "{statement.name}"',
            detail='The prefix "pg_" is reserved for system schemas.',
        )
    exists = any(s.name == statement.name for s in draft.schemas.values())
    if exists or statement.name in SYSTEM_SCHEMAS:
        message = f'schema "{statement.name}" already exists'
        if not statement.if_not_exists:
            raise DuplicateSchema(message)
        ctx.notify(Notice("NOTICE", message + ", skipping", "42P06"))
        return "CREATE SCHEMA"
    draft.put(Schema(draft.new_oid(), statement.name))
    draft.publish()
    return "CREATE SCHEMA"


def create_extension(statement: nodes.CreateExtension, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE EXTENSION: vector and plpgsql exist, nothing else does."""
    draft = Draft(ctx)
    name = statement.name
    if name == "plpgsql" or any(e.name == name for e in draft.extensions.values()):
        message = f'extension "{name}" already exists'
        if not statement.if_not_exists:
            raise DuplicateObject(message)
        ctx.notify(Notice("NOTICE", message + ", skipping", "42710"))
        return "CREATE EXTENSION"
    if name not in EXTENSIONS:
        raise FeatureNotSupported(
            f'extension "{name}" is not available',
            detail=f'Could not open extension control file "{_EXTENSION_DIRECTORY}/{name}.control": No such file or directory.',
            hint="The extension must first be installed on the system where PostgreSQL is running.",
        )
    oid = draft.new_oid()
    draft.extensions[oid] = Extension(oid, name, EXTENSIONS[name])
    draft.publish()
    return "CREATE EXTENSION"


def alter_extension(statement: nodes.AlterExtension, plan: DdlPlan, ctx: ExecContext) -> str:
    """ALTER EXTENSION ... UPDATE: there is one version of everything."""
    draft = Draft(ctx)
    if not any(e.name == statement.name for e in draft.extensions.values()):
        raise UndefinedObject(f'extension "{statement.name}" does not exist')
    return "ALTER EXTENSION"


def create_sequence(statement: nodes.CreateSequence, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE SEQUENCE."""
    draft = Draft(ctx)
    schema = creation_schema(draft, plan.search_path, statement.name)
    name = statement.name.name
    if draft.find(schema.oid, name) is not None:
        if statement.if_not_exists:
            exists_notice(ctx, name)
            return "CREATE SEQUENCE"
        raise DuplicateTable(f'relation "{name}" already exists')
    sequence = new_sequence(draft.new_oid(), schema.oid, name, statement.options)
    draft.put(_owned(draft, sequence, statement.options, plan))
    draft.publish()
    return "CREATE SEQUENCE"


def _owned(
    draft: Draft, sequence: CatalogSequence, options: nodes.SequenceOptions, plan: DdlPlan
) -> CatalogSequence:
    """The sequence with OWNED BY applied."""
    if options.owned_by is None:
        return sequence
    if isinstance(options.owned_by, str):
        return replace(sequence, owner_table_oid=0, owner_attnum=0)
    name, column_name = options.owned_by
    table = table_named(draft, plan.search_path, name)
    column = table.column(column_name)
    if column is None:
        raise UndefinedColumn(f'column "{column_name}" of relation "{table.name}" does not exist')
    if table.schema_oid != sequence.schema_oid:
        raise WrongObjectType("sequence must be in same schema as table it is linked to")
    return replace(sequence, owner_table_oid=table.oid, owner_attnum=column.attnum)


def alter_sequence(statement: nodes.AlterSequence, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run ALTER SEQUENCE."""
    draft = Draft(ctx)
    found = found_or_notice(draft, plan, statement.name, statement.if_exists, ctx)
    if found is None:
        return "ALTER SEQUENCE"
    if not isinstance(found, CatalogSequence):
        raise WrongObjectType(
            f'cannot open relation "{found.name}"',
            detail="This operation is not supported for this relation.",
        )
    sequence = _owned(draft, altered_sequence(found, statement.options), statement.options, plan)
    draft.put(sequence)
    draft.publish()
    restart(ctx, sequence, statement.options.restart)
    return "ALTER SEQUENCE"


def restart(ctx: ExecContext, sequence: CatalogSequence, value: int | bool | None) -> None:
    """RESTART [WITH value]."""
    if value is None or value is False:
        return
    start = sequence.start if value is True else int(value)
    if not sequence.min_value <= start <= sequence.max_value:
        side = "less than MINVALUE" if start < sequence.min_value else "greater than MAXVALUE"
        bound = sequence.min_value if start < sequence.min_value else sequence.max_value
        raise InvalidParameterValue(f"RESTART value ({start}) cannot be {side} ({bound})")
    ctx.engine.setval(sequence.oid, start, is_called=False)


def truncate(statement: nodes.Truncate, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run TRUNCATE. Takes no catalog lock: definitions do not change."""
    catalog = ctx.txn.snapshot().catalog
    draft = Draft(ctx, catalog)
    tables = []
    for name in statement.tables:
        found = lookup(draft, plan.search_path, name)
        if found is None:
            raise UndefinedTable(f'relation "{name}" does not exist')
        if not isinstance(found, Table):
            raise WrongObjectType(f'"{found.name}" is not a table')
        tables.append(found)
    tables = _with_referring(draft, tables, statement.cascade, ctx)
    for table in tables:
        ctx.txn.truncate(table.oid)
        if statement.restart_identity:
            for sequence in catalog.sequences.values():
                if sequence.owner_table_oid == table.oid:
                    restart(ctx, sequence, True)
    return "TRUNCATE TABLE"


def _with_referring(
    draft: Draft, tables: list[Table], cascade: bool, ctx: ExecContext
) -> list[Table]:
    """The tables to truncate with those that refer to them, which need CASCADE."""
    found = list(tables)
    for table in found:  # grows
        for other, _ in references_to(draft, table.oid):
            if any(other.oid == t.oid for t in found):
                continue
            if not cascade:
                raise FeatureNotSupported(
                    "cannot truncate a table referenced in a foreign key constraint",
                    detail=f'Table "{other.name}" references "{table.name}".',
                    hint=f'Truncate table "{other.name}" at the same time, or use TRUNCATE ... CASCADE.',
                )
            ctx.notify(Notice("NOTICE", f'truncate cascades to table "{other.name}"'))
            found.append(other)
    return found


def comment(statement: nodes.Comment, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run COMMENT ON."""
    draft = Draft(ctx)
    key = _comment_key(draft, statement, plan)
    if key is not None:
        if statement.text:
            draft.comments[key] = statement.text
        else:
            draft.comments.pop(key, None)
        draft.publish()
    return "COMMENT"


def _comment_key(draft: Draft, statement: nodes.Comment, plan: DdlPlan) -> tuple[int, int] | None:
    """(object oid, attnum) that the comment belongs to; None for the database, which keeps none."""
    name = statement.name
    if statement.kind == "database":
        return None
    if statement.kind == "schema":
        return schema_named(draft, name.name).oid, 0
    if statement.kind == "extension":
        found = next((e for e in draft.extensions.values() if e.name == name.name), None)
        if found is None:
            raise UndefinedObject(f'extension "{name.name}" does not exist')
        return found.oid, 0
    relation = lookup(draft, plan.search_path, name)
    if relation is None:
        raise UndefinedTable(f'relation "{name}" does not exist')
    if statement.kind in ("column", "constraint"):
        return _inner_key(draft, statement, relation.oid)
    if kind_of(relation) != statement.kind:
        article = "an" if statement.kind == "index" else "a"
        raise WrongObjectType(f'"{relation.name}" is not {article} {statement.kind}')
    return relation.oid, 0


def _inner_key(draft: Draft, statement: nodes.Comment, oid: int) -> tuple[int, int]:
    """The key of a column's or a constraint's comment."""
    inner = statement.column or ""
    if oid in draft.views:
        names = [n for n, _ in draft.views[oid].columns]
        if inner in names:
            return oid, names.index(inner) + 1
    table = draft.tables.get(oid)
    if statement.kind == "constraint":
        constraint = (
            next((c for c in table.constraints if c.name == inner), None) if table else None
        )
        if constraint is None:
            raise UndefinedObject(
                f'constraint "{inner}" for table "{statement.name.name}" does not exist'
            )
        return constraint.oid, 0
    column = table.column(inner) if table else None
    if column is None:
        raise UndefinedColumn(
            f'column "{inner}" of relation "{statement.name.name}" does not exist'
        )
    return oid, column.attnum


def no_op(statement: nodes.NoOp, plan: DdlPlan, ctx: ExecContext) -> str:
    """GRANT, REVOKE, OWNER TO: nothing but the warning that it means nothing."""
    if statement.warning:
        ctx.notify(Notice("WARNING", statement.warning, "01000"))
    return statement.tag
