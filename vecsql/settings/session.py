"""One session's settings: SET, SET LOCAL, RESET, and what a rollback does to them."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from vecsql.errors import (
    CantChangeRuntimeParam,
    Error,
    InvalidName,
    InvalidParameterValue,
    UndefinedObject,
)
from vecsql.settings.definition import Setting, Value
from vecsql.settings.table import RESERVED_PREFIXES, SETTINGS, find

_T = TypeVar("_T")

_DEFAULTS: dict[str, Value] = {key: setting.default for key, setting in SETTINGS.items()}


class Settings:
    """Values by setting. Changes replace whole dicts, so a transaction or savepoint mark is just two references.

    `startup` holds the client's start-up parameters; RESET goes back to them. Keys are lower-case names.
    """

    def __init__(self, overrides: dict[str, Value] | None = None) -> None:
        self._reset: dict[str, Value] = {**_DEFAULTS, **(overrides or {})}
        self._session: dict[str, Value] = {}
        self._local: dict[str, Value] = {}
        self._marks: list[tuple[str, dict[str, Value], dict[str, Value]]] = []
        self._current = self._reset
        self._custom: dict[str, Setting] = {}
        self._reported: dict[str, str] = {}
        self._reports_due = True
        self._derived: dict[Any, Any] = {}
        self.version = 0  # changes with any value: for caches of what depends on settings

    def get(self, name: str) -> Any:
        """The typed value; UndefinedObject if there is no such setting."""
        value = self._current.get(name)
        if value is None:
            value = self._current.get(name.lower())
        if value is None:
            raise _unknown(name)
        return value

    def is_set(self, name: str) -> bool:
        """Whether the setting was given a value: at start-up, by SET or by SET LOCAL. `name` is in lower case."""
        return (
            name in self._session
            or name in self._local
            or self._reset.get(name) != _DEFAULTS.get(name)
        )

    def derived(self, make: Callable[..., _T], *arguments: Hashable) -> _T:
        """What `make`, a function at module level, makes of the settings and some arguments; kept until a setting changes."""
        key = (make, arguments)
        found = self._derived.get(key)
        if found is None:
            found = self._derived[key] = make(self, *arguments)
        return found

    def show(self, name: str) -> str:
        """The value as SHOW prints it."""
        setting = self._definition(name)
        return setting.show(self._current.get(setting.name.lower(), ""))

    def set(self, name: str, value: str, *, local: bool = False) -> None:
        """SET [LOCAL] name = value, from its text form."""
        setting = self._settable(name)
        if setting.name in ("role", "session_authorization"):
            self._check_role(value)
        self._put(setting.name.lower(), setting.parse(value), local)

    def _check_role(self, role: str) -> None:
        """There is one role, by the name of whoever logged in: taking on a lesser one must not seem to work."""
        if role not in ("none", "postgres", self._reset["session_authorization"]):
            raise InvalidParameterValue(f'role "{role}" does not exist')

    def set_default(self, name: str, *, local: bool = False) -> None:
        """SET [LOCAL] name TO DEFAULT, and RESET name."""
        setting = self._settable(name)
        key = setting.name.lower()
        if key not in self._reset and key in self._custom:
            self._put(key, "", local)
        elif local:
            self._put(key, self._reset[key], local)
        else:
            self._session = {k: v for k, v in self._session.items() if k != key}
            self._local = {k: v for k, v in self._local.items() if k != key}
            self._refresh()

    def force(self, name: str, value: Value, *, local: bool = False) -> None:
        """Set a typed value past the checks of who may change it: for what the server itself decides."""
        self._put(name.lower(), value, local)

    def reset_all(self) -> None:
        """RESET ALL: back to the start-up values, except those that PostgreSQL keeps."""
        kept = ("transaction_isolation", "transaction_read_only", "transaction_deferrable",
                "session_authorization", "role", "client_encoding")  # fmt: skip
        self._session = {k: v for k, v in self._session.items() if k in kept}
        self._local = {k: v for k, v in self._local.items() if k in kept}
        self._refresh()

    def start(self, name: str, value: str) -> None:
        """A start-up parameter: becomes the value that RESET restores."""
        setting = self._settable(name, at_start=True)
        self._reset = {**self._reset, setting.name.lower(): setting.parse(value)}
        self._refresh()

    def begin(self) -> None:
        """A transaction starts: remember what a rollback restores."""
        self._marks = [("", self._session, self._local)]

    def savepoint(self, name: str) -> None:
        self._marks.append((name, self._session, self._local))

    def release(self, name: str) -> None:
        index = self._mark(name)
        if index is not None:
            del self._marks[index:]

    def rollback_to(self, name: str) -> None:
        index = self._mark(name)
        if index is not None:
            _, self._session, self._local = self._marks[index]
            del self._marks[index + 1 :]
            self._refresh()

    def commit(self) -> None:
        """The transaction's SETs stay, its SET LOCALs end."""
        self._marks = []
        if self._local:
            self._local = {}
            self._refresh()

    def rollback(self) -> None:
        """All SETs of the transaction are undone."""
        if self._marks:
            _, session, _ = self._marks[0]
            self._marks = []
            if session is not self._session or self._local:
                self._session, self._local = session, {}
                self._refresh()

    def reports(self) -> list[tuple[str, str]]:
        """(name, value) of the reported settings that changed since the last call: ParameterStatus to send."""
        if not self._reports_due:
            return []
        self._reports_due = False
        shown = {s.name: s.show(self._current[k]) for k, s in SETTINGS.items() if s.report}
        changed = [(n, v) for n, v in shown.items() if self._reported.get(n) != v]
        self._reported = shown
        return changed

    def rows(self) -> list[dict[str, Any]]:
        """pg_settings, ordered by name."""
        names = sorted({*SETTINGS, *self._custom})
        return [self._row(name) for name in names if name in self._current]

    def _row(self, key: str) -> dict[str, Any]:
        setting = self._definition(key)
        changed = key in self._session or key in self._local
        started = self._reset.get(key) != setting.default
        source = "session" if changed else "client" if started else "default"
        return setting.row(self._current[key], self._reset.get(key, ""), source)

    def _definition(self, name: str) -> Setting:
        setting = find(name) or self._custom.get(name.lower())
        if setting is None:
            raise _unknown(name)
        return setting

    def _settable(self, name: str, *, at_start: bool = False) -> Setting:
        setting = find(name) or self._custom.get(name.lower())
        if setting is None:
            setting = _custom_setting(name)
            self._custom[name.lower()] = setting
        if setting.context in ("user", "superuser"):
            return setting
        if at_start and setting.context in ("backend", "superuser-backend"):
            return setting
        raise _fixed(setting)

    def _put(self, key: str, value: Value, local: bool) -> None:
        if local:
            if self._marks:
                self._local = {**self._local, key: value}
        else:
            self._session = {**self._session, key: value}
            if key in self._local:
                self._local = {k: v for k, v in self._local.items() if k != key}
        self._refresh()

    def _refresh(self) -> None:
        self._current = {**self._reset, **self._session, **self._local}
        self._reports_due = True
        self._derived = {}
        self.version += 1

    def _mark(self, name: str) -> int | None:
        """Where the innermost savepoint of that name is; the transaction object reports unknown names."""
        marks = range(len(self._marks) - 1, 0, -1)
        return next((i for i in marks if self._marks[i][0] == name), None)


def _custom_setting(name: str) -> Setting:
    """A placeholder for a two-part name, as PostgreSQL makes one for settings of unknown extensions."""
    prefix, dot, rest = name.partition(".")
    if not dot:
        raise _unknown(name)
    parts = [prefix, *rest.split(".")]
    if not all(p.replace("$", "_").isidentifier() for p in parts):
        raise InvalidName(
            f'invalid configuration parameter name "{name}"',
            detail="Custom parameter names must be two or more simple identifiers separated by dots.",
        )
    if prefix.lower() in RESERVED_PREFIXES:
        raise InvalidName(
            f'invalid configuration parameter name "{name}"',
            detail=f'"{prefix}" is a reserved prefix.',
        )
    return Setting(name, "string", "", "", category="Customized Options")


def _unknown(name: str) -> Error:
    return UndefinedObject(f'unrecognized configuration parameter "{name}"')


def _fixed(setting: Setting) -> Error:
    tails = {
        "internal": "cannot be changed",
        "postmaster": "cannot be changed without restarting the server",
        "sighup": "cannot be changed now",
    }
    tail = tails.get(setting.context, "cannot be set after connection start")
    return CantChangeRuntimeParam(f'parameter "{setting.name}" {tail}')
