"""CREATE and ALTER SEQUENCE, and the options that serial and identity columns share with them."""

from __future__ import annotations

from dataclasses import replace

from vecsql.catalog.model import Sequence
from vecsql.errors import InvalidParameterValue
from vecsql.planner.ddl import nodes
from vecsql.types.base import ColumnType, by_name

_LIMITS = {
    "int2": (-(2**15), 2**15 - 1),
    "int4": (-(2**31), 2**31 - 1),
    "int8": (-(2**63), 2**63 - 1),
}


def _resolve_type(name: nodes.TypeName) -> ColumnType:
    found = by_name(name.name)
    if found is None or found.name not in _LIMITS:
        raise InvalidParameterValue("sequence type must be smallint, integer, or bigint")
    return ColumnType(found)


def new_sequence(oid: int, schema_oid: int, name: str, options: nodes.SequenceOptions) -> Sequence:
    """A sequence with PostgreSQL's defaults for what is not given."""
    kind = _resolve_type(options.type or nodes.TypeName("int8"))
    low, high = _LIMITS[kind.type.name]
    up = (options.increment or 1) > 0
    minimum = options.min_value if isinstance(options.min_value, int) else (1 if up else low)
    maximum = options.max_value if isinstance(options.max_value, int) else (high if up else -1)
    start = options.start if options.start is not None else (minimum if up else maximum)
    sequence = Sequence(
        oid, schema_oid, name, kind, start, 1 if options.increment is None else options.increment,
        minimum, maximum, bool(options.cycle),
    )  # fmt: skip
    check_sequence(sequence)
    return sequence


def altered_sequence(sequence: Sequence, options: nodes.SequenceOptions) -> Sequence:
    """The sequence with the given options changed."""
    kind = _resolve_type(options.type) if options.type else sequence.type
    changed = replace(
        sequence,
        type=kind,
        increment=sequence.increment if options.increment is None else options.increment,
        start=sequence.start if options.start is None else options.start,
        cycle=sequence.cycle if options.cycle is None else options.cycle,
    )
    low, high = _LIMITS[kind.type.name]
    up = changed.increment > 0
    old_low, old_high = _LIMITS[sequence.type.type.name]
    if options.min_value is not None or (options.type and sequence.min_value == old_low):
        given = options.min_value
        changed = replace(
            changed, min_value=given if isinstance(given, int) else (1 if up else low)
        )
    if options.max_value is not None or (options.type and sequence.max_value == old_high):
        given = options.max_value
        changed = replace(
            changed, max_value=given if isinstance(given, int) else (high if up else -1)
        )
    check_sequence(changed)
    return changed


def check_sequence(sequence: Sequence) -> None:
    """Raise InvalidParameterValue for options that contradict each other."""
    low, high = _LIMITS[sequence.type.type.name]
    if sequence.increment == 0:
        raise InvalidParameterValue("INCREMENT must not be zero")
    for label, value in (("MAXVALUE", sequence.max_value), ("MINVALUE", sequence.min_value)):
        if not low <= value <= high:
            raise InvalidParameterValue(
                f"{label} ({value}) is out of range for sequence data type {sequence.type.type.sql_name}"
            )
    if sequence.min_value >= sequence.max_value:
        raise InvalidParameterValue(
            f"MINVALUE ({sequence.min_value}) must be less than MAXVALUE ({sequence.max_value})"
        )
    if sequence.start < sequence.min_value:
        raise InvalidParameterValue(
            f"START value ({sequence.start}) cannot be less than MINVALUE ({sequence.min_value})"
        )
    if sequence.start > sequence.max_value:
        raise InvalidParameterValue(
            f"START value ({sequence.start}) cannot be greater than MAXVALUE ({sequence.max_value})"
        )
