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


def write_and_kill(server: ServerProcess, acknowledged: dict[int, set[int]]) -> None:
    fresh: list[list[int]] = [[] for _ in range(WRITERS)]
    enough = [threading.Event() for _ in range(WRITERS)]
    threads = []
    for writer in range(WRITERS):
        first = max(acknowledged[writer], default=0) + 1000
        arguments = (server, writer, first, fresh[writer], enough[writer])
        threads.append(threading.Thread(target=write_until_killed, args=arguments))
    for thread in threads:
        thread.start()
    for event in enough:
        assert event.wait(60)
    server.kill()
    for thread in threads:
        thread.join()
    for writer in range(WRITERS):
        acknowledged[writer].update(fresh[writer])


def check(server: ServerProcess, acknowledged: dict[int, set[int]]) -> None:
    with server.connect() as connection:
        rows = connection.execute(
            "SELECT writer, txn, count(*), sum(part) FROM stream GROUP BY 1, 2"
        ).fetchall()
        whole = {(count, total) for _, _, count, total in rows}
        assert whole <= {(ROWS_PER_TRANSACTION, 3)}, "a transaction is half there"
        for writer, numbers in acknowledged.items():
            found = {txn for who, txn, _, _ in rows if who == writer}
            assert numbers <= found, "an acknowledged row is lost"
            if numbers:
                nearest = connection.execute(
                    "SELECT txn FROM stream WHERE writer = %s ORDER BY embedding <-> %s::vector LIMIT 1",
                    (writer, f"[{writer},{max(numbers)},1]"),
                ).fetchone()
                assert nearest == (max(numbers),)


@pytest.mark.slow
def test_twenty_kills_lose_nothing_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "crash.vecsql"
    acknowledged: dict[int, set[int]] = {writer: set() for writer in range(WRITERS)}
    with ServerProcess(path) as server:
        with server.connect(autocommit=True) as connection:
            connection.execute(
                "CREATE TABLE stream (id bigserial PRIMARY KEY, writer int NOT NULL, txn int NOT NULL, "
                "part int NOT NULL, embedding vector(3), UNIQUE (writer, txn, part))"
            )
        write_and_kill(server, acknowledged)
    for _ in range(19):
        with ServerProcess(path) as server:
            check(server, acknowledged)
            write_and_kill(server, acknowledged)
    with ServerProcess(path) as server:
        check(server, acknowledged)
