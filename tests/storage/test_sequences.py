"""Sequences: order, limits, cycles, setval, and how far ahead they are logged."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vecsql import errors
from vecsql.catalog.model import Sequence
from vecsql.storage.sequences import LOG_AHEAD, Sequences
from vecsql.types import INT8
from vecsql.types.base import ColumnType


class Logged:
    """Sequences over one definition, with what they log."""

    def __init__(self, **definition: int | bool) -> None:
        self.definition = Sequence(1, 2200, "s", ColumnType(INT8), **definition)
        self.log: list[tuple[int, bool]] = []
        self.sequences = Sequences(
            lambda oid: self.definition if oid == 1 else None,
            lambda oid, value, called: self.log.append((value, called)),
        )


def test_counts_from_its_start() -> None:
    logged = Logged(start=5, increment=2)
    assert logged.sequences.state(1) == (5, False)
    assert [logged.sequences.nextval(1) for _ in range(3)] == [5, 7, 9]
    assert logged.sequences.state(1) == (9, True)
    assert logged.log == [(5 + 2 * LOG_AHEAD, True)]


def test_limits() -> None:
    logged = Logged(max_value=2)
    assert logged.sequences.nextvals(1, 2).tolist() == [1, 2]
    with pytest.raises(errors.SequenceGeneratorLimitExceeded) as caught:
        logged.sequences.nextval(1)
    assert caught.value.message == 'nextval: reached maximum value of sequence "s" (2)'
    with pytest.raises(
        errors.NumericValueOutOfRange, match=r'value 3 is out of bounds for sequence "s" \(1\.\.2\)'
    ):
        logged.sequences.setval(1, 3)
    down = Logged(start=-1, increment=-1, min_value=-2, max_value=-1, cycle=True)
    assert down.sequences.nextvals(1, 4).tolist() == [-1, -2, -1, -2]


def test_setval() -> None:
    logged = Logged()
    logged.sequences.setval(1, 10)
    assert logged.sequences.nextval(1) == 11
    logged.sequences.setval(1, 10, False)
    assert logged.sequences.nextval(1) == 10


def test_unknown_sequence() -> None:
    with pytest.raises(errors.UndefinedTable):
        Logged().sequences.nextval(2)


@given(
    st.lists(st.tuples(st.sampled_from(["next", "set", "many"]), st.integers(1, 100)), max_size=40),
    st.integers(1, 3),
)
def test_recovery_never_repeats_a_value(steps: list[tuple[str, int]], increment: int) -> None:
    """Whatever was logged last, restarting from it gives only values beyond those handed out since the last setval."""
    logged = Logged(increment=increment)
    highest = 0
    for kind, number in steps:
        if kind == "set":
            logged.sequences.setval(1, number)
            highest = number
        else:
            count = 1 if kind == "next" else number
            highest = int(logged.sequences.nextvals(1, count)[-1])
    if logged.log:
        again = Logged(increment=increment)
        again.sequences.restore(1, *logged.log[-1])
        assert again.sequences.nextval(1) > highest


def test_a_sequence_with_the_oid_of_one_rolled_back_starts_afresh() -> None:
    logged = Logged()
    created = Sequence(2, 2200, "t", ColumnType(INT8), start=10)
    logged.sequences.propose({2: created})
    assert logged.sequences.nextval(2) == 10
    logged.sequences.withdraw({2})
    logged.sequences.propose({2: created})
    assert logged.log[-1] == (10, False)  # recovery must not see the other's value
    assert logged.sequences.nextval(2) == 10
