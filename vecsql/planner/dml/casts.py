"""Assignment casts between Python values of SQL types, as INSERT and UPDATE apply them to a single value."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from vecsql.errors import DatatypeMismatch, NumericValueOutOfRange
from vecsql.planner.casts import VECTORS
from vecsql.types import halfvec, vector
from vecsql.types.base import ColumnType, SqlType
from vecsql.types.datetimes import SESSION_ZONE, at_zone, from_zone, timestamptz_to_text
from vecsql.types.dense import numbers_of

Cast = Callable[[Any], Any]

_INTEGERS = ("int2", "int4", "int8")
_FLOATS = ("float4", "float8")
_STRINGS = ("text", "varchar", "bpchar", "name")
_OIDS = ("oid", "regclass", "regtype", "regproc", "regnamespace")


def assignment(source: ColumnType, target: ColumnType) -> Cast | None:
    """The function that turns a non-NULL value of `source` into one of `target`.

    None when PostgreSQL has no assignment cast between the two.
    """
    convert = _between(source.type, target.type)
    if convert is None:
        return None
    coerce, typmod = target.type.coerce, target.typmod
    if source.type is target.type and typmod < 0:
        return convert
    if convert is _same:
        return lambda value: coerce(value, typmod)
    return lambda value: coerce(convert(value), typmod)


def mismatch(
    column: str, source: ColumnType, target: ColumnType, position: int | None
) -> DatatypeMismatch:
    """PostgreSQL's error for an expression that cannot be assigned to a column."""
    return DatatypeMismatch(
        f'column "{column}" is of type {target.type.sql_name} but expression is of type {source.type.sql_name}',
        hint="You will need to rewrite or cast the expression.",
        position=position,
    )


def _same(value: Any) -> Any:
    return value


def _between(source: SqlType, target: SqlType) -> Cast | None:
    """The conversion without the type modifier."""
    if source.oid == target.oid:
        return _same
    if source.name == "unknown":
        return lambda text: target.from_text(text, -1)
    if target.name in _STRINGS:
        return _to_string(source)
    if source.element is not None and target.element is not None:
        return _arrays(source.element, target.element)
    if target.name in VECTORS:
        return _to_vector(source, target)
    if source.name in VECTORS:
        return _from_vector(source, target)
    if {source.name, target.name} == {"bit", "varbit"}:
        return _same
    return _scalar(source.name, target.name)


def _to_string(source: SqlType) -> Cast:
    if source.name in _STRINGS:
        return _same
    if source.name == "bool":
        return lambda value: "true" if value else "false"
    if source.name == "timestamptz":
        return lambda value: timestamptz_to_text(value, SESSION_ZONE.get())
    return source.to_text


def _arrays(source: SqlType, target: SqlType) -> Cast | None:
    element = _between(source, target)
    if element is None or element is _same:
        return element

    def convert(values: Any) -> Any:
        return [
            None if v is None else convert(v) if isinstance(v, list) else element(v) for v in values
        ]

    return convert


def _to_vector(source: SqlType, target: SqlType) -> Cast | None:
    """From arrays of numbers and the other vector types."""
    if source.element is not None:
        known = source.element.name in ("int4", "float4", "float8", "numeric")
        return numbers_of if known else None
    if source.name == "sparsevec":
        check = (halfvec if target.name == "halfvec" else vector).CODEC.check_count
        return lambda value: (check(value.dim), value.to_numpy())[1]
    return _same if source.name in VECTORS else None


def _from_vector(source: SqlType, target: SqlType) -> Cast | None:
    if source.name == "sparsevec" or target.element is None or target.element.name != "float4":
        return None
    return lambda value: [float(x) for x in value]


def _scalar(source: str, target: str) -> Cast | None:
    numbers = (*_INTEGERS, *_FLOATS, "numeric")
    if source in numbers and target in numbers:
        return _number(source, target)
    if source in _INTEGERS and target in _OIDS:
        return _same
    if source in _OIDS and (target in ("int4", "int8") or target in _OIDS):
        return _same
    if {source, target} == {"json", "jsonb"}:
        return _same
    return _MOMENTS.get((source, target))


def _number(source: str, target: str) -> Cast:
    if target in _FLOATS:
        return float
    if target == "numeric":
        digits = {"float4": 6, "float8": 15}.get(source)
        return Decimal if digits is None else lambda value: _float_to_numeric(value, digits)
    if source in _FLOATS:
        return lambda value: _float_to_integer(value, target)
    if source == "numeric":
        return lambda value: _numeric_to_integer(value, target)
    return _same


def _float_to_numeric(value: float, digits: int) -> Decimal:
    return Decimal(f"{value:.{digits}g}")


_SQL_NAMES = {"int2": "smallint", "int4": "integer", "int8": "bigint"}


def _float_to_integer(value: float, target: str) -> int:
    if not math.isfinite(value):
        raise NumericValueOutOfRange(f"{_SQL_NAMES[target]} out of range")
    return round(value)


def _numeric_to_integer(value: Decimal, target: str) -> int:
    if not value.is_finite():
        what = "NaN" if value.is_nan() else "infinity"
        raise NumericValueOutOfRange(f"cannot convert {what} to {_SQL_NAMES[target]}")
    return int(value.to_integral_value(ROUND_HALF_UP))


def _midnight(value: date) -> datetime:
    return datetime.combine(value, time())


_MOMENTS: dict[tuple[str, str], Cast] = {
    ("date", "timestamp"): _midnight,
    ("date", "timestamptz"): lambda v: from_zone(_midnight(v)),
    ("timestamp", "date"): lambda v: v.date(),
    ("timestamp", "time"): lambda v: v.time(),
    ("timestamp", "timestamptz"): from_zone,
    ("timestamptz", "timestamp"): at_zone,
    ("timestamptz", "date"): lambda v: at_zone(v).date(),
    ("timestamptz", "time"): lambda v: at_zone(v).time(),
}
