"""Busy polling: an event loop that has just answered a client goes on looking at its sockets instead of falling asleep.

A client that sends its next request as soon as it has an answer leaves the server idle for some 100 us at a time. To sleep for so short
costs more than it saves: waking a core takes 30 to 50 us on virtual machines, as long as the rest of a small answer. A loop polls only
for the one client that alone keeps the server at work, only if that has been quick of late, and not much longer than it usually takes.
"""

from __future__ import annotations

import asyncio
import os
import time
from typing import Final

STREAK: Final = 32  # requests of one client in a row before polling begins
LONGEST: Final = 300e-6  # seconds between an answer and the next request that are worth polling
PATIENCE: Final = 2.0  # times the usual gap
WEIGHT: Final = 1 / 8  # of the newest gap in the usual one


def suits_machine() -> bool:
    """Whether a core is left for the client while the server polls."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (count or 1) > 1


class Activity:
    """Which client was answered last, and how many times in a row; shared by the loops of a server."""

    __slots__ = ("client", "streak")

    def __init__(self) -> None:
        self.client: object = None
        self.streak = 0


class Patience:
    """Whether it is worth polling for the next request of the client that was just answered, and for how long."""

    def __init__(self, activity: Activity) -> None:
        self.activity = activity
        self._gap = 2 * LONGEST  # the usual one, in seconds
        self._answered = self._until = 0.0  # seconds of the performance counter

    def received(self) -> None:
        """A request came in."""
        gap = min(time.perf_counter() - self._answered, 2 * LONGEST)
        self._gap += WEIGHT * (gap - self._gap)

    def answered(self, client: object) -> None:
        """A request of this client was answered."""
        now = self._answered = time.perf_counter()
        activity = self.activity
        if activity.client is not client:
            activity.client, activity.streak = client, 0
        activity.streak += 1
        if self._gap <= LONGEST:
            self._until = now + PATIENCE * self._gap

    def goes_on(self) -> bool:
        """Whether to look for the next request once more."""
        return self.activity.streak >= STREAK and time.perf_counter() < self._until

    def interrupted(self) -> None:
        """There is something else to do, or the client is gone."""
        self.activity.client, self.activity.streak = None, 0


class BusyPolling(Patience):
    """Of one loop, on whose thread all methods are called."""

    def __init__(self, loop: asyncio.AbstractEventLoop, activity: Activity) -> None:
        super().__init__(activity)
        self._loop = loop
        self.polling = False

    def answered(self, client: object) -> None:
        super().answered(client)
        if not self.polling and self.goes_on():
            self.polling = True
            self._loop.call_soon(self._poll)

    def _poll(self) -> None:
        if self.goes_on():
            self._loop.call_soon(self._poll)
        else:
            self.polling = False
