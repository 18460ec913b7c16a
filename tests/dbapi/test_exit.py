"""A program that leaves its connection open ends by itself, with its data kept."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import vecsql

PROGRAM = """
import sys, vecsql
db = vecsql.connect(sys.argv[1])
db.execute("CREATE TABLE t (a int)")
db.execute("INSERT INTO t VALUES (1)")
"""


def test_an_open_connection_is_closed_at_exit(tmp_path: Path) -> None:
    path = tmp_path / "left.vecsql"
    for _ in range(3):
        path.unlink(missing_ok=True)
        subprocess.run([sys.executable, "-c", PROGRAM, str(path)], check=True, timeout=60)
        assert not path.with_name("left.vecsql.wal").exists()
    with vecsql.connect(str(path)) as db:
        assert db.execute("SELECT a FROM t").fetchall() == [(1,)]
