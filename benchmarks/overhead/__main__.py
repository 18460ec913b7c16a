"""`python -m benchmarks.overhead`: one prepared vector query through the server and through the embedded API, the search
taken out.

For the server, bytes go into the Backend and replies come out of it, as on the server's event loop: whole executions by the
quick way, and message by message, which is the way within a transaction block. Sockets are not part of it. The search in
the index is timed on its own, so that the rest is overhead.
"""

from __future__ import annotations

import argparse
import contextlib
import struct
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

import numpy as np

import vecsql
from benchmarks import data
from vecsql import kernels
from vecsql.index.base import SearchResult
from vecsql.index.composite import CompositeIndex
from vecsql.protocol.connection import ServerConnection
from vecsql.server.backend import Backend
from vecsql.session.session import Session
from vecsql.storage.engine import open_engine
from vecsql.types import VECTOR

SQL = "SELECT id FROM items ORDER BY embedding <=> {} LIMIT 10"


def message(kind: bytes, body: bytes = b"") -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


def startup() -> bytes:
    body = struct.pack("!i", 3 << 16) + b"user\0postgres\0\0"
    return struct.pack("!i", len(body) + 4) + body


def execution(vector: data.Floats) -> bytes:
    """What psycopg sends for one execution: Bind, Describe, Execute, Sync, all binary."""
    value = VECTOR.to_binary(vector)
    bind = b"\0s1\0" + struct.pack("!hhhi", 1, 1, 1, len(value)) + value + struct.pack("!hh", 1, 1)
    describe, execute = b"P\0", b"\0" + struct.pack("!i", 0)
    return message(b"B", bind) + message(b"D", describe) + message(b"E", execute) + message(b"S")


def filled(path: str, base: data.Floats) -> None:
    with vecsql.connect(path) as db:
        db.load("items", {"id": np.arange(len(base)), "embedding": base})
        db.execute("CREATE INDEX ON items USING hnsw (embedding vector_cosine_ops)")


class Harness:
    """A server's session on a database file."""

    def __init__(self, path: str) -> None:
        self.wire = ServerConnection()
        self.wire.feed(startup())
        self.wire.next_event()
        self.wire.authenticated()
        self.engine = open_engine(path)
        self.backend = Backend(Session(self.engine), self.wire, lambda: None)
        sql = b"s1\0" + SQL.format("$1").encode() + b"\0"
        self.by_message(message(b"P", sql + struct.pack("!hI", 1, VECTOR.oid)) + message(b"S"))

    def at_once(self, exchange: bytes) -> None:
        """The quick way, unless the statement was slow the last time."""
        if not self.backend.answer(exchange):
            self.by_message(exchange)
        self.backend.out = bytearray()

    def by_message(self, exchange: bytes) -> dict[str, float]:
        """Handle the messages one by one; gives the seconds by stage."""
        spent: dict[str, float] = defaultdict(float)
        started = time.perf_counter()
        self.wire.feed(exchange)
        while (event := self.wire.next_event()) is not None:
            received = time.perf_counter()
            self.backend.is_cheap(event)
            self.backend.handle(event)
            handled = time.perf_counter()
            spent["read messages"] += received - started
            spent[type(event).__name__] += handled - received
            started = handled
        self.backend.out = bytearray()
        return spent


@contextlib.contextmanager
def timed_search(seconds: list[float]) -> Iterator[None]:
    """Collect the seconds of every search in an index."""
    search = CompositeIndex.search

    def timed(self: CompositeIndex, *arguments: Any) -> SearchResult:
        started = time.perf_counter()
        result = search(self, *arguments)
        seconds.append(time.perf_counter() - started)
        return result

    CompositeIndex.search = timed  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        CompositeIndex.search = search  # type: ignore[method-assign]


def overhead(
    ask: Callable[[Any], object], questions: list[Any], rounds: int
) -> tuple[float, float]:
    """Medians in microseconds of a question without its search, and of the search."""
    for question in questions[:50]:
        ask(question)
    searches: list[float] = []
    rest = []
    with timed_search(searches):
        for question in questions * rounds:
            started = time.perf_counter()
            ask(question)
            rest.append(time.perf_counter() - started - searches[-1])
    return median(rest) * 1e6, median(searches) * 1e6


def stages(harness: Harness, exchanges: list[bytes], rounds: int) -> dict[str, float]:
    """Medians in microseconds by stage, message by message; Execute without the search."""
    searches: list[float] = []
    spent: dict[str, list[float]] = defaultdict(list)
    with timed_search(searches):
        for exchange in exchanges * rounds:
            for stage, seconds in harness.by_message(exchange).items():
                spent[stage].append(seconds - (searches[-1] if stage == "Execute" else 0))
    return {stage: median(seconds) * 1e6 for stage, seconds in spent.items()}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    dataset = data.default(500)
    queries = list(dataset.queries)
    exchanges = [execution(vector) for vector in queries]
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/overhead.vecsql"
        filled(path, dataset.base)
        kernels.warm_up()
        kernels.wait()
        harness = Harness(path)
        at_once, search = overhead(harness.at_once, exchanges, options.rounds)
        by_stage = stages(harness, exchanges, options.rounds)
        harness.engine.close()
        with vecsql.connect(path) as db:
            sql = SQL.format("%s")
            embedded, _ = overhead(
                lambda vector: db.execute(sql, (vector,)).fetchall(), queries, options.rounds
            )
    rows, dims = dataset.base.shape
    print(f"{dataset.name}, {rows:,} x {dims}, recall 0.95: medians in microseconds\n")
    print("| what | us |\n|---|---:|")
    print(f"| server, the whole execution at once | {at_once:.0f} |")
    print(f"| server, message by message | {sum(by_stage.values()):.0f} |")
    for stage, spent in by_stage.items():
        print(f"| of this: {stage} | {spent:.0f} |")
    print(f"| embedded: `db.execute(sql, (vector,)).fetchall()` | {embedded:.0f} |")
    print(f"| besides, the search in the index | {search:.0f} |")


if __name__ == "__main__":
    main()
