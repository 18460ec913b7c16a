"""Canonical forms of the string settings that have a syntax of their own."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from collections.abc import Callable
from typing import Any

from vecsql.errors import FeatureNotSupported

_ENCODINGS = {"utf8": "UTF8", "unicode": "UTF8", "sqlascii": "SQL_ASCII"}
_OTHER_ENCODING = re.compile(
    r"(latin\d+|iso8859\d+|win\d+|windows\d+|koi8[ru]?|euc\w+|gbk|gb18030|big5|sjis|johab|uhc)$"
)
_HOURS = re.compile(r"\s*([+-]?)(\d{1,2}(?:\.\d*)?)\s*$")
_POSIX_ZONE = re.compile(r"(?:([A-Za-z]{3,})|<([^<>]+)>)?([-+]?)(\d{1,2})(?::(\d{2}))?\Z")
_DATE_ORDERS = {
    "mdy": "MDY", "us": "MDY", "noneuro": "MDY", "noneuropean": "MDY",
    "dmy": "DMY", "euro": "DMY", "european": "DMY", "ymd": "YMD",
}  # fmt: skip


def client_encoding(text: str) -> str:
    """Strings travel as UTF-8; other encodings that PostgreSQL knows are refused as a missing conversion."""
    word = re.sub(r"[^a-z0-9]", "", text.lower())
    if word in _ENCODINGS:
        return _ENCODINGS[word]
    if _OTHER_ENCODING.match(word):
        raise FeatureNotSupported(f"conversion between {text.upper()} and UTF8 is not supported")
    raise ValueError


def date_style(text: str) -> str:
    """'ISO' with a field order; the other output styles are refused, not silently ignored."""
    order = "MDY"
    for word in (w.strip().strip("'\"").lower() for w in text.split(",")):
        if word in _DATE_ORDERS:
            order = _DATE_ORDERS[word]
        elif word in ("german", "sql", "postgres"):
            raise FeatureNotSupported(f"DateStyle {word} is not supported")
        elif word not in ("iso", "default"):
            raise ValueError(f'Unrecognized key word: "{word}".')
    return f"ISO, {order}"


def time_zone(text: str) -> str:
    """An IANA name in its proper spelling, hours east of UTC, or a POSIX text, which counts westwards."""
    if text.lower() in ("utc", "z", "zulu", "local", "default"):
        return "UTC"
    if text.lower() == "gmt":
        return "GMT"
    if match := _HOURS.match(text):
        hours, minutes = divmod(round(float(match[2]) * 60), 60)
        sign, tail = match[1] or "+", f":{minutes:02d}" if minutes else ""
        flipped = "-" if sign == "+" else "+"
        return f"<{sign}{hours:02d}{tail}>{flipped}{hours:02d}{tail}"
    if posix_zone(text) is not None:
        return text
    for name in (text, _zones().get(text.lower(), "")):
        if name and _is_zone(name):
            return name
    raise ValueError


def posix_zone(name: str) -> datetime.timezone | None:
    """The zone of a POSIX text such as <+02>-02, UTC+3 or +05:30, whose offset counts westwards; None for others."""
    match = _POSIX_ZONE.match(name)
    if match is None or int(match[4]) > 24:
        return None
    west = datetime.timedelta(hours=int(match[4]), minutes=int(match[5] or 0))
    if west >= datetime.timedelta(days=1):
        return None
    return datetime.timezone(west if match[3] == "-" else -west, match[1] or match[2] or "")


def zone_of(setting: str) -> datetime.tzinfo:
    """The zone that a canonical TimeZone value means."""
    if setting == "UTC":
        return datetime.UTC
    posix = posix_zone(setting)
    return zoneinfo.ZoneInfo(setting) if posix is None else posix


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _zones() -> dict[str, str]:
    return {name.lower(): name for name in zoneinfo.available_timezones()}


def only(allowed: Any, name: str) -> Callable[[Any], Any]:
    """A check for settings of which only one value is implemented."""

    def check(value: Any) -> Any:
        if value != allowed:
            shown = "off" if value is False else value
            raise FeatureNotSupported(f"{name} = {shown} is not supported")
        return value

    return check
