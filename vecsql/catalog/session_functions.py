"""Bodies of the functions about the session and the server: settings, identity, privileges, quoting."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from vecsql import errors
from vecsql.catalog import identifiers, names
from vecsql.catalog.function_registry import SystemState, udf
from vecsql.catalog.system_runtime import database_of, user_of

DEFAULT_SERVER_VERSION = "18.0 (vecsql)"
_ENCODINGS: Mapping[int, str] = {0: "SQL_ASCII", 6: "UTF8", 7: "MULE_INTERNAL", 8: "LATIN1"}
_PROCESS_START = datetime.now(UTC)


@udf("version() -> text", state=True)
def version(state: SystemState) -> str:
    settings = state.runtime.get("settings")
    number = settings.show("server_version") if settings is not None else DEFAULT_SERVER_VERSION
    return f"PostgreSQL {number} on {os.uname().machine}-{os.uname().sysname.lower()}, 64-bit"


@udf("current_database() -> name", "current_catalog() -> name", state=True)
def current_database(state: SystemState) -> str:
    return database_of(state.runtime)


@udf("current_user() -> name", "session_user() -> name", "user() -> name", "current_role() -> name",
     "getpgusername() -> name", "system_user() -> text", state=True)  # fmt: skip
def current_user(state: SystemState) -> str:
    return user_of(state.runtime)


@udf("current_schema() -> name", state=True, volatile=True)
def current_schema(state: SystemState) -> str | None:
    found: list[str] = current_schemas(state, False)
    return found[0] if found else None


@udf("current_schemas(boolean) -> name[]", state=True, volatile=True)
def current_schemas(state: SystemState, implicit: bool) -> list[str]:
    listed = [name for name in state.path if names.schema_oid(state.catalog, name) is not None]
    return ["pg_catalog", *listed] if implicit and "pg_catalog" not in listed else listed


@udf("pg_backend_pid() -> integer", state=True, volatile=True)
def pg_backend_pid(state: SystemState) -> int:
    return int(state.runtime.get("backend_pid") or os.getpid())


@udf("current_setting(text) -> text", state=True, volatile=True)
def current_setting(state: SystemState, name: str) -> str:
    return str(_settings(state).show(name))


@udf("current_setting(text, boolean) -> text", state=True, volatile=True)
def current_setting_or_null(state: SystemState, name: str, missing_ok: bool) -> str | None:
    try:
        return str(_settings(state).show(name))
    except errors.UndefinedObject:
        if missing_ok:
            return None
        raise


@udf("set_config(text, text, boolean) -> text", state=True, volatile=True, strict=False)
def set_config(state: SystemState, name: str | None, value: str | None, local: bool | None) -> str:
    if name is None:
        raise errors.DataException("SET requires parameter name")
    _settings(state).set(name, value or "", local=bool(local))
    return str(_settings(state).show(name))


def _settings(state: SystemState) -> Any:
    settings = state.runtime.get("settings")
    if settings is None:
        raise errors.ObjectNotInPrerequisiteState("no session settings are available here")
    return settings


@udf("pg_postmaster_start_time() -> timestamp with time zone",
     "pg_conf_load_time() -> timestamp with time zone", state=True)  # fmt: skip
def pg_postmaster_start_time(state: SystemState) -> datetime:
    started: datetime = state.runtime.get("start_time") or _PROCESS_START
    return started


@udf("inet_client_addr() -> text", state=True, strict=False)
def inet_client_addr(state: SystemState) -> str | None:
    return _address(state, "client")[0]


@udf("inet_client_port() -> integer", state=True, strict=False)
def inet_client_port(state: SystemState) -> int | None:
    return _address(state, "client")[1]


@udf("inet_server_addr() -> text", state=True, strict=False)
def inet_server_addr(state: SystemState) -> str | None:
    return _address(state, "server")[0]


@udf("inet_server_port() -> integer", state=True, strict=False)
def inet_server_port(state: SystemState) -> int | None:
    return _address(state, "server")[1]


def _address(state: SystemState, side: str) -> tuple[str | None, int | None]:
    known: tuple[str, int] | None = state.runtime.get(side)
    return known or (None, None)


@udf("pg_encoding_to_char(integer) -> name")
def pg_encoding_to_char(encoding: int) -> str:
    return _ENCODINGS.get(encoding, "")


@udf("pg_char_to_encoding(name) -> integer")
def pg_char_to_encoding(name: str) -> int:
    wanted = name.upper().replace("-", "").replace("UNICODE", "UTF8")
    return next((number for number, known in _ENCODINGS.items() if known == wanted), -1)


@udf("pg_client_encoding() -> name", "getdatabaseencoding() -> name")
def pg_client_encoding() -> str:
    return "UTF8"


@udf("quote_ident(text) -> text")
def quote_ident(text: str) -> str:
    return identifiers.quote_identifier(text)


@udf("quote_literal(text) -> text")
def quote_literal(text: str) -> str:
    return identifiers.quote_literal(text)


@udf("quote_nullable(text) -> text", strict=False)
def quote_nullable(text: str | None) -> str:
    return "NULL" if text is None else identifiers.quote_literal(text)


@udf("parse_ident(text) -> text[]")
def parse_ident(text: str) -> list[str]:
    return identifiers.split_identifier(text)


@udf("pg_size_pretty(bigint) -> text")
def pg_size_pretty(size: int) -> str:
    """PostgreSQL's rounding: a unit is used until 10240 of it, halves round away from zero."""
    sign, rest = ("-", -size) if size < 0 else ("", size)
    if rest < 10 * 1024:
        return f"{sign}{rest} bytes"
    rest >>= 9  # keep one bit to round by
    for unit in ("kB", "MB", "GB", "TB"):
        if rest < 20 * 1024 - 1:
            return f"{sign}{(rest + 1) // 2} {unit}"
        rest >>= 10
    return f"{sign}{(rest + 1) // 2} PB"


@udf("pg_sleep(double precision) -> void", state=True, volatile=True)
def pg_sleep(state: SystemState, seconds: float) -> str:
    cancel = state.runtime.get("cancel")
    if cancel is None:
        time.sleep(max(seconds, 0.0))
    elif cancel.wait(max(seconds, 0.0)):
        raise errors.QueryCanceled("canceling statement due to user request")
    return ""


@udf("has_database_privilege(text, text) -> boolean", "has_schema_privilege(text, text) -> boolean",
     "has_table_privilege(text, text) -> boolean", "has_any_column_privilege(text, text) -> boolean",
     "has_sequence_privilege(text, text) -> boolean", "has_function_privilege(text, text) -> boolean",
     "has_type_privilege(text, text) -> boolean", "has_tablespace_privilege(text, text) -> boolean",
     "has_language_privilege(text, text) -> boolean", "pg_has_role(text, text) -> boolean")  # fmt: skip
def has_privilege(target: str, privilege: str) -> bool:
    """Every role is a superuser so far."""
    return True


@udf("has_database_privilege(text, text, text) -> boolean", "has_schema_privilege(text, text, text) -> boolean",
     "has_table_privilege(text, text, text) -> boolean", "has_column_privilege(text, text, text) -> boolean",
     "has_any_column_privilege(text, text, text) -> boolean",
     "has_sequence_privilege(text, text, text) -> boolean",
     "has_function_privilege(text, text, text) -> boolean",
     "pg_has_role(text, text, text) -> boolean")  # fmt: skip
def has_privilege_of_role(role: str, target: str, privilege: str) -> bool:
    return True


@udf("row_security_active(text) -> boolean", "pg_is_other_temp_schema(oid) -> boolean")
def never(target: Any) -> bool:
    return False


@udf("pg_is_in_recovery() -> boolean", "pg_is_wal_replay_paused() -> boolean")
def no() -> bool:
    return False


@udf("pg_my_temp_schema() -> oid")
def pg_my_temp_schema() -> int:
    return 0


@udf("txid_current() -> bigint", "pg_current_xact_id() -> bigint", "txid_current_if_assigned() -> bigint",
     state=True, volatile=True)  # fmt: skip
def txid_current(state: SystemState) -> int:
    return int(state.runtime.get("transaction_id") or 1)


@udf("pg_tablespace_location(oid) -> text", "pg_tablespace_databases(oid) -> text")
def pg_tablespace_location(oid: int) -> str:
    return ""


@udf("pg_cancel_backend(integer) -> boolean", state=True, volatile=True)
def pg_cancel_backend(state: SystemState, pid: int) -> bool:
    signal = state.runtime.get("signal_backend")
    return bool(signal(pid, terminate=False)) if signal is not None else False


@udf("pg_terminate_backend(integer) -> boolean", state=True, volatile=True)
def pg_terminate_backend(state: SystemState, pid: int) -> bool:
    signal = state.runtime.get("signal_backend")
    return bool(signal(pid, terminate=True)) if signal is not None else False


@udf("pg_notify(text, text) -> void", state=True, volatile=True)
def pg_notify(state: SystemState, channel: str, payload: str) -> str:
    notify = state.runtime.get("notify")
    if notify is not None:
        notify(channel, payload)
    return ""
