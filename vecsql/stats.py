"""Counters and progress that pg_stat views and the metrics endpoint read."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


class Counters:
    """Named counts that only grow."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._values: dict[str, int] = {}

    def add(self, name: str, amount: int = 1) -> None:
        with self._mutex:
            self._values[name] = self._values.get(name, 0) + amount

    def get(self, name: str) -> int:
        return self._values.get(name, 0)

    def snapshot(self) -> dict[str, int]:
        with self._mutex:
            return dict(self._values)


@dataclass(slots=True)
class IndexBuild:
    """A running index build, as pg_stat_progress_create_index shows it."""

    process_id: int
    table_oid: int
    index_oid: int
    phase: str = "building index"
    rows_done: int = 0
    rows_total: int = 0
    parts_done: int = 0
    parts_total: int = 0

    def advance(self, done: int, total: int) -> None:
        self.rows_done, self.rows_total = done, total


class Progress:
    """The index builds that run now."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._builds: list[IndexBuild] = []

    @contextmanager
    def index_build(self, build: IndexBuild) -> Iterator[IndexBuild]:
        """Show a build as long as the block runs."""
        with self._mutex:
            self._builds.append(build)
        try:
            yield build
        finally:
            with self._mutex:
                self._builds.remove(build)

    def index_builds(self) -> tuple[IndexBuild, ...]:
        with self._mutex:
            return tuple(self._builds)


counters = Counters()
progress = Progress()
