"""CREATE TABLE, with LIKE and IF NOT EXISTS."""

from __future__ import annotations

from dataclasses import replace

from vecsql.catalog.model import Index, Schema, Table
from vecsql.errors import (
    DuplicateColumn,
    DuplicateTable,
    InvalidTableDefinition,
    ProgramLimitExceeded,
)
from vecsql.executor.context import ExecContext, Notice
from vecsql.executor.ddl.columns import MAX_COLUMNS, ColumnBuilder
from vecsql.executor.ddl.draft import Draft
from vecsql.executor.ddl.expressions import check_table_expressions
from vecsql.executor.ddl.keys import add_constraint
from vecsql.executor.ddl.names import choose_name, creation_schema, table_named
from vecsql.executor.ddl.references import lock_referenced
from vecsql.executor.ddl.reloptions import check_table_options
from vecsql.planner.ddl import nodes
from vecsql.planner.ddl.nodes import ConstraintSpec, DdlPlan


def exists_notice(ctx: ExecContext, name: str) -> None:
    """NOTICE of IF NOT EXISTS."""
    ctx.notify(Notice("NOTICE", f'relation "{name}" already exists, skipping', "42P07"))


def create_table(statement: nodes.CreateTable, plan: DdlPlan, ctx: ExecContext) -> str:
    """Run CREATE TABLE."""
    draft = Draft(ctx)
    draft.search_path = plan.search_path
    schema = creation_schema(draft, plan.search_path, statement.name)
    if draft.find(schema.oid, statement.name.name) is not None:
        if statement.if_not_exists:
            exists_notice(ctx, statement.name.name)
            return "CREATE TABLE"
        raise DuplicateTable(f'relation "{statement.name.name}" already exists')
    check_table_options(statement.options)
    oid = _TableMaker(draft, schema, statement, plan.search_path).make()
    check_table_expressions(draft, oid, statement)
    draft.publish()
    lock_referenced(draft, oid, ctx)
    return "CREATE TABLE"


class _TableMaker:
    """Builds one table in a draft."""

    def __init__(
        self,
        draft: Draft,
        schema: Schema,
        statement: nodes.CreateTable,
        search_path: tuple[str, ...],
    ) -> None:
        self.draft = draft
        self.schema = schema
        self.statement = statement
        self.search_path = search_path
        self.name = statement.name.name
        self.oid = draft.new_oid()
        self.constraints: list[ConstraintSpec] = []
        self.likes: list[tuple[Table, nodes.LikeSpec]] = []
        draft.put(Table(self.oid, schema.oid, self.name, (), options=statement.options))

    def make(self) -> int:
        """Columns, then CHECKs, then keys; primary key first, as PostgreSQL does. Returns the oid."""
        likes: dict[int, list[nodes.LikeSpec]] = {}
        for at, like in self.statement.likes:
            likes.setdefault(at, []).append(like)
        builder = ColumnBuilder(self.draft, self.schema, self.name, self.oid)
        for at in range(len(self.statement.columns) + 1):
            for like in likes.get(at, ()):
                self._copy_columns(like)
            if at < len(self.statement.columns):
                self._add(builder, self.statement.columns[at])
        self.constraints += self.statement.constraints
        self._check_one_primary_key()
        order = {"not_null": 0, "check": 1, "primary": 2, "unique": 3}
        for spec in sorted(self.constraints, key=lambda c: order.get(c.kind, 4)):
            add_constraint(self.draft, self.oid, spec)
        for source, like in self.likes:
            self._copy_keys(source, like)
        return self.oid

    def _check_one_primary_key(self) -> None:
        keys = [c for c in self.constraints if c.kind == "primary"]
        if len(keys) > 1:
            raise InvalidTableDefinition(
                f'multiple primary keys for table "{self.name}" are not allowed',
                position=keys[1].position,
            )

    def _add(self, builder: ColumnBuilder, spec: nodes.ColumnSpec) -> None:
        table = self.draft.tables[self.oid]
        if table.column(spec.name) is not None:
            raise DuplicateColumn(f'column "{spec.name}" specified more than once')
        new = builder.build(spec, table.next_attnum)
        self.constraints += new.constraints
        self._append(new.column)

    def _append(self, column: object) -> None:
        table = self.draft.tables[self.oid]
        if len(table.columns) >= MAX_COLUMNS:
            raise ProgramLimitExceeded(f"tables can have at most {MAX_COLUMNS} columns")
        self.draft.put(
            replace(table, columns=(*table.columns, column), next_attnum=table.next_attnum + 1)  # type: ignore[arg-type]
        )

    def _copy_columns(self, like: nodes.LikeSpec) -> None:
        source = table_named(self.draft, self.search_path, like.source, position=True)
        self.likes.append((source, like))
        for column in source.columns:
            table = self.draft.tables[self.oid]
            if table.column(column.name) is not None:
                raise DuplicateColumn(f'column "{column.name}" specified more than once')
            keep_default = "defaults" in like.including and not column.identity
            generated = column.generated if "generated" in like.including else None
            copied = replace(
                column, attnum=table.next_attnum, identity="", sequence_oid=0, missing=None, generated=generated,
                default=column.default if keep_default else None,
            )  # fmt: skip
            self._append(copied)
            if "comments" in like.including and (source.oid, column.attnum) in self.draft.comments:
                text = self.draft.comments[source.oid, column.attnum]
                self.draft.comments[self.oid, copied.attnum] = text

    def _copy_keys(self, source: Table, like: nodes.LikeSpec) -> None:
        """INCLUDING CONSTRAINTS and INCLUDING INDEXES."""
        if "constraints" in like.including:
            for constraint in source.constraints:
                if constraint.kind == "c" and constraint.expression:
                    spec = ConstraintSpec(
                        "check", constraint.name, expression=constraint.expression
                    )
                    add_constraint(self.draft, self.oid, spec)
        if "indexes" not in like.including:
            return
        for index in self.draft.indexes_of(source.oid):
            names = tuple(source.column_at(c.attnum).name for c in index.columns if c.attnum)
            if index.constraint:
                kind: nodes.ConstraintKind = "primary" if index.primary else "unique"
                add_constraint(self.draft, self.oid, ConstraintSpec(kind, None, names))
            else:
                self._copy_index(source, index, names)

    def _copy_index(self, source: Table, index: Index, names: tuple[str, ...]) -> None:
        table = self.draft.tables[self.oid]
        mapping = {c.attnum: t.attnum for c in source.columns if (t := table.column(c.name))}
        columns = tuple(
            replace(c, attnum=mapping.get(c.attnum, 0), source=mapping.get(c.source, 0))
            for c in index.columns
        )
        scope = tuple((mapping[term[0]], *term[1:]) for term in index.scope)
        name = choose_name(
            self.draft.relations(self.schema.oid), self.name, "_".join(names) or "expr", "idx"
        )
        self.draft.put(
            replace(
                index,
                oid=self.draft.new_oid(),
                name=name,
                table_oid=self.oid,
                columns=columns,
                scope=scope,
            )
        )
