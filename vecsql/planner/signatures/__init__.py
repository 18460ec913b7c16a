"""The functions and operators the binder knows: PostgreSQL signatures with the DuckDB SQL that computes them.

A line is `name(types) -> result = template`, `{0}` the first argument. `...` after the last type makes it
variadic. Numeric arguments and results are text in templates (exact, any scale); a template starting with '!' names an emitter
of planner.emitters instead. In aggregates '@' marks where FILTER and OVER belong.
"""

from __future__ import annotations

import re

from vecsql.catalog import functions as system_functions
from vecsql.planner.resolve import Signature
from vecsql.planner.signatures import vectors
from vecsql.planner.signatures.aggregates import AGGREGATES, WINDOWS
from vecsql.planner.signatures.functions import FUNCTIONS, SETS
from vecsql.planner.signatures.operators import operators
from vecsql.types.base import by_name

_LINE = re.compile(r"(\S+?)\((.*?)\) -> (.+?)(?: = (.+))?\Z")

Table = dict[str, list[Signature]]


def _parse(text: str, kind: str) -> list[Signature]:
    found = []
    for line in text.strip().splitlines():
        match = _LINE.match(line.strip())
        if match is None:
            raise ValueError(f"bad signature: {line}")
        name, args, result, template = match.groups()
        types = [a.strip() for a in args.split(",") if a.strip()]
        variadic = bool(types) and types[-1].endswith("...")
        types = [t.removesuffix("...") for t in types]
        if template is None:
            template = f"{name}({', '.join(f'{{{i}}}' for i in range(len(types)))})"
        found.append(Signature(name, tuple(types), result, template, kind, variadic))
    return found


def _table(signatures: list[Signature]) -> Table:
    table: Table = {}
    for signature in signatures:
        table.setdefault(signature.name, []).append(signature)
    return table


def _system() -> list[Signature]:
    """The functions of the system catalog, as vecsql.catalog.functions declares them."""
    found = []
    for name, overloads in system_functions.load().items():
        for f in overloads:
            if any(by_name(a) is None and a not in system_functions.POLYMORPHIC for a in f.args):
                continue
            state = [system_functions.STATE_SQL] if f.stateful else []
            slots = "{*}" if f.variadic else ", ".join(f"{{{i}}}" for i in range(len(f.args)))
            call = f"{f.duckdb}({', '.join([*state, slots] if slots else state)})"
            kind = {"set": "set", "aggregate": "agg", "window": "win"}.get(f.kind, "scalar")
            found.append(Signature(name, f.args, f.result, call, kind, f.variadic, f.strict))
    return found


_loaded: Table | None = None


def functions() -> Table:
    """All functions by name; vecsql's own before those of the system catalog."""
    global _loaded
    if _loaded is None:
        own = (
            _parse(FUNCTIONS, "scalar") + _parse(vectors.functions(), "scalar") + _parse(SETS, "set")
            + _parse(AGGREGATES, "agg") + _parse(vectors.aggregates(), "agg") + _parse(WINDOWS, "win")
        )  # fmt: skip
        table = _table(own)
        for signature in _system():
            overloads = table.setdefault(signature.name, [])
            if all(o.args != signature.args for o in overloads):
                overloads.append(signature)
        _loaded = table
    return _loaded


OPERATORS: Table = _table(_parse(operators(), "scalar") + _parse(vectors.operators(), "scalar"))
