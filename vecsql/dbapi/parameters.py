"""Parameters of the embedded API: %s, %(name)s and $1 in SQL, and Python values as values of SQL types."""

from __future__ import annotations

import datetime
import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any

import numpy as np

from vecsql import types as t
from vecsql.errors import InterfaceError, ProgrammingError
from vecsql.types.base import ColumnType, SqlType

Convert = Callable[[Any], Any]

# Quoted text, comments and dollar-quoted text stay as they are, but for %% in the first two.
_TOKEN = re.compile(
    r"""(?P<text>'(?:[^']|'')*'|"(?:[^"]|"")*")|(?P<comment>--[^\n]*|/\*.*?\*/)"""
    r"""|(?P<dollar>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)|%(?P<percent>%|s|\((?P<name>[^)]+)\)s)|\$(?P<number>\d+)""",
    re.DOTALL,
)


@lru_cache(maxsize=1000)
def rewrite(sql: str) -> tuple[str, tuple[str, ...] | int | None]:
    """SQL with $n parameters, and how they were written: names, a number of %s, or None (native $n).

    Raises ProgrammingError when the styles are mixed.
    """
    names: list[str] = []
    positional = 0
    native = False
    for match in _TOKEN.finditer(sql):
        native = native or match["number"] is not None
        if match["name"] is not None:
            if match["name"] not in names:
                names.append(match["name"])
        elif match["percent"] == "s":
            positional += 1
    if (bool(names), positional > 0, native).count(True) > 1:
        raise ProgrammingError("a statement's parameters must be all %s, all %(name)s or all $1")
    if not names and not positional:
        return (sql, None) if native else (_TOKEN.sub(_unescape, sql), 0)
    counter = iter(range(1, positional + 1))

    def placeholder(match: re.Match[str]) -> str:
        if match["name"] is not None:
            return f"${names.index(match['name']) + 1}"
        return f"${next(counter)}" if match["percent"] == "s" else _unescape(match)

    return _TOKEN.sub(placeholder, sql), tuple(names) or positional


def _unescape(match: re.Match[str]) -> str:
    if match["percent"] == "%":
        return "%"
    return match[0].replace("%%", "%") if match["text"] is not None else match[0]


def bind(sql: str, params: Sequence[Any] | Mapping[str, Any] | None) -> tuple[str, list[Any]]:
    """The SQL to prepare and its parameters in order. Without params, % means nothing special."""
    if params is None:
        return sql, []
    rewritten, style = rewrite(sql)
    if isinstance(style, tuple):
        if not isinstance(params, Mapping):
            raise ProgrammingError("parameters written %(name)s need a mapping")
        missing = [name for name in style if name not in params]
        if missing:
            raise ProgrammingError(f"parameter missing: {', '.join(missing)}")
        return rewritten, [params[name] for name in style]
    if isinstance(params, Mapping | str | bytes):
        raise ProgrammingError("parameters written %s or $1 need a sequence")
    values = list(params)
    if style is not None and len(values) != style:
        raise ProgrammingError(
            f"the statement has {style} parameters, but {len(values)} were given"
        )
    return rewritten, values


def oid_of(value: Any) -> int:
    """The type a value has by itself; 0 where the statement's context should decide."""
    if isinstance(value, bool | np.bool_):
        return t.BOOL.oid
    if isinstance(value, int | np.integer):
        bits = int(value).bit_length()
        return t.INT4.oid if bits < 32 else t.INT8.oid if bits < 64 else t.NUMERIC.oid
    if isinstance(value, np.ndarray):
        single = value.ndim == 1 and value.dtype.kind == "f" and value.dtype.itemsize > 2
        return (
            t.VECTOR.oid if single else 0
        )  # float16 is a vector or a halfvec, as the context wants
    if isinstance(value, datetime.datetime):
        return t.TIMESTAMPTZ.oid if value.tzinfo is not None else t.TIMESTAMP.oid
    for kind, sql_type in _BY_CLASS:
        if isinstance(value, kind):
            return sql_type.oid
    return 0


_BY_CLASS: tuple[tuple[type | tuple[type, ...], SqlType], ...] = (
    ((float, np.floating), t.FLOAT8),
    (Decimal, t.NUMERIC),
    ((bytes, bytearray, memoryview), t.BYTEA),
    (datetime.date, t.DATE),
    (datetime.time, t.TIME),
    (datetime.timedelta, t.INTERVAL),
    (uuid.UUID, t.UUID),
)


def adapt(value: Any, ctype: ColumnType) -> Any:
    """A Python value as a value of an SQL type. What it cannot be directly it becomes by way of its text."""
    if value is None:
        return None
    sql_type = ctype.type
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, str):
        return sql_type.from_text(value, ctype.typmod)
    if sql_type.oid in (t.VECTOR.oid, t.HALFVEC.oid):
        return _vector(_plain(value), ctype)
    if sql_type.oid == t.SPARSEVEC.oid:
        return _sparse(value, ctype)
    if sql_type.oid in (t.BIT.oid, t.VARBIT.oid):
        return sql_type.coerce(_bits(value), ctype.typmod)
    if sql_type.element is not None and isinstance(value, list | tuple | np.ndarray):
        element = ColumnType(sql_type.element)
        return [adapt(item, element) for item in value]
    convert = _CONVERT.get(sql_type.oid)
    if convert is not None:
        converted = convert(value)
        if converted is not None:
            return sql_type.coerce(converted, ctype.typmod)
    return sql_type.from_text(_text(value), ctype.typmod)


def _plain(value: Any) -> Any:
    """The elements of pgvector's Vector, HalfVector or SparseVector, or the value itself."""
    convert = getattr(value, "to_numpy", None)
    return convert() if convert is not None and not isinstance(value, np.ndarray) else value


def _sparse(value: Any, ctype: ColumnType) -> Any:
    """vecsql's or pgvector's SparseVector, a sparse array of SciPy, or all elements."""
    if isinstance(value, t.SparseVector):
        return ctype.type.coerce(value, ctype.typmod)
    if hasattr(value, "tocoo"):
        value = value.tocoo()
        indices, numbers, size = value.coords[-1], value.data, value.shape[-1]
    elif hasattr(value, "indices") and hasattr(value, "dimensions"):
        indices, numbers, size = value.indices(), value.values(), value.dimensions()
    else:
        return ctype.type.coerce(_vector(_plain(value), ColumnType(t.VECTOR)), ctype.typmod)
    elements = dict(zip(map(int, indices), map(float, numbers), strict=True))
    return ctype.type.coerce(t.SparseVector.of(elements, int(size)), ctype.typmod)


def _bits(value: Any) -> str:
    """pgvector's Bit, an array of truth values, or a sequence of them, as a string of 0 and 1."""
    if hasattr(value, "to_text"):
        return str(value.to_text())
    if isinstance(value, np.ndarray | list | tuple):
        return "".join("1" if item else "0" for item in value)
    raise InterfaceError(f"cannot use {type(value).__name__} as bits")


def _vector(value: Any, ctype: ColumnType) -> Any:
    """Checked by its own text-free path: pgvector's errors for dimensions and non-finite values."""
    try:
        array = np.ascontiguousarray(value, dtype=np.float32)
    except (TypeError, ValueError):
        raise InterfaceError(f"cannot use {type(value).__name__} as a vector") from None
    if array.ndim != 1:
        raise InterfaceError(f"a vector has one dimension, not {array.ndim}")
    return ctype.type.coerce(array, ctype.typmod)


def _text(value: Any) -> str:
    """A value's SQL text, through the type it has by itself."""
    if isinstance(value, dict):
        return json.dumps(value)
    if isinstance(value, list | tuple):
        items = ["NULL" if v is None else _quoted(_text(v)) for v in value]
        return "{" + ",".join(items) + "}"
    if isinstance(value, str):
        return value
    own = t.by_oid(oid_of(value))
    native = _CONVERT[own.oid](value) if own is not None else None
    if own is None or native is None:
        raise InterfaceError(f"cannot pass a {type(value).__name__} as a parameter")
    return own.to_text(native)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _int(value: Any) -> Any:
    return value if type(value) is int else None


def _float(value: Any) -> Any:
    return (
        float(value)
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool)
        else None
    )


def _decimal(value: Any) -> Any:
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    return Decimal(repr(value)) if isinstance(value, int | float) else None


def _json(value: Any) -> Any:
    return json.dumps(value)


def _interval(value: Any) -> Any:
    if isinstance(value, datetime.timedelta):
        microseconds = value.seconds * 1_000_000 + value.microseconds
        return t.Interval(0, value.days, microseconds)
    return value if isinstance(value, t.Interval) else None


def _naive(value: Any) -> Any:
    return value if isinstance(value, datetime.datetime) and value.tzinfo is None else None


def _aware(value: Any) -> Any:
    return value if isinstance(value, datetime.datetime) and value.tzinfo is not None else None


def _bytes(value: Any) -> Any:
    return bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None


def _exactly(kind: type) -> Convert:
    return lambda value: value if type(value) is kind else None


# From a Python value to the type's own, None where only its text may fit.
_CONVERT: dict[int, Convert] = {
    t.BOOL.oid: _exactly(bool), t.INT2.oid: _int, t.INT4.oid: _int, t.INT8.oid: _int,
    t.FLOAT4.oid: _float, t.FLOAT8.oid: _float, t.NUMERIC.oid: _decimal, t.JSON.oid: _json,
    t.JSONB.oid: _json, t.INTERVAL.oid: _interval, t.DATE.oid: _exactly(datetime.date),
    t.TIME.oid: _exactly(datetime.time), t.TIMESTAMP.oid: _naive, t.TIMESTAMPTZ.oid: _aware,
    t.UUID.oid: _exactly(uuid.UUID), t.BYTEA.oid: _bytes,
}  # fmt: skip
