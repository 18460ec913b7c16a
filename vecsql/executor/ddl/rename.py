"""RENAME of columns, constraints, relations and schemas, and SET SCHEMA."""

from __future__ import annotations

from dataclasses import replace

from vecsql.catalog.model import Column, Index, Relation, Table
from vecsql.catalog.model import Sequence as CatalogSequence
from vecsql.errors import (
    DuplicateColumn,
    DuplicateObject,
    DuplicateSchema,
    DuplicateTable,
    FeatureNotSupported,
    UndefinedColumn,
    UndefinedObject,
    WrongObjectType,
)
from vecsql.executor.context import ExecContext
from vecsql.executor.ddl.columns import nextval_text
from vecsql.executor.ddl.dependencies import shown, views_on
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.names import (
    found_or_notice,
    kind_of,
    quoted,
    schema_named,
    table_named,
)
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import DdlPlan
from vecsql.planner.ddl.scanner import tokenize


def rename_relation(statement: nodes.RenameRelation, plan: DdlPlan, ctx: ExecContext) -> str:
    """ALTER TABLE/INDEX/SEQUENCE/VIEW ... RENAME TO."""
    draft = Draft(ctx)
    tag = f"ALTER {statement.kind.upper()}"
    relation = found_or_notice(draft, plan, statement.name, statement.if_exists, ctx)
    if relation is None:
        return tag
    if statement.kind != "table" and kind_of(relation) != statement.kind:
        article = "an" if statement.kind == "index" else "a"
        raise WrongObjectType(f'"{relation.name}" is not {article} {statement.kind}')
    schema_oid = _schema_of(draft, relation)
    if draft.find(schema_oid, statement.new) is not None:
        raise DuplicateTable(f'relation "{statement.new}" already exists')
    _refuse_if_viewed(draft, relation, "rename")
    draft.put(replace(relation, name=statement.new))
    if isinstance(relation, Index):
        _rename_constraint_of(draft, relation, statement.new)
    elif isinstance(relation, CatalogSequence):
        _renew_defaults(draft, relation)
    draft.publish()
    return tag


def _schema_of(draft: Draft, relation: Relation) -> int:
    return (
        draft.tables[relation.table_oid].schema_oid
        if isinstance(relation, Index)
        else relation.schema_oid
    )


def _refuse_if_viewed(draft: Draft, relation: Relation, verb: str) -> None:
    """The text of views names what they read, so that must keep its name."""
    for view in views_on(draft, relation.oid):
        raise FeatureNotSupported(
            f"cannot {verb} {shown(draft, relation)} because {shown(draft, view)} reads it",
            hint="Drop the view and create it again afterwards.",
        )


def _rename_constraint_of(draft: Draft, index: Index, name: str) -> None:
    table = draft.tables[index.table_oid]
    constraints = tuple(
        replace(c, name=name) if c.index_oid == index.oid else c for c in table.constraints
    )
    draft.put(replace(table, constraints=constraints))


def _renew_defaults(draft: Draft, sequence: CatalogSequence) -> None:
    """The nextval() defaults of a sequence that has another name or schema now."""
    sequence = draft.sequences[sequence.oid]
    text = nextval_text(draft.schemas[sequence.schema_oid], sequence.name)
    for table in list(draft.tables.values()):
        for column in table.columns:
            if column.sequence_oid == sequence.oid and column.default is not None:
                draft.put_column(table.oid, replace(column, default=text))


def rename_column(statement: nodes.RenameColumn, plan: DdlPlan, ctx: ExecContext) -> str:
    """ALTER TABLE ... RENAME COLUMN; expressions that mention the column follow."""
    draft = Draft(ctx)
    if found_or_notice(draft, plan, statement.table, statement.if_exists, ctx) is None:
        return "ALTER TABLE"
    table = table_named(draft, plan.search_path, statement.table)
    column = table.column(statement.old)
    if column is None:
        raise UndefinedColumn(f'column "{statement.old}" does not exist')
    if table.column(statement.new) is not None:
        raise DuplicateColumn(f'column "{statement.new}" of relation "{table.name}" already exists')
    for view in views_on(draft, table.oid, column.attnum):
        raise FeatureNotSupported(
            f'cannot rename column "{column.name}" because {shown(draft, view)} reads it',
            hint="Drop the view and create it again afterwards.",
        )
    _rename_column(draft, table, column, statement.new)
    draft.publish()
    return "ALTER TABLE"


def _rename_column(draft: Draft, table: Table, column: Column, new: str) -> None:
    old = column.name

    def follow(text: str | None) -> str | None:
        return None if text is None else renamed(text, old, new)

    columns = tuple(
        replace(c, name=new if c is column else c.name, generated=follow(c.generated))
        for c in table.columns
    )
    constraints = tuple(replace(c, expression=follow(c.expression)) for c in table.constraints)
    draft.put(replace(table, columns=columns, constraints=constraints))
    for index in draft.indexes_of(table.oid):
        parts = tuple(replace(c, expression=follow(c.expression)) for c in index.columns)
        draft.put(replace(index, columns=parts, predicate=follow(index.predicate)))


def renamed(expression: str, old: str, new: str) -> str:
    """The expression with every mention of the column `old` turned into `new`."""
    tokens = tokenize(expression)
    pieces, at = [], 0
    for i, token in enumerate(tokens[:-1]):
        is_name = token.kind in ("word", "quoted") and token.value == old
        after_cast = i > 0 and tokens[i - 1].value in ("::", "as")
        if is_name and not after_cast and tokens[i + 1].value not in ("(", "."):
            pieces += [expression[at : token.start], quoted(new)]
            at = token.end
    return "".join(pieces) + expression[at:]


def rename_constraint(statement: nodes.RenameConstraint, plan: DdlPlan, ctx: ExecContext) -> str:
    """ALTER TABLE ... RENAME CONSTRAINT, with the index behind it."""
    draft = Draft(ctx)
    if found_or_notice(draft, plan, statement.table, statement.if_exists, ctx) is None:
        return "ALTER TABLE"
    table = table_named(draft, plan.search_path, statement.table)
    found = next((c for c in table.constraints if c.name == statement.old), None)
    if found is None:
        raise UndefinedObject(
            f'constraint "{statement.old}" for table "{table.name}" does not exist'
        )
    if any(c.name == statement.new for c in table.constraints):
        raise DuplicateObject(
            f'constraint "{statement.new}" for relation "{table.name}" already exists'
        )
    constraints = tuple(
        replace(c, name=statement.new) if c is found else c for c in table.constraints
    )
    draft.put(replace(table, constraints=constraints))
    if found.index_oid:
        draft.put(replace(draft.indexes[found.index_oid], name=statement.new))
    draft.publish()
    return "ALTER TABLE"


def rename_schema(statement: nodes.RenameSchema, plan: DdlPlan, ctx: ExecContext) -> str:
    """ALTER SCHEMA ... RENAME TO."""
    draft = Draft(ctx)
    schema = schema_named(draft, statement.name)
    if any(s.name == statement.new for s in draft.schemas.values()):
        raise DuplicateSchema(f'schema "{statement.new}" already exists')
    for relation in draft.relations(schema.oid).values():
        _refuse_if_viewed(draft, relation, "rename the schema of")
    draft.put(replace(schema, name=statement.new))
    for sequence in draft.sequences.values():
        if sequence.schema_oid == schema.oid:
            _renew_defaults(draft, sequence)
    draft.publish()
    return "ALTER SCHEMA"


def set_schema(statement: nodes.SetSchema, plan: DdlPlan, ctx: ExecContext) -> str:
    """ALTER ... SET SCHEMA; the sequences a table owns go with it."""
    draft = Draft(ctx)
    tag = f"ALTER {statement.kind.upper()}"
    relation = found_or_notice(draft, plan, statement.name, statement.if_exists, ctx)
    if relation is None:
        return tag
    if isinstance(relation, Index):
        raise WrongObjectType(f'cannot change schema of index "{relation.name}"')
    schema = schema_named(draft, statement.schema)
    if draft.find(schema.oid, relation.name) is not None and relation.schema_oid != schema.oid:
        raise DuplicateTable(f'relation "{relation.name}" already exists in schema "{schema.name}"')
    _refuse_if_viewed(draft, relation, "move")
    draft.put(replace(relation, schema_oid=schema.oid))
    for sequence in list(draft.sequences.values()):
        if sequence.oid == relation.oid or sequence.owner_table_oid == relation.oid:
            draft.put(replace(sequence, schema_oid=schema.oid))
            _renew_defaults(draft, sequence)
    draft.publish()
    return tag
