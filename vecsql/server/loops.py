"""Event loops: the one that the server was started in, and more on threads of their own, which share the connections."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
from collections.abc import Callable

from vecsql.server.busy_polling import Activity, BusyPolling, suits_machine

# Python runs on one core at a time, but searches and DuckDB do not hold it: a second loop fills what they leave.
MOST = 2


class Loop:
    """One event loop, how many connections it serves, and how it waits for them (None: asleep)."""

    def __init__(self, loop: asyncio.AbstractEventLoop, activity: Activity | None) -> None:
        self.loop = loop
        self.connections = 0
        self.polling = None if activity is None else BusyPolling(loop, activity)
        self._guard = threading.Lock()

    def joined(self) -> None:
        """From any thread."""
        with self._guard:
            self.connections += 1

    def left(self) -> None:
        """From any thread."""
        with self._guard:
            self.connections -= 1


class Loops:
    """Made on the main loop. place() gives a connection to the loop that has the fewest."""

    def __init__(self, *, busy_polling: bool) -> None:
        main = asyncio.get_running_loop()
        activity = Activity() if busy_polling and suits_machine() else None
        self._all = [Loop(main, activity)]
        self._threads: list[threading.Thread] = []
        for _ in range(min(MOST, os.cpu_count() or 1) - 1):
            loop = type(main)()
            thread = threading.Thread(target=_run, args=(loop,), name="vecsql-loop", daemon=True)
            thread.start()
            self._all.append(Loop(loop, activity))
            self._threads.append(thread)

    def place(self, accepted: socket.socket, make: Callable[[Loop], asyncio.Protocol]) -> None:
        """Serve an accepted connection; on the main loop."""
        chosen = min(self._all, key=lambda one: one.connections)
        chosen.joined()
        serving = _serve(chosen, accepted, make)
        asyncio.run_coroutine_threadsafe(serving, chosen.loop)

    def stop(self) -> None:
        """End the threads, once their connections are gone."""
        for one in self._all[1:]:
            one.loop.call_soon_threadsafe(one.loop.stop)
        for thread in self._threads:
            thread.join()


async def _serve(
    chosen: Loop, accepted: socket.socket, make: Callable[[Loop], asyncio.Protocol]
) -> None:
    try:
        await chosen.loop.connect_accepted_socket(lambda: make(chosen), accepted)
    except OSError:  # the client is gone already
        chosen.left()
        accepted.close()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
        loop.run_until_complete(loop.shutdown_asyncgens())
    finally:
        loop.close()


async def bind(host: str, port: int) -> list[socket.socket]:
    """Listening sockets on all addresses of a host; port 0 is any free one, the same for all. Raises OSError."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )
    sockets: list[socket.socket] = []
    try:
        for family, kind, protocol, _, address in dict.fromkeys(found):
            if sockets and not port:
                port = sockets[0].getsockname()[1]
            listening = socket.socket(family, kind, protocol)
            sockets.append(listening)
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listening.bind((address[0], port, *address[2:]))
            listening.listen(1024)
            listening.setblocking(False)
    except BaseException:
        for listening in sockets:
            listening.close()
        raise
    return sockets
