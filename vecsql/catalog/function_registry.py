"""Registry of the system catalog's functions; vecsql.catalog.functions is the complete, public one.

SIGNATURES maps a name to its overloads. Each names a DuckDB function or macro (`duckdb`) and says what it needs:

- how 'native': DuckDB has it under that name;
- how 'macro': macros() creates it, once per DuckDB database;
- how 'udf': a Python function that register() makes known to a DuckDB database when it is first needed.
  A `stateful` one takes the id of a SystemState first, which the translator writes as STATE_SQL; the session keeps
  the DuckDB variable in step with it.

A set-returning function (`kind` 'set') gives a DuckDB list, one element a row: unnest() it.
OIDs and reg* values are integers in DuckDB; REG_INPUT and REG_OUTPUT name the functions that casts from and to text
become, and with which result columns of these types are wrapped.
"""

from __future__ import annotations

import itertools
import re
import threading
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from vecsql.catalog import sql_files
from vecsql.catalog.model import Catalog
from vecsql.errors import Error
from vecsql.types.base import SqlType, by_name

STATE_VARIABLE = "vecsql_state"
STATE_SQL = f"getvariable('{STATE_VARIABLE}')"

REG_INPUT = {
    name: f"{name}in" for name in ("regclass", "regtype", "regproc", "regnamespace", "regrole", "regoper",
                                   "regprocedure", "regoperator", "regcollation")
}  # fmt: skip
REG_OUTPUT = {name: f"{name}out" for name in REG_INPUT}

Kind = Literal["scalar", "set", "aggregate", "window"]
How = Literal["native", "macro", "udf"]


@dataclass(slots=True)
class SystemState:
    """What stateful functions see; one per session, brought up to date before every statement.

    `runtime` is the mapping that system_runtime describes.
    """

    catalog: Catalog
    runtime: dict[str, Any] = field(default_factory=dict)
    id: int = field(init=False)
    __weakref__: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        self.id = next(_ids)
        _states[self.id] = self

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(self.runtime.get("search_path") or ("public",))


_ids = itertools.count(1)
_states: weakref.WeakValueDictionary[int, SystemState] = weakref.WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Function:
    """One overload. Types are PostgreSQL's names; 'any', 'anyelement' and 'anyarray' accept what they say."""

    name: str
    args: tuple[str, ...]
    result: str
    duckdb: str
    kind: Kind = "scalar"
    how: How = "udf"
    stateful: bool = False
    volatile: bool = False
    variadic: bool = False  # the last argument may be repeated
    strict: bool = True
    body: Callable[..., Any] | None = field(default=None, compare=False)

    @property
    def arg_types(self) -> tuple[SqlType | None, ...]:
        """The argument types; None for a polymorphic one."""
        return tuple(by_name(name) for name in self.args)

    @property
    def result_type(self) -> SqlType | None:
        return by_name(self.result)


_SIGNATURE = re.compile(r"(\w+)\((.*)\) -> (setof )?(.+?)(?: = (\w+))?\Z")
POLYMORPHIC = {"any", "anyelement", "anyarray", "anycompatible", "anycompatiblearray"}
_DUCKDB_TYPES = {
    "oid": "BIGINT", "bigint": "BIGINT", "integer": "BIGINT", "smallint": "BIGINT", "boolean": "BOOLEAN",
    "double precision": "DOUBLE", "name[]": "VARCHAR[]", "text[]": "VARCHAR[]", "aclitem[]": "VARCHAR[]", "oid[]": "BIGINT[]",
    "smallint[]": "BIGINT[]", "integer[]": "BIGINT[]", "boolean[]": "BOOLEAN[]", "timestamp with time zone": "TIMESTAMPTZ",
}  # fmt: skip

SIGNATURES: dict[str, list[Function]] = {}
# (name, SQL of the default or None) of the arguments of functions that take them by name
NAMED_ARGUMENTS: dict[str, tuple[tuple[str, str | None], ...]] = {}
_by_duckdb: dict[str, Function] = {}


def parse_signature(text: str, **more: Any) -> Function:
    """A Function from 'name(type, type) -> [setof] type [= duckdb_name]'; a type followed by '...' is variadic."""
    match = _SIGNATURE.match(text)
    if match is None:
        raise ValueError(f"bad signature: {text}")
    name, arguments, setof, result, duckdb = match.groups()
    args = tuple(part.strip() for part in arguments.split(",") if part.strip())
    variadic = bool(args) and args[-1].endswith("...")
    return Function(
        name,
        tuple(arg.removesuffix("...") for arg in args),
        result,
        duckdb or f"vs_{name}" + (f"_{len(args)}" if args else ""),
        kind=more.pop("kind", "set" if setof else "scalar"),
        variadic=variadic,
        **more,
    )


def add(function: Function) -> None:
    """Make an overload known; overloads are tried in the order added."""
    SIGNATURES.setdefault(function.name, []).append(function)
    if function.duckdb in _by_duckdb and function.how == "udf":
        raise ValueError(f"two functions are called {function.duckdb} in DuckDB")
    _by_duckdb[function.duckdb] = function


def udf(
    *signatures: str, state: bool = False, volatile: bool = False, strict: bool = True
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: the Python body of the functions with these signatures."""

    def declare(body: Callable[..., Any]) -> Callable[..., Any]:
        for signature in signatures:
            add(parse_signature(signature, how="udf", stateful=state, volatile=volatile,
                                strict=strict, body=body))  # fmt: skip
        return body

    return declare


def find(duckdb_name: str) -> Function | None:
    return _by_duckdb.get(duckdb_name)


def _add_from_files() -> None:
    for line in sql_files.read("functions.sql").splitlines():
        if line.startswith("-- : "):
            add(parse_signature(line.removeprefix("-- : ").strip(), how="macro"))
    for line in sql_files.read("native_functions.txt").splitlines():
        if "->" in line:
            add(parse_signature(line.strip(), how="native"))


def macros() -> list[str]:
    """The CREATE MACRO statements of sql/functions.sql."""
    return sql_files.statements("functions.sql")


_CALL = re.compile(r"\b(\w+)\(")


def volatile_in(sql: str) -> bool:
    """Whether DuckDB SQL calls a catalog function whose answer may change while the catalog does not."""
    called = (_by_duckdb.get(name) for name in _CALL.findall(sql))
    return any(function is not None and function.volatile for function in called)


_registering = threading.Lock()


def register(connection: Any, names: Iterable[str], known: set[str]) -> None:
    """Create the UDFs that a query calls in the DuckDB database of `connection`.

    `names` are DuckDB names (others are passed over); `known` is the caller's record, per database, of those created.
    """
    for name in names:
        function = _by_duckdb.get(name)
        if function is None or function.how != "udf" or name in known:
            continue
        with _registering:
            if name not in known:
                _create(connection, function)
                known.add(name)


def _create(connection: Any, function: Function) -> None:
    parameters = [_duckdb_type(name) for name in function.args]
    result = _duckdb_type(function.result)
    connection.create_function(
        function.duckdb,
        _callable(function),
        ["BIGINT", *parameters] if function.stateful else parameters,
        f"{result}[]" if function.kind == "set" else result,
        null_handling="special",
        side_effects=function.volatile,
    )


def _duckdb_type(name: str) -> str:
    if name in REG_INPUT:
        return "BIGINT"
    return _DUCKDB_TYPES.get(name, "VARCHAR")


def _callable(function: Function) -> Callable[..., Any]:
    """The body with state, NULLs and errors seen to, as a function of the right arity, which DuckDB checks."""
    run = _guarded(function)
    return (
        lambda: run(),
        lambda a: run(a),
        lambda a, b: run(a, b),
        lambda a, b, c: run(a, b, c),
        lambda a, b, c, d: run(a, b, c, d),
        lambda a, b, c, d, e: run(a, b, c, d, e),
    )[len(function.args) + function.stateful]


def _guarded(function: Function) -> Callable[..., Any]:
    body, stateful, strict = function.body, function.stateful, function.strict
    if body is None:
        raise ValueError(f"{function.name} has no body")

    def run(*arguments: Any) -> Any:
        if strict and None in arguments:
            return None
        try:
            if stateful:
                return body(_states[arguments[0]], *arguments[1:])
            return body(*arguments)
        except Error as error:
            raise RuntimeError(_remember(error)) from error

    return run


_ERROR_MARK = re.compile(r"vecsql error #(\d+)")
_KEPT_ERRORS = 64
_errors: OrderedDict[int, Error] = OrderedDict()
_error_ids = itertools.count(1)


def _remember(error: Error) -> str:
    number = next(_error_ids)
    _errors[number] = error
    while len(_errors) > _KEPT_ERRORS:
        _errors.popitem(last=False)
    return f"vecsql error #{number}"


def original_error(raised: BaseException) -> Error | None:
    """The vecsql error that a function raised, given the error that DuckDB made of it; None if it is DuckDB's own."""
    match = _ERROR_MARK.search(str(raised))
    return _errors.pop(int(match.group(1)), None) if match else None


_add_from_files()
