"""Rows of the system catalog that are the same in every database: types, operators, roles, encodings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from vecsql.catalog import sql_files
from vecsql.catalog.model import INFORMATION_SCHEMA_OID, PG_CATALOG_OID, PUBLIC_OID
from vecsql.catalog.relations import RELATIONS, SystemRelation
from vecsql.types.base import SqlType, all_types, by_name, by_oid

Row = Mapping[str, Any]

OWNER = 10  # the bootstrap superuser
FIRST_VECTOR_OID = 16385  # objects of the vector extension live in public
DEFAULT_COLLATION = 100
NAME_COLLATION = 950  # "C"
ACCESS_METHODS = {
    "heap": 2, "btree": 403, "hash": 405, "gist": 783, "gin": 2742, "spgist": 4000, "brin": 3580,
    "hnsw": 15001, "ivfflat": 15002, "vecsql": 15003,
}  # fmt: skip
VECTOR_METHODS = ("hnsw", "ivfflat", "vecsql")
_OPCLASS_BASE, _OPFAMILY_BASE, _OPERATOR_BASE, _PROC_BASE = 15100, 15200, 15400, 15600
_OF_VECSQL = 50  # what the number of a class of hnsw is raised by for its twin of vecsql


def namespace_of(sql_type: SqlType) -> int:
    base = sql_type.element or sql_type
    return PUBLIC_OID if base.oid >= FIRST_VECTOR_OID else PG_CATALOG_OID


def collation_of(sql_type: SqlType) -> int:
    """pg_type.typcollation: the default collation for strings, "C" for name."""
    base = sql_type.element or sql_type
    if base.name == "name":
        return NAME_COLLATION
    return DEFAULT_COLLATION if base.name in ("text", "varchar", "bpchar") else 0


@cache
def _built_in_types() -> dict[int, dict[str, str]]:
    return {int(row["oid"]): row for row in sql_files.read_rows("pg_catalog/pg_type.tsv")}


def layout_of(sql_type: SqlType) -> tuple[bool, str, str]:
    """(typbyval, typalign, typstorage) of a type."""
    known = _built_in_types().get(sql_type.oid)
    if known:
        return known["typbyval"] == "1", known["typalign"], known["typstorage"]
    if sql_type.element is not None:
        align = layout_of(sql_type.element)[1]
        return False, "d" if align == "d" else "i", "x"
    return False, "i", "e"  # vector types


@cache
def proc_oids() -> dict[str, int]:
    """OIDs of functions by name (the first of overloaded ones)."""
    oids: dict[str, int] = {}
    for row in (*sql_files.read_rows("pg_catalog/pg_proc.tsv"), *_vector_functions()):
        oids.setdefault(row["proname"], int(row["oid"]))
    return oids


def _type_procs(sql_type: SqlType) -> dict[str, str]:
    known = _built_in_types().get(sql_type.oid)
    if known:
        return {key: value for key, value in known.items() if key.startswith("typmod")} | {
            key: known[key] for key in ("typinput", "typoutput", "typreceive", "typsend")
        }
    if sql_type.element is not None:
        return {"typinput": "array_in", "typoutput": "array_out", "typreceive": "array_recv",
                "typsend": "array_send", "typsubscript": "array_subscript_handler",
                "typanalyze": "array_typanalyze"} | {
            key: value for key, value in _type_procs(sql_type.element).items() if key.startswith("typmod")
        }  # fmt: skip
    name = sql_type.name
    return {"typinput": f"{name}_in", "typoutput": f"{name}_out", "typreceive": f"{name}_recv",
            "typsend": f"{name}_send", "typmodin": f"{name}_typmod_in"}  # fmt: skip


def _type_rows() -> Iterator[Row]:
    oids = proc_oids()
    for sql_type in sorted(all_types(), key=lambda t: t.oid):
        known = _built_in_types().get(sql_type.oid, {})
        by_value, align, storage = layout_of(sql_type)
        element = sql_type.element.oid if sql_type.element else int(known.get("typelem", 0))
        yield {
            "oid": sql_type.oid,
            "typname": sql_type.name,
            "typnamespace": namespace_of(sql_type),
            "typowner": OWNER,
            "typlen": sql_type.size,
            "typbyval": by_value,
            "typtype": known.get("typtype", "b"),
            "typcategory": "A" if sql_type.element else known.get("typcategory", sql_type.category),
            "typispreferred": known.get("typispreferred") == "1" or sql_type.preferred,
            "typisdefined": True,
            "typdelim": known.get("typdelim", ","),
            "typelem": element,
            "typarray": sql_type.array_oid,
            "typalign": align,
            "typstorage": storage,
            "typtypmod": -1,
            "typcollation": collation_of(sql_type),
            **{key: oids.get(name, 0) for key, name in _type_procs(sql_type).items()},
        }


def _namespace_rows() -> Iterator[Row]:
    schemas = (
        (99, "pg_toast", None),
        (PG_CATALOG_OID, "pg_catalog", None),
        (INFORMATION_SCHEMA_OID, "information_schema", None),
    )
    for oid, name, acl in schemas:
        yield {"oid": oid, "nspname": name, "nspowner": OWNER, "nspacl": acl}


def _am_rows() -> Iterator[Row]:
    handlers = {"heap": "heap_tableam_handler"}
    for name, oid in ACCESS_METHODS.items():
        kind = "t" if name == "heap" else "i"
        handler = proc_oids().get(handlers.get(name, f"{name}handler"), 0)
        yield {"oid": oid, "amname": name, "amtype": kind, "amhandler": handler}


@cache
def _opclasses() -> tuple[dict[str, Any], ...]:
    """pg_opclass rows (with the access method's and the family's name) of the types that are known."""
    rows: list[dict[str, Any]] = [
        {
            "oid": int(row["oid"]),
            "opcmethod": ACCESS_METHODS[row["method"]],
            "opcname": row["opcname"],
            "opcnamespace": PG_CATALOG_OID,
            "opcowner": OWNER,
            "opcfamily": int(row["opcfamily"]),
            "opcintype": int(row["opcintype"]),
            "opcdefault": row["opcdefault"] == "1",
            "opckeytype": int(row["opckeytype"]),
            "opfname": row["opfname"],
        }
        for row in sql_files.read_rows("pg_catalog/pg_opclass.tsv")
        if by_oid(int(row["opcintype"])) or int(row["opcintype"]) == 2277
    ]
    for number, row in enumerate(sql_files.read_rows("vector/opclasses.tsv")):
        if (sql_type := by_name(row["opcintype"])) is None:
            continue
        default = row["opcdefault"] == "1"
        rows.append(_vector_opclass(number, row["method"], row["opcname"], sql_type.oid, default))
        if row["method"] == "hnsw":
            default = row["opcname"] == "vector_l2_ops"
            number += _OF_VECSQL
            rows.append(_vector_opclass(number, "vecsql", row["opcname"], sql_type.oid, default))
    return tuple(rows)


def _vector_opclass(
    number: int, method: str, name: str, type_oid: int, default: bool
) -> dict[str, Any]:
    return {
        "oid": _OPCLASS_BASE + number,
        "opcmethod": ACCESS_METHODS[method],
        "opcname": name,
        "opcnamespace": PUBLIC_OID,
        "opcowner": OWNER,
        "opcfamily": _OPFAMILY_BASE + number,
        "opcintype": type_oid,
        "opcdefault": default,
        "opfname": name,
    }


@cache
def opclass_oids() -> dict[tuple[str, str], int]:
    """OIDs of operator classes by (access method, name)."""
    methods = {oid: name for name, oid in ACCESS_METHODS.items()}
    return {(methods[row["opcmethod"]], row["opcname"]): row["oid"] for row in _opclasses()}


@cache
def default_opclasses() -> frozenset[tuple[str, str, int]]:
    """(access method, operator class, type OID) of the classes that CREATE INDEX takes by itself."""
    methods = {oid: name for name, oid in ACCESS_METHODS.items()}
    return frozenset(
        (methods[row["opcmethod"]], row["opcname"], row["opcintype"])
        for row in _opclasses()
        if row["opcdefault"]
    )


def _opfamily_rows() -> Iterator[Row]:
    seen = {}
    for row in _opclasses():
        seen[row["opcfamily"]] = {
            "oid": row["opcfamily"],
            "opfmethod": row["opcmethod"],
            "opfname": row["opfname"],
            "opfnamespace": row["opcnamespace"],
            "opfowner": OWNER,
        }
    yield from seen.values()


def _known(*oids: str) -> bool:
    pseudo = {0, 2276, 2277, 2283, 2281, 2275, 5077, 5078}
    return all(int(oid) in pseudo or by_oid(int(oid)) for oid in oids)


def _operator_rows() -> Iterator[Row]:
    procs = proc_oids()
    for row in sql_files.read_rows("pg_catalog/pg_operator.tsv"):
        if not _known(row["oprleft"], row["oprright"], row["oprresult"]):
            continue
        yield {
            **{key: int(row[key]) for key in ("oid", "oprleft", "oprright", "oprresult", "oprcom", "oprnegate")},
            "oprname": row["oprname"],
            "oprnamespace": PG_CATALOG_OID,
            "oprowner": OWNER,
            "oprkind": row["oprkind"],
            "oprcanmerge": row["oprcanmerge"] == "1",
            "oprcanhash": row["oprcanhash"] == "1",
            "oprcode": procs.get(row["oprcode"], 0),
        }  # fmt: skip
    yield from _vector_operator_rows()


def _vector_operator_rows() -> Iterator[Row]:
    rows = sql_files.read_rows("vector/operators.tsv")
    oids = {(r["oprname"], r["oprleft"]): _OPERATOR_BASE + i for i, r in enumerate(rows)}
    for row in rows:
        left, result = by_name(row["oprleft"]), by_name(row["oprresult"])
        if left is None or result is None:
            continue
        yield {
            "oid": oids[row["oprname"], row["oprleft"]],
            "oprname": row["oprname"],
            "oprnamespace": PUBLIC_OID,
            "oprowner": OWNER,
            "oprkind": "b",
            "oprleft": left.oid,
            "oprright": left.oid,
            "oprresult": result.oid,
            "oprcom": oids.get((row["oprcom"], row["oprleft"]), 0),
            "oprnegate": oids.get((row["oprnegate"], row["oprleft"]), 0),
            "oprcode": proc_oids().get(row["oprcode"], 0),
        }


@cache
def _vector_functions() -> tuple[dict[str, str], ...]:
    """Functions of the extension in the form of pg_proc.tsv."""
    return tuple(_vector_function_rows())


def _vector_function_rows() -> Iterator[dict[str, str]]:
    pseudo = {"cstring": 2275, "cstring[]": 1263}
    for number, row in enumerate(sql_files.read_rows("vector/functions.tsv")):
        names = [*row["arguments"].split(", "), row["result"]]
        oids = [pseudo.get(n) or getattr(by_name(n), "oid", None) for n in names]
        if None not in oids:
            *arguments, result = map(str, oids)
            yield row | {
                "oid": str(_PROC_BASE + number),
                "proretset": "0",
                "prorettype": result,
                "proargtypes": " ".join(arguments),
                "provariadic": "0",
            }


def _proc_rows() -> Iterator[Row]:
    for namespace, rows in (
        (PG_CATALOG_OID, sql_files.read_rows("pg_catalog/pg_proc.tsv")),
        (PUBLIC_OID, _vector_functions()),
    ):
        for row in rows:
            arguments = [int(oid) for oid in row["proargtypes"].split()]
            yield {
                "oid": int(row["oid"]),
                "proname": row["proname"],
                "pronamespace": namespace,
                "proowner": OWNER,
                "prolang": 12 if namespace == PG_CATALOG_OID else 13,
                "procost": 1.0,
                "provariadic": int(row["provariadic"]),
                "prokind": row["prokind"],
                "proisstrict": row["proisstrict"] == "1",
                "proretset": row["proretset"] == "1",
                "provolatile": row["provolatile"],
                "proparallel": "s",
                "pronargs": len(arguments),
                "prorettype": int(row["prorettype"]),
                "proargtypes": arguments,
                "prosrc": row["proname"],
            }


def _cast_rows() -> Iterator[Row]:
    procs = proc_oids()
    for row in sql_files.read_rows("pg_catalog/pg_cast.tsv"):
        if _known(row["castsource"], row["casttarget"]):
            yield {
                "oid": int(row["oid"]),
                "castsource": int(row["castsource"]),
                "casttarget": int(row["casttarget"]),
                "castfunc": procs.get(row["castfunc"], 0),
                "castcontext": row["castcontext"],
                "castmethod": row["castmethod"],
            }


def _language_rows() -> Iterator[Row]:
    for oid, name, trusted in ((12, "internal", False), (13, "c", False), (14, "sql", True)):
        yield {"oid": oid, "lanname": name, "lanowner": OWNER, "lanpltrusted": trusted}


def _collation_rows() -> Iterator[Row]:
    for oid, name, provider, encoding, locale in (
        (DEFAULT_COLLATION, "default", "d", -1, None),
        (NAME_COLLATION, "C", "c", -1, "C"),
        (951, "POSIX", "c", -1, "POSIX"),
        (962, "ucs_basic", "b", 6, None),
        (811, "pg_c_utf8", "b", 6, None),
    ):
        yield {"oid": oid, "collname": name, "collnamespace": PG_CATALOG_OID, "collowner": OWNER,
               "collprovider": provider, "collisdeterministic": True, "collencoding": encoding,
               "collcollate": locale, "collctype": locale,
               "colllocale": {962: "C", 811: "C.UTF-8"}.get(oid)}  # fmt: skip


def _tablespace_rows() -> Iterator[Row]:
    yield {"oid": 1663, "spcname": "pg_default", "spcowner": OWNER}
    yield {"oid": 1664, "spcname": "pg_global", "spcowner": OWNER}


def _system_class_rows() -> Iterator[Row]:
    for relation in RELATIONS.values():
        yield {
            "oid": relation.oid,
            "relname": relation.name,
            "relnamespace": relation.schema_oid,
            "relowner": OWNER,
            "relam": ACCESS_METHODS["heap"] if relation.kind == "r" else 0,
            "relfilenode": relation.oid if relation.kind == "r" else 0,
            "reltuples": -1.0,
            "relpersistence": "p",
            "relkind": relation.kind,
            "relnatts": len(relation.columns),
            "relhasrules": relation.kind == "v",
            "relispopulated": True,
            "relreplident": "n",
        }


def _system_attribute_rows() -> Iterator[Row]:
    for relation in RELATIONS.values():
        yield from _attributes_of(relation)


def _attributes_of(relation: SystemRelation) -> Iterator[Row]:
    for attnum, (name, ctype) in enumerate(relation.columns, 1):
        by_value, align, storage = layout_of(ctype.type)
        yield {
            "attrelid": relation.oid,
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
        }


def _description_rows() -> Iterator[Row]:
    descriptions = (
        (PG_CATALOG_OID, 2615, "system catalog schema"),
        (99, 2615, "reserved schema for TOAST tables"),
        (403, 2601, "b-tree index access method"),
        (2, 2601, "heap table access method"),
    )
    for oid, classoid, text in descriptions:
        yield {"objoid": oid, "classoid": classoid, "description": text}


_ROWS: dict[str, Callable[[], Iterable[Row]]] = {
    "pg_am": _am_rows,
    "pg_attribute": _system_attribute_rows,
    "pg_cast": _cast_rows,
    "pg_class": _system_class_rows,
    "pg_collation": _collation_rows,
    "pg_description": _description_rows,
    "pg_language": _language_rows,
    "pg_namespace": _namespace_rows,
    "pg_opclass": _opclasses,
    "pg_operator": _operator_rows,
    "pg_opfamily": _opfamily_rows,
    "pg_proc": _proc_rows,
    "pg_tablespace": _tablespace_rows,
    "pg_type": _type_rows,
}
STATIC_ROWS = {f"pg_catalog.{name}": rows for name, rows in _ROWS.items()}

# Relations that have objects of the vector extension among their rows, and the column with their schema.
_EXTENSION_RELATIONS = {
    "pg_type": (1247, "typnamespace"),
    "pg_proc": (1255, "pronamespace"),
    "pg_operator": (2617, "oprnamespace"),
    "pg_opclass": (2616, "opcnamespace"),
    "pg_opfamily": (2753, "opfnamespace"),
}


def core_rows(name: str) -> Iterator[Row]:
    """The static rows of a relation without those of the vector extension."""
    _, column = _EXTENSION_RELATIONS.get(name.partition(".")[2], (0, ""))
    return (row for row in STATIC_ROWS[name]() if not column or row[column] != PUBLIC_OID)


def extension_rows(name: str, *, created: bool) -> Iterator[Row]:
    """The rows of the vector extension's objects: in public once it is created, out of sight before."""
    _, column = _EXTENSION_RELATIONS.get(name.partition(".")[2], (0, ""))
    schema = PUBLIC_OID if created else PG_CATALOG_OID
    for row in STATIC_ROWS[name]() if column else ():
        if row[column] == PUBLIC_OID:
            yield {**row, column: schema}


def extension_members() -> Iterator[tuple[int, int]]:
    """(catalog, OID) of each object that belongs to the vector extension."""
    for name, (classid, column) in _EXTENSION_RELATIONS.items():
        for row in STATIC_ROWS[f"pg_catalog.{name}"]():
            if row[column] == PUBLIC_OID and not row.get("typelem"):
                yield classid, row["oid"]
    for method in VECTOR_METHODS:
        yield 2601, ACCESS_METHODS[method]
