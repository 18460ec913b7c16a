"""The system catalog as Arrow tables: relation() gives any relation of pg_catalog or information_schema.

Base tables are generated from the immutable Catalog, views by their SQL files; both are computed once per
Catalog object. Relations about the running server come from `runtime` and are computed at every call.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

from vecsql.catalog.model import Catalog
from vecsql.catalog.relations import BY_OID, RELATIONS, SystemRelation
from vecsql.catalog.system_objects import OBJECT_ROWS
from vecsql.catalog.system_runtime import NAMED_BY_SESSION, RUNTIME_ROWS, database_of, user_of
from vecsql.catalog.system_static import STATIC_ROWS, core_rows
from vecsql.catalog.system_views import view_table
from vecsql.types.base import ColumnType

__all__ = ["BY_OID", "RELATIONS", "SystemRelation", "is_runtime", "is_stable", "relation"]

Row = Mapping[str, Any]
Runtime = Mapping[str, Any]
Tables = dict[tuple[str, ...], pa.Table]

_KEPT_CATALOGS = 16
_static: dict[str, pa.Table] = {}
_cache: OrderedDict[int, tuple[Catalog, Tables]] = OrderedDict()
_lock = threading.Lock()


def relation(name: str, catalog: Catalog, runtime: Runtime) -> pa.Table:
    """The rows of a system relation, e.g. 'pg_catalog.pg_class', with the columns that RELATIONS declares.

    `runtime` may have the keys that system_runtime describes. KeyError if there is no such relation.
    """
    declared = RELATIONS[name]
    if name in RUNTIME_ROWS:
        return table_of(declared, RUNTIME_ROWS[name](catalog, runtime))
    tables = _tables_of(catalog)
    key = (name, database_of(runtime), user_of(runtime)) if declared.kind == "v" else (name,)
    found = tables.get(key)
    if found is None:
        found = tables[key] = _build(declared, catalog, runtime)
    return found


def is_runtime(name: str) -> bool:
    """Whether the relation depends on more than the Catalog, so that its rows must not be kept."""
    return name in RUNTIME_ROWS


def is_stable(name: str) -> bool:
    """Whether the Catalog, the database's name and the user alone decide the rows."""
    return name not in RUNTIME_ROWS or name in NAMED_BY_SESSION


def _tables_of(catalog: Catalog) -> Tables:
    """The tables made so far for this very Catalog object; versions are not unique across transactions."""
    key = id(catalog)
    with _lock:
        if key not in _cache:
            _cache[key] = (catalog, {})
            if len(_cache) > _KEPT_CATALOGS:
                _cache.popitem(last=False)
        _cache.move_to_end(key)
        return _cache[key][1]


def _build(declared: SystemRelation, catalog: Catalog, runtime: Runtime) -> pa.Table:
    if declared.kind == "v":
        return view_table(declared, catalog, runtime, relation)
    name = declared.qualified
    static = _static_table(declared)
    rows = OBJECT_ROWS.get(name)
    return pa.concat_tables([static, table_of(declared, rows(catalog))]) if rows else static


def _static_table(declared: SystemRelation) -> pa.Table:
    """The rows that every database has; computed once per process."""
    name = declared.qualified
    if name not in _static:
        _static[name] = table_of(declared, core_rows(name) if name in STATIC_ROWS else ())
    return _static[name]


def table_of(declared: SystemRelation, rows: Iterable[Row]) -> pa.Table:
    """Rows as Arrow; a column that a row lacks is false, 0 or '' by its type, NULL for all other types."""
    rows = list(rows)
    arrays = [
        pa.array([row.get(name, absent) for row in rows], type=ctype.arrow)
        for name, ctype in declared.columns
        for absent in (_absent(ctype),)
    ]
    return pa.table(arrays, names=[name for name, _ in declared.columns])


def _absent(ctype: ColumnType) -> Any:
    return _ABSENT.get(ctype.type.name)


_ABSENT: dict[str, Any] = {
    "bool": False, "oid": 0, "int2": 0, "int4": 0, "int8": 0, "float4": 0.0, "regproc": 0, "xid": 0, "char": "",
}  # fmt: skip
