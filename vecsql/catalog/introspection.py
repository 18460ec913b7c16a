"""Bodies of the functions that look into the catalog: definitions, visibility, reg* types, comments, sizes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from vecsql import errors
from vecsql.catalog import definitions, identifiers, names, system_objects
from vecsql.catalog.deparse import expression_text
from vecsql.catalog.function_registry import SystemState, udf
from vecsql.catalog.relations import SCHEMA_OIDS
from vecsql.catalog.system_runtime import DATABASE_OID, role_oids
from vecsql.catalog.system_static import STATIC_ROWS, proc_oids
from vecsql.types.base import by_oid


@udf("format_type(oid, integer) -> text", strict=False)
def format_type(oid: int | None, typmod: int | None) -> str | None:
    return definitions.format_type(oid, typmod)


@udf("pg_get_indexdef(oid) -> text", state=True)
def pg_get_indexdef(state: SystemState, oid: int) -> str | None:
    return definitions.index_definition(state.catalog, oid, path=state.path)


@udf("pg_get_indexdef(oid, integer, boolean) -> text", state=True)
def pg_get_indexdef_column(state: SystemState, oid: int, column: int, pretty: bool) -> str | None:
    if column == 0:
        return definitions.index_definition(state.catalog, oid, pretty=pretty, path=state.path)
    return definitions.index_column_definition(state.catalog, oid, column, pretty=pretty)


@udf("pg_get_constraintdef(oid) -> text", state=True)
def pg_get_constraintdef(state: SystemState, oid: int) -> str | None:
    return system_objects.constraint_text(state.catalog, oid, pretty=False, path=state.path)


@udf("pg_get_constraintdef(oid, boolean) -> text", state=True)
def pg_get_constraintdef_pretty(state: SystemState, oid: int, pretty: bool) -> str | None:
    return system_objects.constraint_text(state.catalog, oid, pretty=pretty, path=state.path)


@udf("pg_get_expr(pg_node_tree, oid, boolean) -> text", state=True)
def pg_get_expr(state: SystemState, text: str, relation: int, pretty: bool) -> str:
    """Expressions are kept as printed text; printing them again only changes the style."""
    table = state.catalog.tables.get(relation)
    return expression_text(text, table, pretty=True) if pretty else text


@udf("pg_get_viewdef(oid) -> text", state=True)
def pg_get_viewdef(state: SystemState, oid: int) -> str | None:
    return definitions.view_definition(state.catalog, oid)


@udf("pg_get_viewdef(oid, boolean) -> text", state=True)
def pg_get_viewdef_pretty(state: SystemState, oid: int, pretty: bool) -> str | None:
    return definitions.view_definition(state.catalog, oid, pretty=pretty)


@udf("pg_get_viewdef(oid, integer) -> text = vs_pg_get_viewdef_wrap", state=True)
def pg_get_viewdef_wrap(state: SystemState, oid: int, width: int) -> str | None:
    return definitions.view_definition(state.catalog, oid)


@udf("pg_get_serial_sequence(text, text) -> text", state=True)
def pg_get_serial_sequence(state: SystemState, table_name: str, column_name: str) -> str | None:
    oid = names.regclass_in(state.catalog, table_name, state.path)
    table = state.catalog.tables.get(oid)
    column = table.column(column_name) if table else None
    if column is None and column_name in names.column_names(state.catalog, oid):
        return None
    if column is None:
        relation = ".".join(identifiers.split_identifier(table_name)[-1:])
        raise errors.UndefinedColumn(
            f'column "{column_name}" of relation "{relation}" does not exist'
        )
    return names.qualified_name(state.catalog, column.sequence_oid) if column.sequence_oid else None


@udf("pg_get_userbyid(oid) -> name", state=True)
def pg_get_userbyid(state: SystemState, oid: int) -> str:
    known = {number: name for name, number in role_oids(state.runtime).items()}
    return known.get(oid, "pg_database_owner" if oid == 6171 else f"unknown (OID={oid})")


@udf("pg_table_is_visible(oid) -> boolean", state=True)
def pg_table_is_visible(state: SystemState, oid: int) -> bool | None:
    return names.is_visible(state.catalog, oid, state.path)


@udf("pg_type_is_visible(oid) -> boolean", state=True)
def pg_type_is_visible(state: SystemState, oid: int) -> bool | None:
    if by_oid(oid) is not None:
        return True
    relation = oid - system_objects.row_type_oid(0)
    return names.is_visible(state.catalog, relation, state.path)


@udf("obj_description(oid, text) -> text", state=True)
def obj_description(state: SystemState, oid: int, catalog_name: str) -> str | None:
    classoid = names.relation_oid(state.catalog, catalog_name) or 0
    return _descriptions(state).get((oid, classoid, 0))


@udf("obj_description(oid) -> text", state=True)
def obj_description_any(state: SystemState, oid: int) -> str | None:
    found = (text for (o, _, sub), text in _descriptions(state).items() if o == oid and sub == 0)
    return next(found, None)


@udf("col_description(oid, integer) -> text", state=True)
def col_description(state: SystemState, oid: int, attnum: int) -> str | None:
    return state.catalog.comments.get((oid, attnum)) if attnum else None


@udf("shobj_description(oid, text) -> text", state=True)
def shobj_description(state: SystemState, oid: int, catalog_name: str) -> str | None:
    if catalog_name == "pg_database" and oid == 1:
        return "default template for new databases"
    return None


def _descriptions(state: SystemState) -> Mapping[tuple[int, int, int], str]:
    rows = (
        *STATIC_ROWS[_DESCRIPTIONS](),
        *system_objects.OBJECT_ROWS[_DESCRIPTIONS](state.catalog),
    )
    return {
        (row["objoid"], row["classoid"], row.get("objsubid", 0)): row["description"] for row in rows
    }


_DESCRIPTIONS = "pg_catalog.pg_description"


@udf("to_regclass(text) -> regclass", state=True)
def to_regclass(state: SystemState, text: str) -> int | None:
    return names.relation_oid(state.catalog, text, state.path)


@udf("regclassin(text) -> regclass = regclassin", state=True)
def regclassin(state: SystemState, text: str) -> int:
    return names.regclass_in(state.catalog, text, state.path)


@udf("regclassout(oid) -> text = regclassout", state=True)
def regclassout(state: SystemState, oid: int) -> str:
    return names.regclass_out(state.catalog, oid, state.path)


@udf("to_regtype(text) -> regtype", state=True)
def to_regtype(state: SystemState, text: str) -> int | None:
    if text.strip().isdigit():
        return int(text)
    found = names.type_named(text)
    return found[0].oid if found else _row_type(state, text)


@udf("to_regtypemod(text) -> integer")
def to_regtypemod(text: str) -> int | None:
    found = names.type_named(text)
    return found[1] if found else None


def _row_type(state: SystemState, text: str) -> int | None:
    try:
        oid = names.relation_oid(state.catalog, text, state.path)
    except errors.Error:
        return None
    known = oid is not None and (oid in state.catalog.tables or oid in state.catalog.views)
    return system_objects.row_type_oid(oid) if known and oid is not None else None


@udf("regtypein(text) -> regtype = regtypein", state=True)
def regtypein(state: SystemState, text: str) -> int:
    if text == "-":
        return 0
    oid: int | None = to_regtype(state, text)
    if oid is None:
        raise errors.UndefinedObject(f'type "{text}" does not exist')
    return oid


@udf("regtypeout(oid) -> text = regtypeout", state=True)
def regtypeout(state: SystemState, oid: int) -> str:
    relation = oid - system_objects.row_type_oid(0)
    if relation in state.catalog.tables or relation in state.catalog.views:
        return names.regclass_out(state.catalog, relation, state.path)
    return str(oid) if oid and by_oid(oid) is None else definitions.format_type(oid, -1) or "-"


@udf("to_regnamespace(text) -> regnamespace", state=True)
def to_regnamespace(state: SystemState, text: str) -> int | None:
    return (
        int(text)
        if text.isdigit()
        else names.schema_oid(state.catalog, identifiers.split_identifier(text)[-1])
    )


@udf("regnamespacein(text) -> regnamespace = regnamespacein", state=True)
def regnamespacein(state: SystemState, text: str) -> int:
    oid: int | None = to_regnamespace(state, text)
    if oid is None:
        raise errors.InvalidSchemaName(f'schema "{text}" does not exist')
    return oid


@udf("regnamespaceout(oid) -> text = regnamespaceout", state=True)
def regnamespaceout(state: SystemState, oid: int) -> str:
    if oid in state.catalog.schemas or oid in SCHEMA_OIDS.values():
        return identifiers.quote_identifier(names.schema_name(state.catalog, oid))
    return str(oid) if oid else "-"


@udf("to_regrole(text) -> regrole", state=True)
def to_regrole(state: SystemState, text: str) -> int | None:
    return int(text) if text.isdigit() else role_oids(state.runtime).get(text)


@udf("regrolein(text) -> regrole = regrolein", state=True)
def regrolein(state: SystemState, text: str) -> int:
    oid: int | None = to_regrole(state, text)
    if oid is None:
        raise errors.UndefinedObject(f'role "{text}" does not exist')
    return oid


@udf("regroleout(oid) -> text = regroleout", state=True)
def regroleout(state: SystemState, oid: int) -> str:
    known = {number: name for name, number in role_oids(state.runtime).items()}
    return known.get(oid, str(oid) if oid else "-")


@udf("to_regproc(text) -> regproc", "to_regprocedure(text) -> regprocedure")
def to_regproc(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    return proc_oids().get(identifiers.split_identifier(text.split("(", 1)[0])[-1])


@udf("regprocin(text) -> regproc = regprocin", "regprocedurein(text) -> regprocedure = regprocedurein",
     state=True)  # fmt: skip
def regprocin(state: SystemState, text: str) -> int:
    if text == "-":
        return 0
    oid: int | None = to_regproc(text)
    if oid is None:
        raise errors.UndefinedFunction(f'function "{text}" does not exist')
    return oid


@udf("regprocout(oid) -> text = regprocout", "regprocedureout(oid) -> text = regprocedureout",
     state=True)  # fmt: skip
def regprocout(state: SystemState, oid: int) -> str:
    return _proc_names().get(oid, str(oid) if oid else "-")


def _named(relation: str, column: str) -> dict[str, int]:
    return {row[column]: row["oid"] for row in STATIC_ROWS[f"pg_catalog.{relation}"]()}


@udf("regcollationin(text) -> regcollation = regcollationin", state=True)
def regcollationin(state: SystemState, text: str) -> int:
    name = identifiers.split_identifier(text)[-1]
    oid = int(text) if text.isdigit() else _named("pg_collation", "collname").get(name)
    if oid is None:
        raise errors.UndefinedObject(f'collation "{name}" for encoding "UTF8" does not exist')
    return oid


@udf("regcollationout(oid) -> text = regcollationout", state=True)
def regcollationout(state: SystemState, oid: int) -> str:
    known = {o: n for n, o in _named("pg_collation", "collname").items()}
    return identifiers.quote_identifier(known[oid]) if oid in known else str(oid)


@udf("regoperin(text) -> regoper = regoperin", "regoperatorin(text) -> regoperator = regoperatorin",
     state=True)  # fmt: skip
def regoperin(state: SystemState, text: str) -> int:
    name = text.split("(", 1)[0].rsplit(".", 1)[-1]
    oid = int(text) if text.isdigit() else _named("pg_operator", "oprname").get(name)
    if oid is None:
        raise errors.UndefinedFunction(f"operator does not exist: {text}")
    return oid


@udf(
    "regoperout(oid) -> text = regoperout",
    "regoperatorout(oid) -> text = regoperatorout",
    state=True,
)
def regoperout(state: SystemState, oid: int) -> str:
    return next((n for n, o in _named("pg_operator", "oprname").items() if o == oid), str(oid))


@cache
def _proc_names() -> dict[int, str]:
    return {oid: name for name, oid in proc_oids().items()}


@udf("pg_relation_is_publishable(regclass) -> boolean", state=True)
def pg_relation_is_publishable(state: SystemState, oid: int) -> bool:
    return oid in state.catalog.tables


@udf("pg_relation_size(regclass) -> bigint", "pg_table_size(regclass) -> bigint",
     "pg_relation_size(regclass, text) -> bigint", state=True, volatile=True, strict=True)  # fmt: skip
def pg_relation_size(state: SystemState, oid: int, fork: str = "main") -> int:
    source = state.runtime.get("byte_count")
    known = names.relation_by_oid(state.catalog, oid) is not None
    return int(source(oid)) if source is not None and known and fork == "main" else 0


@udf("pg_indexes_size(regclass) -> bigint", state=True, volatile=True)
def pg_indexes_size(state: SystemState, oid: int) -> int:
    return sum(pg_relation_size(state, index.oid) for index in state.catalog.indexes_of(oid))


@udf("pg_total_relation_size(regclass) -> bigint", state=True, volatile=True)
def pg_total_relation_size(state: SystemState, oid: int) -> int:
    total: int = pg_relation_size(state, oid) + pg_indexes_size(state, oid)
    return total


@udf("pg_database_size(name) -> bigint = vs_database_size_name",
     "pg_database_size(oid) -> bigint = vs_database_size_oid", state=True, volatile=True)  # fmt: skip
def pg_database_size(state: SystemState, database: str | int) -> int:
    if isinstance(database, int) and database != DATABASE_OID:
        return 0
    relations = (*state.catalog.tables, *state.catalog.indexes)
    return sum(pg_relation_size(state, oid) for oid in relations)


@udf("pg_tablespace_size(oid) -> bigint = vs_tablespace_size_oid",
     "pg_tablespace_size(name) -> bigint = vs_tablespace_size_name", state=True, volatile=True)  # fmt: skip
def pg_tablespace_size(state: SystemState, tablespace: str | int) -> int:
    if tablespace not in (1663, "pg_default"):
        return 0
    size: int = pg_database_size(state, DATABASE_OID)
    return size


@udf("pg_get_function_arguments(oid) -> text", "pg_get_function_identity_arguments(oid) -> text")
def pg_get_function_arguments(oid: int) -> str | None:
    row = _proc_rows().get(oid)
    if row is None:
        return None
    return ", ".join(definitions.format_type(int(o), -1) or "" for o in row[0])


@udf("pg_get_function_result(oid) -> text")
def pg_get_function_result(oid: int) -> str | None:
    row = _proc_rows().get(oid)
    return (
        None
        if row is None
        else ("SETOF " if row[2] else "") + (definitions.format_type(row[1], -1) or "")
    )


@cache
def _proc_rows() -> dict[int, tuple[list[int], int, bool]]:
    """(argument types, result type, returns a set) by OID."""
    return {
        row["oid"]: (row["proargtypes"], row["prorettype"], row["proretset"])
        for row in STATIC_ROWS["pg_catalog.pg_proc"]()
    }


@udf("pg_describe_object(oid, oid, integer) -> text", state=True)
def pg_describe_object(state: SystemState, classid: int, oid: int, attnum: int) -> str | None:
    if classid == system_objects.CLASS_CLASS:
        return f"relation {names.regclass_out(state.catalog, oid, state.path)}"
    if classid == system_objects.TYPE_CLASS:
        return f"type {regtypeout(state, oid)}"
    return _described().get((classid, oid), f"object {oid}")


@cache
def _described() -> dict[tuple[int, int], str]:
    """Functions, operators, operator classes and families, access methods in words."""
    methods = {row["oid"]: row["amname"] for row in STATIC_ROWS["pg_catalog.pg_am"]()}
    found = {(2601, oid): f"access method {name}" for oid, name in methods.items()}
    for row in STATIC_ROWS["pg_catalog.pg_proc"]():
        shown = ",".join(definitions.format_type(o, -1) or "" for o in row["proargtypes"])
        found[1255, row["oid"]] = f"function {row['proname']}({shown})"
    for row in STATIC_ROWS["pg_catalog.pg_operator"]():
        sides = (definitions.format_type(row[key], -1) for key in ("oprleft", "oprright"))
        found[2617, row["oid"]] = f"operator {row['oprname']}({','.join(filter(None, sides))})"
    for row in STATIC_ROWS["pg_catalog.pg_opclass"]():
        method = methods[row["opcmethod"]]
        found[2616, row["oid"]] = f"operator class {row['opcname']} for access method {method}"
        found[2753, row["opcfamily"]] = (
            f"operator family {row['opfname']} for access method {method}"
        )
    return found


@udf("pg_get_partkeydef(oid) -> text", "pg_get_ruledef(oid) -> text", "pg_get_triggerdef(oid) -> text",
     "pg_get_functiondef(oid) -> text", "pg_get_statisticsobjdef(oid) -> text",
     "pg_get_statisticsobjdef_columns(oid) -> text", "pg_get_function_sqlbody(oid) -> text",
     "pg_get_partition_constraintdef(oid) -> text")  # fmt: skip
def no_definition(oid: int) -> str | None:
    """Of kinds of objects that cannot exist here."""
    return None


@udf("pg_get_triggerdef(oid, boolean) -> text", "pg_get_ruledef(oid, boolean) -> text")
def no_definition_pretty(oid: int, pretty: bool) -> str | None:
    return None


_DEFAULT_RIGHTS: Mapping[str, tuple[str, str]] = {  # kind of object: (the owner's rights, everyone's)
    "r": ("arwdDxtm", ""), "s": ("rwU", ""), "d": ("CTc", "Tc"), "f": ("X", "X"), "l": ("U", "U"),
    "L": ("rw", ""), "n": ("UC", ""), "p": ("sA", ""), "t": ("C", ""), "F": ("U", ""), "S": ("U", ""),
    "T": ("U", "U"),
}  # fmt: skip


@udf('acldefault("char", oid) -> aclitem[]', state=True)
def acldefault(state: SystemState, kind: str, owner: int) -> list[str]:
    """The rights on an object on which nobody has granted or revoked any."""
    name = pg_get_userbyid(state, owner)
    own, public = _DEFAULT_RIGHTS.get(kind, ("", ""))
    everyone = [f"={public}/{name}"] if public else []
    return [*everyone, *([f"{name}={own}/{name}"] if own else [])]


@udf("pg_partition_ancestors(regclass) -> setof regclass", state=True)
def pg_partition_ancestors(state: SystemState, oid: int) -> list[int]:
    """No table is partitioned: PostgreSQL gives no rows then."""
    return []
