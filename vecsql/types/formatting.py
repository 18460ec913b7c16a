"""Text input and output that depend on session settings: TimeZone, extra_float_digits, bytea_output, names of reg* values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from vecsql.types.array import array_from_text, array_to_text
from vecsql.types.base import SqlType
from vecsql.types.bytea import to_escape_text
from vecsql.types.datetimes import timestamptz_from_text, timestamptz_to_text

BYTEA_OID, FLOAT4_OID, FLOAT8_OID, TIMESTAMPTZ_OID = 17, 700, 701, 1184


@dataclass(frozen=True, slots=True)
class TextFormat:
    """The settings that change how values print.

    `reg_name(typname, oid)` gives the name that a regclass, regtype ... value prints as, or None to print the number.
    """

    time_zone: tzinfo = UTC
    extra_float_digits: int = 1
    bytea_output: str = "hex"
    reg_name: Callable[[str, int], str | None] | None = None

    def encoder(self, sql_type: SqlType) -> Callable[[Any], str]:
        """The type's to_text under these settings."""
        if sql_type.element is not None:
            encode = self.encoder(sql_type.element)
            if encode is sql_type.element.to_text:
                return sql_type.to_text
            return lambda value: array_to_text(value, encode)
        if sql_type.oid == TIMESTAMPTZ_OID and self.time_zone is not UTC:
            return self._timestamptz
        if sql_type.oid == BYTEA_OID and self.bytea_output == "escape":
            return to_escape_text
        if sql_type.oid in (FLOAT4_OID, FLOAT8_OID) and self.extra_float_digits <= 0:
            digits = max((6 if sql_type.oid == FLOAT4_OID else 15) + self.extra_float_digits, 1)
            return lambda value: rounded_float(value, digits, sql_type)
        if self.reg_name is not None and sql_type.name.startswith("reg"):
            return lambda value: self._reg(sql_type, value)
        return sql_type.to_text

    def decoder(self, sql_type: SqlType) -> Callable[[str, int], Any]:
        """The type's from_text under these settings: local times are in the session's zone."""
        if self.time_zone is UTC:
            return sql_type.from_text
        if sql_type.element is not None and sql_type.element.oid == TIMESTAMPTZ_OID:
            return self._timestamptz_array_from_text
        if sql_type.oid == TIMESTAMPTZ_OID:
            return self._timestamptz_from_text
        return sql_type.from_text

    def _timestamptz_from_text(self, text: str, typmod: int = -1) -> datetime:
        return timestamptz_from_text(text, typmod, self.time_zone)

    def _timestamptz_array_from_text(self, text: str, typmod: int = -1) -> list[Any]:
        return array_from_text(text, lambda item: self._timestamptz_from_text(item, typmod))

    def _timestamptz(self, value: datetime) -> str:
        return timestamptz_to_text(value, self.time_zone)

    def _reg(self, sql_type: SqlType, value: int) -> str:
        assert self.reg_name is not None
        return self.reg_name(sql_type.name, value) or ("-" if value == 0 else str(value))


def rounded_float(value: float, digits: int, sql_type: SqlType) -> str:
    """C's %.*g, which PostgreSQL prints with extra_float_digits of 0 or less."""
    if value != value or value in (float("inf"), float("-inf")):
        return sql_type.to_text(value)
    return f"{value:.{digits}g}"


DEFAULT_FORMAT = TextFormat()
