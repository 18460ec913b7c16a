"""DB-API 2.0's type objects, which compare equal to the type codes of a cursor's description, and constructors."""

from __future__ import annotations

import datetime

Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime
Binary = bytes

DateFromTicks = datetime.date.fromtimestamp
TimestampFromTicks = datetime.datetime.fromtimestamp


def TimeFromTicks(ticks: float) -> datetime.time:  # noqa: N802
    """PEP 249's name."""
    return datetime.datetime.fromtimestamp(ticks).time()


class TypeObject(frozenset[int]):
    """A set of type oids that equals each of them."""

    def __eq__(self, other: object) -> bool:
        return other in self if isinstance(other, int) else super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = frozenset.__hash__


STRING = TypeObject({18, 19, 25, 1042, 1043, 705})
BINARY = TypeObject({17})
NUMBER = TypeObject({20, 21, 23, 700, 701, 1700})
DATETIME = TypeObject({1082, 1083, 1114, 1184, 1186, 1266})
ROWID = TypeObject({26, 27})
