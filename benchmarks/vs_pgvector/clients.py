"""Several psycopg clients at once, each a process of its own on the machine it shares with the servers."""

from __future__ import annotations

import contextlib
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import psycopg

from benchmarks import peers
from benchmarks.data import Dataset, Floats
from benchmarks.measure import recall_of

QUERY = "SELECT id FROM items ORDER BY embedding <=> %b LIMIT 10"
WARM_UP = 20

Found = list[list[int]]


@dataclass(frozen=True)
class Setting:
    """A setting of the session and its value: how hard the server shall try."""

    name: str
    value: float

    def __str__(self) -> str:
        return f"{self.name} = {self.value:g}"


def ask(connection: psycopg.Connection[Any], queries: Floats) -> Found:
    """The ids that each query finds: prepared, parameters and results binary."""
    cursor = connection.cursor(binary=True)
    return [
        [row[0] for row in cursor.execute(QUERY, (vector,), prepare=True)] for vector in queries
    ]


class Clients:
    """`count` clients of every server. Each goes through all queries in a round, beginning at another."""

    def __init__(self, dataset: Dataset, servers: list[str], count: int) -> None:
        self._dataset = dataset
        context = multiprocessing.get_context("fork")
        starts = [number * len(dataset.queries) // count for number in range(count)]
        self._pipes, self._processes = [], []
        for start in starts:
            ours, theirs = context.Pipe()
            order = np.roll(np.arange(len(dataset.queries)), -start)
            process = context.Process(target=_serve, args=(theirs, dataset.queries, order, servers))
            process.start()
            self._pipes.append(ours)
            self._processes.append(process)

    def round(self, server: int, setting: Setting) -> tuple[float, float]:
        """(queries per second of all clients together, recall@10)."""
        for pipe in self._pipes:
            pipe.send((server, setting))
        for pipe in self._pipes:
            pipe.recv()  # connected and warm
        started = time.perf_counter()
        for pipe in self._pipes:
            pipe.send("go")
        answers = [pipe.recv() for pipe in self._pipes]
        elapsed = max(ended for ended, _ in answers) - started
        total = len(self._pipes) * len(self._dataset.queries)
        return total / elapsed, recall_of(answers[0][1], self._dataset.truth)

    def close(self) -> None:
        for pipe in self._pipes:
            pipe.send(None)
        for process in self._processes:
            process.join()


def _serve(pipe: Any, queries: Floats, order: Any, servers: list[str]) -> None:
    """One client's process: a round for each message, until None comes."""
    connections: dict[int, psycopg.Connection[Any]] = {}
    while (message := pipe.recv()) is not None:
        server, setting = message
        if server not in connections:
            connections[server] = peers.connect(servers[server])
        connection = connections[server]
        connection.execute(f"SET {setting}")
        ask(connection, queries[:WARM_UP])
        pipe.send("ready")
        pipe.recv()
        found = ask(connection, queries[order])
        ended = time.perf_counter()
        inverse = np.argsort(order)
        pipe.send((ended, [found[i] for i in inverse]))
        connection.execute(f"RESET {setting.name}")
    for connection in connections.values():
        connection.close()


@contextlib.contextmanager
def clients(dataset: Dataset, servers: list[str], count: int) -> Iterator[Clients]:
    running = Clients(dataset, servers, count)
    try:
        yield running
    finally:
        running.close()
