"""Sequences: values are handed out from memory and logged 32 ahead, outside of any transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vecsql import errors
from vecsql.catalog.model import Sequence

LOG_AHEAD = 32  # as PostgreSQL's SEQ_LOG_VALS: a crash may skip that many values


@dataclass(slots=True)
class SequenceState:
    last_value: int
    is_called: bool
    logged: int = 0  # values that may still be handed out without logging


Log = Callable[[int, int, bool], None]  # (sequence oid, last_value, is_called)


class Sequences:
    """The values of all sequences. `log` writes a WAL record; `definition` finds one by oid."""

    def __init__(self, definition: Callable[[int], Sequence | None], log: Log) -> None:
        self._mutex = threading.Lock()
        self._definition = definition
        self._log = log
        self._states: dict[int, SequenceState] = {}
        self._provisional: dict[int, Sequence] = {}

    def propose(self, sequences: Mapping[int, Sequence]) -> None:
        """Make sequences usable that an open transaction has created or altered."""
        with self._mutex:
            for oid, sequence in sequences.items():
                new = oid not in self._provisional and self._definition(oid) is None
                if new and self._states.pop(oid, None) is not None:
                    # values of a sequence that was rolled back and whose oid is used again
                    self._log(oid, sequence.start, False)
            self._provisional.update(sequences)

    def withdraw(self, oids: set[int]) -> None:
        """Forget proposals: the transaction has ended."""
        for oid in oids:
            self._provisional.pop(oid, None)

    def restore(self, oid: int, last_value: int, is_called: bool) -> None:
        """Set a value while recovering, without logging it."""
        self._states[oid] = SequenceState(last_value, is_called)

    def values(self, known: Mapping[int, Sequence]) -> list[tuple[int, int, bool]]:
        """(oid, last_value, is_called) to persist for the sequences that still exist, logged values included."""
        with self._mutex:
            result = []
            for oid, state in self._states.items():
                if oid in known or oid in self._provisional:
                    ahead = state.logged * self._find(oid).increment
                    result.append((oid, state.last_value + ahead, state.is_called))
            return result

    def nextval(self, oid: int) -> int:
        return int(self.nextvals(oid, 1)[0])

    def nextvals(self, oid: int, count: int) -> npt.NDArray[np.int64]:
        """The next `count` values; ObjectNotInPrerequisiteState when the sequence runs out."""
        with self._mutex:
            sequence = self._find(oid)
            state = self._state(oid, sequence)
            result = np.empty(count, np.int64)
            for position in range(count):
                result[position] = self._advance(sequence, state, count - position)
            return result

    def _advance(self, sequence: Sequence, state: SequenceState, wanted: int) -> int:
        value = self._following(sequence, state) if state.is_called else state.last_value
        wrapped = state.is_called and (value - state.last_value != sequence.increment)
        state.last_value, first = value, not state.is_called
        state.is_called = True
        if state.logged > 0 and not first and not wrapped:
            state.logged -= 1
        else:
            state.logged = self._room(sequence, value, max(LOG_AHEAD, wanted - 1))
            self._log(sequence.oid, value + state.logged * sequence.increment, True)
        return value

    def _following(self, sequence: Sequence, state: SequenceState) -> int:
        value = state.last_value + sequence.increment
        if sequence.min_value <= value <= sequence.max_value:
            return value
        upward = sequence.increment > 0
        if sequence.cycle:
            return sequence.min_value if upward else sequence.max_value
        word, limit = ("maximum", sequence.max_value) if upward else ("minimum", sequence.min_value)
        raise errors.SequenceGeneratorLimitExceeded(
            f'nextval: reached {word} value of sequence "{sequence.name}" ({limit})'
        )

    @staticmethod
    def _room(sequence: Sequence, value: int, wanted: int) -> int:
        """How many further values fit before the limit, at most `wanted`."""
        limit = sequence.max_value if sequence.increment > 0 else sequence.min_value
        return min(wanted, (limit - value) // sequence.increment)

    def setval(self, oid: int, value: int, is_called: bool = True) -> None:
        with self._mutex:
            sequence = self._find(oid)
            if not sequence.min_value <= value <= sequence.max_value:
                raise errors.NumericValueOutOfRange(
                    f'setval: value {value} is out of bounds for sequence "{sequence.name}" '
                    f"({sequence.min_value}..{sequence.max_value})"
                )
            self._states[oid] = SequenceState(value, is_called)
            self._log(oid, value, is_called)

    def state(self, oid: int) -> tuple[int, bool]:
        with self._mutex:
            state = self._state(oid, self._find(oid))
            return state.last_value, state.is_called

    def _find(self, oid: int) -> Sequence:
        found = self._provisional.get(oid) or self._definition(oid)
        if found is None:
            raise errors.UndefinedTable(f"could not open relation with OID {oid}")
        return found

    def _state(self, oid: int, sequence: Sequence) -> SequenceState:
        state = self._states.get(oid)
        if state is None:
            state = self._states[oid] = SequenceState(sequence.start, False)
        return state
