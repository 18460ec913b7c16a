"""Random histories of INSERT, UPDATE, DELETE and ON CONFLICT against a model in Python."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from vecsql.errors import CheckViolation, UniqueViolation
from vecsql.session.session import Session
from vecsql.storage.engine import open_engine
from vecsql.types.rows import values_of

Row = tuple[int, int | None, str]
KEYS = st.integers(1, 12)
NUMBERS = st.none() | st.integers(-5, 100)
NAMES = st.sampled_from(["a", "b", "c'd", "ü", ""])


class Table(RuleBasedStateMachine):
    """t (id int PRIMARY KEY, n int CHECK (n >= 0), s text): `rows` is the model, `saved` its state at BEGIN."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = open_engine(":memory:")
        self.session = Session(self.engine)
        self.rows: dict[int, tuple[int | None, str]] = {}
        self.saved: dict[int, tuple[int | None, str]] | None = None
        self.query("CREATE TABLE t (id int PRIMARY KEY, n int CHECK (n >= 0), s text NOT NULL)")

    def teardown(self) -> None:
        self.session.close()
        self.engine.close()

    def query(self, sql: str, *params: Any) -> tuple[str, list[tuple[Any, ...]]]:
        """Run one statement, prepared; gives its tag and rows."""
        statement = self.session.prepare("", sql)
        result = self.session.run(statement, params, last=True)
        rows: list[tuple[Any, ...]] = []
        for chunk in result.chunks:
            columns = [
                values_of(data, c.type)
                for data, c in zip(chunk.columns, result.columns or (), strict=True)
            ]
            rows += zip(*columns, strict=True)
        if self.saved is None:
            self.session.finish()
        return result.tag, rows

    def failed(self) -> None:
        """An error aborts the block, if there is one."""
        if self.saved is not None:
            self.query("ROLLBACK")
            self.rows, self.saved = self.saved, None
            self.session.finish()

    @rule(key=KEYS, number=NUMBERS, name=NAMES)
    def insert(self, key: int, number: int | None, name: str) -> None:
        try:
            tag, rows = self.query(
                "INSERT INTO t VALUES ($1, $2, $3) RETURNING *", key, number, name
            )
        except UniqueViolation:
            assert key in self.rows
            self.failed()
        except CheckViolation:
            assert number is not None
            assert number < 0
            self.failed()
        else:
            assert key not in self.rows
            assert (tag, rows) == ("INSERT 0 1", [(key, number, name)])
            self.rows[key] = (number, name)

    @rule(key=KEYS, number=st.integers(0, 50))
    def upsert(self, key: int, number: int) -> None:
        sql = "INSERT INTO t VALUES ($1, $2, 'new') ON CONFLICT (id) DO UPDATE SET n = t.n + excluded.n RETURNING n"
        before = self.rows.get(key)
        after = number if before is None else None if before[0] is None else before[0] + number
        assert self.query(sql, key, number) == ("INSERT 0 1", [(after,)])
        self.rows[key] = (after, "new" if before is None else before[1])

    @rule(key=KEYS, name=NAMES)
    def update_by_key(self, key: int, name: str) -> None:
        tag, _ = self.query("UPDATE t SET s = $2 WHERE id = $1", key, name)
        assert tag == f"UPDATE {int(key in self.rows)}"
        if key in self.rows:
            self.rows[key] = (self.rows[key][0], name)

    @rule(limit=st.integers(0, 100), step=st.integers(-3, 9))
    def update_by_condition(self, limit: int, step: int) -> None:
        hit = {k: r for k, r in self.rows.items() if r[0] is not None and r[0] < limit}
        try:
            tag, rows = self.query(
                "UPDATE t SET n = n + $2::int WHERE n < $1 RETURNING id, n", limit, step
            )
        except CheckViolation:
            assert any((r[0] or 0) + step < 0 for r in hit.values())
            self.failed()
            return
        changed = {k: ((r[0] or 0) + step, r[1]) for k, r in hit.items()}
        assert tag == f"UPDATE {len(hit)}"
        assert sorted(rows) == sorted((k, r[0]) for k, r in changed.items())
        self.rows |= changed

    @rule(key=KEYS)
    def delete_by_key(self, key: int) -> None:
        tag, _ = self.query("DELETE FROM t WHERE id = $1", key)
        assert tag == f"DELETE {int(key in self.rows)}"
        self.rows.pop(key, None)

    @rule(name=NAMES)
    def delete_by_condition(self, name: str) -> None:
        tag, _ = self.query("DELETE FROM t WHERE s = $1 OR n IS NULL", name)
        kept = {k: r for k, r in self.rows.items() if r[1] != name and r[0] is not None}
        assert tag == f"DELETE {len(self.rows) - len(kept)}"
        self.rows = kept

    @precondition(lambda self: self.saved is None)
    @rule()
    def begin(self) -> None:
        self.query("BEGIN")
        self.saved = dict(self.rows)

    @precondition(lambda self: self.saved is not None)
    @rule(commit=st.booleans())
    def end(self, commit: bool) -> None:
        self.query("COMMIT" if commit else "ROLLBACK")
        if not commit:
            assert self.saved is not None
            self.rows = self.saved
        self.saved = None
        self.session.finish()

    @rule()
    def flush(self) -> None:
        if self.saved is None:
            self.engine.flush()

    @invariant()
    def same_rows(self) -> None:
        _, rows = self.query("SELECT id, n, s FROM t ORDER BY id")
        assert rows == [(k, *self.rows[k]) for k in sorted(self.rows)]


Table.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestHistories = Table.TestCase
