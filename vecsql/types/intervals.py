"""interval: months, days and microseconds kept apart, in PostgreSQL's output style."""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pyarrow as pa

from vecsql.errors import IntervalFieldOverflow, InvalidDatetimeFormat
from vecsql.types.base import SqlType
from vecsql.types.define import define, wrong_length

SECOND = 1_000_000
DAY = 86_400 * SECOND
_LAYOUT = struct.Struct("!qii")


@dataclass(frozen=True, slots=True)
class Interval:
    months: int = 0
    days: int = 0
    microseconds: int = 0

    def __neg__(self) -> Interval:
        return Interval(-self.months, -self.days, -self.microseconds)


# unit -> (months, days, microseconds) of one
_UNITS: dict[str, tuple[int, int, int]] = {}
for _names, _amount in (
    ("microsecond microseconds us usec usecs usecond useconds", (0, 0, 1)),
    ("millisecond milliseconds ms msec msecs msecond mseconds", (0, 0, 1000)),
    ("second seconds s sec secs", (0, 0, SECOND)),
    ("minute minutes m min mins", (0, 0, 60 * SECOND)),
    ("hour hours h hr hrs", (0, 0, 3600 * SECOND)),
    ("day days d", (0, 1, 0)),
    ("week weeks w", (0, 7, 0)),
    ("month months mon mons", (1, 0, 0)),
    ("year years y yr yrs", (12, 0, 0)),
    ("decade decades dec decs", (120, 0, 0)),
    ("century centuries c cent", (1200, 0, 0)),
    ("millennium millennia mil mils", (12000, 0, 0)),
):
    for _name in _names.split():
        _UNITS[_name] = _amount

_ISO_DATE = {"Y": (12, 0, 0), "M": (1, 0, 0), "W": (0, 7, 0), "D": (0, 1, 0)}
_ISO_TIME = {"H": (0, 0, 3600 * SECOND), "M": (0, 0, 60 * SECOND), "S": (0, 0, SECOND)}
_CLOCK = re.compile(r"[-+]?\d+:\d", re.ASCII)
_TOKEN = re.compile(
    r"\s*(?:(?P<sign>[-+])?(?P<h>\d+):(?P<m>\d+)(?::(?P<s>\d+(?:\.\d*)?))?"
    r"|(?P<years>[-+]?\d+)-(?P<months>\d+)(?!\d)"
    r"|(?P<number>[-+]?(?:\d+\.?\d*|\.\d+))\s*(?P<unit>[a-zA-Z]+)?)",
    re.ASCII,
)


def _invalid(text: str) -> InvalidDatetimeFormat:
    return InvalidDatetimeFormat(f'invalid input syntax for type interval: "{text}"')


class _Sum:
    """Adds fractional amounts of units; a fraction spills into the next smaller field as PostgreSQL does."""

    def __init__(self) -> None:
        self.months, self.days, self.microseconds = 0, 0, Fraction(0)

    def add(self, number: Fraction, unit: tuple[int, int, int]) -> None:
        months, days, micros = unit
        if months:
            total = number * months
            whole = int(total)
            self.months += whole
            if months == 1:
                self.add((total - whole) * 30, (0, 1, 0))
        elif days:
            total = number * days
            whole = int(total)
            self.days += whole
            self.microseconds += (total - whole) * DAY
        else:
            self.microseconds += number * micros

    def result(self, text: str) -> Interval:
        found = Interval(self.months, self.days, round(self.microseconds))
        small = all(-(2**31) <= n < 2**31 for n in (found.months, found.days))
        if not small or not -(2**63) <= found.microseconds < 2**63:
            raise IntervalFieldOverflow(f'interval field value out of range: "{text}"')
        return found


def from_text(text: str, typmod: int = -1) -> Interval:
    body = text.strip()
    if re.match(r"P[\dT.+-]", body):
        return _from_iso(text, body)
    total = _Sum()
    body, ago = (body[:-4], True) if body.lower().endswith(" ago") else (body, False)
    body = body.removeprefix("@").strip()
    position = 0
    while position < len(body):
        match = _TOKEN.match(body, position)
        if match is None:
            raise _invalid(text)
        position = match.end()
        _add_token(match, total, text, rest=body[position:].strip())
    if not body:
        raise _invalid(text)
    found = total.result(text)
    return -found if ago else found


def _add_token(match: re.Match[str], total: _Sum, text: str, rest: str) -> None:
    if match["h"] is not None:
        seconds = int(match["h"]) * 3600 + int(match["m"]) * 60 + Fraction(match["s"] or 0)
        total.microseconds += (-seconds if match["sign"] == "-" else seconds) * SECOND
    elif match["years"] is not None:
        months = int(match["months"])
        total.months += int(match["years"]) * 12 + (-months if match["years"][0] == "-" else months)
    else:
        unit = (match["unit"] or "").lower()
        if unit:
            amount = _UNITS.get(unit)
        elif _CLOCK.match(rest):  # '3 4:05:06' is 3 days and a time
            amount = (0, 1, 0)
        else:
            amount = None if rest else (0, 0, SECOND)
        if amount is None:
            raise _invalid(text)
        total.add(Fraction(match["number"]), amount)


def _from_iso(text: str, body: str) -> Interval:
    date, _, time = body[1:].partition("T")
    total = _Sum()
    for part, units in ((date, _ISO_DATE), (time, _ISO_TIME)):
        if not re.fullmatch(r"(?:[-+]?(?:\d+\.?\d*|\.\d+)[A-Z])*", part):
            raise _invalid(text)
        for number, unit in re.findall(r"([-+]?[\d.]+)([A-Z])", part):
            if unit not in units:
                raise _invalid(text)
            total.add(Fraction(number), units[unit])
    return total.result(text)


def to_text(value: Interval) -> str:
    """IntervalStyle postgres: '1 year 2 mons -3 days +04:05:06.789'."""
    parts: list[str] = []
    years, months = abs(value.months) // 12, abs(value.months) % 12
    negative_before = False
    for amount, name in (
        (years if value.months >= 0 else -years, "year"),
        (months if value.months >= 0 else -months, "mon"),
        (value.days, "day"),
    ):
        if amount:
            plus = "+" if negative_before and amount > 0 else ""
            parts.append(f"{plus}{amount} {name}{'' if amount == 1 else 's'}")
            negative_before = amount < 0
    if value.microseconds or not parts:
        sign = "-" if value.microseconds < 0 else "+" if negative_before else ""
        parts.append(sign + clock(abs(value.microseconds)))
    return " ".join(parts)


def clock(microseconds: int) -> str:
    """hh:mm:ss[.ffffff] with trailing zeros of the fraction cut."""
    seconds, fraction = divmod(microseconds, SECOND)
    text = f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return f"{text}.{fraction:06d}".rstrip("0") if fraction else text


def from_binary(data: bytes, typmod: int = -1) -> Interval:
    if len(data) != 16:
        raise wrong_length(data, 16)
    microseconds, days, months = _LAYOUT.unpack(data)
    return Interval(months, days, microseconds)


def coerce(value: Any, typmod: int = -1) -> Interval:
    if isinstance(value, timedelta):
        return Interval(0, value.days, value.seconds * SECOND + value.microseconds)
    return value if isinstance(value, Interval) else Interval(*value)


INTERVAL = define(
    SqlType(
        oid=1186,
        name="interval",
        sql_name="interval",
        category="T",
        size=16,
        array_oid=1187,
        to_text=to_text,
        from_text=from_text,
        to_binary=lambda v: _LAYOUT.pack(v.microseconds, v.days, v.months),
        from_binary=from_binary,
        coerce=coerce,
        arrow=lambda typmod: pa.month_day_nano_interval(),
        duckdb=lambda typmod: "INTERVAL",
        preferred=True,
    )
)
