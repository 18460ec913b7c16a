"""Rows of the system catalog that describe the database's own objects: classes, attributes, indexes, constraints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from vecsql.catalog.definitions import (
    constraint_definition,
    default_text,
    expression_column_type,
    expression_name,
    view_definition,
)
from vecsql.catalog.deparse import expression_text, expression_type
from vecsql.catalog.model import (
    PG_CATALOG_OID,
    PUBLIC_OID,
    Catalog,
    Column,
    Constraint,
    Index,
    IndexColumn,
    Reference,
    Table,
    View,
)
from vecsql.catalog.names import DEFAULT_PATH, SearchPath, relation_by_oid, schema_of
from vecsql.catalog.system_static import (
    ACCESS_METHODS,
    OWNER,
    collation_of,
    extension_members,
    extension_rows,
    layout_of,
    opclass_oids,
    proc_oids,
)
from vecsql.catalog.view_text import relations_of
from vecsql.types.base import ColumnType, by_name, by_oid

Row = Mapping[str, Any]

CLASS_CLASS, TYPE_CLASS, NAMESPACE_CLASS = 1259, 1247, 2615
CONSTRAINT_CLASS, DEFAULT_CLASS, REWRITE_CLASS, EXTENSION_CLASS = 2606, 2604, 2618, 3079
PUBLIC_OWNER = 6171  # pg_database_owner

# Objects that the Catalog has no OID for get one derived from their table's, in a range of their own.
_ROW_TYPE, _ROW_ARRAY, _DERIVED = 1 << 30, 3 << 29, 1 << 31
_SYSTEM_COLUMNS = (("tableoid", -6, 26), ("ctid", -1, 27))


def row_type_oid(relation_oid: int) -> int:
    return _ROW_TYPE + relation_oid


def derived_oid(relation_oid: int, attnum: int) -> int:
    """The OID of a column's default, a NOT NULL constraint or a view's rule."""
    return _DERIVED + ((relation_oid << 11) + attnum) % _DERIVED


def not_null_name(table: Table, column: Column) -> str:
    """As PostgreSQL names the constraint of a NOT NULL column, within 63 bytes."""
    return f"{table.name[: 63 - 10 - len(column.name)]}_{column.name}_not_null"


def _namespaces(catalog: Catalog) -> Iterator[Row]:
    for schema in catalog.schemas.values():
        public = schema.oid == PUBLIC_OID
        yield {
            "oid": schema.oid,
            "nspname": schema.name,
            "nspowner": PUBLIC_OWNER if public else OWNER,
            "nspacl": ["pg_database_owner=UC/pg_database_owner", "=U/pg_database_owner"]
            if public
            else None,
        }


def _class(oid: int, name: str, schema_oid: int, kind: str, **more: Any) -> Row:
    return {
        "oid": oid,
        "relname": name,
        "relnamespace": schema_oid,
        "relowner": OWNER,
        "relfilenode": 0 if kind == "v" else oid,
        "reltuples": -1.0,
        "relpersistence": "p",
        "relkind": kind,
        "relispopulated": True,
        "relreplident": "d" if kind == "r" else "n",
    } | more


def _options(options: tuple[tuple[str, str], ...]) -> list[str] | None:
    return [f"{key}={value}" for key, value in options] or None


def _classes(catalog: Catalog) -> Iterator[Row]:
    referring = {
        oid
        for table in catalog.tables.values()
        for constraint in table.constraints
        if constraint.reference is not None
        for oid in (table.oid, constraint.reference.table_oid)
    }
    for table in catalog.tables.values():
        yield _class(
            table.oid, table.name, table.schema_oid, "r",
            reltype=row_type_oid(table.oid),
            relam=ACCESS_METHODS["heap"],
            relhasindex=bool(catalog.indexes_of(table.oid)),
            relnatts=_last_attnum(table),
            relchecks=sum(c.kind == "c" for c in table.constraints),
            relhastriggers=table.oid in referring,
            reloptions=_options(table.options),
        )  # fmt: skip
    for view in catalog.views.values():
        yield _class(
            view.oid, view.name, view.schema_oid, "v",
            reltype=row_type_oid(view.oid), relnatts=len(view.columns), relhasrules=True,
        )  # fmt: skip
    for index in catalog.indexes.values():
        yield _class(
            index.oid, index.name, schema_of(catalog, index), "i",
            relam=ACCESS_METHODS.get(index.method, 0),
            relnatts=len(index.columns) + len(index.include),
            reloptions=_options(index.options),
            reltuples=0.0,
        )  # fmt: skip
    for sequence in catalog.sequences.values():
        yield _class(
            sequence.oid, sequence.name, sequence.schema_oid, "S",
            relnatts=3, relpages=1, reltuples=1.0,
        )  # fmt: skip


def _last_attnum(table: Table) -> int:
    return max((column.attnum for column in table.columns), default=0)


def _attribute(relation_oid: int, attnum: int, name: str, ctype: ColumnType, **more: Any) -> Row:
    by_value, align, storage = layout_of(ctype.type)
    return {
        "attrelid": relation_oid,
        "attname": name,
        "atttypid": ctype.type.oid,
        "attlen": ctype.type.size,
        "attnum": attnum,
        "atttypmod": ctype.typmod,
        "attndims": 1 if ctype.type.element else 0,
        "attbyval": by_value,
        "attalign": align,
        "attstorage": storage,
        "attislocal": True,
        "attcollation": collation_of(ctype.type),
        "attstattarget": None,
    } | more


def _attributes(catalog: Catalog) -> Iterator[Row]:
    for table in catalog.tables.values():
        yield from _table_attributes(table)
    for view in catalog.views.values():
        for attnum, (name, ctype) in enumerate(view.columns, 1):
            yield _attribute(view.oid, attnum, name, ctype)
    for index in catalog.indexes.values():
        yield from _index_attributes(catalog.tables[index.table_oid], index)
    for sequence in catalog.sequences.values():
        for attnum, (name, kind) in enumerate(
            (("last_value", "int8"), ("log_cnt", "int8"), ("is_called", "bool")), 1
        ):
            yield _attribute(sequence.oid, attnum, name, _plain(kind), attnotnull=True)


def _table_attributes(table: Table) -> Iterator[Row]:
    for name, attnum, type_oid in _SYSTEM_COLUMNS:
        if (sql_type := by_oid(type_oid)) is not None:
            yield _attribute(table.oid, attnum, name, ColumnType(sql_type), attnotnull=True)
    for column in table.columns:
        yield _attribute(
            table.oid, column.attnum, column.name, column.type,
            attnotnull=column.not_null,
            atthasdef=column.default is not None or column.generated is not None,
            atthasmissing=column.missing is not None,
            attidentity=column.identity,
            attgenerated="s" if column.generated is not None else "",
            attmissingval=None if column.missing is None else f"{{{column.missing}}}",
        )  # fmt: skip
    live = {column.attnum for column in table.columns}
    for attnum in range(1, _last_attnum(table)):
        if attnum not in live:
            yield _dropped_attribute(table.oid, attnum)


def _dropped_attribute(relation_oid: int, attnum: int) -> Row:
    name = f"........pg.dropped.{attnum}........"
    return _attribute(
        relation_oid, attnum, name, _plain("int4"), atttypid=0, attcollation=0, attisdropped=True
    )


def _plain(name: str) -> ColumnType:
    found = by_name(name)
    if found is None:
        raise LookupError(name)
    return ColumnType(found)


def _index_attributes(table: Table, index: Index) -> Iterator[Row]:
    for number, column in enumerate(index.columns, 1):
        if column.expression is None:
            name = table.column_at(column.attnum).name
        else:
            name = expression_name(column.expression)
        yield _attribute(index.oid, number, name, _key_type(table, column))
    for number, attnum in enumerate(index.include, len(index.columns) + 1):
        included = table.column_at(attnum)
        yield _attribute(index.oid, number, included.name, included.type)


def _indexes(catalog: Catalog) -> Iterator[Row]:
    for index in catalog.indexes.values():
        table = catalog.tables[index.table_oid]
        expressions = [
            expression_text(c.expression, table) for c in index.columns if c.expression is not None
        ]
        yield {
            "indexrelid": index.oid,
            "indrelid": index.table_oid,
            "indnatts": len(index.columns) + len(index.include),
            "indnkeyatts": len(index.columns),
            "indisunique": index.unique,
            "indnullsnotdistinct": index.nulls_not_distinct,
            "indisprimary": index.primary,
            "indimmediate": True,
            "indisvalid": True,
            "indisready": True,
            "indislive": True,
            "indkey": [c.attnum for c in index.columns] + list(index.include),
            "indcollation": [_key_collation(table, c) for c in index.columns],
            "indclass": [_opclass_oid(table, index, c) for c in index.columns],
            "indoption": [c.descending + 2 * c.nulls_first for c in index.columns],
            "indexprs": ", ".join(expressions) or None,
            "indpred": index.predicate and expression_text(index.predicate, table),
        }


def _key_type(table: Table, column: IndexColumn) -> ColumnType:
    if column.expression is None:
        return table.column_at(column.attnum).type
    if column.source:
        return expression_column_type(column.expression, column.opclass)
    found = by_name(expression_type(column.expression, table))
    return ColumnType(found) if found is not None else _plain("text")


def _key_collation(table: Table, column: IndexColumn) -> int:
    return collation_of(_key_type(table, column).type)


def _opclass_oid(table: Table, index: Index, column: IndexColumn) -> int:
    by_key = opclass_oids()
    if column.opclass:
        return by_key.get((index.method, column.opclass), 0)
    sql_type = _key_type(table, column).type
    name = "text" if sql_type.name == "varchar" else sql_type.name
    return by_key.get((index.method, "array_ops" if sql_type.element else f"{name}_ops"), 0)


def _constraint(oid: int, name: str, table: Table, kind: str, **more: Any) -> Row:
    return {
        "oid": oid,
        "conname": name,
        "connamespace": table.schema_oid,
        "contype": kind,
        "conenforced": True,
        "convalidated": True,
        "conrelid": table.oid,
        "confupdtype": " ",
        "confdeltype": " ",
        "confmatchtype": " ",
        "conislocal": True,
    } | more


def _constraints(catalog: Catalog) -> Iterator[Row]:
    for table in catalog.tables.values():
        for constraint in table.constraints:
            yield _constraint(
                constraint.oid, constraint.name, table, constraint.kind,
                conindid=constraint.index_oid,
                connoinherit=constraint.kind != "c",
                conkey=list(constraint.attnums) or None,
                conbin=constraint.expression and expression_text(constraint.expression, table),
                **_reference_columns(constraint.reference),
            )  # fmt: skip
        for column in table.columns:
            if column.not_null:
                oid = derived_oid(table.oid, column.attnum)
                name = not_null_name(table, column)
                yield _constraint(oid, name, table, "n", conkey=[column.attnum])


def _reference_columns(reference: Reference | None) -> Row:
    if reference is None:
        return {}
    return {
        "condeferrable": reference.deferrable,
        "condeferred": reference.deferred,
        "confrelid": reference.table_oid,
        "confkey": list(reference.attnums),
        "confupdtype": reference.on_update,
        "confdeltype": reference.on_delete,
        "confmatchtype": "s",
    }


def constraint_text(
    catalog: Catalog, oid: int, *, pretty: bool, path: SearchPath = DEFAULT_PATH
) -> str | None:
    """pg_get_constraintdef(): also of the NOT NULL constraints that only pg_constraint knows."""
    for table in catalog.tables.values():
        for constraint in table.constraints:
            if constraint.oid == oid:
                return constraint_definition(catalog, table, constraint, pretty=pretty, path=path)
        if oid >= _DERIVED:
            for column in table.columns:
                if column.not_null and derived_oid(table.oid, column.attnum) == oid:
                    return f"NOT NULL {column.name}"
    return None


def _defaults(catalog: Catalog) -> Iterator[Row]:
    for table in catalog.tables.values():
        for column in table.columns:
            if column.default is not None or column.generated is not None:
                yield {
                    "oid": derived_oid(table.oid, column.attnum),
                    "adrelid": table.oid,
                    "adnum": column.attnum,
                    "adbin": default_text(table, column.attnum),
                }


def _sequences(catalog: Catalog) -> Iterator[Row]:
    for sequence in catalog.sequences.values():
        yield {
            "seqrelid": sequence.oid,
            "seqtypid": sequence.type.type.oid,
            "seqstart": sequence.start,
            "seqincrement": sequence.increment,
            "seqmax": sequence.max_value,
            "seqmin": sequence.min_value,
            "seqcache": 1,
            "seqcycle": sequence.cycle,
        }


def _row_types(catalog: Catalog) -> Iterator[Row]:
    relations: tuple[Table | View, ...] = (*catalog.tables.values(), *catalog.views.values())
    procs = proc_oids()
    functions = {"input": "in", "output": "out", "receive": "recv", "send": "send"}
    for relation in relations:
        common = {"typnamespace": relation.schema_oid, "typowner": OWNER, "typisdefined": True,
                  "typdelim": ",", "typalign": "d", "typstorage": "x", "typtypmod": -1, "typlen": -1}  # fmt: skip
        yield common | {
            "oid": row_type_oid(relation.oid),
            "typname": relation.name,
            "typtype": "c",
            "typcategory": "C",
            "typrelid": relation.oid,
            "typarray": _ROW_ARRAY + relation.oid,
            **{f"typ{key}": procs.get(f"record_{value}", 0) for key, value in functions.items()},
        }
        yield common | {
            "oid": _ROW_ARRAY + relation.oid,
            "typname": f"_{relation.name}"[:63],
            "typtype": "b",
            "typcategory": "A",
            "typelem": row_type_oid(relation.oid),
            **{f"typ{key}": procs.get(f"array_{value}", 0) for key, value in functions.items()},
        }


def has_vector(catalog: Catalog) -> bool:
    return any(extension.name == "vector" for extension in catalog.extensions.values())


def _of_extension(name: str) -> Callable[[Catalog], Iterable[Row]]:
    """The rows of a relation that describe the vector extension's objects."""
    return lambda catalog: extension_rows(f"pg_catalog.{name}", created=has_vector(catalog))


def _types(catalog: Catalog) -> Iterator[Row]:
    yield from extension_rows("pg_catalog.pg_type", created=has_vector(catalog))
    yield from _row_types(catalog)


def _extensions(catalog: Catalog) -> Iterator[Row]:
    for extension in catalog.extensions.values():
        plain = extension.name == "plpgsql"
        yield {
            "oid": extension.oid,
            "extname": extension.name,
            "extowner": OWNER,
            "extnamespace": PG_CATALOG_OID if plain else PUBLIC_OID,
            "extrelocatable": not plain,
            "extversion": extension.version,
        }


def _descriptions(catalog: Catalog) -> Iterator[Row]:
    for (oid, attnum), text in catalog.comments.items():
        yield {
            "objoid": oid,
            "classoid": class_of(catalog, oid),
            "objsubid": attnum,
            "description": text,
        }
    for extension in catalog.extensions.values():
        if extension.name == "vector":
            text = "vector data type and ivfflat and hnsw access methods"
            yield {"objoid": extension.oid, "classoid": EXTENSION_CLASS, "description": text}
    if (PUBLIC_OID, 0) not in catalog.comments and PUBLIC_OID in catalog.schemas:
        yield {
            "objoid": PUBLIC_OID,
            "classoid": NAMESPACE_CLASS,
            "description": "standard public schema",
        }


def class_of(catalog: Catalog, oid: int) -> int:
    """The catalog that an object's OID belongs to, as pg_description.classoid."""
    if oid in catalog.schemas:
        return NAMESPACE_CLASS
    if oid in catalog.extensions:
        return EXTENSION_CLASS
    return CLASS_CLASS if relation_by_oid(catalog, oid) is not None else CONSTRAINT_CLASS


def _depends(catalog: Catalog) -> Iterator[Row]:
    for extension in catalog.extensions.values():
        yield _dependency(EXTENSION_CLASS, extension.oid, NAMESPACE_CLASS, PUBLIC_OID, 0, "n")
        for classid, oid in extension_members() if extension.name == "vector" else ():
            yield _dependency(classid, oid, EXTENSION_CLASS, extension.oid, 0, "e")
    for table in catalog.tables.values():
        yield _dependency(CLASS_CLASS, table.oid, NAMESPACE_CLASS, table.schema_oid, 0, "n")
        yield _dependency(TYPE_CLASS, row_type_oid(table.oid), CLASS_CLASS, table.oid, 0, "i")
        yield from _table_depends(table)
    for index in catalog.indexes.values():
        yield from _index_depends(catalog, index)
    for sequence in catalog.sequences.values():
        yield _dependency(CLASS_CLASS, sequence.oid, NAMESPACE_CLASS, sequence.schema_oid, 0, "n")
        if sequence.owner_table_oid in catalog.tables:
            owner = catalog.tables[sequence.owner_table_oid]
            kind = "i" if _is_identity(owner, sequence.owner_attnum) else "a"
            yield _dependency(
                CLASS_CLASS, sequence.oid, CLASS_CLASS, owner.oid, sequence.owner_attnum, kind
            )
    for view in catalog.views.values():
        rule = derived_oid(view.oid, 0)
        yield _dependency(CLASS_CLASS, view.oid, NAMESPACE_CLASS, view.schema_oid, 0, "n")
        yield _dependency(REWRITE_CLASS, rule, CLASS_CLASS, view.oid, 0, "i")
        for oid in relations_of(catalog, view):
            yield _dependency(REWRITE_CLASS, rule, CLASS_CLASS, oid, 0, "n")


def _is_identity(table: Table, attnum: int) -> bool:
    return any(c.attnum == attnum and c.identity for c in table.columns)


def _dependency(classid: int, oid: int, refclass: int, ref: int, sub: int, kind: str) -> Row:
    return {"classid": classid, "objid": oid, "refclassid": refclass, "refobjid": ref,
            "refobjsubid": sub, "deptype": kind}  # fmt: skip


def _table_depends(table: Table) -> Iterator[Row]:
    for column in table.columns:
        derived = derived_oid(table.oid, column.attnum)
        if column.default is not None or column.generated is not None:
            yield _dependency(DEFAULT_CLASS, derived, CLASS_CLASS, table.oid, column.attnum, "a")
        if column.default is not None and column.sequence_oid:
            yield _dependency(DEFAULT_CLASS, derived, CLASS_CLASS, column.sequence_oid, 0, "n")
        if column.not_null:
            yield _dependency(CONSTRAINT_CLASS, derived, CLASS_CLASS, table.oid, column.attnum, "a")
    for constraint in table.constraints:
        for attnum in constraint.attnums:
            yield _dependency(CONSTRAINT_CLASS, constraint.oid, CLASS_CLASS, table.oid, attnum, "a")


def _index_depends(catalog: Catalog, index: Index) -> Iterator[Row]:
    if index.constraint:
        owner = _constraint_of(catalog.tables[index.table_oid], index)
        if owner is not None:
            yield _dependency(CLASS_CLASS, index.oid, CONSTRAINT_CLASS, owner.oid, 0, "i")
        return
    for column in index.columns:
        yield _dependency(CLASS_CLASS, index.oid, CLASS_CLASS, index.table_oid, column.attnum, "a")


def _constraint_of(table: Table, index: Index) -> Constraint | None:
    return next((c for c in table.constraints if c.index_oid == index.oid), None)


def _rules(catalog: Catalog) -> Iterator[Row]:
    for view in catalog.views.values():
        yield {
            "oid": derived_oid(view.oid, 0),
            "rulename": "_RETURN",
            "ev_class": view.oid,
            "ev_type": "1",
            "ev_enabled": "O",
            "is_instead": True,
            "ev_qual": "<>",
            "ev_action": view_definition(catalog, view.oid),
        }


OBJECT_ROWS: dict[str, Callable[[Catalog], Iterable[Row]]] = {
    f"pg_catalog.{name}": rows
    for name, rows in {
        "pg_attrdef": _defaults,
        "pg_attribute": _attributes,
        "pg_class": _classes,
        "pg_constraint": _constraints,
        "pg_depend": _depends,
        "pg_description": _descriptions,
        "pg_extension": _extensions,
        "pg_index": _indexes,
        "pg_namespace": _namespaces,
        "pg_rewrite": _rules,
        "pg_sequence": _sequences,
        "pg_type": _types,
        "pg_proc": _of_extension("pg_proc"),
        "pg_operator": _of_extension("pg_operator"),
        "pg_opclass": _of_extension("pg_opclass"),
        "pg_opfamily": _of_extension("pg_opfamily"),
    }.items()
}
