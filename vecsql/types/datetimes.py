"""date, time, timestamp and timestamptz as datetime objects; timestamptz values are in UTC."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextvars import ContextVar
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

import pyarrow as pa

from vecsql.errors import (
    DatetimeFieldOverflow,
    FeatureNotSupported,
    InvalidDatetimeFormat,
    InvalidParameterValue,
)
from vecsql.types.base import SqlType
from vecsql.types.datetime_text import MICROS_PER_DAY, Fields, read_fields, read_iso, to_utc
from vecsql.types.define import define, wrong_length

_EPOCH = datetime(2000, 1, 1)
_EPOCH_UTC = datetime(2000, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(2000, 1, 1).toordinal()
_UNIX_EPOCH = datetime(1970, 1, 1)
_MICROSECOND = timedelta(microseconds=1)
_INT4, _INT8 = struct.Struct("!i"), struct.Struct("!q")
_INFINITIES = (2**63 - 1, -(2**63))
_DAY_INFINITIES = (2**31 - 1, -(2**31))
MAX_PRECISION = 6


def time_text(value: time | datetime) -> str:
    """03:04:05.6: no trailing zeros."""
    text = f"{value.hour:02d}:{value.minute:02d}:{value.second:02d}"
    return f"{text}.{value.microsecond:06d}".rstrip("0") if value.microsecond else text


def date_to_text(value: date) -> str:
    return f"{value.year:04d}-{value.month:02d}-{value.day:02d}"


def timestamp_to_text(value: datetime) -> str:
    return f"{date_to_text(value)} {time_text(value)}"


# The TimeZone of the session whose statement this thread plans or runs.
SESSION_ZONE: ContextVar[tzinfo] = ContextVar("session_zone", default=UTC)


def local_now() -> datetime:
    """The time of day in the session's zone."""
    return datetime.now(SESSION_ZONE.get())


def at_zone(value: datetime) -> datetime:
    """A timestamptz as the naive local time of the session's zone."""
    return value.astimezone(SESSION_ZONE.get()).replace(tzinfo=None)


def from_zone(value: datetime) -> datetime:
    """A naive local time of the session's zone as timestamptz."""
    return to_utc(value, SESSION_ZONE.get())


def offset_text(offset: timedelta) -> str:
    """+00, -03:30, +00:19:32: as short as it can be."""
    seconds = round(offset.total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    text = f"{sign}{hours:02d}"
    if minutes or rest:
        text += f":{minutes:02d}"
    return f"{text}:{rest:02d}" if rest else text


def timestamptz_to_text(value: datetime, zone: tzinfo = UTC) -> str:
    """ISO output in a zone: 2024-01-02 03:04:05.5+05:30."""
    local = value.astimezone(zone)
    return timestamp_to_text(local) + offset_text(local.utcoffset() or timedelta(0))


def _moment(fields: Fields, text: str, now: datetime) -> datetime:
    """The naive date and time that the fields say; `now` is naive local time."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    if fields.special == "now":
        return now
    if fields.special == "epoch":
        return _UNIX_EPOCH
    days = {"today": 0, "tomorrow": 1, "yesterday": -1}.get(fields.special or "")
    if days is not None:
        base = midnight + timedelta(days=days)
    else:
        day = fields.date()
        if day is None:
            raise InvalidDatetimeFormat(f'invalid input syntax for type timestamp: "{text}"')
        base = datetime(day.year, day.month, day.day)
    try:
        return base + timedelta(microseconds=fields.micros or 0)
    except OverflowError:
        raise DatetimeFieldOverflow(f'timestamp out of range: "{text}"') from None


def timestamp_from_text(text: str, typmod: int = -1, now: datetime | None = None) -> datetime:
    """A zone in the text is read and ignored, as in PostgreSQL."""
    value = read_iso(text)
    if value is None:
        fields = read_fields(text, "timestamp")
        value = _moment(fields, text, (now or local_now()).replace(tzinfo=None))
    return timestamp_coerce(value.replace(tzinfo=None), typmod)


def timestamptz_from_text(
    text: str, typmod: int = -1, zone: tzinfo | None = None, now: datetime | None = None
) -> datetime:
    """Local time in `zone`, by default the session's, unless the text names one."""
    zone = zone or SESSION_ZONE.get()
    value = read_iso(text)
    try:
        if value is not None:
            aware = to_utc(value, zone) if value.tzinfo is None else value.astimezone(UTC)
            return timestamptz_coerce(aware, typmod)
        fields = read_fields(text, "timestamp with time zone")
        current = now or datetime.now(UTC)
        if fields.special == "epoch":
            return _UNIX_EPOCH.replace(tzinfo=UTC)
        if fields.special == "now":
            return timestamptz_coerce(current, typmod)
        local = _moment(fields, text, current.astimezone(zone).replace(tzinfo=None))
        return timestamptz_coerce(to_utc(local, fields.zone or zone), typmod)
    except OverflowError:
        raise DatetimeFieldOverflow(f'timestamp out of range: "{text}"') from None


def date_from_text(text: str, typmod: int = -1, now: datetime | None = None) -> date:
    value = read_iso(text)
    if value is not None:
        return value.date()
    fields = read_fields(text, "date")
    if fields.special is None and fields.year is None:
        raise InvalidDatetimeFormat(f'invalid input syntax for type date: "{text}"')
    fields.micros = None
    return _moment(fields, text, (now or local_now()).replace(tzinfo=None)).date()


def time_from_text(text: str, typmod: int = -1, now: datetime | None = None) -> time:
    fields = read_fields(text, "time")
    if fields.special == "now":
        return time_coerce((now or local_now()).time(), typmod)
    if fields.micros is None:
        raise InvalidDatetimeFormat(f'invalid input syntax for type time: "{text}"')
    return time_coerce(time_of(fields.micros, text), typmod)


def time_of(micros: int, text: str) -> time:
    if micros >= MICROS_PER_DAY:
        raise FeatureNotSupported(f'time value "{text}" is not supported')
    return (_EPOCH + timedelta(microseconds=micros)).time()


def _round(micros: int, typmod: int) -> int:
    """To `typmod` decimals of a second, half away from zero."""
    if not 0 <= typmod < MAX_PRECISION:
        return micros
    unit = int(10 ** (MAX_PRECISION - typmod))
    rounded = (abs(micros) + unit // 2) // unit * unit
    return rounded if micros >= 0 else -rounded


def _as_datetime(value: date) -> datetime:
    """Midnight, for a date."""
    return value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)


def timestamp_coerce(value: Any, typmod: int = -1) -> datetime:
    moment = _as_datetime(value)
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    if not 0 <= typmod < MAX_PRECISION:
        return moment
    return _EPOCH + timedelta(microseconds=_round((moment - _EPOCH) // _MICROSECOND, typmod))


def timestamptz_coerce(value: Any, typmod: int = -1) -> datetime:
    """A naive value is taken as UTC."""
    moment = _as_datetime(value)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if not 0 <= typmod < MAX_PRECISION:
        return moment
    micros = _round((moment - _EPOCH_UTC) // _MICROSECOND, typmod)
    return _EPOCH_UTC + timedelta(microseconds=micros)


def time_coerce(value: Any, typmod: int = -1) -> time:
    clock: time = value.time() if isinstance(value, datetime) else value.replace(tzinfo=None)
    if not 0 <= typmod < MAX_PRECISION:
        return clock
    micros = (datetime.combine(_EPOCH, clock) - _EPOCH) // _MICROSECOND
    return time_of(_round(micros, typmod), str(clock))


def date_coerce(value: Any, typmod: int = -1) -> date:
    return value.date() if isinstance(value, datetime) else value


def date_to_binary(value: date) -> bytes:
    return _INT4.pack(value.toordinal() - _EPOCH_ORDINAL)


def date_from_binary(data: bytes, typmod: int = -1) -> date:
    days = _unpack(_INT4, data)
    if days in _DAY_INFINITIES:
        raise FeatureNotSupported('date value "infinity" is not supported')
    try:
        return date.fromordinal(days + _EPOCH_ORDINAL)
    except (ValueError, OverflowError):
        raise DatetimeFieldOverflow("date out of range") from None


def _unpack(layout: struct.Struct, data: bytes) -> int:
    if len(data) != layout.size:
        raise wrong_length(data, layout.size)
    value: int = layout.unpack(data)[0]
    return value


def time_to_binary(value: time) -> bytes:
    return _INT8.pack(
        ((value.hour * 60 + value.minute) * 60 + value.second) * 1_000_000 + value.microsecond
    )


def time_from_binary(data: bytes, typmod: int = -1) -> time:
    micros = _unpack(_INT8, data)
    if not 0 <= micros <= MICROS_PER_DAY:
        raise DatetimeFieldOverflow("time out of range")
    return time_coerce(time_of(micros, "24:00:00"), typmod)


def timestamp_to_binary(value: datetime) -> bytes:
    return _INT8.pack((value - _EPOCH) // _MICROSECOND)


def timestamptz_to_binary(value: datetime) -> bytes:
    return _INT8.pack((value - _EPOCH_UTC) // _MICROSECOND)


def _from_micros(data: bytes, epoch: datetime) -> datetime:
    micros = _unpack(_INT8, data)
    if micros in _INFINITIES:
        raise FeatureNotSupported('timestamp value "infinity" is not supported')
    try:
        return epoch + timedelta(microseconds=micros)
    except OverflowError:
        raise DatetimeFieldOverflow("timestamp out of range") from None


def timestamp_from_binary(data: bytes, typmod: int = -1) -> datetime:
    return timestamp_coerce(_from_micros(data, _EPOCH), typmod)


def timestamptz_from_binary(data: bytes, typmod: int = -1) -> datetime:
    return timestamptz_coerce(_from_micros(data, _EPOCH_UTC), typmod)


def precision_typmod(type_name: str, suffix: str = "") -> Callable[[list[int]], int]:
    def parse(modifiers: list[int]) -> int:
        if len(modifiers) != 1:
            raise InvalidParameterValue("invalid type modifier")
        if modifiers[0] < 0:
            raise InvalidParameterValue(
                f"{type_name.upper()}({modifiers[0]}){suffix} precision must not be negative"
            )
        return min(modifiers[0], MAX_PRECISION)

    return parse


def format_precision(typmod: int) -> str:
    return f"({typmod})" if typmod >= 0 else ""


DATE = define(
    SqlType(
        oid=1082,
        name="date",
        sql_name="date",
        category="D",
        size=4,
        array_oid=1182,
        to_text=date_to_text,
        from_text=date_from_text,
        to_binary=date_to_binary,
        from_binary=date_from_binary,
        coerce=date_coerce,
        arrow=lambda typmod: pa.date32(),
        duckdb=lambda typmod: "DATE",
    )
)
TIME = define(
    SqlType(
        oid=1083,
        name="time",
        sql_name="time without time zone",
        category="D",
        size=8,
        array_oid=1183,
        to_text=time_text,
        from_text=time_from_text,
        to_binary=time_to_binary,
        from_binary=time_from_binary,
        coerce=time_coerce,
        arrow=lambda typmod: pa.time64("us"),
        duckdb=lambda typmod: "TIME",
        format_typmod=format_precision,
        parse_typmod=precision_typmod("time"),
    )
)
TIMESTAMP = define(
    SqlType(
        oid=1114,
        name="timestamp",
        sql_name="timestamp without time zone",
        category="D",
        size=8,
        array_oid=1115,
        to_text=timestamp_to_text,
        from_text=timestamp_from_text,
        to_binary=timestamp_to_binary,
        from_binary=timestamp_from_binary,
        coerce=timestamp_coerce,
        arrow=lambda typmod: pa.timestamp("us"),
        duckdb=lambda typmod: "TIMESTAMP",
        format_typmod=format_precision,
        parse_typmod=precision_typmod("timestamp"),
    )
)
TIMESTAMPTZ = define(
    SqlType(
        oid=1184,
        name="timestamptz",
        sql_name="timestamp with time zone",
        category="D",
        size=8,
        array_oid=1185,
        to_text=timestamptz_to_text,
        from_text=timestamptz_from_text,
        to_binary=timestamptz_to_binary,
        from_binary=timestamptz_from_binary,
        coerce=timestamptz_coerce,
        arrow=lambda typmod: pa.timestamp("us", "UTC"),
        duckdb=lambda typmod: "TIMESTAMPTZ",
        format_typmod=format_precision,
        parse_typmod=precision_typmod("timestamp", " WITH TIME ZONE"),
        preferred=True,
    )
)
