"""A connection's socket in the hands of its worker: a client that writes again and again is served without the loop.

To hand a request from the loop to a worker and its answer back wakes three threads, some 300 us on a small virtual machine, as long as a
durable commit. So a worker that is needed for one request after the other reads and writes the socket itself, and gives it back to
the loop when the client pauses or asks for what the loop does as well.
"""

from __future__ import annotations

import os
import select
import socket
from typing import Final

from vecsql.server.busy_polling import Patience

STREAK: Final = 8  # requests for a worker, each soon after the last, before the socket is lent
# Seconds between an answer and the next request, and how long a worker waits for it
SOON: Final = 0.010
# Requests in a row that the loop could have answered before it gets the socket back
CHEAP: Final = 4
# Seconds until the loop reads again, to notice that the client of a long statement is gone
WATCH: Final = 0.5
CHUNK: Final = 256 << 10


class DirectLine:
    """The loop must not read or write while the line is used. Methods are called on the worker's thread, but close()."""

    def __init__(self, descriptor: int, patience: Patience | None) -> None:
        # of its own, so that a transport that is closed meanwhile cannot leave the number to another connection
        self._socket = socket.socket(fileno=os.dup(descriptor))
        self._arrivals = select.poll()
        self._arrivals.register(self._socket, select.POLLIN)
        self._patience = patience

    def receive(self, client: object) -> bytes | None:
        """The next bytes of the client, which has just been answered; None when none come soon, b"" when it is gone."""
        patience = self._patience
        if patience is not None:
            patience.answered(client)
        arrived = False
        while not arrived and patience is not None and patience.goes_on():
            arrived = bool(self._arrivals.poll(0))
        if not arrived and not self._arrivals.poll(SOON * 1000):
            return None
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return None
        except OSError:
            return b""
        if patience is not None:
            patience.received()
        return data

    def send(self, data: bytearray | memoryview) -> memoryview:
        """Send what the socket takes at once; returns the rest."""
        try:
            return memoryview(data)[self._socket.send(data) :]
        except OSError:  # full, or gone, which whoever reads will see
            return memoryview(data)

    def close(self) -> None:
        """When no worker uses it any more."""
        self._socket.close()
