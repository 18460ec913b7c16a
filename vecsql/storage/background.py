"""Background work: named jobs on low-priority threads of their own, retried with growing delays when they fail."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable

from vecsql import stats

logger = logging.getLogger(__name__)

NICENESS = 19
CODING_NICENESS = 0  # milliseconds of work that make all searches faster
# Flushed rows are scanned one by one until they have an index, which costs searches more than its build does.
INDEXING_NICENESS = 10
FIRST_DELAY = 1.0  # seconds until a failed job is tried again; doubles
LONGEST_DELAY = 60.0

Job = Callable[[], None]


class Stopped(Exception):
    """Raised inside a job when the database is being closed."""


class Worker:
    """One thread that runs one kind of job whenever it is requested, never twice at once."""

    def __init__(
        self, name: str, job: Job, changed: threading.Condition, niceness: int = NICENESS
    ) -> None:
        self.name = name
        self._niceness = niceness
        self._job = job
        self._changed = changed
        self._requested = False
        self._running = False
        self._stopping = False
        self._failures = 0
        self._not_before = 0.0
        self.last_error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def request(self) -> None:
        with self._changed:
            if self._stopping:
                return
            self._requested = True
            if self._thread is None:
                self._thread = threading.Thread(
                    target=self._loop, name=f"vecsql-{self.name}", daemon=True
                )
                self._thread.start()
            self._changed.notify_all()

    @property
    def busy(self) -> bool:
        """Whether a job runs or is about to; a failed one that waits for its next try is not."""
        return self._running or (self._requested and not self._failures)

    def stop(self) -> None:
        """Start nothing more; join() waits for what runs."""
        with self._changed:
            self._stopping = True
            self._changed.notify_all()

    def join(self) -> None:
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def _loop(self) -> None:
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), self._niceness)
        while self._next():
            self._run()

    def _next(self) -> bool:
        """Wait for a request that is due; False when stopping."""
        with self._changed:
            while not self._stopping:
                wait = self._not_before - time.monotonic()
                if self._requested and wait <= 0:
                    self._requested, self._running = False, True
                    return True
                self._changed.wait(wait if self._requested else None)
            return False

    def _run(self) -> None:
        problem: BaseException | None = None
        try:
            self._job()
        except Stopped:
            pass
        except Exception as raised:
            problem = raised
            logger.exception("background %s failed; it will be tried again", self.name)
            stats.counters.add("background_failures")
        with self._changed:
            self._running = False
            self.last_error = problem
            self._failures = self._failures + 1 if problem else 0
            if problem:
                self._requested = True
                delay = min(FIRST_DELAY * 2 ** (self._failures - 1), LONGEST_DELAY)
                self._not_before = time.monotonic() + delay
            self._changed.notify_all()


class Background:
    """The workers of one database."""

    def __init__(self, checkpoint: Job, compaction: Job, indexing: Job, coding: Job) -> None:
        self._changed = threading.Condition()
        self.checkpoint = Worker("checkpoint", checkpoint, self._changed)
        self.compaction = Worker("compaction", compaction, self._changed)
        self.indexing = Worker("indexing", indexing, self._changed, INDEXING_NICENESS)
        self.coding = Worker("coding", coding, self._changed, CODING_NICENESS)
        self._workers = (self.checkpoint, self.compaction, self.indexing, self.coding)
        self.stopping = False

    def request_upkeep(self) -> None:
        """Segments came or an index is wanted: see what is to be merged, built and coded."""
        self.coding.request()
        self.compaction.request()
        self.indexing.request()

    def wait(self) -> None:
        """Return when nothing runs or is due; raise what a failing job raised last."""
        self.wait_for(*self._workers)

    def wait_for(self, *workers: Worker) -> None:
        """The same of some of the workers."""
        with self._changed:
            while any(w.busy for w in workers):
                self._changed.wait()
            for worker in workers:
                if worker.last_error is not None:
                    raise worker.last_error

    def stop(self) -> None:
        self.stopping = True
        for worker in self._workers:
            worker.stop()
        for worker in self._workers:
            worker.join()
