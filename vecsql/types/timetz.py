"""time with time zone: an aware datetime.time with a fixed offset, stored as text."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from typing import Any

import pyarrow as pa

from vecsql.errors import DatetimeFieldOverflow, InvalidDatetimeFormat
from vecsql.types.base import SqlType
from vecsql.types.datetime_text import MICROS_PER_DAY, read_fields
from vecsql.types.datetimes import (
    format_precision,
    offset_text,
    precision_typmod,
    time_coerce,
    time_of,
    time_text,
    time_to_binary,
)
from vecsql.types.define import define, wrong_length

_LAYOUT = struct.Struct("!qi")


def to_text(value: time) -> str:
    return time_text(value) + offset_text(value.utcoffset() or timedelta(0))


def from_text(text: str, typmod: int = -1, zone: tzinfo = UTC) -> time:
    fields = read_fields(text, "time with time zone")
    if fields.special == "now":
        return coerce(datetime.now(zone).timetz(), typmod)
    if fields.micros is None:
        raise InvalidDatetimeFormat(f'invalid input syntax for type time with time zone: "{text}"')
    offset = (fields.zone or zone).utcoffset(datetime.now()) or timedelta(0)
    return coerce(time_of(fields.micros, text).replace(tzinfo=timezone(offset)), typmod)


def to_binary(value: time) -> bytes:
    offset = value.utcoffset() or timedelta(0)
    return time_to_binary(value) + struct.pack("!i", -round(offset.total_seconds()))


def from_binary(data: bytes, typmod: int = -1) -> time:
    if len(data) != _LAYOUT.size:
        raise wrong_length(data, _LAYOUT.size)
    micros, west = _LAYOUT.unpack(data)
    if not 0 <= micros <= MICROS_PER_DAY or abs(west) >= 86_400:
        raise DatetimeFieldOverflow("time out of range")
    zone = timezone(timedelta(seconds=-west))
    return coerce(time_of(micros, "24:00:00").replace(tzinfo=zone), typmod)


def coerce(value: Any, typmod: int = -1) -> time:
    aware = value.timetz() if isinstance(value, datetime) else value
    offset = aware.utcoffset() or timedelta(0)
    return time_coerce(aware.replace(tzinfo=None), typmod).replace(tzinfo=timezone(offset))


TIMETZ = define(
    SqlType(
        oid=1266,
        name="timetz",
        sql_name="time with time zone",
        category="D",
        size=12,
        array_oid=1270,
        to_text=to_text,
        from_text=from_text,
        to_binary=to_binary,
        from_binary=from_binary,
        coerce=coerce,
        arrow=lambda typmod: pa.string(),
        duckdb=lambda typmod: "VARCHAR",
        format_typmod=format_precision,
        parse_typmod=precision_typmod("time", " WITH TIME ZONE"),
    )
)
