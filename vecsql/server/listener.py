"""The server: listens, limits connections, owns the worker threads, and shuts down in order."""

from __future__ import annotations

import asyncio
import hmac
import logging
import socket
import ssl
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vecsql.server.connection import Connection
from vecsql.server.loops import Loops, bind
from vecsql.session.hub import hub_of
from vecsql.storage.interface import Engine

log = logging.getLogger("vecsql.server")


@dataclass(frozen=True, slots=True)
class Options:
    """How to serve. Without a password everybody who reaches the port is let in."""

    host: str = "127.0.0.1"
    port: int = 5433  # 0: any free one
    password: str | None = None
    max_connections: int = 100
    busy_polling: bool = True  # where a core is left for it
    tls_cert: str | None = None
    tls_key: str | None = None


class Server:
    """Serves one open engine, which the caller closes after stop()."""

    def __init__(self, engine: Engine, options: Options | None = None) -> None:
        self.options = options or Options()
        self.engine = engine
        self.database = Path(engine.path).stem.strip(":") or "vecsql"
        self.password = self.options.password
        self.tls = _tls(self.options)
        self.connections: set[Connection] = set()
        self.sessions = 0
        # A thread for every session that may be active: one that waits for a lock never keeps the
        # holder's COMMIT from running. Threads start when needed.
        self.workers = ThreadPoolExecutor(self.options.max_connections + 1, "vecsql-session")
        self._guard = threading.Lock()  # of `sessions`, which all loops count
        self._main: asyncio.AbstractEventLoop | None = None
        self._loops: Loops | None = None
        self._sockets: list[socket.socket] = []
        self._accepting: list[asyncio.Task[None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.stopping = False
        self._drained = asyncio.Event()  # no session is left, after stop() has begun

    @property
    def port(self) -> int:
        """The port that was bound."""
        return int(self._sockets[0].getsockname()[1])

    async def start(self) -> None:
        self._sockets = await bind(self.options.host, self.options.port)
        self._main = asyncio.get_running_loop()
        self._loops = Loops(busy_polling=self.options.busy_polling)
        self._accepting = [self._main.create_task(self._accept(s)) for s in self._sockets]

    async def _accept(self, listening: socket.socket) -> None:
        loop, loops = asyncio.get_running_loop(), self._loops
        assert loops is not None
        while True:
            try:
                accepted, _ = await loop.sock_accept(listening)
            except OSError as error:  # out of descriptors, or a client that is gone again
                log.warning("cannot accept a connection: %s", error)
                await asyncio.sleep(0.1)
                continue
            loops.place(accepted, lambda loop: Connection(self, loop))

    async def stop(self) -> None:
        """Tell clients, end their sessions, wait for what runs."""
        with self._guard:
            self.stopping = True
            if not self.sessions:
                self._drained.set()
        for task in self._accepting:
            task.cancel()
        await asyncio.gather(*self._accepting, return_exceptions=True)
        for listening in self._sockets:
            listening.close()
        for connection in list(self.connections):
            connection.loop.call_soon_threadsafe(connection.shut_down)
        await self._drained.wait()
        self.workers.shutdown()
        if self._loops is not None:
            self._loops.stop()

    def admit(self) -> bool:
        """Count one session more, if there may be one."""
        with self._guard:
            if self.stopping or self.sessions >= self.options.max_connections:
                return False
            self.sessions += 1
            return True

    def session_ended(self) -> None:
        with self._guard:
            self.sessions -= 1
            last = self.stopping and not self.sessions
        if last and self._main is not None:
            self._main.call_soon_threadsafe(self._drained.set)

    def cancel(self, pid: int, secret: bytes) -> None:
        """A CancelRequest; a wrong key is ignored, as PostgreSQL does."""
        session = hub_of(self.engine).session(pid)
        if session is not None and hmac.compare_digest(session.secret, secret):
            session.cancel()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _tls(options: Options) -> ssl.SSLContext | None:
    if options.tls_cert is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.tls_cert, options.tls_key)
    return context
