"""`python -m benchmarks.overhead`: one prepared vector query through protocol, session and executor, timed by stage.

Bytes go into the sans-io ServerConnection and replies come out of the Backend, as on the server's event loop; the search in
the index is timed on its own, so that the rest is the server's overhead. Sockets are not part of it.
"""

from __future__ import annotations

import argparse
import contextlib
import struct
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
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
    """A session on a database file, and the seconds spent by stage of each exchange."""

    def __init__(self, path: str, ef: int) -> None:
        self.wire = ServerConnection()
        self.wire.feed(startup())
        self.wire.next_event()
        self.wire.authenticated()
        self.session = Session(open_engine(path))
        self.backend = Backend(self.session, self.wire, lambda: None)
        self.exchange(message(b"Q", f"SET hnsw.ef_search = {ef}\0".encode()))
        sql = b"s1\0SELECT id FROM items ORDER BY embedding <=> $1 LIMIT 10\0"
        self.exchange(message(b"P", sql + struct.pack("!hI", 1, VECTOR.oid)) + message(b"S"))

    def exchange(self, data: bytes) -> dict[str, float]:
        """Handle what a client sent; gives the seconds by stage."""
        spent: dict[str, float] = defaultdict(float)
        started = time.perf_counter()
        self.wire.feed(data)
        while (event := self.wire.next_event()) is not None:
            received = time.perf_counter()
            self.backend.is_cheap(event)
            self.backend.handle(event)
            handled = time.perf_counter()
            spent["read messages"] += received - started
            spent[type(event).__name__] += handled - received
            started = handled
        bytes(self.backend.out)
        self.backend.out = bytearray()
        return spent


@contextlib.contextmanager
def timed_search(seconds: list[float]) -> Iterator[None]:
    """Collect the seconds of every search in a graph."""
    search = CompositeIndex.search

    def timed(self: CompositeIndex, *arguments: Any) -> SearchResult:
        started = time.perf_counter()
        result = search(self, *arguments)
        seconds.append(time.perf_counter() - started)
        return result

    CompositeIndex.search = timed  # type: ignore[method-assign]
    try:
        yield
    finally:
        CompositeIndex.search = search  # type: ignore[method-assign]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.overhead", description=__doc__)
    parser.add_argument("--ef", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    dataset = data.default(500)
    stages: dict[str, list[float]] = defaultdict(list)
    searches: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/overhead.vecsql"
        filled(path, dataset.base)
        kernels.warm_up()
        kernels.wait()
        harness = Harness(path, options.ef)
        exchanges = [execution(vector) for vector in dataset.queries]
        for exchange in exchanges[:50]:
            harness.exchange(exchange)
        with timed_search(searches):
            for exchange in exchanges * options.rounds:
                for stage, spent in harness.exchange(exchange).items():
                    stages[stage].append(spent)
    search = median(searches)
    stages["Execute"] = [
        spent - took for spent, took in zip(stages["Execute"], searches, strict=True)
    ]
    rows, dims = dataset.base.shape
    print(f"{dataset.name}, {rows:,} x {dims}, ef_search {options.ef}: medians in microseconds\n")
    print("| stage | us |\n|---|---:|")
    for stage, seconds in stages.items():
        print(f"| {stage} | {median(seconds) * 1e6:.0f} |")
    print(
        f"| all but the search | {median(map(sum, zip(*stages.values(), strict=True))) * 1e6:.0f} |"
    )
    print(f"| search in the index | {search * 1e6:.0f} |")


if __name__ == "__main__":
    main()
