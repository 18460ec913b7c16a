"""Rows of the system relations that depend on the running server: settings, sessions, sizes, sequences' values.

They come from `runtime`, a mapping in which every key may be missing:
  database, user         str: what current_database() and current_user return
  search_path            sequence of schema names
  settings               a vecsql.settings.Settings: pg_settings, current_setting()
  sessions               callable -> rows of pg_stat_activity, as mappings
  locks                  callable -> rows of pg_locks
  progress               callable -> rows of pg_stat_progress_create_index
  prepared, cursors      callables -> rows of pg_prepared_statements and pg_cursors
  sequence_state         callable (sequence oid) -> (last value, is_called)
  row_count, byte_count  callables (relation oid) -> int
  backend_pid, start_time, client, server: see session_functions
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from vecsql.catalog.model import Catalog
from vecsql.catalog.names import schema_name
from vecsql.catalog.system_static import OWNER

Row = Mapping[str, Any]
Runtime = Mapping[str, Any]

DEFAULT_DATABASE = "postgres"
DEFAULT_USER = "postgres"
DATABASE_OID = 5
_FIRST_ROLE_OID = 16384

AVAILABLE_EXTENSIONS = (
    ("plpgsql", "1.0", "PL/pgSQL procedural language"),
    ("vector", "0.8.1", "vector data type and ivfflat and hnsw access methods"),
)


def database_of(runtime: Runtime) -> str:
    return str(runtime.get("database") or DEFAULT_DATABASE)


def user_of(runtime: Runtime) -> str:
    return str(runtime.get("user") or DEFAULT_USER)


def role_oids(runtime: Runtime) -> dict[str, int]:
    """The roles: the bootstrap superuser, the connected user if that is another one, PostgreSQL's own."""
    roles = {DEFAULT_USER: OWNER}
    roles.setdefault(user_of(runtime), _FIRST_ROLE_OID)
    return roles


def _roles(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    for name, oid in role_oids(runtime).items():
        yield {
            "oid": oid,
            "rolname": name,
            **dict.fromkeys(
                ("rolsuper", "rolinherit", "rolcreaterole", "rolcreatedb", "rolcanlogin",
                 "rolreplication", "rolbypassrls"), True),
            "rolconnlimit": -1,
            "rolpassword": "********",
        }  # fmt: skip
    yield {"oid": 6171, "rolname": "pg_database_owner", "rolinherit": True, "rolconnlimit": -1,
           "rolpassword": "********"}  # fmt: skip


def _authids(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    for row in _roles(catalog, runtime):
        yield {**row, "rolpassword": None}


def _users(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    for name, oid in role_oids(runtime).items():
        yield {"usename": name, "usesysid": oid, "usecreatedb": True, "usesuper": True,
               "userepl": True, "usebypassrls": True, "passwd": "********"}  # fmt: skip


def _databases(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    acl = ["=c/postgres", "postgres=CTc/postgres"]
    for oid, name, template, accepts in (
        (DATABASE_OID, database_of(runtime), False, True),
        (1, "template1", True, True),
        (4, "template0", True, False),
    ):
        yield {"oid": oid, "datname": name, "datdba": OWNER, "encoding": 6, "datlocprovider": "c",
               "datistemplate": template, "datallowconn": accepts, "datconnlimit": -1,
               "datfrozenxid": 731, "datminmxid": 1, "dattablespace": 1663, "datcollate": "C.UTF-8",
               "datctype": "C.UTF-8", "datacl": acl if template else None}  # fmt: skip


def _settings(catalog: Catalog, runtime: Runtime) -> Iterable[Row]:
    settings = runtime.get("settings")
    return settings.rows() if settings is not None else ()


def _called(key: str) -> Callable[[Catalog, Runtime], Iterable[Row]]:
    """Rows that the runtime's callable `key` gives."""

    def rows(catalog: Catalog, runtime: Runtime) -> Iterable[Row]:
        source = runtime.get(key)
        return source() if source is not None else ()

    return rows


def _sequences(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    state = runtime.get("sequence_state")
    for sequence in catalog.sequences.values():
        last, called = state(sequence.oid) if state is not None else (sequence.start, False)
        yield {
            "schemaname": schema_name(catalog, sequence.schema_oid),
            "sequencename": sequence.name,
            "sequenceowner": DEFAULT_USER,
            "data_type": sequence.type.type.oid,
            "start_value": sequence.start,
            "min_value": sequence.min_value,
            "max_value": sequence.max_value,
            "increment_by": sequence.increment,
            "cycle": sequence.cycle,
            "cache_size": 1,
            "last_value": last if called else None,
        }


def _table_statistics(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    count = runtime.get("row_count")
    for table in catalog.tables.values():
        yield {
            "relid": table.oid,
            "schemaname": schema_name(catalog, table.schema_oid),
            "relname": table.name,
            "n_live_tup": count(table.oid) if count is not None else 0,
        }


def _index_statistics(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    for index in catalog.indexes.values():
        table = catalog.tables[index.table_oid]
        yield {
            "relid": table.oid,
            "indexrelid": index.oid,
            "schemaname": schema_name(catalog, table.schema_oid),
            "relname": table.name,
            "indexrelname": index.name,
        }


def _database_statistics(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    sessions = runtime.get("sessions")
    backends = sum(1 for _ in sessions()) if sessions is not None else 1
    yield {"datid": DATABASE_OID, "datname": database_of(runtime), "numbackends": backends}


def _extensions(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    installed = {extension.name: extension.version for extension in catalog.extensions.values()}
    for name, version, comment in AVAILABLE_EXTENSIONS:
        yield {"name": name, "default_version": version, "installed_version": installed.get(name),
               "comment": comment}  # fmt: skip


def _extension_versions(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    installed = {extension.name for extension in catalog.extensions.values()}
    for name, version, comment in AVAILABLE_EXTENSIONS:
        yield {"name": name, "version": version, "installed": name in installed, "superuser": True,
               "trusted": True, "relocatable": name != "plpgsql", "comment": comment}  # fmt: skip


def _time_zones(catalog: Catalog, runtime: Runtime) -> Iterator[Row]:
    now = datetime.fromtimestamp(time.time(), UTC)
    for name in sorted(available_timezones()):
        local = now.astimezone(ZoneInfo(name))
        yield {"name": name, "abbrev": local.tzname(), "utc_offset": local.utcoffset() or timedelta(),
               "is_dst": bool(local.dst())}  # fmt: skip


RUNTIME_ROWS: dict[str, Callable[[Catalog, Runtime], Iterable[Row]]] = {
    f"pg_catalog.{name}": rows
    for name, rows in {
        "pg_authid": _authids,
        "pg_available_extension_versions": _extension_versions,
        "pg_available_extensions": _extensions,
        "pg_cursors": _called("cursors"),
        "pg_database": _databases,
        "pg_locks": _called("locks"),
        "pg_prepared_statements": _called("prepared"),
        "pg_roles": _roles,
        "pg_sequences": _sequences,
        "pg_settings": _settings,
        "pg_shadow": _users,
        "pg_stat_activity": _called("sessions"),
        "pg_stat_all_indexes": _index_statistics,
        "pg_stat_all_tables": _table_statistics,
        "pg_stat_database": _database_statistics,
        "pg_stat_progress_create_index": _called("progress"),
        "pg_stat_user_indexes": _index_statistics,
        "pg_stat_user_tables": _table_statistics,
        "pg_timezone_names": _time_zones,
        "pg_user": _users,
    }.items()
}

# Of these, the ones in which nothing but the database's and the user's name comes from the runtime.
NAMED_BY_SESSION = frozenset(
    f"pg_catalog.{name}"
    for name in ("pg_authid", "pg_database", "pg_roles", "pg_shadow", "pg_user",
                 "pg_available_extensions", "pg_available_extension_versions")
)  # fmt: skip
