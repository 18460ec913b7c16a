"""What one setting is, and how its values are read and printed as PostgreSQL's guc.c does."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from vecsql.errors import Error, InvalidParameterValue

Value = bool | int | float | str
Context = Literal[
    "internal", "postmaster", "sighup", "superuser-backend", "backend", "superuser", "user"
]

# Units as multiples of the smallest; the order is the one PostgreSQL prefers when printing.
_MEMORY = {"TB": 1024**4, "GB": 1024**3, "MB": 1024**2, "kB": 1024, "B": 1}
_TIME = {
    "d": 86_400_000_000,
    "h": 3_600_000_000,
    "min": 60_000_000,
    "s": 1_000_000,
    "ms": 1000,
    "us": 1,
}
_MEMORY_HINT = 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".'
_TIME_HINT = 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".'
_NUMBER = re.compile(
    r"\s*([+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))\s*([A-Za-z]*)\s*$"
)
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting. `default` is a typed value; sizes and times are in `unit` ('kB', '8kB', 'ms', 's', 'min').

    `check` gets a parsed value and returns it in canonical form or raises ValueError (the value is then refused as
    invalid, with the exception's text as detail) or an Error.
    """

    name: str
    kind: Literal["bool", "integer", "real", "string", "enum"]
    default: Value
    description: str
    category: str = "Client Connection Defaults / Statement Behavior"
    context: Context = "user"
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    report: bool = False
    is_list: bool = False
    check: Callable[[Any], Any] | None = None

    def parse(self, text: str) -> Value:
        """The typed value of `text`; InvalidParameterValue with PostgreSQL's message otherwise."""
        value = self._parse_kind(text)
        if self.check is None:
            return value
        try:
            return self.check(value)  # type: ignore[no-any-return]
        except ValueError as error:
            raise self.invalid(text, detail=str(error) or None) from None

    def show(self, value: Value) -> str:
        """As SHOW prints it: with the largest unit that divides the value evenly."""
        if isinstance(value, bool):
            return "on" if value else "off"
        if self.unit is None or not isinstance(value, int | float) or value <= 0:
            return self.plain(value)
        table, scale = _units(self.unit)
        amount = value * scale
        for name, size in table.items():
            if amount % size == 0:
                return f"{int(amount // size)}{name}"
        return self.plain(value)

    def plain(self, value: Value) -> str:
        """As pg_settings.setting prints it: in the base unit, without its name."""
        if isinstance(value, bool):
            return "on" if value else "off"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def invalid(self, text: str, hint: str | None = None, detail: str | None = None) -> Error:
        message = f'invalid value for parameter "{self.name}": "{text}"'
        return InvalidParameterValue(message, hint=hint, detail=detail)

    def _parse_kind(self, text: str) -> Value:
        if self.kind == "bool":
            return self._parse_bool(text)
        if self.kind == "enum":
            return self._parse_enum(text)
        return text if self.kind == "string" else self._parse_number(text)

    def _parse_bool(self, text: str) -> bool:
        word = text.strip().lower()
        if word in ("1", "t", "y") or (len(word) > 1 and any(w.startswith(word) for w in _TRUE)):
            return True
        if word in ("0", "f", "n") or (len(word) > 1 and any(w.startswith(word) for w in _FALSE)):
            return False
        raise InvalidParameterValue(f'parameter "{self.name}" requires a Boolean value')

    def _parse_enum(self, text: str) -> str:
        word = text.strip().lower()
        if word not in self.choices:
            raise self.invalid(text, f"Available values: {', '.join(self.choices)}.")
        return word

    def _parse_number(self, text: str) -> int | float:
        match = _NUMBER.match(text)
        if match is None:
            raise self.invalid(text)
        digits = match[1]
        number = float(int(digits, 16)) if "x" in digits.lower() else float(digits)
        if match[2]:
            number = self._convert(text, number, match[2])
        value = number if self.kind == "real" else _round(number)
        if not self.minimum_or(-math.inf) <= value <= self.maximum_or(math.inf):
            raise self._out_of_range(value)
        return value

    def _convert(self, text: str, number: float, unit: str) -> float:
        if self.unit is None:
            raise self.invalid(text)
        table, scale = _units(self.unit)
        if unit not in table:
            raise self.invalid(text, _MEMORY_HINT if table is _MEMORY else _TIME_HINT)
        return number * table[unit] / scale

    def _out_of_range(self, value: float) -> Error:
        unit = f" {self.unit}" if self.unit else ""
        shown, low, high = (
            f"{v:g}" if self.kind == "real" else str(int(v))
            for v in (value, self.minimum_or(-(2**31)), self.maximum_or(2**31 - 1))
        )
        return InvalidParameterValue(
            f'{shown}{unit} is outside the valid range for parameter "{self.name}" '
            f"({low}{unit} .. {high}{unit})"
        )

    def minimum_or(self, default: float) -> float:
        return default if self.minimum is None else self.minimum

    def maximum_or(self, default: float) -> float:
        return default if self.maximum is None else self.maximum

    def row(self, value: Value, reset: Value, source: str) -> dict[str, Any]:
        """The setting's row of pg_settings."""
        return {
            "name": self.name,
            "setting": self.plain(value),
            "unit": self.unit,
            "category": self.category,
            "short_desc": self.description,
            "extra_desc": None,
            "context": self.context,
            "vartype": self.kind,
            "source": source,
            "min_val": None if self.minimum is None else f"{self.minimum:.15g}",
            "max_val": None if self.maximum is None else f"{self.maximum:.15g}",
            "enumvals": list(self.choices) or None,
            "boot_val": self.plain(self.default),
            "reset_val": self.plain(reset),
            "sourcefile": None,
            "sourceline": None,
            "pending_restart": False,
        }


def _units(unit: str) -> tuple[dict[str, int], int]:
    """The family of a base unit such as '8kB', and the unit's size in the family's smallest unit."""
    if unit.endswith("B"):
        return _MEMORY, 8192 if unit == "8kB" else _MEMORY[unit]
    return _TIME, _TIME[unit]


def _round(number: float) -> int:
    """Round half to even, as rint() does."""
    return int(number) if number.is_integer() else round(number)
