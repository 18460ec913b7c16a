"""Evaluates look-ups over one immutable part: by comparing numbers, searching text, or with a scalar index.

A scalar index of a column is made when it is wanted for the second time, or the first time where CREATE INDEX
has declared one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vecsql.executor import text_search
from vecsql.executor.json_columns import conditions, extract
from vecsql.executor.mask_cache import CACHE
from vecsql.index import flat
from vecsql.index.numbers import bound_of, compare, numbers_of, valid_of
from vecsql.index.ordered import Ordered, order_elements, order_numbers, order_texts
from vecsql.index.rowset import RowSet
from vecsql.planner.plan import Operand, Param
from vecsql.planner.rules.filters import truth_of
from vecsql.planner.rules.json_members import FIRST_NUMBER, JsonMember, member_at, number_of
from vecsql.planner.rules.lookups import (
    ArrayTest,
    Bounds,
    DistanceTest,
    JsonTest,
    Lookup,
    Members,
    Nulls,
    Pattern,
)
from vecsql.planner.rules.shape import ROWID_ATTNUM
from vecsql.storage.interface import Bools, Part, TableVersion
from vecsql.types.base import ColumnType

SMALL = 4096  # rows of a part that scanning is always good enough for
FEW_NUMBERS = 1 << 14  # the same for numbers, which are compared at several a nanosecond
FEW_VALUES = 8  # of IN: compare with each
MANY_VALUES = 2000  # of IN: rather look each row up among them than each of them in an index
INDEXED_SHARE = 32  # a range of more than 1/32 of all rows is found sooner by comparing than by sorting positions


class PartLookups:
    """The look-ups of one part."""

    __slots__ = ("declared", "params", "part", "size", "version")

    def __init__(
        self,
        version: TableVersion,
        part: Part,
        params: Sequence[Any],
        declared: frozenset[int] = frozenset(),
    ) -> None:
        self.version = version
        self.part = part
        self.params = params
        self.declared = declared  # attnums that CREATE INDEX names
        self.size = part.num_rows

    def rows(self, lookup: Lookup) -> RowSet | None:
        """The rows for which the condition is true; None where Arrow or DuckDB must find them."""
        return _RUN[type(lookup)](self, lookup)

    def column(self, attnum: int) -> pa.Array:
        if attnum == ROWID_ATTNUM:
            return pa.array(self.part.rowids)
        if attnum >= FIRST_NUMBER:
            return self._member(attnum)
        return self.version.column(self.part, attnum)

    def _member(self, number: int) -> pa.Array:
        """A member of json documents."""
        key = ("member", self.part.id, number)
        found = CACHE.get(key)
        if found is None:
            wanted = member_at(number)
            found = extract(self.version.column(self.part, wanted.attnum), wanted)
            CACHE.put(key, found, found.nbytes)
        return found

    def value(self, operand: Operand) -> Any:
        return self.params[operand.index - 1] if isinstance(operand, Param) else operand.value

    def valid(self, attnum: int) -> Bools | None:
        """Which rows are not NULL; None: all."""
        column = self.column(attnum)
        if not column.null_count:
            return None
        key = ("valid", self.part.id, attnum)
        found: Bools | None = CACHE.get(key)
        if found is None:
            found = valid_of(column)
            if found is not None:
                CACHE.put(key, found, found.nbytes)
        return found

    def folded(self, attnum: int) -> pa.Array | None:
        """The column of strings with ASCII letters in lower case; None where others become such."""
        key = ("folded", self.part.id, attnum)
        found: pa.Array | None = CACHE.get(key)
        if found is None:
            found = text_search.folded(self.column(attnum))
            if found is not None:
                CACHE.put(key, found, found.nbytes)
        return found

    def numbers(self, attnum: int) -> npt.NDArray[Any] | None:
        """The column as numbers without NaN."""
        column = self.column(attnum)
        kind = column.type
        if pa.types.is_floating(kind) and not self._is_ordered(attnum):
            return None
        if not pa.types.is_decimal(kind):
            return numbers_of(column)
        key = ("numbers", self.part.id, attnum)
        found: npt.NDArray[Any] | None = CACHE.get(key)
        if found is None:
            found = numbers_of(column)
            if found is not None:
                CACHE.put(key, found, found.nbytes)
        return found

    def _is_ordered(self, attnum: int) -> bool:
        """Whether floats have no NaN: only then is there a zone map."""
        try:
            return self.part.min_max(attnum) is not None
        except KeyError:  # a column younger than the part
            return False

    def index(self, attnum: int, small: int) -> Ordered | None:
        """The scalar index of the column, if it is there or worth making."""
        if self.size <= small or not self.part.is_segment:
            return None
        key = ("index", self.part.id, attnum)
        found: Ordered | None = CACHE.get(key)
        if found is None and (attnum in self.declared or CACHE.used(key) > 1):
            found = self._make_index(attnum)
            if found is not None:
                CACHE.put(key, found, found.nbytes)
        return found

    def elements(self, attnum: int) -> Ordered | None:
        """The scalar index of an array's elements: positions of the arrays, several times where an element is."""
        if self.size <= SMALL or not self.part.is_segment:
            return None
        key = ("index", self.part.id, -attnum)
        found: Ordered | None = CACHE.get(key)
        if found is None and (attnum in self.declared or CACHE.used(key) > 1):
            found = order_elements(self.column(attnum))
            CACHE.put(key, found, found.nbytes)
        return found

    def _make_index(self, attnum: int) -> Ordered | None:
        column = self.column(attnum)
        if pa.types.is_string(column.type):
            return order_texts(column)
        values = self.numbers(attnum)
        return order_numbers(values, self.valid(attnum)) if values is not None else None

    def masked(self, found: Bools, attnum: int) -> RowSet:
        valid = self.valid(attnum)
        return RowSet.of(found if valid is None else found & valid)


def _bounds(rows: PartLookups, lookup: Bounds) -> RowSet | None:
    values = [(op, rows.value(operand)) for op, operand in lookup.bounds]
    if any(value is None for _, value in values):
        return RowSet.none(rows.size)
    column = rows.column(lookup.attnum)
    if pa.types.is_string(column.type):
        return _text_bounds(rows, lookup.attnum, values)
    bounds = []
    for op, value in values:
        bound = bound_of(op, value, column.type)
        if bound is None:
            return None
        bounds.append(bound)
    return _number_bounds(rows, lookup.attnum, bounds)


def _number_bounds(
    rows: PartLookups, attnum: int, bounds: Sequence[tuple[str, Any]]
) -> RowSet | None:
    plain = all(op != "<>" and value == value for op, value in bounds)
    index = rows.index(attnum, FEW_NUMBERS) if plain else None
    if index is not None:
        found = index.between(bounds)
        if len(found) * INDEXED_SHARE <= rows.size:
            return RowSet.at(rows.size, found if _has_equal(bounds) else np.sort(found))
    numbers = rows.numbers(attnum)
    if numbers is None:
        return None
    mask = compare(numbers, *bounds[0])
    for bound in bounds[1:]:
        mask &= compare(numbers, *bound)
    return rows.masked(mask, attnum)


def _has_equal(bounds: Sequence[tuple[str, Any]]) -> bool:
    return any(op == "=" for op, _ in bounds)


def _text_bounds(
    rows: PartLookups, attnum: int, values: Sequence[tuple[str, Any]]
) -> RowSet | None:
    bounds = [(op, str(value).encode()) for op, value in values]
    unequal = any(op == "<>" for op, _ in bounds)
    if unequal and len(bounds) > 1:
        return None
    index = rows.index(attnum, SMALL)
    if index is not None:
        if unequal:
            return _others(rows, attnum, index.equal(bounds[0][1]))
        found = index.between(bounds)
        return RowSet.at(rows.size, found if _has_equal(bounds) else np.sort(found))
    if len(bounds) > 1 or bounds[0][0] not in ("=", "<>"):
        return None
    positions = text_search.equal(rows.column(attnum), bounds[0][1])
    if unequal:
        return _others(rows, attnum, positions)
    return _known(rows, attnum, positions)


def _others(rows: PartLookups, attnum: int, positions: npt.NDArray[np.int32]) -> RowSet:
    """All rows but these, and but those with NULL."""
    mask = np.ones(rows.size, np.bool_)
    mask[positions] = False
    return rows.masked(mask, attnum)


def _known(rows: PartLookups, attnum: int, positions: npt.NDArray[np.int32]) -> RowSet:
    """These rows but those with NULL."""
    valid = rows.valid(attnum)
    return RowSet.at(rows.size, positions if valid is None else positions[valid[positions]])


def _members(rows: PartLookups, lookup: Members) -> RowSet | None:
    values = [rows.value(operand) for operand in lookup.values]
    if lookup.is_array:
        values = values[0]
        if values is None:
            return RowSet.none(rows.size)
        if any(isinstance(value, list) for value in values):
            return None
    known = [value for value in values if value is not None]
    if lookup.negated and len(known) < len(values) and not lookup.exists:
        return RowSet.none(rows.size)
    if pa.types.is_string(rows.column(lookup.attnum).type):
        found = _text_members(rows, lookup.attnum, {str(value).encode() for value in known})
    else:
        found = _number_members(rows, lookup.attnum, known)
    if found is None or not lookup.negated:
        return found
    if lookup.exists or not values:  # true of NULL too
        return RowSet.of(~found.bools)
    return rows.masked(~found.bools, lookup.attnum)


def _number_members(rows: PartLookups, attnum: int, values: Sequence[Any]) -> RowSet | None:
    wanted = _numbers_of(values, rows.column(attnum).type)
    if wanted is None:
        return None
    small = FEW_NUMBERS if len(wanted) <= FEW_VALUES else SMALL
    index = rows.index(attnum, small) if attnum != ROWID_ATTNUM else None
    if index is not None and len(wanted) <= MANY_VALUES:
        return RowSet.at(rows.size, index.equal_any(wanted))
    numbers = rows.numbers(attnum)
    if numbers is None:
        return None
    if len(wanted) > FEW_VALUES:
        try:
            mask = np.isin(numbers, np.array(wanted, numbers.dtype))
        except OverflowError:
            return None
    else:
        mask = np.zeros(rows.size, np.bool_)
        for number in wanted:
            mask |= compare(numbers, "=", number)
    return rows.masked(mask, attnum)


def _numbers_of(values: Sequence[Any], kind: pa.DataType) -> list[Any] | None:
    """The values as numbers of the column, those left out that none of its can equal; None: Arrow must compare."""
    if pa.types.is_integer(kind) and all(type(value) is int for value in values):
        high = 1 << (kind.bit_width - 1)
        return [value for value in set(values) if -high <= value < high]
    wanted = set()
    for value in values:
        bound = bound_of("=", value, kind)
        if bound is None:
            return None
        if bound[1] == bound[1]:
            wanted.add(bound[1])
    return list(wanted)


def _text_members(rows: PartLookups, attnum: int, values: set[bytes]) -> RowSet | None:
    index = rows.index(attnum, SMALL)
    if index is not None and len(values) <= MANY_VALUES:
        return RowSet.at(rows.size, index.equal_any(list(values)))
    if len(values) > FEW_VALUES:
        return None
    column = rows.column(attnum)
    pieces = [text_search.equal(column, value) for value in values]
    found = np.sort(np.concatenate([np.empty(0, np.int32), *pieces]))
    return _known(rows, attnum, found)


def _nulls(rows: PartLookups, lookup: Nulls) -> RowSet:
    valid = rows.valid(lookup.attnum)
    if valid is not None:
        return RowSet.of(~valid if lookup.is_null else valid)
    return RowSet.none(rows.size) if lookup.is_null else RowSet.of(np.ones(rows.size, np.bool_))


def _pattern(rows: PartLookups, lookup: Pattern) -> RowSet | None:
    pattern = rows.value(lookup.pattern)
    if pattern is None:
        return RowSet.none(rows.size)
    simple = text_search.simple(pattern)
    if simple is None:
        return None
    kind, needle = simple
    if not lookup.fold and kind in ("equal", "prefix"):
        return _prefix(rows, lookup.attnum, kind, needle)
    if kind != "infix":
        return None
    column = rows.column(lookup.attnum)
    if lookup.fold:
        folded = rows.folded(lookup.attnum) if needle.isascii() else None
        if folded is None:
            return None
        column, needle = folded, needle.lower()
    found = text_search.containing(column, needle)
    return None if found is None else _known(rows, lookup.attnum, found)


def _prefix(rows: PartLookups, attnum: int, kind: str, needle: bytes) -> RowSet | None:
    if kind == "equal":
        return _text_bounds(rows, attnum, [("=", needle.decode())])
    index = rows.index(attnum, SMALL)
    if index is None:
        return None
    bounds = [(">=", needle)]
    after = text_search.successor(needle)
    if after is not None:
        bounds.append(("<", after))
    return RowSet.at(rows.size, np.sort(index.between(bounds)))


def _json_test(rows: PartLookups, lookup: JsonTest) -> RowSet | None:
    value = rows.value(lookup.value)
    if value is None:
        return RowSet.none(rows.size)
    if lookup.op == "?":
        exists = rows.column(number_of(JsonMember(lookup.attnum, (value,), "exists")))
        return RowSet.of(truth_of(exists, rows.size))
    wanted = conditions(value)
    if wanted is None:
        return None
    found: RowSet | None = None
    for path, text in wanted:
        number = number_of(JsonMember(lookup.attnum, path, "value"))
        one = _text_bounds(rows, number, [("=", text)])
        if one is None:
            return None
        found = one if found is None else found.within(one.bools)
    return found


def _array_test(rows: PartLookups, lookup: ArrayTest) -> RowSet | None:
    """By the scalar index of the elements."""
    items = rows.value(lookup.value)
    if items is None:
        return RowSet.none(rows.size)
    if lookup.op == "= any":
        items = [items]
    known = {item for item in items if item is not None and not isinstance(item, list)}
    if not known or any(isinstance(item, list) for item in items):
        return None
    index = rows.elements(lookup.attnum)
    if index is None:
        return None
    if lookup.op == "@>" and None in items:
        return RowSet.none(rows.size)
    keys = _element_keys(known, lookup.element)
    if keys is None:
        return None
    if lookup.op == "&&":
        return RowSet.at(rows.size, np.unique(index.equal_any(keys)))
    found = RowSet.at(rows.size, np.unique(index.equal(keys[0])))
    for key in keys[1:]:
        found = found.within(RowSet.at(rows.size, np.unique(index.equal(key))).bools)
    return found


def _element_keys(items: set[Any], element: ColumnType) -> list[Any] | None:
    kind = element.arrow
    if pa.types.is_string(kind):
        return [str(item).encode() for item in items]
    bounds = [bound_of("=", item, kind) for item in items]
    return [bound[1] for bound in bounds if bound is not None] if None not in bounds else None


def _distance_test(rows: PartLookups, lookup: DistanceTest) -> RowSet | None:
    query, bound = rows.value(lookup.query), rows.value(lookup.bound)
    if query is None or bound is None:
        return RowSet.none(rows.size)
    if bound != bound:
        return None
    vectors, valid = rows.part.derived(lookup.attnum, lookup.steps)
    values = flat.distances(vectors, flat.query_for(vectors, query), lookup.metric)
    if lookup.transform is not None:
        values = lookup.transform(values)
    mask = compare(values, lookup.op, float(bound))
    if lookup.op in (">", ">="):  # NaN is above all numbers
        mask |= np.isnan(values)
    return RowSet.of(mask if valid is None else mask & valid)


_RUN: dict[type, Callable[[PartLookups, Any], RowSet | None]] = {
    Bounds: _bounds,
    Members: _members,
    Nulls: _nulls,
    Pattern: _pattern,
    JsonTest: _json_test,
    ArrayTest: _array_test,
    DistanceTest: _distance_test,
}
