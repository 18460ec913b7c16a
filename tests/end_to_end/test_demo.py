"""`make demo`: loads the sample, answers five queries, and leaves a file that can be opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import vecsql


def test_the_demo_answers_and_leaves_its_file(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "benchmarks.demo", "--dir", str(tmp_path)]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=250)
    assert done.returncode == 0, done.stderr
    for answer in ("chunkana", "faiss-cpu", "psycopg2-binary", "pytest", "Vector Scan using"):
        assert answer in done.stdout
    assert done.stdout.count("Time:") >= 6
    assert max(len(line) for line in done.stdout.splitlines() if " | " in line) <= 100
    with vecsql.connect(str(tmp_path / "packages.vecsql")) as db:
        assert db.execute("SELECT count(*) FROM packages").fetchone() == (5600,)
