"""Reads the date and time literals that PostgreSQL accepts with DateStyle 'ISO, MDY'.

The literal is cut into tokens (PostgreSQL's ParseDateTime) and each token fills some fields (DecodeDateTime).
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from functools import cache

from vecsql.errors import (
    DatetimeFieldOverflow,
    Error,
    FeatureNotSupported,
    InvalidDatetimeFormat,
    InvalidParameterValue,
    InvalidTimeZoneDisplacementValue,
)
from vecsql.settings.checks import posix_zone

_MONTHS = {
    name[:length]: month
    for month, name in enumerate(
        (
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ),
        1,
    )
    for length in (3, len(name))
} | {"sept": 9}
_IGNORED = {
    name[:length]
    for name in ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
    for length in (3, len(name))
} | {"tues", "wednes", "weds", "thur", "thurs", "at", "on", "ad"}
_ABBREVIATIONS = {
    "z": 0, "zulu": 0, "utc": 0, "uct": 0, "ut": 0, "gmt": 0, "wet": 0, "west": 1, "bst": 1,
    "cet": 1, "cest": 2, "met": 1, "mest": 2, "eet": 2, "eest": 3, "msk": 3, "ist": 2, "jst": 9,
    "kst": 9, "hst": -10, "akst": -9, "akdt": -8, "pst": -8, "pdt": -7, "mst": -7, "mdt": -6,
    "cst": -6, "cdt": -5, "est": -5, "edt": -4, "ast": -4, "adt": -3, "nzst": 12, "nzdt": 13,
    "aest": 10, "aedt": 11, "awst": 8,
}  # fmt: skip
_TOKEN = re.compile(
    r"""[\s,]*(?:
    (?P<time>\d{1,3}:\d{1,2}(?::\d{1,2}(?:\.\d*)?)?)
    |(?P<iso>\d{8})(?:T(?P<compact>\d{2}(?:\d{2}){0,2}(?:\.\d*)?))?(?![\d./-])
    |(?P<date>\d+[-/.](?:\d+|[a-zA-Z]+)[-/.]\d+)
    |(?P<named>[a-zA-Z]{3,9}[-/.]\d+[-/.]\d+)
    |(?P<zone>[-+]\d{1,2}(?::?\d{1,2}(?::?\d{1,2})?)?(?!\d))
    |(?P<word>[a-zA-Z]+(?:[/_][a-zA-Z_/]+(?:[-+]\d+|[a-zA-Z_])?)*)
    |(?P<number>\d+)
    )""",
    re.VERBOSE | re.ASCII,
)
_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(?:([-+])(\d\d)(?::?(\d\d))?|(Z))?)?",
    re.ASCII,
)
_SPECIAL = frozenset(("now", "today", "tomorrow", "yesterday", "epoch"))
_INFINITIES = frozenset(("infinity", "-infinity", "+infinity", "inf", "-inf", "+inf"))
MICROS_PER_DAY = 86_400_000_000


@dataclass(slots=True)
class Fields:
    """What a literal says; None where it says nothing."""

    year: int | None = None
    month: int | None = None
    day: int | None = None
    micros: int | None = None  # since midnight, up to and including 24:00
    zone: tzinfo | None = None
    special: str | None = None
    before_christ: bool = False
    half: str | None = None  # am or pm

    def date(self) -> date | None:
        if self.year is None or self.month is None or self.day is None:
            return None
        return date(self.year, self.month, self.day)


class _Reader:
    def __init__(self, text: str, type_name: str) -> None:
        self.text, self.type_name = text, type_name
        self.fields = Fields()
        self.numbers: list[str] = []

    def bad_syntax(self) -> Error:
        return InvalidDatetimeFormat(
            f'invalid input syntax for type {self.type_name}: "{self.text}"'
        )

    def out_of_range(self, style: bool = False) -> Error:
        return DatetimeFieldOverflow(
            f'date/time field value out of range: "{self.text}"',
            hint='Perhaps you need a different "DateStyle" setting.' if style else None,
        )

    def read(self) -> Fields:
        body = self.text.strip()
        if body.lower() in _INFINITIES:
            raise FeatureNotSupported(f'{self.type_name} value "{body}" is not supported')
        position = 0
        while position < len(body):
            match = _TOKEN.match(body, position)
            if match is None or match.lastgroup is None:
                raise self.bad_syntax()
            self.take(match)
            position = match.end()
            if body[position : position + 1] == "T" and body[position + 1 : position + 2].isdigit():
                position += 1
        self.finish()
        return self.fields

    def take(self, match: re.Match[str]) -> None:
        if match["time"]:
            self.take_time(match["time"])
        elif match["iso"]:
            self.set_date(match["iso"][:4], match["iso"][4:6], match["iso"][6:])
            if match["compact"]:
                digits, _, fraction = match["compact"].partition(".")
                parts = [digits[i : i + 2] for i in range(0, len(digits), 2)]
                self.take_time(
                    ":".join([*parts, "00"][:2] + parts[2:]) + f".{fraction}" * bool(fraction)
                )
        elif match["date"] or match["named"]:
            self.take_date(re.split("[-/.]", match["date"] or match["named"]))
        elif match["zone"]:
            self.take_offset(match["zone"])
        elif match["word"]:
            self.take_word(match["word"])
        else:
            self.take_number(match["number"])

    def take_number(self, digits: str) -> None:
        """Four or six digits are a time once a date is known, or where only a time can be."""
        free = self.fields.micros is None and len(digits) in (4, 6)
        only_time = self.type_name in ("time", "time with time zone")
        if free and (only_time or self.fields.year is not None):
            self.take_time(":".join(digits[i : i + 2] for i in range(0, len(digits), 2)))
        else:
            self.numbers.append(digits)

    def take_time(self, text: str) -> None:
        if self.fields.micros is not None:
            raise self.bad_syntax()
        hours, minutes, *rest = text.split(":")
        whole, _, fraction = (rest[0] if rest else "0").partition(".")
        h, m, s = int(hours), int(minutes), int(whole)
        micros = round(float(f"0.{fraction or 0}") * 1e6)
        if h > 24 or m > 59 or s > 60 or (h == 24 and (m or s or micros)):
            raise self.out_of_range()
        self.fields.micros = ((h * 60 + m) * 60 + s) * 1_000_000 + micros

    def take_date(self, parts: list[str]) -> None:
        month = next((p for p in parts if p.isalpha()), None)
        if month is None:
            if len(parts[0]) >= 3:
                self.set_date(*parts)
            else:
                self.set_date(parts[2], parts[0], parts[1])
            return
        first, second = (p for p in parts if p is not month)
        number = _MONTHS.get(month.lower())
        if number is None:
            raise self.bad_syntax()
        year, day = (first, second) if len(first) >= 3 else (second, first)
        self.set_date(year, str(number), day)

    def set_date(self, year: str, month: str, day: str) -> None:
        if self.fields.year is not None:
            raise self.bad_syntax()
        number = int(year)
        if len(year) <= 2:
            number += 2000 if number < 70 else 1900
        self.fields.year, self.fields.month, self.fields.day = number, int(month), int(day)

    def take_offset(self, text: str) -> None:
        if self.fields.micros is None and self.fields.year is None:
            raise self.bad_syntax()
        digits = text[1:].replace(":", "")
        if ":" in text:
            parts = [int(p) for p in text[1:].split(":")]
        elif len(digits) <= 2:
            parts = [int(digits)]
        else:
            parts = [int(digits[:-2]), int(digits[-2:])]
        hours, minutes, seconds = (*parts, 0, 0)[:3]
        if hours > 15 or minutes > 59 or seconds > 59:
            raise InvalidTimeZoneDisplacementValue(
                f'time zone displacement out of range: "{self.text}"'
            )
        offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        self.fields.zone = timezone(-offset if text[0] == "-" else offset)

    def take_word(self, word: str) -> None:
        lower = word.lower()
        if lower in _SPECIAL:
            self.fields.special = lower
        elif lower in _MONTHS and self.fields.month is None:
            self.fields.month = _MONTHS[lower]
        elif lower in _IGNORED:
            return
        elif lower in ("am", "pm"):
            self.fields.half = lower
        elif lower == "bc":
            self.fields.before_christ = True
        elif lower == "allballs":
            self.fields.micros, self.fields.zone = 0, UTC
        elif lower == "t" and self.fields.year is not None:
            return
        else:
            self.take_zone(word)

    def take_zone(self, word: str) -> None:
        zone = abbreviated_zone(word) or find_zone(word)
        if zone is None and "/" not in word:
            raise self.bad_syntax()
        if zone is None:
            raise InvalidParameterValue(f'time zone "{word.lower()}" not recognized')
        self.fields.zone = zone

    def finish(self) -> None:
        fields = self.fields
        if self.numbers:
            self.place_numbers()
        self.apply_half()
        if fields.special is None and fields.year is None and fields.micros is None:
            raise self.bad_syntax()
        if fields.year is None and fields.month is not None:
            raise self.bad_syntax()
        if fields.year is not None:
            self.check_date()

    def place_numbers(self) -> None:
        """Numbers beside a month's name are day and year; one beside am or pm is the hour."""
        fields = self.fields
        if fields.half and fields.micros is None:
            self.take_time(f"{self.numbers.pop(0 if fields.year else -1)}:00")
        if not self.numbers:
            return
        if fields.month is None or fields.year is not None or len(self.numbers) != 2:
            raise self.bad_syntax()
        first, second = self.numbers
        year, day = (first, second) if len(first) >= 3 else (second, first)
        self.set_date(year, str(fields.month), day)

    def apply_half(self) -> None:
        fields = self.fields
        if fields.half is None:
            return
        if fields.micros is None:
            raise self.bad_syntax()
        hours = fields.micros // 3_600_000_000
        if hours > 12:
            raise self.out_of_range()
        if fields.half == "pm" and hours < 12:
            fields.micros += 12 * 3_600_000_000
        elif fields.half == "am" and hours == 12:
            fields.micros -= 12 * 3_600_000_000

    def check_date(self) -> None:
        fields = self.fields
        assert fields.year is not None
        assert fields.month is not None
        assert fields.day is not None
        if not (1 <= fields.month <= 12 and 1 <= fields.day <= 31):
            raise self.out_of_range(style=True)
        if fields.year == 0:
            raise self.out_of_range()
        if fields.before_christ or fields.year > 9999:
            kind = "timestamp" if self.type_name.startswith("timestamp") else "date"
            raise DatetimeFieldOverflow(f'{kind} out of range: "{self.text}"')
        try:
            fields.date()
        except ValueError:
            raise self.out_of_range() from None


def read_fields(text: str, type_name: str) -> Fields:
    """The fields of a literal; raises 22007 or 22008 with PostgreSQL's text."""
    return _Reader(text, type_name).read()


def read_iso(text: str) -> datetime | None:
    """The usual form 2024-01-02 03:04:05.678+02 quickly; naive without offset, None for all other forms."""
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, off_h, off_m, zulu = match.groups()
    zone: tzinfo | None = None
    try:
        if zulu:
            zone = UTC
        elif sign:
            offset = timedelta(hours=int(off_h), minutes=int(off_m or 0))
            if off_h > "15" or (off_m or "0") > "59":
                return None
            zone = timezone(-offset if sign == "-" else offset)
        micros = int(fraction.ljust(6, "0")) if fraction else 0
        h, m, s = (int(hour), int(minute), int(second)) if hour else (0, 0, 0)
        return datetime(int(year), int(month), int(day), h, m, s, micros, zone)
    except ValueError:
        return None


@cache
def _zone_names() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


@cache
def find_zone(name: str) -> tzinfo | None:
    """A zone by name, in any case, or an abbreviation or ISO-ish offset that SET TimeZone takes; None if unknown."""
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        found = _zone_names().get(name.lower())
        return zoneinfo.ZoneInfo(found) if found else None


def abbreviated_zone(word: str) -> tzinfo | None:
    """The fixed offset of an abbreviation such as CEST; PostgreSQL prefers it to a zone of that name."""
    hours = _ABBREVIATIONS.get(word.lower())
    if hours is None:
        return None
    return timezone(timedelta(hours=hours)) if hours else UTC


def icu_zone(name: str, *, abbreviations: bool = True) -> str:
    """The name under which ICU knows what PostgreSQL calls a zone.

    Raises InvalidParameterValue for an unknown zone.
    """
    zone = (abbreviated_zone(name) if abbreviations else None) or find_zone(name)
    if isinstance(zone, zoneinfo.ZoneInfo):
        return zone.key
    fixed = zone or posix_zone(name)
    if fixed is None:
        raise InvalidParameterValue(f'time zone "{name}" not recognized')
    minutes = round((fixed.utcoffset(None) or timedelta(0)).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"GMT{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}" if minutes else "UTC"


def to_utc(local: datetime, zone: tzinfo) -> datetime:
    """A naive local time in a zone as UTC; times in a gap or told twice are read as standard time."""
    offsets = (local.replace(tzinfo=zone, fold=fold).utcoffset() or timedelta(0) for fold in (0, 1))
    return (local - min(offsets)).replace(tzinfo=UTC)
