"""One thread that calls back at set times: statement time-outs without a timer thread per statement."""

from __future__ import annotations

import heapq
import itertools
import threading
import time
from collections.abc import Callable


class Deadline:
    """A call-back that is due at `at` (monotonic seconds) unless cancelled before."""

    __slots__ = ("at", "callback")

    def __init__(self, at: float, callback: Callable[[], None]) -> None:
        self.at = at
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class Deadlines:
    """A heap of deadlines; its thread starts with the first one and ends when none is left."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._heap: list[tuple[float, int, Deadline]] = []
        self._order = itertools.count()
        self._running = False

    def after(self, seconds: float, callback: Callable[[], None]) -> Deadline:
        """Call back from another thread in `seconds`; the call-back must be short and must not raise."""
        deadline = Deadline(time.monotonic() + seconds, callback)
        with self._changed:
            heapq.heappush(self._heap, (deadline.at, next(self._order), deadline))
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, name="vecsql-deadlines", daemon=True).start()
            elif self._heap[0][2] is deadline:
                self._changed.notify()
        return deadline

    def _run(self) -> None:
        while (due := self._next_due()) is not None:
            callback = due.callback
            if callback is not None:
                callback()

    def _next_due(self) -> Deadline | None:
        """Wait for the earliest live deadline; None when the heap has run empty."""
        with self._changed:
            while self._heap:
                at, _, deadline = self._heap[0]
                if deadline.callback is None:
                    heapq.heappop(self._heap)
                    continue
                remaining = at - time.monotonic()
                if remaining <= 0:
                    heapq.heappop(self._heap)
                    return deadline
                self._changed.wait(remaining)
            self._running = False
            return None
