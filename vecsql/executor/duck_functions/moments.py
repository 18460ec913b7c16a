"""Date and time functions: extract() with its numeric results, to_char(), to_timestamp(), interval arithmetic."""

from __future__ import annotations

import math
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from vecsql.errors import FeatureNotSupported, InvalidDatetimeFormat, InvalidParameterValue
from vecsql.executor.duck_functions.registry import duck
from vecsql.settings.checks import zone_of
from vecsql.types.datetime_text import icu_zone
from vecsql.types.datetimes import offset_text

MICRO = Decimal(1000000)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
          "October", "November", "December")  # fmt: skip
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
EPOCH = datetime(1970, 1, 1)


def _seconds(second: int, microsecond: int, unit: str) -> str:
    micros = second * 1000000 + microsecond
    if unit == "microseconds":
        return str(micros)
    if unit == "milliseconds":
        return f"{Decimal(micros) / 1000:.3f}"
    return f"{Decimal(micros) / MICRO:.6f}"


SECONDS = ("second", "seconds", "milliseconds", "microseconds", "sec", "secs", "msec", "usec")


def _date_field(unit: str, d: date) -> str | None:
    iso = d.isocalendar()
    fields: dict[str, Any] = {
        "year": d.year, "month": d.month, "day": d.day, "dow": d.isoweekday() % 7, "isodow": d.isoweekday(),
        "doy": d.timetuple().tm_yday, "week": iso[1], "isoyear": iso[0], "quarter": (d.month + 2) // 3,
        "decade": d.year // 10, "century": (d.year + 99) // 100, "millennium": (d.year + 999) // 1000,
        "julian": d.toordinal() + 1721425,
    }  # fmt: skip
    found = fields.get(unit)
    return None if found is None else str(found)


def _unit_error(unit: str, kind: str, known: bool = False) -> InvalidParameterValue:
    word = "not supported" if known else "not recognized"
    return InvalidParameterValue(f'unit "{unit}" {word} for type {kind}')


def _epoch(value: datetime) -> str:
    delta = value - EPOCH
    micros = (delta.days * 86400 + delta.seconds) * 1000000 + delta.microseconds
    return f"{Decimal(micros) / MICRO:.6f}"


def _moment_field(unit: str, value: datetime, kind: str) -> str:
    unit = unit.lower()
    if unit in SECONDS:
        return _seconds(value.second, value.microsecond, unit)
    if unit in ("hour", "minute"):
        return str(getattr(value, unit))
    if unit == "epoch":
        return _epoch(value)
    found = _date_field(unit, value.date())
    if found is None:
        raise _unit_error(unit, kind, unit.startswith("timezone"))
    return found


@duck("vs_extract_timestamp(VARCHAR, TIMESTAMP) -> VARCHAR")
def extract_timestamp(unit: str, value: datetime) -> str:
    return _moment_field(unit, value, "timestamp without time zone")


@duck("vs_extract_timestamptz(VARCHAR, TIMESTAMP, TIMESTAMP) -> VARCHAR")
def extract_timestamptz(unit: str, local: datetime, utc: datetime) -> str:
    """A field of a moment, given as the session's local time and in UTC."""
    if unit.lower() == "epoch":
        return _epoch(utc)
    offset = round((local - utc).total_seconds())
    zone = {
        "timezone": offset,
        "timezone_hour": int(offset / 3600),
        "timezone_minute": int(math.fmod(offset, 3600) / 60),
    }.get(unit.lower())
    return _moment_field(unit, local, "timestamp with time zone") if zone is None else str(zone)


@duck("vs_icu_zone(VARCHAR) -> VARCHAR")
def zone_name(name: str) -> str:
    return icu_zone(name)


@duck("vs_extract_date(VARCHAR, DATE) -> VARCHAR")
def extract_date(unit: str, value: date) -> str:
    if unit.lower() == "epoch":
        return str((value - EPOCH.date()).days * 86400)
    found = _date_field(unit.lower(), value)
    if found is None:
        raise _unit_error(
            unit.lower(), "date", unit.lower() in (*SECONDS, "hour", "minute", "timezone")
        )
    return found


@duck("vs_extract_time(VARCHAR, TIME) -> VARCHAR")
def extract_time(unit: str, value: time) -> str:
    unit = unit.lower()
    if unit in SECONDS:
        return _seconds(value.second, value.microsecond, unit)
    if unit in ("hour", "minute"):
        return str(getattr(value, unit))
    if unit == "epoch":
        return f"{value.hour * 3600 + value.minute * 60 + value.second + Decimal(value.microsecond) / MICRO:.6f}"
    raise _unit_error(unit, "time without time zone", True)


def _parts(months: int, days: int, micros: int) -> dict[str, str]:
    sign = -1 if micros < 0 else 1
    seconds, fraction = divmod(abs(micros), 1000000)
    year = int(months / 12)
    month = months - year * 12
    total = Decimal(year * 31557600 + month * 2592000 + days * 86400) + Decimal(micros) / MICRO
    second, microsecond = sign * (seconds % 60), sign * fraction
    return {
        "year": str(year), "month": str(month), "day": str(days), "quarter": str(month // 3 + 1),
        "hour": str(sign * (seconds // 3600)), "minute": str(sign * (seconds // 60 % 60)),
        "decade": str(int(year / 10)), "century": str(int(year / 100)), "epoch": f"{total:.6f}",
        **{unit: _seconds(second, microsecond, unit) for unit in SECONDS},
    }  # fmt: skip


@duck("vs_interval_part(VARCHAR, BIGINT, BIGINT, BIGINT) -> VARCHAR")
def extract_interval(unit: str, months: int, days: int, micros: int) -> str:
    parts = _parts(months, days, micros)
    if unit.lower() not in parts:
        raise _unit_error(unit.lower(), "interval")
    return parts[unit.lower()]


def _spelled(name: str, code: str) -> str:
    return name.upper() if code.isupper() else name if code[0].isupper() else name.lower()


_TO_CHAR = re.compile(
    r'"[^"]*"|FM|fm|TH|th|HH24|HH12|HH|hh24|hh12|hh|MI|mi|SSSSS?|SS|ss|MS|ms|US|us|FF[1-6]|AM|PM|am|pm|A\.M\.|P\.M\.|'
    r"YYYY|yyyy|YYY|YY|yy|Y,YYY|IYYY|IY|Y|MONTH|Month|month|MON|Mon|mon|MM|mm|DAY|Day|day|DY|Dy|dy|DDD|DD|dd|D|ID|IW|WW|W|"
    r"CC|J|Q|TZH|TZM|TZ|tz|OF|RM"
)


def _zone_name(v: datetime) -> str:
    """The zone's abbreviation."""
    return v.tzname() or ""


def _offset_fields(v: datetime) -> dict[str, str]:
    offset = v.utcoffset() or timedelta(0)
    sign, hours, minutes = offset_text(offset)[:1], *divmod(abs(offset) // timedelta(minutes=1), 60)
    return {
        "OF": f"{sign}{hours:02d}" + (f":{minutes:02d}" if minutes else ""),
        "TZH": f"{sign}{hours:02d}",
        "TZM": f"{minutes:02d}",
    }


def _field(code: str, v: datetime) -> str:
    iso = v.isocalendar()
    hour12 = v.hour % 12 or 12
    upper = code.upper()
    numbers: dict[str, str] = {
        "HH24": f"{v.hour:02d}", "HH12": f"{hour12:02d}", "HH": f"{hour12:02d}", "MI": f"{v.minute:02d}",
        "SS": f"{v.second:02d}", "MS": f"{v.microsecond // 1000:03d}", "US": f"{v.microsecond:06d}",
        "SSSS": str(v.hour * 3600 + v.minute * 60 + v.second), "YYYY": f"{v.year:04d}", "YYY": f"{v.year % 1000:03d}",
        "SSSSS": str(v.hour * 3600 + v.minute * 60 + v.second), "YY": f"{v.year % 100:02d}", "Y": str(v.year % 10),
        "Y,YYY": f"{v.year // 1000},{v.year % 1000:03d}", "IYYY": f"{iso[0]:04d}", "IY": f"{iso[0] % 100:02d}",
        "MM": f"{v.month:02d}", "DDD": f"{v.timetuple().tm_yday:03d}", "DD": f"{v.day:02d}", "D": str(v.isoweekday() % 7 + 1),
        "ID": str(v.isoweekday()), "IW": f"{iso[1]:02d}", "WW": f"{(v.timetuple().tm_yday - 1) // 7 + 1:02d}",
        "W": str((v.day - 1) // 7 + 1), "CC": f"{(v.year + 99) // 100:02d}", "J": str(v.toordinal() + 1721425),
        "Q": str((v.month + 2) // 3), "TZ": _zone_name(v) if code == "TZ" else _zone_name(v).lower(),
        **_offset_fields(v),
    }  # fmt: skip
    if upper in numbers:
        return numbers[upper]
    if upper.startswith("FF"):
        return f"{v.microsecond:06d}"[: int(upper[2])]
    if upper in ("AM", "PM"):
        return _spelled("PM" if v.hour >= 12 else "AM", code)
    if upper in ("A.M.", "P.M."):
        return "P.M." if v.hour >= 12 else "A.M."
    if upper == "MONTH":
        return _spelled(MONTHS[v.month - 1], code).ljust(9)
    if upper == "MON":
        return _spelled(MONTHS[v.month - 1][:3], code)
    if upper == "DAY":
        return _spelled(DAYS[v.weekday()], code).ljust(9)
    if upper == "DY":
        return _spelled(DAYS[v.weekday()][:3], code)
    raise FeatureNotSupported(f"to_char() pattern {code} is not supported")


def _to_char(v: datetime, template: str) -> str:
    out, fill, position = [], True, 0
    for match in _TO_CHAR.finditer(template):
        out.append(template[position : match.start()])
        position = match.end()
        code = match[0]
        if code.upper() == "FM":
            fill = False
            continue
        if code.upper() == "TH":
            digits = re.search(r"(\d+)$", out[-2] if len(out) > 1 else "")
            number = int(digits[1]) if digits else 0
            suffix = (
                "th"
                if 10 < number % 100 < 14
                else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
            )
            out.append(suffix.upper() if code == "TH" else suffix)
            continue
        text = code[1:-1] if code[0] == '"' else _field(code, v)
        if not fill:
            text = text.rstrip() if not text.isdigit() else text.lstrip("0") or "0"
        fill = True
        out.append(text)
    return "".join(out) + template[position:]


@duck("vs_to_char_timestamp(TIMESTAMP, VARCHAR) -> VARCHAR")
def to_char_timestamp(value: datetime, template: str) -> str:
    return _to_char(value, template)


@duck("vs_to_char_timestamptz(TIMESTAMP, VARCHAR, VARCHAR) -> VARCHAR")
def to_char_timestamptz(utc: datetime, template: str, zone: str) -> str:
    return _to_char(utc.replace(tzinfo=UTC).astimezone(zone_of(zone)), template)


_NUMBER = re.compile(r"(FM)?([09,G]*)(?:([.D])([09]*))?\Z")


@duck("vs_to_char_numeric(VARCHAR, VARCHAR) -> VARCHAR")
def to_char_numeric(text: str, template: str) -> str:
    """The digits, group and decimal point patterns of to_char(numeric)."""
    match = _NUMBER.match(template)
    if match is None:
        raise FeatureNotSupported(f"to_char() pattern {template} is not supported")
    plain, whole, point, fraction = match[1] is not None, match[2], match[3], match[4] or ""
    from vecsql.executor.duck_functions.numbers import rounded

    value = rounded(Decimal(text), len(fraction))
    digits, _, decimals = format(abs(value), "f").partition(".")
    slots = sum(c in "09" for c in whole)
    digits = "" if digits == "0" and fraction else digits
    if len(digits) > slots:
        digits, decimals = "#" * slots, "#" * len(fraction)
    forced = slots - min(
        (sum(c in "09" for c in whole[:i]) for i, c in enumerate(whole) if c == "0"), default=slots
    )
    digits = digits.rjust(forced, "0") if len(digits) < forced else digits
    padded = digits.rjust(slots)
    out, at = [], 0
    for c in whole:
        if c in "09":
            out.append(padded[at])
            at += 1
        else:
            out.append("," if at and padded[at - 1].strip() else " ")
    shown = "".join(out)
    if plain:
        shown = shown.strip()
        keep = max((i + 1 for i, c in enumerate(fraction) if c == "0"), default=0)
        decimals = decimals[:keep] + decimals[keep:].rstrip("0")
    body = shown + ("." + decimals if point else "")
    sign = "-" if value < 0 else "" if plain else " "
    stripped = body.lstrip(" ")
    return " " * (len(body) - len(stripped)) + sign + stripped


_READ = {
    "YYYY": ("year", r"\d{1,4}"), "MM": ("month", r"\d{1,2}"), "DD": ("day", r"\d{1,2}"), "HH24": ("hour", r"\d{1,2}"),
    "HH": ("hour", r"\d{1,2}"), "MI": ("minute", r"\d{1,2}"), "SS": ("second", r"\d{1,2}"), "MS": ("ms", r"\d{1,3}"),
    "US": ("us", r"\d{1,6}"), "MON": ("mon", r"[A-Za-z]{3}"), "MONTH": ("mon", r"[A-Za-z]+"), "YY": ("yy", r"\d{2}"),
}  # fmt: skip


@duck("vs_to_timestamp(VARCHAR, VARCHAR) -> TIMESTAMP")
def to_timestamp(text: str, template: str) -> datetime:
    pattern, found = "", []
    for part in re.split(
        r"(YYYY|HH24|MONTH|MON|YY|MM|DD|HH|MI|SS|MS|US)", template, flags=re.IGNORECASE
    ):
        entry = _READ.get(part.upper())
        if entry is None:
            pattern += re.sub(r"\\?\W", r"\\W?", re.escape(part)) if part else ""
        else:
            found.append(entry[0])
            pattern += rf"\s*({entry[1]})"
    match = re.match(pattern, text)
    if match is None:
        raise InvalidDatetimeFormat(f'invalid value "{text}" for "{template}"')
    fields = dict(zip(found, match.groups(), strict=True))
    names = [m[:3].lower() for m in MONTHS]
    month = (
        names.index(fields["mon"][:3].lower()) + 1
        if "mon" in fields
        else int(fields.get("month", 1))
    )
    year = 2000 + int(fields["yy"]) if "yy" in fields else int(fields.get("year", 1))
    micros = (
        int(fields.get("us", "0").ljust(6, "0")) + int(fields.get("ms", "0").ljust(3, "0")) * 1000
    )
    try:
        return datetime(year, month, int(fields.get("day", 1)), int(fields.get("hour", 0)),
                        int(fields.get("minute", 0)), int(fields.get("second", 0)), micros)  # fmt: skip
    except ValueError:
        from vecsql.errors import DatetimeFieldOverflow

        raise DatetimeFieldOverflow(f'date/time field value out of range: "{text}"') from None


def _micros(value: time) -> int:
    return ((value.hour * 60 + value.minute) * 60 + value.second) * 1000000 + value.microsecond


@duck("vs_time_sub(TIME, TIME) -> INTERVAL")
def time_difference(a: time, b: time) -> timedelta:
    return timedelta(microseconds=_micros(a) - _micros(b))


def _rounder(places: int, value: datetime) -> datetime:
    step = 10 ** (6 - places)
    micros = (value.microsecond + step // 2) // step * step
    return value.replace(microsecond=0) + timedelta(microseconds=micros)


duck("vs_timestamp_round(TIMESTAMP, INTEGER) -> TIMESTAMP")(
    lambda value, places: _rounder(places, value)
)
