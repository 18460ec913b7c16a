"""kill -9 of a serving process during a stream of commits: what was acknowledged is there, nothing is there by half."""

from __future__ import annotations

import contextlib
import threading
from pathlib import Path

import psycopg
import pytest

from tests.serving import ServerProcess

ROWS_PER_TRANSACTION = 3
WRITERS = 2


def write_until_killed(
    server: ServerProcess, writer: int, first: int, acknowledged: list[int], enough: threading.Event
) -> None:
    """Commit transactions of three rows each; record a transaction once its COMMIT was acknowledged."""
    with contextlib.suppress(psycopg.OperationalError), server.connect() as connection:
        number = first
        while True:
            with connection.transaction(), connection.cursor() as cursor:
                for part in range(ROWS_PER_TRANSACTION):
                    cursor.execute(
                        "INSERT INTO stream (writer, txn, part, embedding) VALUES (%s, %s, %s, %s::vector)",
                        (writer, number, part, f"[{writer},{number},{part}]"),
                    )
            acknowledged.append(number)
            if len(acknowledged) >= 15:
                enough.set()
            number += 1


def run_and_kill(path: Path, acknowledged: dict[int, set[int]]) -> None:
    with ServerProcess(path) as server:
        fresh: list[list[int]] = [[] for _ in range(WRITERS)]
        enough = [threading.Event() for _ in range(WRITERS)]
        threads = [
            threading.Thread(
                target=write_until_killed,
                args=(
                    server,
                    writer,
                    max(acknowledged[writer], default=0) + 1000,
                    fresh[writer],
                    enough[writer],
                ),
            )
            for writer in range(WRITERS)
        ]
        for thread in threads:
            thread.start()
        for event in enough:
            assert event.wait(60)
        server.kill()
        for thread in threads:
            thread.join()
    for writer in range(WRITERS):
        acknowledged[writer].update(fresh[writer])


def check(path: Path, acknowledged: dict[int, set[int]]) -> None:
    with ServerProcess(path) as server, server.connect() as connection:
        rows = connection.execute(
            "SELECT writer, txn, count(*), sum(part) FROM stream GROUP BY 1, 2"
        ).fetchall()
        assert {(count, total) for _, _, count, total in rows} <= {(3, 3)}, (
            "a transaction is half there"
        )
        for writer, numbers in acknowledged.items():
            assert numbers <= {txn for who, txn, _, _ in rows if who == writer}, (
                "an acknowledged row is lost"
            )
        for writer, numbers in acknowledged.items():
            nearest = connection.execute(
                "SELECT txn FROM stream WHERE writer = %s ORDER BY embedding <-> %s::vector LIMIT 1",
                (writer, f"[{writer},{max(numbers)},1]"),
            ).fetchone()
            assert nearest == (max(numbers),)


@pytest.mark.slow
def test_twenty_kills_lose_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "crash.vecsql"
    with ServerProcess(path) as server, server.connect(autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE stream (id bigserial PRIMARY KEY, writer int NOT NULL, txn int NOT NULL, part int NOT NULL, "
            "embedding vector(3), UNIQUE (writer, txn, part))"
        )
    acknowledged: dict[int, set[int]] = {writer: set() for writer in range(WRITERS)}
    for _ in range(20):
        run_and_kill(path, acknowledged)
        check(path, acknowledged)
