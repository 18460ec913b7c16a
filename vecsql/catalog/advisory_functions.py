"""The functions of advisory locks; the locks themselves are the session's, runtime key `advisory`."""

from __future__ import annotations

from typing import Any, Protocol, cast

from vecsql import errors
from vecsql.catalog.function_registry import SystemState, udf

Key = tuple[int, ...]  # one bigint or two integers, which are different key spaces


class Advisory(Protocol):
    """What the functions need of a session. `transaction`: the lock ends with the transaction."""

    def lock(self, key: Key, *, shared: bool, transaction: bool) -> None: ...

    def try_lock(self, key: Key, *, shared: bool, transaction: bool) -> bool: ...

    def unlock(self, key: Key, *, shared: bool) -> bool: ...

    def unlock_all(self) -> None: ...


def _advisory(state: SystemState) -> Advisory:
    found: Any = state.runtime.get("advisory")
    if found is None:
        raise errors.ObjectNotInPrerequisiteState("advisory locks need a session")
    return cast(Advisory, found)


def _forms(name: str, result: str) -> tuple[str, str]:
    return f"{name}(bigint) -> {result}", f"{name}(integer, integer) -> {result}"


def _declare(scope: str, suffix: str) -> None:
    """Lock and try-lock of one scope ('' or 'xact_') and mode ('' or '_shared')."""
    transaction, shared = bool(scope), bool(suffix)

    @udf(*_forms(f"pg_advisory_{scope}lock{suffix}", "void"), state=True, volatile=True)
    def lock(state: SystemState, *key: int) -> str:
        _advisory(state).lock(key, shared=shared, transaction=transaction)
        return ""

    @udf(*_forms(f"pg_try_advisory_{scope}lock{suffix}", "boolean"), state=True, volatile=True)
    def try_lock(state: SystemState, *key: int) -> bool:
        return _advisory(state).try_lock(key, shared=shared, transaction=transaction)


for _scope in ("", "xact_"):
    for _suffix in ("", "_shared"):
        _declare(_scope, _suffix)


@udf(*_forms("pg_advisory_unlock", "boolean"), state=True, volatile=True)
def unlock(state: SystemState, *key: int) -> bool:
    return _advisory(state).unlock(key, shared=False)


@udf(*_forms("pg_advisory_unlock_shared", "boolean"), state=True, volatile=True)
def unlock_shared(state: SystemState, *key: int) -> bool:
    return _advisory(state).unlock(key, shared=True)


@udf("pg_advisory_unlock_all() -> void", state=True, volatile=True)
def unlock_all(state: SystemState) -> str:
    _advisory(state).unlock_all()
    return ""
