"""A session on a database in memory, and shorthands to run statements in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from vecsql.session.session import Session
from vecsql.session.values import chunk_rows
from vecsql.storage.engine import StorageEngine, open_engine

Run = Callable[[str], list[tuple[Any, ...]]]


def run_in(session: Session) -> Run:
    """A function that runs a simple query in `session` and gives the last result's rows."""

    def run(sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for _, result in session.simple(sql):
            rows = [r for c in result.chunks for r in chunk_rows(c, result.columns or ())]
        return rows

    return run


@pytest.fixture
def engine() -> Iterator[StorageEngine]:
    with open_engine(":memory:") as opened:
        yield opened


@pytest.fixture
def session(engine: StorageEngine) -> Iterator[Session]:
    opened = Session(engine)
    yield opened
    opened.close()


@pytest.fixture
def run(session: Session) -> Run:
    return run_in(session)
