"""Random histories of a database file against a dict, through savepoints, crashes, checkpoints and merges."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.storage.items import ITEMS, PKEY, contents, create, rows
from vecsql import errors
from vecsql.storage import checkpoint, engine, transaction
from vecsql.storage.engine import open_engine

KEYS = st.integers(0, 30)


class History(RuleBasedStateMachine):
    """`committed` is what the database must show, `own` what the open transaction must."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="vecsql-history-"))
        self.path = self.folder / "0.vecsql"
        self.crashes = 0
        self.engine = open_engine(str(self.path))
        create(self.engine)
        self.committed: dict[int, str | None] = {}
        self.own: dict[int, str | None] = {}
        self.txn = None
        self.marks: list[dict[int, str | None]] = []

    def begin(self):
        if self.txn is None:
            self.txn = self.engine.begin()
            self.own = dict(self.committed)
            self.marks = []
        self.txn.begin_statement()
        return self.txn

    @rule(key=KEYS, count=st.integers(1, 6))
    def insert(self, key: int, count: int) -> None:
        keys = range(key, key + count)
        txn = self.begin()
        if self.own.keys() & set(keys):
            with pytest.raises(errors.UniqueViolation):
                txn.insert(ITEMS, rows(keys))
        else:
            txn.insert(ITEMS, rows(keys))
            self.own |= {k: f"item {k}" for k in keys}

    @rule(key=KEYS)
    def delete(self, key: int) -> None:
        txn = self.begin()
        rowid = txn.snapshot().table(ITEMS).find_key(PKEY, (key,))
        assert (rowid is not None) == (key in self.own)
        if rowid is not None:
            assert txn.lock_rows(ITEMS, np.array([rowid])) is not None
            assert txn.delete(ITEMS, np.array([rowid])) == 1
            del self.own[key]

    @rule(key=KEYS, name=st.none() | st.text(max_size=3))
    def update(self, key: int, name: str | None) -> None:
        self.delete(key)
        if key not in self.own:
            self.txn.insert(ITEMS, rows([key], [name]))
            self.own[key] = name

    @rule()
    def truncate(self) -> None:
        self.begin().truncate(ITEMS)
        self.own = {}

    @rule()
    def savepoint(self) -> None:
        self.begin().savepoint("s")
        self.marks.append(dict(self.own))

    @precondition(lambda self: self.txn is not None and self.marks)
    @rule()
    def rollback_to(self) -> None:
        self.txn.rollback_to("s")
        self.own = dict(self.marks[-1])

    @precondition(lambda self: self.txn is not None and self.marks)
    @rule()
    def release(self) -> None:
        self.txn.release("s")
        self.marks.pop()

    @precondition(lambda self: self.txn is not None)
    @rule()
    def commit(self) -> None:
        self.txn.commit()
        self.committed, self.txn = self.own, None

    @precondition(lambda self: self.txn is not None)
    @rule()
    def rollback(self) -> None:
        self.txn.rollback()
        self.txn = None

    @rule()
    def checkpoint(self) -> None:
        self.engine.flush()

    @rule()
    def settle(self) -> None:
        self.engine.wait_for_background()

    @precondition(lambda self: self.txn is None)
    @rule()
    def reopen(self) -> None:
        self.engine.close()
        assert not self.path.with_suffix(".vecsql.wal").exists()
        self.engine = open_engine(str(self.path))

    @rule()
    def crash(self) -> None:
        """Go on with a copy of the files as they are, which is what a kill leaves."""
        self.engine.wait_for_background()
        self.crashes += 1
        after = self.folder / f"{self.crashes}.vecsql"
        shutil.copy(self.path, after)
        shutil.copy(f"{self.path}.wal", f"{after}.wal")
        self.engine.close()
        self.path, self.txn = after, None
        self.engine = open_engine(str(after))

    @invariant()
    def same_as_model(self) -> None:
        assert contents(self.engine.snapshot()) == self.committed
        if self.txn is not None:
            assert contents(self.txn.snapshot()) == self.own

    def teardown(self) -> None:
        self.engine.close()
        shutil.rmtree(self.folder)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Limits that a few rows reach, so that histories meet segments, bulk commits and merges."""
    monkeypatch.setattr(checkpoint, "MIN_SEGMENT_ROWS", 8)
    monkeypatch.setattr(engine, "FLUSH_ROWS", 12)
    monkeypatch.setattr(engine, "BULK_BYTES", 250)
    monkeypatch.setattr(transaction, "SPILL_BYTES", 600)


class TestHistory(History.TestCase):
    settings = settings(
        max_examples=25,
        stateful_step_count=30,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
