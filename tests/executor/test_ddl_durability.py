"""DDL on a real file: what was committed is there when it is opened again, with the rows as the new definition has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from vecsql.session.session import Session
from vecsql.storage.engine import open_engine
from vecsql.types.rows import values_of


class Opened:
    """A database file with one session, as a context manager."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Opened:
        self.engine = open_engine(str(self.path))
        self.session = Session(self.engine)
        return self

    def __exit__(self, *args: object) -> None:
        self.session.close()
        self.engine.close()

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = []
        for _, result in self.session.simple(sql):
            for chunk in result.chunks:
                columns = [
                    values_of(data, c.type)
                    for data, c in zip(chunk.columns, result.columns or (), strict=True)
                ]
                rows += zip(*columns, strict=True)
        return rows


CHANGES = {
    "add column": ("ALTER TABLE t ADD b text DEFAULT 'x'", [(1, 10, "x"), (2, 20, "x")]),
    "add serial": ("ALTER TABLE t ADD b serial", [(1, 10, 1), (2, 20, 2)]),
    "drop column": ("ALTER TABLE t DROP n", [(1,), (2,)]),
    "wider type": ("ALTER TABLE t ALTER n TYPE bigint", [(1, 10), (2, 20)]),
    "other type": ("ALTER TABLE t ALTER n TYPE text", [(1, "10"), (2, "20")]),
    "using": ("ALTER TABLE t ALTER n TYPE int USING n * 2", [(1, 20), (2, 40)]),
    "generated": (
        "ALTER TABLE t ADD g int GENERATED ALWAYS AS (n + id) STORED", [(1, 10, 11), (2, 20, 22)]
    ),
    "truncate": ("TRUNCATE t", []),
}  # fmt: skip


@pytest.mark.parametrize("flushed", [False, True], ids=["from the log", "from segments"])
@pytest.mark.parametrize("change", CHANGES)
def test_changed_tables_survive(change: str, flushed: bool, tmp_path: Path) -> None:
    sql, expected = CHANGES[change]
    with Opened(tmp_path / "x.vecsql") as db:
        db.run("CREATE TABLE t (id int PRIMARY KEY, n int)")
        db.run("INSERT INTO t VALUES (1, 10), (2, 20)")
        if flushed:
            db.engine.flush()
        db.run(sql)
        assert db.run("SELECT * FROM t ORDER BY id") == expected
        if flushed:
            db.engine.flush()
    with Opened(tmp_path / "x.vecsql") as db:
        assert db.run("SELECT * FROM t ORDER BY id") == expected


def test_views_remember_what_they_read(tmp_path: Path) -> None:
    with Opened(tmp_path / "x.vecsql") as db:
        db.run("CREATE TABLE t (id serial PRIMARY KEY, n int CHECK (n > 0))")
        db.run("CREATE VIEW w AS SELECT n FROM t")
        depends = next(iter(db.engine.snapshot().catalog.views.values())).depends
    with Opened(tmp_path / "x.vecsql") as db:
        assert next(iter(db.engine.snapshot().catalog.views.values())).depends == depends
        db.run("INSERT INTO t (n) VALUES (5)")
        assert db.run("SELECT n FROM w") == [(5,)]
        db.run("DROP TABLE t CASCADE")
        assert db.engine.snapshot().catalog.views == {}
        assert db.engine.snapshot().catalog.sequences == {}
