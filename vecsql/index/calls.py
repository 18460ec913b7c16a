"""Searches in three steps: made ready, run (several by one call of a kernel) and finished; see kernels/calls.py."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from vecsql import kernels
from vecsql.errors import InternalError
from vecsql.index.base import Distances, Positions, SearchResult, Vectors
from vecsql.index.rows import Rows, as_rows

ENTRY, FOUND = slice(0, 2), 2  # words of a record, as in kernels/calls.py
FEW: Final = 64  # rows that an answer has room for from the start


@dataclass(slots=True)
class Call:
    """A search that is ready to run, and what tells then what it found."""

    record: Record
    finish: Callable[[], SearchResult]


def finish_all(begun: Sequence[Call | SearchResult]) -> list[SearchResult]:
    """Run what is ready to run, all by one call of a kernel, and finish it; in the same order."""
    run_all([call.record for call in begun if not isinstance(call, SearchResult)])
    return [call if isinstance(call, SearchResult) else call.finish() for call in begun]


def run_all(records: Sequence[Record]) -> None:
    """Make these calls one after the other, without the interpreter in between."""
    if records:
        addresses = np.array([record.address for record in records], np.int64)
        kernels.search_kernels().run_calls(addresses)


class Record:
    """The arguments of calls of one kernel, by name. Keeps the arrays alive."""

    __slots__ = ("_itself", "_kept", "_kernel", "_numbers", "_places", "_words", "address")

    def __init__(self, kernel: str) -> None:
        self._kernel = kernel
        self._places, size = _layout(kernel)
        self._words = np.zeros(size, np.int64)
        self._numbers = self._words.view(np.float64)
        self.address = self._words.ctypes.data
        self._itself = np.array([self.address], np.int64)
        self._kept: dict[str, npt.NDArray[Any]] = {}

    def set(self, **arguments: Any) -> None:
        """Set arguments: arrays of the very types that the kernel takes, or numbers."""
        for name, value in arguments.items():
            place = self._places[name]
            if place.dimensions:
                self._set_array(name, value, place.dtype)
            elif place.dtype == np.float64:
                self._numbers[place.word] = value
            else:
                self._words[place.word] = value

    def set_rows(self, vectors: Vectors | Rows) -> None:
        """Set the rows; their kind decides which kernel is called."""
        if isinstance(vectors, Rows):
            prefix, (array,) = f"{vectors.prefix}_", vectors.arrays()
        else:
            prefix, array = "", as_rows(vectors)
        self._words[ENTRY] = _entry(prefix + self._kernel)
        self._set_array("vectors", array, array.dtype)

    def shorten(self, name: str, length: int) -> None:
        """Let the kernel see only so much of an array (n,)."""
        self._words[self._places[name].word + 1] = length

    def forget(self, *names: str) -> None:
        """Keep these arrays no longer; they must be set before the next call."""
        for name in names:
            del self._kept[name]

    def run(self) -> None:
        kernels.search_kernels().run_calls(self._itself)

    @property
    def found(self) -> int:
        """The kernel's result."""
        return int(self._words[FOUND])

    def _set_array(self, name: str, array: npt.NDArray[Any], dtype: np.dtype[Any]) -> None:
        place, flags = self._places[name], array.flags
        fits = array.dtype == dtype and array.ndim == place.dimensions
        if not (fits and flags.c_contiguous and flags.aligned):
            raise InternalError(f"the kernel {self._kernel} does not take such an array as {name}")
        self._kept[name] = array
        word = place.word
        self._words[word] = array.ctypes.data
        self._words[word + 1 : word + 1 + place.dimensions] = array.shape


class Room:
    """Working memory of one search at a time, and the record of its call."""

    __slots__ = ("_capacity", "_out", "_query", "_values", "_vectors", "record", "spent")

    best = "best"  # the kernel's name for the keys of the k nearest

    def __init__(self, kernel: str, dimensions: int) -> None:
        self.record = Record(kernel)
        self.spent = np.zeros(4, np.int64)
        self._query = np.empty(dimensions, np.float32)
        self._vectors: Vectors | Rows | None = None
        self.record.set(query=self._query)
        self._make_room(FEW)

    def aim(self, vectors: Vectors | Rows, query: npt.NDArray[np.float32], k: int) -> None:
        """Search these rows for the k nearest to this query."""
        if vectors is not self._vectors:
            self.record.set_rows(vectors)
            self._vectors = vectors
        self._query[:] = query
        if k > self._capacity:
            self._make_room(k)
        self.record.shorten(self.best, k)

    def answer(self) -> tuple[Positions, Distances]:
        """Positions and distances of what was found."""
        found = self.record.found
        return self._out[:found].copy(), self._values[:found].copy()

    def leave(self, *names: str) -> None:
        """Keep neither the rows nor these arrays until the next search."""
        self._vectors = None
        self.record.forget("vectors", *names)

    def _make_room(self, k: int) -> None:
        self._capacity = k
        self._out, self._values = np.empty(k, np.int32), np.empty(k, np.float64)
        self.record.set(out=self._out, values=self._values)
        self.record.set(**{self.best: np.empty(k, np.uint64)})


R = TypeVar("R", bound=Room)


def free_room(rooms: list[R], make: Callable[[], R]) -> R:
    """One of the rooms that no search is in, or a new one."""
    try:
        return rooms.pop()
    except IndexError:
        return make()


def finish(begun: Call | SearchResult) -> SearchResult:
    """Run one search and finish it."""
    if isinstance(begun, SearchResult):
        return begun
    begun.record.run()
    return begun.finish()


@cache
def _layout(kernel: str) -> Any:
    return kernels.search_kernels().places_of(kernel)


@cache
def _entry(name: str) -> tuple[int, int]:
    """Which kernel it is and where its machine code is."""
    searching = kernels.search_kernels()
    module = kernels.kind_kernels() if name.startswith("half_") else searching
    return searching.WAYS[name], searching.address_of(getattr(module, name))
