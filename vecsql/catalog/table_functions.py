"""Catalog functions that give rows of several columns: what each takes, its columns, and the lists they come from."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from vecsql.catalog import sql_files
from vecsql.catalog.function_registry import STATE_SQL, SystemState, udf
from vecsql.catalog.model import Sequence
from vecsql.types.base import ColumnType, by_name


@dataclass(frozen=True, slots=True)
class TableFunction:
    """`columns` are (name, type, DuckDB SQL of a list); {0} in the SQL stands for the first argument."""

    name: str
    args: tuple[str, ...]
    columns: tuple[tuple[str, ColumnType, str], ...]


_HEAD = re.compile(r"(\w+)\((.*)\)\Z")
_COLUMN = re.compile(r"    (\w+) (.+?) = (.+)\Z")


def _column(line: str) -> tuple[str, ColumnType, str]:
    match = _COLUMN.match(line)
    found = by_name(match.group(2)) if match else None
    if match is None or found is None:
        raise ValueError(f"bad column: {line}")
    return match.group(1), ColumnType(found), match.group(3).replace("{state}", STATE_SQL)


def _read() -> dict[str, TableFunction]:
    functions = {}
    for block in sql_files.read("table_functions.txt").split("\n\n")[1:]:
        head, *lines = block.strip("\n").splitlines()
        match = _HEAD.match(head)
        if match is None:
            raise ValueError(f"bad signature: {head}")
        name, arguments = match.groups()
        args = tuple(part.strip() for part in arguments.split(",") if part.strip())
        functions[name] = TableFunction(name, args, tuple(map(_column, lines)))
    return functions


TABLE_FUNCTIONS: dict[str, TableFunction] = _read()


def _keywords(column: str) -> list[str]:
    return [row[column] for row in sql_files.read_rows("pg_catalog/keywords.tsv")]


@udf("keyword_words() -> text[] = vs_keyword_words")
def keyword_words() -> list[str]:
    return _keywords("word")


@udf("keyword_codes() -> text[] = vs_keyword_codes")
def keyword_codes() -> list[str]:
    return _keywords("catcode")


@udf("keyword_labels() -> boolean[] = vs_keyword_labels")
def keyword_labels() -> list[bool]:
    return [value == "1" for value in _keywords("barelabel")]


@udf("keyword_descriptions() -> text[] = vs_keyword_descriptions")
def keyword_descriptions() -> list[str]:
    return _keywords("catdesc")


@udf("keyword_label_descriptions() -> text[] = vs_keyword_label_descriptions")
def keyword_label_descriptions() -> list[str]:
    return _keywords("baredesc")


def _sequence_value(
    signature: str,
    value: Callable[[SystemState, Sequence], int | bool | None],
    *,
    volatile: bool = False,
) -> None:
    def body(state: SystemState, oid: int) -> int | bool | None:
        sequence = state.catalog.sequences.get(oid)
        return None if sequence is None else value(state, sequence)

    udf(signature, state=True, volatile=volatile)(body)


def _state_of(state: SystemState, sequence: Sequence) -> tuple[int, bool]:
    source: Callable[[int], tuple[int, bool]] | None = state.runtime.get("sequence_state")
    return source(sequence.oid) if source is not None else (sequence.start, False)


def _last_value(state: SystemState, sequence: Sequence) -> int | None:
    last, called = _state_of(state, sequence)
    return last if called else None


_sequence_value("sequence_data(oid) -> bigint = vs_sequence_last_value",
                lambda state, s: _state_of(state, s)[0], volatile=True)  # fmt: skip
_sequence_value("sequence_called(oid) -> boolean = vs_sequence_is_called",
                lambda state, s: _state_of(state, s)[1], volatile=True)  # fmt: skip
_sequence_value("pg_sequence_last_value(regclass) -> bigint", _last_value, volatile=True)
_sequence_value("sequence_start(oid) -> bigint = vs_sequence_start", lambda _, s: s.start)
_sequence_value("sequence_minimum(oid) -> bigint = vs_sequence_minimum", lambda _, s: s.min_value)
_sequence_value("sequence_maximum(oid) -> bigint = vs_sequence_maximum", lambda _, s: s.max_value)
_sequence_value(
    "sequence_increment(oid) -> bigint = vs_sequence_increment", lambda _, s: s.increment
)
_sequence_value("sequence_cycles(oid) -> boolean = vs_sequence_cycles", lambda _, s: s.cycle)
_sequence_value("sequence_type(oid) -> oid = vs_sequence_type", lambda _, s: s.type.type.oid)
