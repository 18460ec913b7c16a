"""kill -9 of a process that commits without pause: all it acknowledged is there, nothing is half there."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.storage.items import ID, ITEMS, contents
from vecsql.storage.engine import open_engine

ROUNDS = 20
PER_COMMIT = 3  # rows that must be there together

WRITER = """
import sys
import numpy as np
from tests.storage.items import ITEMS, PKEY, create, rows
from vecsql.storage import checkpoint, engine
from vecsql.storage.engine import open_engine

checkpoint.MIN_SEGMENT_ROWS = 60
engine.FLUSH_ROWS = 90
engine.BULK_BYTES = 20_000
database = open_engine(sys.argv[1])
if not database.snapshot().catalog.tables:
    create(database)
number = int(sys.argv[2])
print("ready", flush=True)
while True:
    size = 600 if number % 50 == 49 else 3
    first = number * 1000
    with database.begin() as txn:
        if number % 4 == 3:
            before = txn.snapshot().table(ITEMS).find_key(PKEY, ((number - 1) * 1000,))
            if before is not None:
                row = np.array([before])
                txn.lock_rows(ITEMS, row)
                txn.delete(ITEMS, row)
                txn.insert(ITEMS, rows([(number - 1) * 1000], ["again"]))
        txn.insert(ITEMS, rows(range(first, first + size)))
    print(number, flush=True)
    number += 1
"""


@pytest.mark.slow
def test_twenty_kills(tmp_path: Path) -> None:
    path = str(tmp_path / "a.vecsql")
    acknowledged: list[int] = []
    random = np.random.default_rng(1)
    for _ in range(ROUNDS):
        first = acknowledged[-1] + 2 if acknowledged else 0
        lines = run_and_kill(path, first, int(random.integers(5, 120)))
        acknowledged += lines
        check(path, acknowledged)


def run_and_kill(path: str, first: int, lines: int) -> list[int]:
    """Start the writer, read some acknowledgements, kill it; returns all the numbers it acknowledged."""
    command = [sys.executable, "-c", WRITER, path, str(first)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        got = [int(process.stdout.readline()) for _ in range(lines)]
        process.send_signal(signal.SIGKILL)
        got += [
            int(line)
            for line in process.stdout.read().splitlines(keepends=True)
            if line.endswith("\n")
        ]
    return got


def check(path: str, acknowledged: list[int]) -> None:
    with open_engine(path) as database:
        stored = contents(database.snapshot())
        table = database.snapshot().table(ITEMS)
        by_commit: dict[int, int] = {}
        for key in table.arrow([ID])["c1"].to_pylist():
            by_commit[key // 1000] = by_commit.get(key // 1000, 0) + 1
    for number, count in by_commit.items():
        assert count == (600 if number % 50 == 49 else PER_COMMIT)
    assert set(acknowledged) <= by_commit.keys()
    assert len(by_commit.keys() - set(acknowledged)) <= ROUNDS  # the one in flight at each kill
    updated = [n for n in acknowledged if n % 4 == 3 and n - 1 in by_commit]
    assert all(stored[(n - 1) * 1000] == "again" for n in updated)
