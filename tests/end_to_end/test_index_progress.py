"""CREATE INDEX on one connection, seen from another: progress, and queries that go on meanwhile."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from tests.serving import ServerProcess

ROWS, DIMS = 20_000, 64


def test_progress_and_queries_while_an_index_is_built(tmp_path: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((ROWS, DIMS)).astype(np.float32)
    with (
        ServerProcess(tmp_path / "progress.vecsql") as server,
        server.connect(autocommit=True) as builder,
        server.connect(autocommit=True) as watcher,
    ):
        builder.execute(f"CREATE TABLE items (id int, embedding vector({DIMS}))")
        with builder.cursor() as cursor, cursor.copy("COPY items FROM STDIN") as copy:
            for number, vector in enumerate(vectors):
                copy.write_row((number, str(vector.tolist())))
        build = threading.Thread(
            target=builder.execute,
            args=("CREATE INDEX ON items USING hnsw (embedding vector_l2_ops)",),
        )
        build.start()
        seen = []
        while build.is_alive():
            seen += watcher.execute(
                "SELECT relid::regclass::text, phase, tuples_done, tuples_total "
                "FROM pg_stat_progress_create_index"
            ).fetchall()
            nearest = watcher.execute(
                "SELECT id FROM items ORDER BY embedding <-> %s::vector LIMIT 1",
                (str(vectors[77].tolist()),),
            ).fetchone()
            assert nearest == (77,)
        build.join()
        assert seen
        assert {(table, total) for table, _, _, total in seen} == {("items", ROWS)}
        done = [rows for _, _, rows, _ in seen]
        assert done == sorted(done)
        after = watcher.execute("SELECT count(*) FROM pg_stat_progress_create_index").fetchone()
        assert after == (0,)
