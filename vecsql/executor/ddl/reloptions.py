"""WITH (...) options of tables and indexes: names, ranges and defaults, with PostgreSQL's errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from vecsql.errors import InvalidParameterValue, SyntaxError
from vecsql.planner.ddl.nodes import Options, SetOptions

_TRUE, _FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
_INT = re.compile(r"\s*[-+]?(0[xX][0-9a-fA-F]+|\d+)\s*\Z")
_REAL = re.compile(r"\s*[-+]?(\d+\.?\d*|\.\d+|inf(inity)?)([eE][-+]?\d+)?\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Boolean:
    """on, off and their synonyms, which may be shortened."""

    def check(self, name: str, text: str) -> None:
        word = text.strip().lower()
        if not word or word == "o" or not any(w.startswith(word) for w in (*_TRUE, *_FALSE)):
            raise InvalidParameterValue(f'invalid value for boolean option "{name}": {text}')


@dataclass(frozen=True, slots=True)
class Integer:
    least: int
    greatest: int

    def check(self, name: str, text: str) -> None:
        if not _INT.match(text):
            raise InvalidParameterValue(f'invalid value for integer option "{name}": {text}')
        if not self.least <= int(text, 0 if "x" in text.lower() else 10) <= self.greatest:
            raise _out_of_bounds(name, text, str(self.least), str(self.greatest))


@dataclass(frozen=True, slots=True)
class Real:
    least: float
    greatest: float

    def check(self, name: str, text: str) -> None:
        if not _REAL.match(text):
            raise InvalidParameterValue(f'invalid value for floating point option "{name}": {text}')
        if not self.least <= float(text) <= self.greatest:
            raise _out_of_bounds(name, text, f"{self.least:.6f}", f"{self.greatest:.6f}")


@dataclass(frozen=True, slots=True)
class Choice:
    values: tuple[str, ...]

    def check(self, name: str, text: str) -> None:
        if text.lower() not in self.values:
            *others, last = (f'"{v}"' for v in self.values)
            listed = f"{', '.join(others)}, and {last}"
            raise InvalidParameterValue(
                f'invalid value for enum option "{name}": {text}',
                detail=f"Valid values are {listed}.",
            )


Kind = Boolean | Integer | Real | Choice

RECALL: Final = Real(0.0, 1.0)
_FILLFACTOR: Final = Integer(10, 100)
_MAX: Final = 2147483647
_VACUUM: Final[dict[str, Kind]] = {
    "autovacuum_enabled": Boolean(),
    "autovacuum_vacuum_threshold": Integer(0, _MAX),
    "autovacuum_vacuum_max_threshold": Integer(-1, _MAX),
    "autovacuum_vacuum_insert_threshold": Integer(-1, _MAX),
    "autovacuum_vacuum_cost_limit": Integer(1, 10000),
    "autovacuum_vacuum_cost_delay": Real(0.0, 100.0),
    "autovacuum_vacuum_scale_factor": Real(0.0, 100.0),
    "autovacuum_vacuum_insert_scale_factor": Real(0.0, 100.0),
    "autovacuum_freeze_min_age": Integer(0, 1000000000),
    "autovacuum_freeze_max_age": Integer(100000, 2000000000),
    "autovacuum_freeze_table_age": Integer(0, 2000000000),
    "autovacuum_multixact_freeze_min_age": Integer(0, 1000000000),
    "autovacuum_multixact_freeze_max_age": Integer(10000, 2000000000),
    "autovacuum_multixact_freeze_table_age": Integer(0, 2000000000),
    "log_autovacuum_min_duration": Integer(-1, _MAX),
    "vacuum_index_cleanup": Choice(("auto", "on", "off", "true", "false", "yes", "no", "1", "0")),
    "vacuum_truncate": Boolean(),
    "vacuum_max_eager_freeze_failure_rate": Real(0.0, 1.0),
}
_TABLE: Final[dict[str, Kind]] = {
    **_VACUUM,
    "recall": RECALL,
    "fillfactor": _FILLFACTOR,
    "autovacuum_analyze_threshold": Integer(0, _MAX),
    "autovacuum_analyze_scale_factor": Real(0.0, 100.0),
    "parallel_workers": Integer(0, 1024),
    "toast_tuple_target": Integer(128, 8160),
    "user_catalog_table": Boolean(),
}
_INDEX: Final[dict[str, dict[str, Kind]]] = {
    "hnsw": {"m": Integer(2, 100), "ef_construction": Integer(4, 1000), "recall": RECALL},
    "ivfflat": {"lists": Integer(1, 32768), "recall": RECALL},
    "vecsql": {"recall": RECALL},
    "btree": {"fillfactor": _FILLFACTOR, "deduplicate_items": Boolean()},
    "hash": {"fillfactor": _FILLFACTOR},
    "gist": {"fillfactor": _FILLFACTOR, "buffering": Choice(("on", "off", "auto"))},
    "spgist": {"fillfactor": _FILLFACTOR},
    "gin": {"fastupdate": Boolean(), "gin_pending_list_limit": Integer(64, _MAX)},
    "brin": {"pages_per_range": Integer(1, 131072), "autosummarize": Boolean()},
}  # fmt: skip


def check_index_options(method: str, options: Options) -> None:
    """Raise InvalidParameterValue unless an index of this access method may have the options."""
    _check(_INDEX.get(method, {}), {}, options)


def check_table_options(options: Options) -> None:
    """Raise InvalidParameterValue unless a table may have the options."""
    _check(_TABLE, {"toast": _VACUUM}, options)


def _check(known: dict[str, Kind], spaces: dict[str, dict[str, Kind]], options: Options) -> None:
    seen = set()
    for full_name, text in options:
        space, _, name = full_name.rpartition(".")
        if space and space not in spaces:
            raise InvalidParameterValue(f'unrecognized parameter namespace "{space}"')
        kind = (spaces[space] if space else known).get(name)
        if kind is None:
            raise InvalidParameterValue(f'unrecognized parameter "{name}"')
        if full_name in seen:
            raise InvalidParameterValue(f'parameter "{name}" specified more than once')
        seen.add(full_name)
        kind.check(name, text)


def changed(before: Options, action: SetOptions) -> Options:
    """The options after SET (...) or RESET (...)."""
    names = {name for name, _ in action.options}
    kept = tuple((name, value) for name, value in before if name not in names)
    if not action.reset:
        return kept + action.options
    if action.with_values:
        raise SyntaxError("RESET must not include values for parameters")
    return kept


def _out_of_bounds(name: str, text: str, least: str, greatest: str) -> InvalidParameterValue:
    return InvalidParameterValue(
        f'value {text} out of bounds for option "{name}"',
        detail=f'Valid values are between "{least}" and "{greatest}".',
    )
