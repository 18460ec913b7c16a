"""The threads of an index build."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import numpy as np

# Chunks of the work take unequal time: more of them keep all threads busy to the end.
CHUNKS: Final = 8  # per thread

# run(work, start, stop, grain): work on chunks of start:stop, none much smaller than `grain`
Run = Callable[[Callable[[int, int], Any], int, int, int], list[Any]]


@contextlib.contextmanager
def workers(threads: int) -> Iterator[Run]:
    """What runs a build's work on so many threads; on the caller's own where there is one."""
    if threads <= 1:
        yield _run_here
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="vecsql-build") as pool:
        yield _run_in(pool, threads)


def _run_here(work: Callable[[int, int], Any], start: int, stop: int, grain: int) -> list[Any]:
    return [work(start, stop)]


def _run_in(pool: ThreadPoolExecutor, threads: int) -> Run:
    def run(work: Callable[[int, int], Any], start: int, stop: int, grain: int) -> list[Any]:
        chunks = min(CHUNKS * threads, (stop - start) // grain)
        if chunks <= 1:
            return [work(start, stop)]
        bounds = np.linspace(start, stop, chunks + 1).astype(int).tolist()
        return list(pool.map(work, bounds[:-1], bounds[1:]))

    return run
