"""The catalog a DDL statement is building: mutable copies of the mappings it touches, published at the end."""

from __future__ import annotations

from dataclasses import replace

from vecsql.catalog.model import Catalog, Column, Constraint, Index, Schema, Sequence, Table, View
from vecsql.executor.context import ExecContext


class Draft:
    """One statement's changes to the catalog. `publish` hands the result to the transaction."""

    def __init__(self, ctx: ExecContext, base: Catalog | None = None) -> None:
        """Start from the newest catalog, locked until the transaction ends, or only look things up in `base`."""
        self._ctx = ctx
        self.base = base or ctx.txn.lock_catalog()
        self.search_path: tuple[str, ...] = ("public",)  # for names inside the statement
        self.next_oid = self.base.next_oid
        self.schemas = dict(self.base.schemas)
        self.tables = dict(self.base.tables)
        self.views = dict(self.base.views)
        self.indexes = dict(self.base.indexes)
        self.sequences = dict(self.base.sequences)
        self.extensions = dict(self.base.extensions)
        self.comments = dict(self.base.comments)

    def new_oid(self) -> int:
        self.next_oid += 1
        return self.next_oid - 1

    def catalog(self) -> Catalog:
        """The catalog as drafted so far."""
        return self.base.evolve(
            next_oid=self.next_oid,
            schemas=self.schemas,
            tables=self.tables,
            views=self.views,
            indexes=self.indexes,
            sequences=self.sequences,
            extensions=self.extensions,
            comments=self.comments,
        )

    def publish(self) -> Catalog:
        """Make the draft what the rest of the transaction sees; a draft may be published more than once."""
        catalog = self.catalog()
        self._ctx.txn.set_catalog(catalog)
        return catalog

    def schema_name(self, oid: int) -> str:
        return self.schemas[oid].name

    def relations(self, schema_oid: int) -> dict[str, Table | View | Index | Sequence]:
        """Everything in a schema that shares the name space of relations."""
        found: dict[str, Table | View | Index | Sequence] = {}
        for mapping in (self.tables, self.views, self.sequences):
            found.update({r.name: r for r in mapping.values() if r.schema_oid == schema_oid})
        for index in self.indexes.values():
            if self.tables[index.table_oid].schema_oid == schema_oid:
                found[index.name] = index
        return found

    def find(self, schema_oid: int, name: str) -> Table | View | Index | Sequence | None:
        """The relation of this name in a schema."""
        return self.relations(schema_oid).get(name)

    def indexes_of(self, table_oid: int) -> list[Index]:
        return [i for i in self.indexes.values() if i.table_oid == table_oid]

    def put(self, *relations: Table | View | Index | Sequence | Schema) -> None:
        """Add or replace objects by their oid."""
        for relation in relations:
            if isinstance(relation, Table):
                self.tables[relation.oid] = relation
            elif isinstance(relation, View):
                self.views[relation.oid] = relation
            elif isinstance(relation, Index):
                self.indexes[relation.oid] = relation
            elif isinstance(relation, Sequence):
                self.sequences[relation.oid] = relation
            else:
                self.schemas[relation.oid] = relation

    def put_column(self, table_oid: int, column: Column) -> None:
        """Replace a column of a table, by attnum."""
        table = self.tables[table_oid]
        columns = tuple(column if c.attnum == column.attnum else c for c in table.columns)
        self.tables[table_oid] = replace(table, columns=columns)

    def add_constraint(self, table_oid: int, constraint: Constraint) -> None:
        table = self.tables[table_oid]
        self.tables[table_oid] = replace(table, constraints=(*table.constraints, constraint))

    def forget_comments(self, oid: int, attnum: int | None = None) -> None:
        """Drop the comments of an object that goes away (of one column, if attnum is given)."""
        for key in [k for k in self.comments if k[0] == oid and attnum in (None, k[1])]:
            del self.comments[key]
